"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.control.grants.models import AccessGrant, GrantedRecord, GrantUse
from callwarden.control.siem.models import SiemReceiver

__all__ = ["AccessGrant", "GrantUse", "GrantedRecord", "PolicyVersion", "ShadowCount", "SiemReceiver"]
