"""The checks, by subject. Each is one function with its `Check`; `registry` has the list of all."""
