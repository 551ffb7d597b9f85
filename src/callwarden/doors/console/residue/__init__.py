"""Searches for what an erasure left: the list of them, and what each found in every place."""
