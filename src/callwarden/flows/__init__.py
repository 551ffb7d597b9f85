"""Where chapters meet: one file per story."""
