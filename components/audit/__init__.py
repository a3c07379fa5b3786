"""The audit trail: where records go, what is asked of them, and what raises an alert."""
