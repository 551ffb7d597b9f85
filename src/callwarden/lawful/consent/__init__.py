"""What callers have allowed, refused and withdrawn: append-only events with evidence."""
