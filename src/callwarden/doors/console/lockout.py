"""Too many wrong proofs of one account from one address close sign-in for it there, across restarts and processes.

django-axes counts in the database; these functions tell it what to count. A wrong code of the second factor counts
like a wrong password. What somebody typed is kept nowhere: people type passwords, and customers' numbers, into the
wrong field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from callwarden.doors.addresses import address_of
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.kernel.tokens import keyed

Credentials = Mapping[str, Any] | None
_ACTOR = "door:console"


def account_token(request: HttpRequest, credentials: Credentials = None) -> str:
    """Whom an attempt is about, the same however the name is written: by user name, by e-mail, in any case."""
    typed = _typed(request, credentials)
    user = _person(typed)
    return keyed("lockout", str(user.pk) if user else typed).hex()


def address(request: HttpRequest) -> str:
    """Where an attempt comes from, as the other doors see it."""
    return address_of(request)


def page(request: HttpRequest, *_: object) -> HttpResponse:
    """What somebody sees while sign-in is closed; it does not tell whether the account exists."""
    return render(request, "account/locked_out.html", status=429)


def is_locked(request: HttpRequest, name: str) -> bool:
    """Whether sign-in is closed now for this account from this address."""
    return bool(AxesProxyHandler.is_locked(request, {"username": name}))


def wrong_code(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """A wrong code of a second factor is a failed sign-in."""
    user_login_failed.send(sender=__name__, credentials={"username": user.username}, request=request)


def _failed(sender: Any, credentials: Credentials, request: HttpRequest | None = None, **_: Any) -> None:
    _note(Event.SIGN_IN_FAILED, request, credentials)


def _locked(sender: Any, request: HttpRequest, **_: Any) -> None:
    _note(Event.SIGN_IN_LOCKED, request, getattr(request, "axes_credentials", None))


def _note(event: Event, request: HttpRequest | None, credentials: Credentials) -> None:
    """Into the ledger, where there is such a person; names that nobody has are only counted."""
    if request is None or (user := _person(_typed(request, credentials))) is None:
        return
    with transaction.atomic():
        journal.record(Entry(event=event, actor=_ACTOR, data={"person": user.actor}))


def _typed(request: HttpRequest, credentials: Credentials) -> str:
    given = credentials or {}
    typed = given.get("username") or given.get("login") or given.get("email") or request.POST.get("login") or ""
    return str(typed).strip().casefold()


def _person(typed: str) -> User | None:
    if not typed or "\0" in typed:
        return None
    return User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).order_by("date_joined").first()


def connect() -> None:
    """Follow failed attempts; called once when the application starts."""
    user_login_failed.connect(_failed, dispatch_uid="callwarden.sign_in_failed")
    user_locked_out.connect(_locked, dispatch_uid="callwarden.sign_in_locked")
