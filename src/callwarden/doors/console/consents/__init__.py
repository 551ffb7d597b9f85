"""Consent: what stands for a customer and how it came about, the agent's panel in a call, and calling out."""
