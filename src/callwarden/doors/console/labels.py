"""Words and tones for states, kinds of personal data and speakers: one vocabulary for every page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.flows.names import named_lazily
from callwarden.lawful.purposes.models import Purpose


@dataclass(frozen=True)
class StateLook:
    """How a state is shown: a word, an icon and a tone, so that none of the three carries it alone."""

    label: object
    tone: str
    icon: str


STATES: dict[str, StateLook] = {
    # Outcome of a check. "Not measured" is never dressed as a pass.
    "pass": StateLook(_("Pass"), "pass", "circle-check"),
    "fail": StateLook(_("Fail"), "fail", "circle-x"),
    "not_measured": StateLook(_("Not measured"), "unmeasured", "circle-dashed"),
    "not_applicable": StateLook(_("Not applicable"), "neutral", "circle-minus"),
    # A call and its records
    "received": StateLook(_("Received"), "info", "hourglass"),
    "quarantined": StateLook(_("In quarantine"), "warn", "hourglass"),
    "refused": StateLook(_("Refused"), "fail", "ban"),
    "admitted": StateLook(_("Admitted"), "info", "shield-check"),
    "redacting": StateLook(_("Being redacted"), "info", "refresh"),
    "redacted": StateLook(_("Redacted"), "pass", "shield-check"),
    "restricted": StateLook(_("Restricted"), "warn", "lock"),
    "held": StateLook(_("On legal hold"), "warn", "gavel"),
    "destroyed": StateLook(_("Destroyed"), "neutral", "flame"),
    "missing": StateLook(_("Recording missing"), "fail", "alert-triangle"),
    # Consent
    "given": StateLook(_("Consent given"), "pass", "circle-check"),
    "withdrawn": StateLook(_("Consent withdrawn"), "fail", "circle-x"),
    "declined": StateLook(_("Consent declined"), "fail", "circle-x"),
    "unknown": StateLook(_("Consent unknown"), "unmeasured", "help-circle"),
    # Requests for approval, findings, deadlines
    "open": StateLook(_("Open"), "info", "inbox"),
    "waiting": StateLook(_("Waiting"), "warn", "hourglass"),
    "approved": StateLook(_("Approved"), "pass", "circle-check"),
    "rejected": StateLook(_("Rejected"), "fail", "circle-x"),
    "used": StateLook(_("Carried out"), "neutral", "check"),
    "expired": StateLook(_("Expired"), "neutral", "clock"),
    "closed": StateLook(_("Closed"), "pass", "check"),
    "overdue": StateLook(_("Overdue"), "fail", "clock"),
    "due_soon": StateLook(_("Due soon"), "warn", "clock"),
    # Work in the background
    "running": StateLook(_("Running"), "info", "refresh"),
    "done": StateLook(_("Done"), "pass", "check"),
    "failed": StateLook(_("Failed"), "fail", "alert-triangle"),
    "paused": StateLook(_("Paused"), "warn", "player-pause"),
    # Places and grants
    "active": StateLook(_("Active"), "pass", "circle-check"),
    "suspended": StateLook(_("Suspended"), "fail", "ban"),
    "draft": StateLook(_("Draft"), "neutral", "pencil"),
    "published": StateLook(_("Published"), "pass", "circle-check"),
}


def look(state: str) -> StateLook:
    """The look of a state; an unknown one is shown by its own name, neutrally, rather than hidden."""
    return STATES.get(state) or StateLook(state.replace("_", " "), "neutral", "info-circle")


# The names of kinds the redactor gives (engines.redact EntityType values).
KINDS: dict[str, object] = {
    "CARD_PAN": _("Card number"),
    "CARD_CVV": _("Card security code"),
    "CARD_EXPIRY": _("Card expiry"),
    "CARD_PIN": _("Card PIN"),
    "CARD_TRACK": _("Card track data"),
    "BANK_ACCOUNT": _("Bank account"),
    "IBAN": "IBAN",
    "SWIFT": "SWIFT",
    "CN_RIC": _("Resident identity number"),
    "CN_PASSPORT": _("Passport number"),
    "PASSPORT": _("Passport number"),
    "HKID": _("Hong Kong identity card"),
    "TW_ID": _("Taiwan identity number"),
    "CN_TRAVEL_PERMIT": _("Travel permit"),
    "USCC": _("Unified social credit code"),
    "US_SSN": _("US social security number"),
    "UK_NINO": _("UK national insurance number"),
    "UK_NHS": _("UK NHS number"),
    "CA_SIN": _("Canadian social insurance number"),
    "IN_AADHAAR": _("Aadhaar number"),
    "DRIVER_LICENCE": _("Driving licence"),
    "PHONE": _("Phone number"),
    "EMAIL": _("E-mail address"),
    "PERSON": _("Name of a person"),
    "ADDRESS": _("Address"),
    "DOB": _("Date of birth"),
    "AGE": _("Age"),
    "PLATE": _("Vehicle plate"),
    "VIN": _("Vehicle identification number"),
    "WECHAT": _("WeChat ID"),
    "QQ": _("QQ number"),
    "OTP": _("One-time code"),
    "PASSWORD": _("Password"),
    "MEMBER_NO": _("Member number"),
    "ORDER_NO": _("Order number"),
    "IP": _("IP address"),
    "MAC": _("Device address"),
    "NUMBER": _("Number"),
    "DTMF": _("Keypad tones"),
    "DOUBTFUL": _("Unsure recognition"),
}


def kind_label(kind: str) -> object:
    """The name of a kind of personal data in the viewer's language."""
    return KINDS.get(kind, kind)


