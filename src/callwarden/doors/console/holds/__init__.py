"""Matters that keep records: asked for, put into force by two, looked at again, let go by two."""
