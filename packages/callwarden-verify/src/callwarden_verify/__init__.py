"""Checks operation logs, proofs and certificates without the system that wrote them."""
