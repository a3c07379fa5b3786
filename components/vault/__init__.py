"""A vault: made or adopted, its network, what must be in it, and who may read it."""
