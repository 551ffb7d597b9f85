"""Notices: written in two languages side by side, compared, put before a second person, and read by the public."""
