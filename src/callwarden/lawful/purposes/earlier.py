"""What was consented to while a line served a purpose before."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.kernel.errors import Conflict
from callwarden.lawful.consent.actions import end_given_up, given_up

# Consents that are ended while somebody waits; more are ended by night (`consent.actions.end_given_up`).
ENDED_AT_ONCE: Final = 2_000


def end_earlier(line: Line, purpose: str, *, actor: str) -> None:
    """End it before the line serves the purpose again: it does not stand again, and is asked for anew.

    Raises:
        Conflict: there is so much of it that it is ended by night.
    """
    with client_scope(line.client_id):
        before = given_up(line.client_id, line=line, purpose=purpose).count()
    if before > ENDED_AT_ONCE:
        says = _("%(count)s consents of the time when the line served this before are still being ended, each night.")
        raise Conflict("consents_being_ended", says, data={"count": before})
    end_given_up(line.client_id, line=line, purpose=purpose, actor=actor)
