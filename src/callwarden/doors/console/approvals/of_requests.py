"""Acts about requests of data subjects, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.doors.console.approvals.telling import Plain
from callwarden.doors.console.components import Fact, Link
from callwarden.kernel.approvals import Act
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest


def carrying_out(act: Act) -> Plain:
    number = str(act.parameters["request"])
    with client_scope(UUID(str(act.parameters["client"]))):
        asked = SubjectRequest.objects.filter(pk=number).first()
        found = sum(task.before for task in asked.tasks.all()) if asked else 0
    return Plain(
        [
            Fact(_("Request"), Link(asked.code if asked else number, reverse("console:request", args=[number]))),
            Fact(_("What they ask for"), Kind(str(act.parameters["kind"])).label),
            Fact(_("Things of the person that were counted"), found),
            Fact(_("Takes effect"), _("at once, and cannot be brought back; copies end with their keys")),
        ]
    )


def lifted(act: Act) -> Plain:
    number = str(act.parameters["request"])
    every = act.parameters.get("standing")
    others = [one for one in every if one != number] if isinstance(every, list) else []
    with client_scope(UUID(str(act.parameters["client"]))):
        codes = {str(one.pk): one.code for one in SubjectRequest.objects.filter(pk__in=[number, *others])}
    also = [Fact(_("Also lifts what was asked for by"), _request(one, codes)) for one in others]
    return Plain(
        [
            Fact(_("Request"), _request(number, codes)),
            *also,
            Fact(_("The person was told on"), date.fromisoformat(str(act.parameters["told_on"]))),
            Fact(_("Takes effect"), _("at once: what is kept of them is used again, but for what waits to be erased")),
        ]
    )


def _request(number: str, codes: Mapping[str, str]) -> Link:
    return Link(codes.get(number, number), reverse("console:request", args=[number]))
