"""The notice to staff about their own data."""
