"""The gateway keeps its word."""
