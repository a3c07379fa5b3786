"""Everything is audited."""
