"""The narrated tour of `make demo`: everything real, in a sandbox of its own."""
