"""State of chapter 2, gathered for Django from its rooms."""

from callwarden.protection.backup.models import Backup, Drill, Restore
from callwarden.protection.signin.models import (
    Arrival,
    Identity,
    KnownDevice,
    PasswordChange,
    SamlKey,
    ServiceKey,
    SpentAnswer,
)

__all__ = [
    "Arrival",
    "Backup",
    "Drill",
    "Identity",
    "KnownDevice",
    "PasswordChange",
    "Restore",
    "SamlKey",
    "ServiceKey",
    "SpentAnswer",
]
