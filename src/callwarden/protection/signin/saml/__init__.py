"""SAML 2.0 as far as signing in needs it: what a provider says of itself, and whether what it says of somebody counts.

Pure: documents in, judgements out. The addresses are in `doors.console.sso`, the memory of answers in `replays`.
"""
