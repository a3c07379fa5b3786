"""Who gains, loses or keeps access to what, for the reviewer of a change."""
