"""No person, in either cloud."""
