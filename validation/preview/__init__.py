"""What a preview says that it would do, read from the engine's own events."""
