"""Incidents: reported by anyone who is signed in, seen by those who oversee."""
