"""Checking a redaction: its marks explained, more hidden, a mark given back by two people; and what is learnt of it."""
