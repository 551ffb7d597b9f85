"""Calls: the list, one call with its sound and text, the search, and revealing single values."""
