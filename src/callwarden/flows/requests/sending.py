"""Codes on their way to people, sent beside the page that asked for them: how long a gateway takes tells nothing.

What is to be sent lies in the memory of this process alone. If it ends first, nothing is sent, and the person is called
back or asks again.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from django.db import close_old_connections, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Severity
from callwarden.kernel.notify.gateway import Note, hand_over
from callwarden.kernel.notify.interface import DeliveryFailed

ACTOR: Final = "door:public"
NOT_SENT = findings.register(
    FindingKind(
        "codes-not-sent",
        title=_("One-time codes cannot be sent to people"),
        remedy=_("Look at the message gateway or mail server; until it takes messages, people are called back."),
    )
)
_log = structlog.get_logger(__name__)
_senders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="codes")


def send(note: Note | None) -> None:
    """Send it soon; None: nothing is to be sent, which takes the caller just as long."""
    _senders.submit(_send, note)


def _send(note: Note | None) -> None:
    if note is None:
        return
    try:
        hand_over(note)
    except DeliveryFailed as failure:
        _log.warning("code_not_sent", way=str(note.way), why=failure.code)
        _file(str(note.way), failure.code)


def _file(way: str, why: str) -> None:
    """One finding while it lasts, however many codes are lost."""
    close_old_connections()
    try:
        with transaction.atomic():
            findings.report(
                NOT_SENT.name,
                severity=Severity.MEDIUM,
                key={"way": way},
                data={"way": way, "reason": why},
                actor=ACTOR,
            )
    finally:
        close_old_connections()
