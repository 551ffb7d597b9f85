"""Partners as they stand. Called inside `client_scope`."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from callwarden.kernel import clock
from callwarden.partners.register.models import Partner
from callwarden.partners.register.rules import Facts
from callwarden.partners.register.terms import State

GONE = (State.EXITED,)


def partners() -> QuerySet[Partner]:
    return Partner.objects.select_related("owner").order_by("name", "pk")


def matching(text: str) -> Q:
    """Those whose name or registration number holds this text."""
    return Q(name__icontains=text) | Q(name_zh__icontains=text) | Q(registration__icontains=text)


def facts_of(partner: Partner, *, attested: str = "") -> Facts:
    """What the next step of a partner depends on now."""
    return Facts(
        today=timezone.localdate(clock.now()),
        owner_here=partner.owner.is_active,
        duties=frozenset(partner.contacts.values_list("duty", flat=True)),
        services=partner.services.count(),
        locations=len(partner.locations),
        holds_data=partner.holds_data,
        vetted_until=partner.vetted_until,
        agreement=partner.agreement is not None,
        attested=attested,
    )
