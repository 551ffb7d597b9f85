"""`python -m callwarden.custody.sequencer` runs the ledger's sequencer."""