SPEAKERS: dict[str, object] = {
    "agent": _("Agent"),
    "customer": _("Customer"),
    "mixed": _("Both parties"),
    "system": pgettext_lazy("speaker", "Announcement"),
    "unknown": _("Unknown speaker"),
}


# Purposes of the access matrix. Purposes a site adds of its own carry their names in the database.
PURPOSES: dict[str, object] = {
    "service": _("Customer service"),
    "outbound_service": _("Outbound service"),
    "marketing": _("Marketing"),
    "payment": _("Taking a payment"),
    "quality": _("Quality control"),
    "complaint_handling": _("Complaint handling"),
    "subject_request": _("Request of a data subject"),
    "security_investigation": _("Security investigation"),
    "audit": _("Audit"),
    "redaction": _("Redaction"),
    "intake": _("Taking in"),
    "retention": _("Retention"),
    "partner_sharing": _("Sharing with partners"),
    "anonymisation": _("Anonymous counts"),
    "administration": _("Administration"),
}


def purpose_label(purpose: str) -> object:
    """The name of a purpose in the viewer's language; its slug where it has none."""
    if shipped := PURPOSES.get(purpose):
        return shipped
    own = Purpose.objects.filter(slug=purpose).first()
    return named_lazily(own) if own else purpose


# Fields of customers, orders and calls.
FIELDS: dict[str, object] = {
    "name": _("Name"),
    "birth_date": _("Date of birth"),
    "phone": _("Phone number"),
    "email": _("E-mail address"),
    "address": _("Address"),
    "plate": _("Vehicle plate"),
    "customer_no": _("Customer number"),
    "id_number": _("Identity document number"),
    "card_number": _("Card number"),
    "statement": _("What they say with the request"),
    "explanation": _("Explanation of the rules"),
    "order_no": _("Order number"),
    "placed_at": _("Ordered"),
    "product": _("Product"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "status": _("Status"),
    "caller": _("Calling number"),
    "callee": _("Called number"),
    "call_id": _("Number of the call"),
}


def field_label(name: str) -> object:
    """The name of a field in the viewer's language."""
    return FIELDS.get(name, name.replace("_", " "))


ORDER_STATES: dict[str, object] = {
    "placed": pgettext_lazy("order", "Placed"),
    "paid": pgettext_lazy("order", "Paid"),
    "shipped": pgettext_lazy("order", "Shipped"),
    "delivered": pgettext_lazy("order", "Delivered"),
    "refunded": pgettext_lazy("order", "Refunded"),
    "cancelled": pgettext_lazy("order", "Cancelled"),
    "returned": pgettext_lazy("order", "Returned"),
}

LANGUAGES: dict[str, object] = {"zh": _("Chinese"), "en": _("English")}


def language_label(code: str) -> object:
    """The name of a call's language; nothing where it is not known."""
    return LANGUAGES.get(code.partition("-")[0].lower(), code)
