"""Chapter 4, looked at: who is on record, who has data without being vetted, and whether anything went out.

Vetting, agreements and the sharing gateway are not there yet: what only they could show is not measured, never a pass.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, LedgerEntry
from callwarden.custody.scope import client_scope
from callwarden.flows.controls.reading import Fact, Reading, failed, not_applicable, unmeasured
from callwarden.kernel.events import Event
from callwarden.partners.register import queries, rules
from callwarden.partners.register.terms import State


@dataclass
class _Seen:
    """All partners of all clients that have not left.

    Attributes:
        unvetted, unagreed: they have data of ours without a vetting that counts, or without an agreement.
        unowned: whoever answers for them has no account any more. unreachable: nobody is named for a duty.
    """

    states: Counter[str] = field(default_factory=Counter)
    unvetted: int = 0
    unagreed: int = 0
    unowned: int = 0
    unreachable: int = 0

    @property
    def total(self) -> int:
        return self.states.total()

    def facts(self) -> tuple[Fact, ...]:
        return tuple(Fact(State(state).label, self.states[state]) for state in State if self.states[state])


def _look() -> _Seen:
    seen = _Seen()
    for client in Client.objects.values_list("pk", flat=True):
        with client_scope(client):
            for partner in queries.partners().exclude(state__in=queries.GONE):
                facts = queries.facts_of(partner)
                seen.states[partner.state] += 1
                seen.unvetted += facts.holds_data and not facts.vetted
                seen.unagreed += facts.holds_data and not facts.agreement
                seen.unowned += not facts.owner_here
                started = partner.state != State.PROSPECT
                seen.unreachable += started and not set(rules.NEEDED_DUTIES) <= facts.duties
    return seen


def vetting() -> Reading:
    """No partner has data of ours before it passed a vetting that still counts."""
    seen = _look()
    facts = (*seen.facts(), Fact(_("Have data without a vetting that counts"), seen.unvetted))
    if not seen.total:
        return _no_partner()
    if seen.unvetted:
        says = _("{count} partners have data of ours and passed no vetting that counts. Vet them, or part from them.")
        return failed(format_lazy(says, count=seen.unvetted), *facts)
    return unmeasured(
        _("Partners are on record and have no data of ours. Vetting is not part of this version yet."), *facts
    )


def agreements() -> Reading:
    """With every partner that has data of ours an agreement is in force."""
    seen = _look()
    facts = (*seen.facts(), Fact(_("Have data without an agreement on record"), seen.unagreed))
    if not seen.total:
        return _no_partner()
    if seen.unagreed:
        says = _("{count} partners have data of ours, and no agreement with them is on record here.")
        return failed(format_lazy(says, count=seen.unagreed), *facts)
    return not_applicable(_("No partner on record has data of ours."), *facts)


def sharing() -> Reading:
    """Nothing goes to a partner without an agreement."""
    seen = _look()
    shared = LedgerEntry.objects.filter(event=Event.DISCLOSE_SHARE, decision="allow").count()
    facts = (Fact(_("Partners on record"), seen.total), Fact(_("Deliveries to partners on record"), shared))
    if shared:
        return failed(_("Data went to somebody although no partner is active. Report an incident."), *facts)
    return not_applicable(_("No partner is active, and nothing was delivered to one."), *facts)


def oversight() -> Reading:
    """Somebody here answers for every partner, and somebody there can be reached."""
    seen = _look()
    facts = (
        *seen.facts(),
        Fact(_("Nobody here answers for them"), seen.unowned),
        Fact(_("Nobody there is named for a duty"), seen.unreachable),
    )
    if not seen.total:
        return _no_partner()
    if seen.unowned:
        return failed(_("For a partner nobody answers any more. Name somebody in the register."), *facts)
    if seen.unreachable:
        return failed(_("At a partner nobody is named for a duty. Name whom to reach there."), *facts)
    return unmeasured(
        _("For every partner somebody answers. Looking again in time is not part of this version yet."),
        *facts,
    )


def _no_partner() -> Reading:
    return not_applicable(_("No partner is registered."))
