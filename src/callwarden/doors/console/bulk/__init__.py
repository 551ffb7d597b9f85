"""Acts on many rows: what would be done, leave to do it, how far it has come, what became of each row."""
