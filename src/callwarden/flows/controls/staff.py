"""Agents, looked at: their voices are recorded with the call, so something lawful carries that, and they were told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Leg, Line, Record
from callwarden.custody.scope import client_scope
from callwarden.flows.controls.reading import Fact, Reading, Text, failed, passed, unmeasured
from callwarden.flows.names import named_lazily
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role, seen_as
from callwarden.lawful.purposes.models import Purpose, PurposeGround
from callwarden.lawful.purposes.queries import on_record
from callwarden.lawful.purposes.rules import GROUNDS, why_not_carried
from callwarden.lawful.purposes.terms import BY_CONSENT, Whose
from callwarden.lawful.staff import queries

# Where an agent speaks.
_HEARD: Final = (Leg.Party.AGENT, Leg.Party.MIXED)


def agents() -> Reading:
    """Where agents are recorded a purpose for that is in force, its ground holds, and every agent was told.

    Source: PIPL art. 13(1)(2), 17; GDPR art. 6, 13, 88.
    """
    recorded = [line for line in Line.objects.order_by("slug") if _records_agents(line)]
    if not recorded:
        return unmeasured(_("No voice of an agent is kept yet."))
    told = queries.told()
    untold = [one for one in queries.still_to_read(told) if _is_agent(one)] if told else []
    facts = (
        Fact(_("Lines that record agents"), len(recorded)),
        Fact(_("Notice to staff in force"), told.version if told else "—"),
        Fact(_("Agents who have not read it"), len(untold)),
    )
    faults = [fault for line in recorded for fault in _ground_faults(line)]
    if told is None:
        faults.append(_("No notice to staff is published."))
    if untold:
        says = _("Agents who have not confirmed that they read the notice to staff: {count}.")
        faults.append(format_lazy(says, count=len(untold)))
    if faults:
        return failed(
            _(
                "Agents are recorded without a ground, or without being told. Put a purpose for their data into force,"
                " publish the notice to staff and have it read."
            ),
            *facts,
            faults=tuple(faults),
        )
    return passed(_("Where agents are recorded a purpose carries it, and every agent has read the notice."), *facts)


def _records_agents(line: Line) -> bool:
    with client_scope(line.client_id):
        kept = Record.objects.exclude(state=Record.State.DESTROYED).filter(line=line, leg__party__in=_HEARD)
        return kept.exists()


def _is_agent(user: User) -> bool:
    return Role.AGENT.value in seen_as(user.roles)


def _ground_faults(line: Line) -> Iterator[Text]:
    """That nothing carries data of agents on this line. Consent does not: no consent of staff is kept here."""
    registered = PurposeGround.objects.filter(
        jurisdiction=line.jurisdiction, purpose__state=Purpose.State.ACTIVE, purpose__concerns__contains=[Whose.AGENTS]
    )
    found = list(registered.exclude(ground__in=BY_CONSENT).select_related("purpose"))
    today = clock.now().date()
    holds = any(
        one.ground in GROUNDS[line.jurisdiction] and not why_not_carried(one.ground, on_record(one, one.purpose), today)
        for one in found
    )
    if not found:
        says = _("{line}: no purpose for data of agents is in force under the law of the line.")
        yield format_lazy(says, line=named_lazily(line))
    elif not holds:
        says = _("{line}: what the data of agents rests on is not on record, or has ended.")
        yield format_lazy(says, line=named_lazily(line))
