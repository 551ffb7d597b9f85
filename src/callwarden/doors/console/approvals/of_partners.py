"""Acts about partners in words."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.doors.console.approvals.telling import Plain
from callwarden.doors.console.components import Fact, Link
from callwarden.flows.names import named
from callwarden.kernel.approvals import Act
from callwarden.partners.register.models import Partner


def resumption(act: Act) -> Plain:
    """A suspended partner is to go on."""
    with client_scope(UUID(str(act.parameters["client"]))):
        partner = Partner.objects.get(pk=str(act.parameters["partner"]))
    since = timezone.localtime(datetime.fromisoformat(str(act.parameters["suspended_at"])))
    return Plain(
        [
            Fact(_("Partner"), Link(named(partner), reverse("console:partner", args=[partner.pk]))),
            Fact(_("Suspended since"), since),
            Fact(_("Takes effect"), _("at once; it gets data only once its vetting and an agreement count as well")),
        ]
    )
