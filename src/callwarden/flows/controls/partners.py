"""Chapter 4, looked at. As long as no partner is registered nothing may leave, and nothing having left is checked."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import LedgerEntry
from callwarden.flows.controls.reading import Fact, Reading, failed, not_applicable
from callwarden.kernel.events import Event


def sharing() -> Reading:
    """Nothing goes to a partner without an agreement."""
    shared = LedgerEntry.objects.filter(event=Event.DISCLOSE_SHARE, decision="allow").count()
    facts = (Fact(_("Deliveries to partners on record"), shared),)
    if shared:
        return failed(_("Data went to somebody although no partner is registered. Report an incident."), *facts)
    return not_applicable(_("No partner is registered, and nothing was delivered to one."), *facts)


def _no_partner() -> Reading:
    return not_applicable(_("No partner is registered."))


vetting = agreements = oversight = _no_partner
