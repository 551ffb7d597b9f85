"""State of chapter 1, gathered for Django from its rooms."""

from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence, ConsentProposal, ConsentState, Minor
from callwarden.lawful.dialling.models import CallingHours, DoNotCall
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import LinePurpose, Purpose
from callwarden.lawful.retention.models import RetentionRule

__all__ = [
    "CallingHours",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentProposal",
    "ConsentState",
    "DoNotCall",
    "LinePurpose",
    "Minor",
    "Notice",
    "Purpose",
    "RetentionRule",
]
