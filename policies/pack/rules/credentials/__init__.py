"""No static credential."""
