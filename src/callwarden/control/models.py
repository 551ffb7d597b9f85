"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.control.emergency.models import EmergencyAccess, EmergencyUse
from callwarden.control.grants.models import AccessGrant, GrantedRecord, GrantUse
from callwarden.control.siem.models import SiemReceiver
from callwarden.control.work.models import Shift, Task, TaskAgent, TaskSubject, Tie

__all__ = [
    "AccessGrant",
    "EmergencyAccess",
    "EmergencyUse",
    "GrantUse",
    "GrantedRecord",
    "PolicyVersion",
    "ShadowCount",
    "Shift",
    "SiemReceiver",
    "Task",
    "TaskAgent",
    "TaskSubject",
    "Tie",
]
