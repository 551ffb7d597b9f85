"""Anonymous releases: proposed from measured figures, released by two, and counted before records end."""
