"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion
from callwarden.control.alerts.models import (
    AccessDay,
    Alert,
    Canary,
    Suppression,
    Tuning,
    WatchPart,
    WatchState,
)

__all__ = [
    "AccessDay",
    "Alert",
    "Canary",
    "PolicyVersion",
    "Suppression",
    "Tuning",
    "WatchPart",
    "WatchState",
]
