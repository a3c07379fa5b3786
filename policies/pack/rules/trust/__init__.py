"""Trust is pinned."""
