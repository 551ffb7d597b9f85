"""The program an alert is about: its service key, and ending it from the alert."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts import actions as alerts
from callwarden.control.alerts.models import Alert
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import User
from callwarden.protection.signin import actions as signin
from callwarden.protection.signin.models import ServiceKey


def key_of(alert: Alert) -> ServiceKey | None:
    """The key an alert is about; None where it is about a person or a partner."""
    if not alert.actor.startswith("service:"):
        return None
    return ServiceKey.objects.filter(pk=alert.actor.removeprefix("service:")).first()


@transaction.atomic
def end_key(alert: Alert, *, by: User, session: UUID | None = None) -> None:
    """End the key an alert is about, at once, and every permit with it.

    Raises:
        Refused: the alert is about no program.
        Conflict: the key has ended already.
    """
    key = key_of(alert)
    if key is None:
        raise Refused("no_program", _("This alert is about no program with a key."))
    if not signin.revoke(key, actor=by.actor, reason="alert"):
        raise Conflict("key_ended", _("This key has ended already."))
    alerts.key_ended(alert, by=by, session=session)
