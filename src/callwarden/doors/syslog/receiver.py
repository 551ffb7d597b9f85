"""Listens for neighbouring systems and hands their lines on, never faster than they can be kept.

A connection over TLS is the system's whose certificate it shows (RFC 5425); on this machine each message is that of the
system whose short name stands as its application. Lines wait in memory, a batch for each connection at most: while the
keeper or the database is away nothing more is read, so that the sender waits. A connection is closed in order, by the
alert "close notify", only after everything that came by it was committed; one whose lines could not be kept is reset,
and its sender sends again. What comes twice is known and kept once.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.db import DatabaseError, connections

from callwarden.control.neighbours import queries, rules
from callwarden.control.neighbours.models import Neighbour
from callwarden.engines.neighbours import BadFrames, Frames, NotSyslog, TooLong, parse
from callwarden.flows import neighbours
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError

log = logging.getLogger("callwarden.syslog")
ACTOR: Final = "door:syslog"
MOST_CONNECTIONS: Final = 32
_PIECE: Final = 64 * 1024
_HANDSHAKE_S: Final = 10.0
# Lines that wait for others are kept after this time without more.
_QUIET_S: Final = 0.5
_IDLE_S: Final = 15 * 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0


@dataclass(frozen=True)
class Listening:
    """Where to listen.

    Attributes:
        certificate, key: what we show, PEM files; without them only this machine can connect.
        authority: whose certificates neighbours may show, PEM.
    """

    host: str
    port: int
    certificate: str = ""
    key: str = ""
    authority: str = ""

    @property
    def secure(self) -> bool:
        return bool(self.certificate)

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        context.load_verify_locations(self.authority)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


@dataclass
class _Waiting:
    """Lines of one system that were read and not kept yet."""

    lines: list[bytes] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.lines or self.refused)


class Receiver:
    """Takes connections until it is stopped."""

    def __init__(self, where: Listening, stop: threading.Event) -> None:
        self._where, self._stop = where, stop
        self._context = where.context() if where.secure else None
        self._room = threading.Semaphore(MOST_CONNECTIONS)
        self._server = socket.create_server((where.host, where.port), family=_family(where.host), backlog=16)
        self._server.settimeout(0.5)
        self.port: int = self._server.getsockname()[1]

    def serve(self) -> None:
        """Until `stop` is set; then wait for what is being kept."""
        threads: list[threading.Thread] = []
        with self._server:
            while not self._stop.is_set():
                try:
                    taken, _address = self._server.accept()
                except TimeoutError:
                    continue
                if not self._room.acquire(blocking=False):
                    log.warning("syslog_full")
                    taken.close()
                    continue
                thread = threading.Thread(target=self._one, args=(taken,), daemon=True)
                thread.start()
                threads = [*(one for one in threads if one.is_alive()), thread]
        for thread in threads:
            thread.join(20)

    def _one(self, taken: socket.socket) -> None:
        try:
            self._talk(taken)
        except (OSError, ssl.SSLError) as error:
            log.info("syslog_cut", extra={"code": type(error).__name__})
        finally:
            taken.close()
            connections.close_all()
            self._room.release()

    def _talk(self, taken: socket.socket) -> None:
        taken.settimeout(_HANDSHAKE_S)
        if self._context is None:
            Conversation(taken, None, self._stop).hold()
            return
        with self._context.wrap_socket(taken, server_side=True) as secure:
            shown = secure.getpeercert(binary_form=True) or b""
            known = queries.by_certificate(hashlib.sha256(shown).hexdigest())
            if known is None:
                log.warning("syslog_unknown_certificate", extra={"code": hashlib.sha256(shown).hexdigest()[:16]})
                return
            if Conversation(secure, known, self._stop).hold():
                with contextlib.suppress(OSError, ssl.SSLError):
                    secure.unwrap()


class Conversation:
    """One connection, of a known system or of this machine."""

    def __init__(self, connection: socket.socket, known: Neighbour | None, stop: threading.Event) -> None:
        self._connection, self._known, self._stop = connection, known, stop
        self._frames = Frames()
        self._waiting: dict[str, _Waiting] = {}

    def hold(self) -> bool:
        """Read until the other side ends. Whether everything that came was kept."""
        self._connection.settimeout(_QUIET_S)
        heard = clock.monotonic()
        try:
            while not self._stop.is_set() and clock.monotonic() - heard < _IDLE_S:
                try:
                    piece = self._connection.recv(_PIECE)
                except TimeoutError:
                    self._keep()
                    continue
                if not piece:
                    break
                heard = clock.monotonic()
                for message in self._frames.feed(piece):
                    self._note(message)
            if self._frames.cut:
                self._refuse("cut")
        except BadFrames as bad:
            for message in bad.before:
                self._note(message)
            self._refuse("not_syslog")
        if not self._keep():
            _reset(self._connection)
            return False
        return True

    def _note(self, message: bytes | TooLong) -> None:
        if isinstance(message, TooLong):
            self._refuse("too_long")
            return
        waiting = self._waiting.setdefault(self._whose(message), _Waiting())
        waiting.lines.append(message)
        if len(waiting.lines) >= rules.MOST:
            self._keep()

    def _refuse(self, reason: str) -> None:
        if self._known is not None:
            self._waiting.setdefault(self._known.slug, _Waiting()).refused[reason] += 1
        else:
            log.warning("syslog_refused", extra={"code": reason})

    def _whose(self, message: bytes) -> str:
        if self._known is not None:
            return self._known.slug
        try:
            return parse(message).app
        except NotSyslog:
            return ""

    def _keep(self) -> bool:
        """Commit what waits. False only when this had to end before it could be."""
        pause = _FIRST_PAUSE_S
        while self._waiting:
            try:
                for slug in list(self._waiting):
                    self._take(slug, self._waiting[slug])
                    del self._waiting[slug]
            except (CallwardenError, DatabaseError, OSError) as error:
                code = error.code if isinstance(error, CallwardenError) else type(error).__name__
                log.error("syslog_waits", extra={"code": code})
                connections.close_all()
                if self._stop.wait(pause):
                    return False
                pause = min(pause * 2, _LONGEST_PAUSE_S)
        return True

    def _take(self, slug: str, waiting: _Waiting) -> None:
        # Looked up for each batch: one that was paused meanwhile is heeded.
        found = Neighbour.objects.filter(slug=slug, state=Neighbour.State.CONNECTED).first()
        if self._known is None and found is not None and found.way != Neighbour.Way.LOCAL:
            found = None
        if found is None:
            log.warning("syslog_of_nobody", extra={"count": len(waiting.lines)})
            return
        for lines in _parts(waiting.lines):
            neighbours.take_lines(found, lines, refused=waiting.refused, actor=ACTOR)
            waiting.refused = Counter()


def _parts(lines: list[bytes]) -> Iterator[list[bytes]]:
    yield lines[: rules.MOST]
    for at in range(rules.MOST, len(lines), rules.MOST):
        yield lines[at : at + rules.MOST]


def _reset(connection: socket.socket) -> None:
    """End so that the sender cannot take it for an orderly end: lingering for no time makes the system send a reset."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
