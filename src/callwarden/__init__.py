"""Callwarden (听盾): personal data in through one gate, at rest under two locks, out through one door."""

__version__ = "0.1.0.dev0"
