"""Certificates of destruction: what went, from which copies, by which means, and what was not covered."""
