"""Too many wrong proofs close sign-in, across restarts and processes, and give nobody a way to shut others out.

django-axes counts in the database; this says what is counted and when it is too much (limits: the site's profile):

* one account from one address, as ever;
* one account from all addresses together, so that guessing spread over many addresses ends as well;
* one address over all accounts, so that one guess for each of many people ends as well.

The last two would let anybody close somebody else's account. So a browser from which this person signed in before has a
counter of its own and asks neither, and a passkey, which cannot be guessed, is never refused.

A wrong code of the second factor counts like a wrong password. What somebody typed is kept nowhere: people type
passwords, and customers' numbers, into the wrong field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from callwarden.doors.addresses import address_of
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.protection.signin import devices, lockouts, profiles

Credentials = Mapping[str, Any] | None
DEVICE_COOKIE = "callwarden_device"
_ACTOR = "door:console"


class CountingHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """What django-axes asks: how near to its limit an attempt is. At `of_pair` it is closed."""

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        profile, name = profiles.present(), account_token(request, credentials)
        lately = AccessAttempt.objects.filter(attempt_time__gte=clock.now() - profile.closed_for)
        if lockouts.is_device(name):
            return _failures(lately.filter(username=name))
        address = lately.filter(ip_address=request.axes_ip_address)  # type: ignore[attr-defined]
        if _failures(lately.filter(username=name)) >= profile.of_account:
            return profile.of_pair
        if _failures(address.exclude(username__startswith=lockouts.DEVICE)) >= profile.of_address:
            return profile.of_pair
        return _failures(address.filter(username=name))


def _failures(attempts: QuerySet[Any]) -> int:
    return int(attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0)


def limit(*_: object) -> int:
    """For django-axes."""
    return profiles.present().of_pair


def closed_for(*_: object) -> timedelta:
    """For django-axes, which forgets what is older."""
    return profiles.present().closed_for


def account_token(request: HttpRequest, credentials: Credentials = None) -> str:
    """Whom an attempt is about, the same however the name is written: by user name, by e-mail, in any case.

    A browser that this person used before is told apart. The answer stays the same for the whole of a request, also
    when it ends with that browser becoming known.
    """
    typed = _typed(request, credentials)
    told: dict[str, str] = request.__dict__.setdefault("_lockout_names", {})
    if typed not in told:
        user, device = person_named(typed), request.COOKIES.get(DEVICE_COOKIE, "")
        if user is not None and device and devices.is_known(user, device):
            told[typed] = devices.counter_of(user, device)
        else:
            told[typed] = lockouts.counter_of(user) if user else lockouts.counter_of_name(typed)
    return told[typed]


def address(request: HttpRequest) -> str:
    """Where an attempt comes from, as the other doors see it."""
    return address_of(request)


def page(request: HttpRequest, *_: object) -> HttpResponse:
    """What somebody sees while sign-in is closed; it does not tell whether the account exists."""
    minutes = round(profiles.present().closed_for.total_seconds() / 60)
    return render(request, "account/locked_out.html", {"minutes": minutes}, status=429)


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
    if request is None or (user := person_named(_typed(request, credentials))) is None:
        return
    with transaction.atomic():
        journal.record(Entry(event=event, actor=_ACTOR, data={"person": user.actor}))


def _typed(request: HttpRequest, credentials: Credentials) -> str:
    given = credentials or {}
    typed = given.get("username") or given.get("login") or given.get("email") or request.POST.get("login") or ""
    return str(typed).strip().casefold()


def person_named(typed: str) -> User | None:
    """Whose name or address this is. What several accounts have is the oldest's, those that are closed last."""
    named = typed.strip().casefold()
    if not named or "\0" in named:
        return None
    found = User.objects.filter(Q(username__iexact=named) | Q(email__iexact=named))
    return found.order_by("-is_active", "date_joined").first()


def connect() -> None:
    """Follow failed attempts; called once when the application starts."""
    user_login_failed.connect(_failed, dispatch_uid="callwarden.sign_in_failed")
    user_locked_out.connect(_locked, dispatch_uid="callwarden.sign_in_locked")
