"""How the erasure of an agent's voice and words stands, one row for each client whose calls they took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Link, Row, Text
from callwarden.flows.names import named
from callwarden.flows.requests.erase import HOLD_PROVISION
from callwarden.flows.requests.erase_agent import Stage, Standing, standing_everywhere
from callwarden.kernel.models import User

STAGES: Final[Mapping[Stage, Badge]] = {
    Stage.UNDER_WAY: Badge(_("Under way"), "info", "refresh"),
    Stage.WAITS: Badge(_("Waits"), "warn", "clock"),
    Stage.SEARCHED_FOR: Badge(_("Gone, not certified yet"), "info", "search"),
    Stage.CERTIFIED: Badge(_("Certified"), "pass", "certificate"),
}


def table(person: User) -> PlainTable | None:
    """None: nobody decided on an erasure. Whoever reads accounts reads certificates."""
    told = standing_everywhere(person)
    names = {one.pk: named(one) for one in Client.objects.filter(pk__in={one.client for one in told})}
    headings = (_("Client"), _("Decided"), _("State"), _("Records left"), _("Waits for"), _("Certificate"))
    rows = [
        Row(
            (
                names[one.client],
                one.decided_at or _("not known here"),
                STAGES[one.stage],
                one.left,
                _waits_for(one),
                _certificate(one),
            )
        )
        for one in told
    ]
    return PlainTable(_("Erasure of voice and words"), headings, rows) if rows else None


def _waits_for(one: Standing) -> Text:
    if one.stage != Stage.WAITS:
        return ""
    if one.kept_by == HOLD_PROVISION:
        return _("the release of a legal hold")
    return f"{one.kept_by} · {one.until.date().isoformat()}" if one.until else one.kept_by


def _certificate(one: Standing) -> object:
    return Link(_("Open"), reverse("console:certificate", args=[one.certificate])) if one.certificate else ""
