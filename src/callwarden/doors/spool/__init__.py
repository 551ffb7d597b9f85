"""The watch-folder door: `incoming/LINE/` (or `incoming/CLIENT/LINE/`); what becomes stable there is sealed at once."""
