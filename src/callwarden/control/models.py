"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.control.siem.models import SiemReceiver

__all__ = ["PolicyVersion", "ShadowCount", "SiemReceiver"]
