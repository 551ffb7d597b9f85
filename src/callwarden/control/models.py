"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion, ShadowCount

__all__ = ["PolicyVersion", "ShadowCount"]
