"""State of chapter 1, gathered for Django from its rooms."""

from callwarden.lawful.certificates.models import Certificate, CertifiedBucket
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import LinePurpose, Purpose
from callwarden.lawful.retention.models import RetentionRule

__all__ = ["Certificate", "CertifiedBucket", "ConsentEvent", "LinePurpose", "Notice", "Purpose", "RetentionRule"]
