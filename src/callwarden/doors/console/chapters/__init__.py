"""One page a chapter: what is configured, what is in force, and where it is changed."""
