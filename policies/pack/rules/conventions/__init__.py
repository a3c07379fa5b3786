"""What a team agrees on; advisory."""
