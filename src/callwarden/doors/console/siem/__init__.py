"""Receivers of the operation log as people see them: how far each has got, and what to do about one that is behind."""
