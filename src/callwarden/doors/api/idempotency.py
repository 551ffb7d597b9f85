"""A request that is sent again has its effect once, and is answered as the first time.

The row that remembers the answer is written first, in the same transaction as the effect. So two that arrive together
wait for each other at the unique token, and a process killed at any point leaves both or neither.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from callwarden.doors.api.models import AnsweredRequest
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin.models import ServiceKey

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
WAIT_MS = 10_000
_FORM = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class Answer:
    """What a program is told: an HTTP status and structural facts. `replayed`: it was told so before."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    replayed: bool = False


class KeyMissing(InvalidInput):
    """A request that changes something came without a key of its own."""

    http_status = 400


def require_key(request: HttpRequest) -> str:
    """The request's idempotency key.

    Raises:
        KeyMissing: none, or one that is no 1 to 200 visible ASCII characters.
    """
    key = request.headers.get(HEADER, "")
    if not _FORM.fullmatch(key):
        raise KeyMissing(
            "idempotency_key_missing",
            _("Send an Idempotency-Key header of 1 to 200 visible ASCII characters, new for every new request."),
        )
    return key


def digest_of(parts: Iterable[bytes]) -> bytes:
    """SHA-256 over length-prefixed parts, so that no two lists of parts look alike."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def once(key: ServiceKey, request: HttpRequest, content: bytes, act: Callable[[], Answer]) -> Answer:
    """Run `act` and remember its answer, in one transaction; or give the answer it had before.

    An act that raises leaves nothing behind, so the same key may be used again once the fault is mended.

    Args:
        content: digest of everything that decides what happens.

    Raises:
        Conflict: this key was used for something else within the last 24 hours.
        OperationalError: the other request with this key did not end in time.
    """
    token = keyed("api.request", f"{key.id}:{require_key(request)}")
    asked = keyed("api.content", content)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(WAIT_MS)])
        row, earlier = _claim(key, token, asked)
        if earlier:
            if bytes(row.content) != asked:
                raise Conflict(
                    "idempotency_key_reused",
                    _("This Idempotency-Key was used for another request. Send a new key with a new request."),
                )
            return Answer(row.status, row.answer, replayed=True)
        answer = act()
        AnsweredRequest.objects.filter(pk=row.pk).update(status=answer.status, answer=answer.body)
    return answer


def _claim(key: ServiceKey, token: bytes, content: bytes) -> tuple[AnsweredRequest, bool]:
    """(the row of this token, whether somebody made it before us). Waits for whoever holds the token now."""
    now = clock.now()
    AnsweredRequest.objects.filter(token=token, expires_at__lte=now).delete()
    mine = AnsweredRequest(token=token, content=content, service_key=key, created_at=now, expires_at=now + KEPT_FOR)
    AnsweredRequest.objects.bulk_create([mine], ignore_conflicts=True)
    row = AnsweredRequest.objects.get(token=token)
    return row, row.pk != mine.pk


def forget_expired() -> int:
    """Delete answers whose day is over. Returns how many."""
    deleted, _by_model = AnsweredRequest.objects.filter(expires_at__lte=clock.now()).delete()
    return deleted
