"""Handing a short text to a person who has no account here, through the centre's own message gateway or mail server.

Nothing is stored, unlike in the outbox: the text holds a one-time code, and the address is the person's. What fails is
gone; the person asks again. The gateway is one of the receivers of `CALLWARDEN_WEBHOOKS_FILE` and gets, signed as they
are, `{"type": "text-message", "timestamp": ..., "data": {"to": "+86...", "language": "zh-hans", "text": ...}}`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid4

from django.conf import settings

from callwarden.kernel import clock
from callwarden.kernel.notify import email, webhook


class Way(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Note:
    """A text for one person.

    Attributes:
        to: a number in E.164, or a mail address.
        id: the same for every try, so that a gateway sends it once.
    """

    way: Way
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    language: str
    id: UUID = field(default_factory=uuid4)


def reaches(way: Way) -> bool:
    """Whether this site is set up to send texts that way."""
    return bool(settings.CALLWARDEN_MESSAGE_GATEWAY) if way == Way.PHONE else email.configured()


def hand_over(note: Note) -> None:
    """Send it now, once.

    Raises:
        DeliveryFailed: it was not taken; the code says why and holds nothing of the note.
    """
    if note.way == Way.EMAIL:
        email.mail(note.to, note.subject, note.text, identifier=note.id)
        return
    content = {
        "type": "text-message",
        "timestamp": clock.now().isoformat(timespec="seconds"),
        "data": {"to": note.to, "language": note.language, "text": note.text},
    }
    body = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    webhook.post(webhook.usable("message gateway", settings.CALLWARDEN_MESSAGE_GATEWAY), str(note.id), body)
