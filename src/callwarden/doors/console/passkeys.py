"""Copies of passkeys: an authenticator counts its signatures, so two that count apart are not one.

Source: WebAuthn Level 2 sections 6.1.1 and 7.2 step 21 (signature counter). Passkeys that a phone keeps in step over
several devices count nothing (zero for ever), and of these a copy cannot be seen.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.account.internal.flows.login import clear_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from fido2.utils import websafe_decode
from fido2.webauthn import AuthenticatorData

from callwarden.kernel import journal, sessions
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User

COUNTER, COPIED = "callwarden_counter", "callwarden_copied"


def check(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    """Note the counter of a signature that was just verified.

    A counter that did not move on tells of a copy: the key signs in nobody from then on, the one who holds the other
    copy included, and every session of its person ends.

    Raises:
        ImmediateHttpResponse: the page that says so.
    """
    if authenticator.type != Authenticator.Type.WEBAUTHN:
        return
    counter = counter_in(request.POST.get("credential", ""))
    with transaction.atomic():
        locked = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        before, copied = int(locked.data.get(COUNTER, 0)), bool(locked.data.get(COPIED))
        found = not copied and (counter or before) and counter <= before
        locked.data = {**locked.data, COUNTER: max(counter, before), COPIED: copied or bool(found)}
        locked.save(update_fields=["data"])
        if found:
            facts: dict[str, str | int] = {"person": user.actor, "counter": counter, "before": before}
            journal.record(Entry(event=Event.PASSKEY_COPIED, actor=user.actor, data=dict(facts)))
            sessions.revoke_all(user, actor="door:console", reason="passkey_copied")
    if found or copied:
        clear_authentication_records(request)  # what this key proved in this browser counts for nothing
        raise ImmediateHttpResponse(render(request, "mfa/webauthn/copied.html", status=403))


def counter_in(credential: str) -> int:
    """How many signatures the authenticator says it made; the answer was verified before, so it can be read."""
    answer: Any = json.loads(credential)
    return AuthenticatorData(websafe_decode(answer["response"]["authenticatorData"])).counter
