"""How taking in goes: batches, what waits, what was set aside, what is in quarantine."""
