"""Calling out: whom nobody calls, and when nobody is called."""
