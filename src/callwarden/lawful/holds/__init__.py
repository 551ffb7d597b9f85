"""Matters that keep records from being destroyed: a dispute, an inquiry, an investigation."""
