"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion
from callwarden.control.grants.models import AccessGrant, GrantedRecord, GrantUse

__all__ = ["AccessGrant", "GrantUse", "GrantedRecord", "PolicyVersion"]
