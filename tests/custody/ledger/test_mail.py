"""Heads by mail, through a real mail server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from callwarden.custody.ledger import sinks
from callwarden.custody.ledger.sinks.mail import queue_due
from callwarden.custody.models import Checkpoint, CheckpointSink
from callwarden.kernel import clock, notify
from callwarden.kernel.models import OutboxMessage, User


class Box(Message):
    """What the server has accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.mails.append(message_from_bytes(message.as_bytes()))


@pytest.fixture
def box(settings, log_folder) -> Iterator[tuple[Box, Controller]]:
    kept = Box()
    server = started(kept, free_port())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = False  # as on this machine alone
    settings.LEDGER_SINKS = ["mail:?every=86400"]
    User.objects.create(username="officer", roles=["data_protection_officer"], email="officer@example.com")
    yield kept, server
    with suppress(RuntimeError):  # it was stopped in the test
        server.stop(no_assert=True)


def started(box: Box, port: int) -> Controller:
    server = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=120)
    server.start()
    return server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def deliver() -> None:
    for identifier in OutboxMessage.objects.filter(
        channel=OutboxMessage.Channel.EMAIL, state=OutboxMessage.State.QUEUED
    ).values_list("id", flat=True):
        notify.deliver(identifier)
    for sink in sinks.configured():
        sinks.deliver(sink)


def test_a_head_a_day_reaches_the_officer_and_counts_only_when_the_server_took_it(box, write, sequence):
    kept, server = box
    begun = clock.now()
    with clock.frozen(begun) as time:
        write(3)
        sequence()
        assert queue_due(86_400)
        assert not queue_due(86_400)  # one a day
        server.stop()
        deliver()
        state = CheckpointSink.objects.get()
        assert (state.size, state.error, kept.mails) == (0, "not_delivered_yet", [])
        server = started(kept, server.port)
    with clock.frozen(begun + timedelta(hours=1)):
        deliver()
    (mail,) = kept.mails
    head = Checkpoint.objects.get(size=3)
    assert mail["To"] == "officer@example.com"
    assert bytes(head.root).hex() in mail.get_payload(decode=True).decode()
    assert CheckpointSink.objects.get().size == 3
    assert Checkpoint.objects.get(size=3).exported_at is not None
    with clock.frozen(begun + timedelta(days=1, hours=2)) as time:
        write(4)
        sequence()
        assert queue_due(86_400)
        deliver()
        time.set(begun + timedelta(days=1, hours=3))
        deliver()
    server.stop()
    assert len(kept.mails) == 2
    assert CheckpointSink.objects.get().size == Checkpoint.objects.order_by("-size").first().size > 3
