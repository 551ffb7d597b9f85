"""Giving redacted places back to be read, in plain words."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Call
from callwarden.custody.scope import client_scope
from callwarden.doors.console.approvals.telling import Plain
from callwarden.doors.console.calls.shown import started
from callwarden.doors.console.components import Badge, Chips, Fact, Link
from callwarden.doors.console.labels import kind_label
from callwarden.flows.checking import marks_told
from callwarden.kernel.approvals import Act


def given_back(act: Act) -> Plain:
    number, marks = str(act.parameters["call"]), act.parameters["marks"]
    assert isinstance(marks, list)
    with client_scope(UUID(str(act.parameters["client"]))):
        call = Call.objects.filter(pk=number).first()
    spans = marks_told(marks)
    kinds = Chips([Badge(kind_label(span.type.value), "neutral", "lock") for span in spans])
    return Plain(
        [
            Fact(_("Call"), Link(started(call) if call else number, reverse("console:call", args=[number]))),
            Fact(_("What would be read again"), kinds),
            Fact(_("Found by the rules"), ", ".join(sorted({span.rule for span in spans}))),
            Fact(_("Version"), str(act.parameters["version"])),
            Fact(
                _("Takes effect"),
                _("within a minute, in text and sound, for all who may see the call"),
            ),
        ]
    )
