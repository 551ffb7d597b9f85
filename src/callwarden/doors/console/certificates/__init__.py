"""Certificates as people read, check and take them away."""
