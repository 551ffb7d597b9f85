"""State of the kernel. One file per group of nouns."""

from callwarden.kernel.models.approvals import Approval, Vote
from callwarden.kernel.models.bulk import BulkAct, BulkRow
from callwarden.kernel.models.deadlines import Deadline
from callwarden.kernel.models.deputies import Delegation
from callwarden.kernel.models.findings import Check, Finding, Note, Outcome, Severity
from callwarden.kernel.models.incidents import Incident
from callwarden.kernel.models.outbox import OutboxMessage, ScanVerdict
from callwarden.kernel.models.people import OwnRole, RoleHeld, Session, User
from callwarden.kernel.models.standing import Standing
from callwarden.kernel.models.terms import ApprovalTerms

__all__ = [
    "Approval",
    "ApprovalTerms",
    "BulkAct",
    "BulkRow",
    "Check",
    "Deadline",
    "Delegation",
    "Finding",
    "Incident",
    "Note",
    "OutboxMessage",
    "Outcome",
    "OwnRole",
    "RoleHeld",
    "ScanVerdict",
    "Session",
    "Severity",
    "Standing",
    "User",
    "Vote",
]
