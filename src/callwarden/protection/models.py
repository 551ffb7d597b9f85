"""State of chapter 2, gathered for Django from its rooms."""

from callwarden.protection.signin.models import ServiceKey

__all__ = ["ServiceKey"]
