"""The figures that the README states, measured anew: `make bench`."""
