"""State of chapter 3, gathered for Django from its rooms."""

from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.control.alerts.models import (
    AccessDay,
    Alert,
    Canary,
    Suppression,
    Tuning,
    UsageReport,
    WatchPart,
    WatchState,
)
from callwarden.control.emergency.models import EmergencyAccess, EmergencyUse
from callwarden.control.grants.models import AccessGrant, GrantedRecord, GrantUse
from callwarden.control.neighbours.models import Neighbour, NeighbourBatch, NeighbourEntry
from callwarden.control.reviews.models import Campaign, Item
from callwarden.control.siem.models import SiemReceiver
from callwarden.control.training.models import TrainingRecord, TrainingTakenBack
from callwarden.control.work.models import Shift, Task, TaskAgent, TaskSubject, Tie

__all__ = [
    "AccessDay",
    "AccessGrant",
    "Alert",
    "Campaign",
    "Canary",
    "EmergencyAccess",
    "EmergencyUse",
    "GrantUse",
    "GrantedRecord",
    "Item",
    "Neighbour",
    "NeighbourBatch",
    "NeighbourEntry",
    "PolicyVersion",
    "ShadowCount",
    "Shift",
    "SiemReceiver",
    "Suppression",
    "Task",
    "TaskAgent",
    "TaskSubject",
    "Tie",
    "TrainingRecord",
    "TrainingTakenBack",
    "Tuning",
    "UsageReport",
    "WatchPart",
    "WatchState",
]
