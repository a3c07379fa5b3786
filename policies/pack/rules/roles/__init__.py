"""Least role, least scope."""
