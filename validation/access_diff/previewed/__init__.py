"""What resources give to whom, as statements: those that are deployed, or would be."""
