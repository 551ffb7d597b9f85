"""What a partner gets, by the rules of chapter 1: how its kinds of data count where collected, and what is abroad.

with client_scope(client):
    rated = risk_of(partner)            # None while it gets nothing
"""

from __future__ import annotations

from collections.abc import Iterable

from callwarden.custody.models import Line
from callwarden.lawful.purposes.models import CategoryRule
from callwarden.lawful.purposes.rules import is_abroad
from callwarden.partners.register.models import Partner, PartnerService
from callwarden.partners.register.risk import Rated, Received, rate
from callwarden.partners.register.rules import country_of
from callwarden.partners.register.terms import Role


def risk_of(partner: Partner) -> Rated | None:
    """The risk tier of a partner by what it gets now. Called inside `client_scope`."""
    services = list(partner.services.all())
    if not services:
        return None
    laws = _laws(partner, services)
    found = {(rule.category, rule.jurisdiction): rule for rule in CategoryRule.objects.filter(jurisdiction__in=laws)}
    wanted = [found.get((category, law)) for service in services for category in service.categories for law in laws]
    known = [rule for rule in wanted if rule is not None]
    return rate(
        Received(
            level=max(rule.level for rule in known) if known and len(known) == len(wanted) else None,
            sensitive=any(rule.sensitive for rule in known),
            volume=max(service.volume for service in services),
            abroad=_abroad(partner, laws),
            own_purposes=partner.role != Role.PROCESSOR,
        )
    )


def _laws(partner: Partner, services: Iterable[PartnerService]) -> list[str]:
    """Where what it gets is collected."""
    lines = Line.objects.filter(client=partner.client_id)
    if all(service.lines for service in services):
        lines = lines.filter(pk__in={line for service in services for line in service.lines})
    return sorted(set(lines.values_list("jurisdiction", flat=True)))


def _abroad(partner: Partner, laws: Iterable[str]) -> bool | None:
    if not partner.locations:
        return None
    countries = {country_of(place) for place in partner.locations}
    for sub in partner.sub_processors.select_related("other"):
        countries |= {country_of(place) for place in sub.other.locations} if sub.other else {sub.country}
    return any(is_abroad(law, country) for law in laws for country in countries)
