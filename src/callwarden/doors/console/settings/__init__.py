"""What a person sets for themselves, and what the site is set to."""
