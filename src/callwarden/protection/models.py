"""State of chapter 2, gathered for Django from its rooms."""

from callwarden.protection.backup.models import Backup, Drill, Restore
from callwarden.protection.signin.models import ServiceKey

__all__ = ["Backup", "Drill", "Restore", "ServiceKey"]
