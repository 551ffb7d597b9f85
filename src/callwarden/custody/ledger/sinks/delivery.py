"""Handing the newest head to every sink, each at its own pace."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta

from django.db import DatabaseError, close_old_connections, connection, transaction

from callwarden.custody.ledger import heads
from callwarden.custody.ledger.sinks.interface import Head, Sent, Sink, SinkFailed
from callwarden.custody.models import Checkpoint, CheckpointSink, Cosignature
from callwarden.kernel import clock

log = logging.getLogger("callwarden.sinks")
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
# Of a log's published head, two threads may want to write at once.
_publishing = threading.Lock()


def deliver(sink: Sink) -> bool:
    """Hand the newest head to this sink if it has not got it and is due. Whether it took one.

    Nothing a sink does comes out of here: what failed is a row with the time of the next try.
    """
    state, _made = CheckpointSink.objects.get_or_create(
        name=sink.name, defaults={"kind": sink.kind, "since": clock.now()}
    )
    head = _next(state.size)
    if head is None or head.size <= state.size or not _due(sink, state):
        return False
    year = heads.year_of(head.size - 1)
    try:
        sent = sink.send(Head(head.size, head.note.encode(), taken=state.size, first=year.first if year else 0))
    except SinkFailed as failure:
        _failed(sink, state, failure)
        return False
    _succeeded(sink, state, sent)
    return True


def _next(taken: int) -> Checkpoint | None:
    """The newest head; before it the last head of a year that this sink had begun to take."""
    if taken and (year := heads.year_of(taken - 1)) and (end := heads.end_of(year)) is not None and end > taken:
        return Checkpoint.objects.filter(size=end).first()
    return Checkpoint.objects.order_by("-size").first()


def _due(sink: Sink, state: CheckpointSink) -> bool:
    now = clock.now()
    # A clock that was set back must not silence a sink: a time further off than any pause counts as past.
    if state.next_try_at and now < state.next_try_at <= now + timedelta(seconds=2 * LONGEST_PAUSE):
        return False
    wait = timedelta(seconds=sink.every)
    return not (state.succeeded_at and timedelta(0) <= now - state.succeeded_at < wait) or sink.kind == "mail"


def _failed(sink: Sink, state: CheckpointSink, failure: SinkFailed) -> None:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(state.failures, 12))
    CheckpointSink.objects.filter(pk=sink.name).update(
        failures=state.failures + 1,
        failing_since=state.failing_since or clock.now(),
        error=failure.code,
        refused=failure.refused,
        next_try_at=clock.now() + timedelta(seconds=pause),
    )
    if not state.failures:
        log.error("checkpoint_sink_failed", extra={"sink": sink.name, "error": failure.code})


def _succeeded(sink: Sink, state: CheckpointSink, sent: Sent) -> None:
    now = clock.now()
    with transaction.atomic():
        if sent.cosignature:
            Cosignature.objects.get_or_create(
                size=sent.size, witness=sent.witness, defaults={"line": sent.cosignature, "at": now}
            )
        Checkpoint.objects.filter(size=sent.size, exported_at=None).update(exported_at=now)
        CheckpointSink.objects.filter(pk=sink.name).update(
            size=sent.size,
            succeeded_at=now,
            failures=0,
            failing_since=None,
            error="",
            refused=False,
            next_try_at=None,
        )
    if sent.cosignature:
        publish_newest(sent.size)


def publish_newest(of: int) -> None:
    """Lay the newest head of a year beside its tiles with what witnesses have signed; `of` is a head of that year."""
    with _publishing:
        year = heads.year_of(of - 1)
        newest = heads.last_of(year) if year else None
        if newest is not None:
            heads.tiles(year).put("checkpoint", heads.note_of(newest))


class Delivery:
    """A thread for every sink, so that one which hangs holds up neither the log nor the others."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._stop = threading.Event()
        self._news = [threading.Event() for _ in sinks]
        self.threads = [
            threading.Thread(target=self._work, args=(sink, news), name=sink.name, daemon=True)
            for sink, news in zip(sinks, self._news, strict=True)
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def published(self) -> None:
        """A new head has been signed."""
        for news in self._news:
            news.set()

    def stop(self) -> None:
        self._stop.set()
        self.published()

    def _work(self, sink: Sink, news: threading.Event) -> None:
        try:
            while not self._stop.is_set():
                close_old_connections()
                try:
                    deliver(sink)
                except DatabaseError:
                    connection.close()
                except Exception as error:  # a fault of the sink's program ends neither the thread nor the log
                    log.error("checkpoint_sink_broke", extra={"sink": sink.name, "error": type(error).__name__})
                news.wait(max(1.0, min(sink.every, 30.0)))
                news.clear()
                self._stop.wait(0.2)
        finally:
            connection.close()
