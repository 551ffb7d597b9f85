"""What data is used for, and on what lawful ground, per line."""
