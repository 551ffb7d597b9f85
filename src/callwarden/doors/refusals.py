"""What a door turned away is on record: who asked, at which address by its pattern, and why it was refused.

Refusals of the policy are written where it decides (`flows.disclose`); these are those before it: no role for a page,
nothing there for this person, a key without the scope. An entry holds the pattern of the address, never what was
filled into it. Whoever is not known to us by a session or a key leaves none here: sign-ins that fail are on record by
themselves, and strangers cannot make the log grow.
"""

from __future__ import annotations

import logging
import re
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.http import HttpRequest

from callwarden.flows.actors import Actor
from callwarden.kernel import journal
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.events import Event
from callwarden.protection.signin.models import ServiceKey
from callwarden.protection.signin.queries import named

log = logging.getLogger("callwarden.doors")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNKNOWN: Final = re.compile(r"[^A-Za-z0-9_.:/<>+\-]")


def note(request: HttpRequest, actor: Actor, reason: str, *, client: UUID | None = None) -> None:
    """Write that this was refused. Refusing does not wait for the log: where it cannot be written, the answer is no
    all the same, and the failure is in the site's own log.
    """
    entry = journal.Entry(
        event=Event.ADDRESS_REFUSED,
        actor=actor.name,
        session=actor.session,
        client=client,
        decision="refuse",
        reasons=(reason,),
        data={"address": pattern_of(request), "method": _method(request)},
    )
    try:
        with transaction.atomic():
            journal.record(entry)
    except (CallwardenError, DatabaseError) as error:
        log.error("refusal_not_recorded", extra={"code": type(error).__name__})


def note_key(request: HttpRequest, reason: str) -> None:
    """The same of a program, where the key it brought is one of ours and live."""
    key = getattr(request, "known_key", None)
    if isinstance(key, ServiceKey):
        note(request, Actor(name=key.actor), reason, client=key.client_id)


def note_presented(request: HttpRequest) -> None:
    """The same where the key's name is one of ours and the key was not accepted: a wrong secret, from elsewhere, ended.

    Who knows the name of a key has seen it; who guesses one leaves no trace here. That a name is known may be told by
    the time this takes: a name opens nothing.
    """
    key = named(request.headers.get("Authorization", "").partition(" ")[2].strip())
    if key is not None:
        note(request, Actor(name=key.actor), "key_not_accepted", client=key.client_id)


def pattern_of(request: HttpRequest) -> str:
    """The pattern of the address asked for, such as `calls/<uuid:call>/`; nothing of what stood in its place."""
    match = request.resolver_match
    route = match.route if match is not None else ""
    return _UNKNOWN.sub("_", route or "/")[:120]


def _method(request: HttpRequest) -> str:
    """A client may invent methods, and anything could stand in one."""
    return request.method if request.method in _METHODS else "OTHER"
