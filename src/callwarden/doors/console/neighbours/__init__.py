"""Neighbouring systems as people see them: how each does, what it tells, and how its lines are read."""
