"""Where a refusal leads: to asking somebody else, with everything filled in."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from callwarden.control.grants.models import AccessGrant
from callwarden.control.grants.rules import ACTIONS
from callwarden.flows import granting
from callwarden.flows.disclose import AccessRefused, Ask
from callwarden.kernel.errors import CallwardenError

Scope = AccessGrant.Scope
# Of more records than this the address would grow too long; a whole call or customer is asked for then.
_MOST = 20


def href_for(error: CallwardenError) -> str:
    """Where to ask for what was refused; empty where asking would not help."""
    if not isinstance(error, AccessRefused) or error.asked is None or not granting.may_help(error):
        return ""
    asked = error.asked
    if asked.action not in ACTIONS or asked.actor.user is None:
        return ""
    if asked.action in ("play_original", "play_redacted") and asked.call:
        return address(Scope.CALL, [asked.call], asked.action)
    if not 0 < len(asked.records) <= _MOST:
        return ""
    return address(Scope.RECORDS, list(asked.records), asked.action, fields=_fields(asked), call=asked.call)


def address(
    scope: str, targets: list[UUID], action: str, *, fields: list[str] | None = None, call: UUID | None = None
) -> str:
    """The page that asks for this."""
    told: list[tuple[str, str]] = [("scope", str(scope)), ("action", action), *(("of", str(one)) for one in targets)]
    told += [("field", name) for name in fields or []]
    told += [("call", str(call))] if call else []
    return f"{reverse('console:grant_ask')}?{urlencode(told)}"


def _fields(asked: Ask) -> list[str]:
    return sorted({name for names in asked.records.values() for name in names})
