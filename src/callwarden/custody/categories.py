"""Categories of personal data a record can belong to. A record belongs to exactly one."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Category(TextChoices):
    """Closed list of custody; chapters attach purposes, sensitivity and retention to it."""

    IDENTITY = "identity", _("Identity")
    CONTACT = "contact", _("Contact details")
    GOVERNMENT_ID = "government_id", _("Government identifier")
    PAYMENT_CARD = "payment_card", _("Payment card")
    PURCHASE_HISTORY = "purchase_history", _("Purchase history")
    CALL_METADATA = "call_metadata", _("Call details")
    RECORDING_ORIGINAL = "recording_original", _("Original recording")
    RECORDING_REDACTED = "recording_redacted", _("Redacted recording")
    TRANSCRIPT_ORIGINAL = "transcript_original", _("Original transcript")
    TRANSCRIPT_REDACTED = "transcript_redacted", _("Redacted transcript")
    REDACTION_SPANS = "redaction_spans", _("Redaction marks")
    CONSENT_PROOF = "consent_proof", _("Proof of consent")
    REQUEST_STATEMENT = "request_statement", _("What a person says is wrong")
