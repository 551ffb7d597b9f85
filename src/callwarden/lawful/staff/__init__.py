"""People who work here are data subjects too: what they are told about their own voices and conduct."""
