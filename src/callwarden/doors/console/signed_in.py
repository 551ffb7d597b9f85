"""The request of somebody who is signed in, as the guard hands it to a page."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from callwarden.flows.actors import Actor
from callwarden.kernel.models import Session, User


class ConsoleRequest(HttpRequest):
    """What `SessionGuard` has added by the time a page is asked. Only a page that is open to strangers takes less.

    It is never made: it names what a page may rely on.

    Attributes:
        login: the live session, and whose it is.
        actor: who asks, as the door and the ledger know them.
        session_ends_at: when they must sign in again whatever they do.
    """

    user: User
    login: Session
    actor: Actor
    session_ends_at: datetime
