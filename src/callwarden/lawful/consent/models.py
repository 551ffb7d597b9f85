"""Consent as append-only events; the newest event per call or subject and purpose is the current state."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Call, Line, Subject
from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare
from callwarden.lawful.notices.models import Notice


class ConsentEvent(ClientOwned):
    """Something a caller (or the telephone menu for them) said about one purpose. Never updated, never deleted early.

    Source: PIPL art. 14-16; GDPR art. 7; ISO/IEC TS 27560.
    """

    class State(models.TextChoices):
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Method(models.TextChoices):
        KEYPRESS = "keypress", _("Key pressed")
        SPOKEN = "spoken", _("Spoken, confirmed by the agent")
        WEB = "web", _("Web form")
        PRIOR = "prior", _("Given before the call")
        API = "api", _("Reported by another system")

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    reference = models.BinaryField(max_length=32)
    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="consents")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.SET_NULL, related_name="consents")
    purpose = models.SlugField()
    state = models.CharField(max_length=10, choices=State)
    method = models.CharField(max_length=10, choices=Method)
    key = models.CharField(max_length=4, blank=True)
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    columns = declare(
        structural="id client line call subject purpose state method key notice at recorded_at", token="reference"
    )

    class Meta:
        indexes = [models.Index(fields=["line", "reference", "purpose", "at"])]
        constraints = [
            models.UniqueConstraint(fields=["line", "reference", "purpose", "state", "at"], name="consent_event_once")
        ]
