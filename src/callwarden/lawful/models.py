"""State of chapter 1, gathered for Django from its rooms."""

from callwarden.lawful.anonymisation.models import BucketCounted, EndRecipe, Release
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.certificates.models import Certificate, CertifiedBucket
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence, ConsentProposal, ConsentState, Minor
from callwarden.lawful.dialling.models import CallingHours, DoNotCall
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import (
    CategoryRule,
    LinePurpose,
    Purpose,
    PurposeCategory,
    PurposeGround,
    PurposeRevision,
    Recipient,
    Transfer,
)
from callwarden.lawful.requests.models import RequestProof, RequestTask, SubjectRequest
from callwarden.lawful.retention.models import RetentionEvent, RetentionRule, RetentionRun
from callwarden.lawful.staff.models import StaffNotice, StaffReading

__all__ = [
    "Assessment",
    "BucketCounted",
    "CallingHours",
    "CategoryRule",
    "Certificate",
    "CertifiedBucket",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentProposal",
    "ConsentState",
    "DoNotCall",
    "EndRecipe",
    "LinePurpose",
    "Matter",
    "Minor",
    "Notice",
    "Purpose",
    "PurposeCategory",
    "PurposeGround",
    "PurposeRevision",
    "Recipient",
    "Release",
    "RequestProof",
    "RequestTask",
    "RetentionEvent",
    "RetentionRule",
    "RetentionRun",
    "StaffNotice",
    "StaffReading",
    "SubjectRequest",
    "Transfer",
]
