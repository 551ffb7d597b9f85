"""State of custody. One file per group of nouns; keys in small tables of their own."""

from callwarden.custody.models.calls import AgentLogin, Call, Leg
from callwarden.custody.models.corrections import RedactionCorrection
from callwarden.custody.models.intake import IntakeBatch, IntakeItem, IntakeMatch
from callwarden.custody.models.keys import Bucket, BucketKey, DataKey, Epoch, IntakeKey, SubjectKey
from callwarden.custody.models.ledger import (
    Checkpoint,
    CheckpointSink,
    Cosignature,
    LedgerDetail,
    LedgerEntry,
    LedgerPending,
    LedgerYear,
    SequencerState,
)
from callwarden.custody.models.permits import Permit, PermitRecord
from callwarden.custody.models.places import Client, Line
from callwarden.custody.models.records import IdentifierToken, Mention, Record, SealedField, SearchToken
from callwarden.custody.models.runs import ClockLook, Hold, IndexKey, KeyRun, KeyVersion, LookupCount, ObjectMove
from callwarden.custody.models.scans import ResidueControl, ResidueScan
from callwarden.custody.models.subjects import Customer, Person, PersonLink, Subject

__all__ = [
    "AgentLogin",
    "Bucket",
    "BucketKey",
    "Call",
    "Checkpoint",
    "CheckpointSink",
    "Client",
    "ClockLook",
    "Cosignature",
    "Customer",
    "DataKey",
    "Epoch",
    "Hold",
    "IdentifierToken",
    "IndexKey",
    "IntakeBatch",
    "IntakeItem",
    "IntakeKey",
    "IntakeMatch",
    "KeyRun",
    "KeyVersion",
    "LedgerDetail",
    "LedgerEntry",
    "LedgerPending",
    "LedgerYear",
    "Leg",
    "Line",
    "LookupCount",
    "Mention",
    "ObjectMove",
    "Permit",
    "PermitRecord",
    "Person",
    "PersonLink",
    "Record",
    "RedactionCorrection",
    "ResidueControl",
    "ResidueScan",
    "SealedField",
    "SearchToken",
    "SequencerState",
    "Subject",
    "SubjectKey",
]
