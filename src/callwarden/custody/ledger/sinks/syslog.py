"""A syslog receiver: RFC 5424 messages over TLS (RFC 5425), or over plain TCP on this machine.

Syslog acknowledges nothing. The connection is ended after the message, and what the receiver had not taken in by then
would answer with a reset; that much is known, and no more.
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
from datetime import UTC
from typing import ClassVar

from callwarden.custody.ledger.sinks.interface import PATIENCE, Head, Sent, SinkFailed
from callwarden.engines.ledger import Checkpoint
from callwarden.kernel import clock

# Facility 13 (log audit), severity 5 (notice): RFC 5424 section 6.2.1.
PRIORITY = 13 * 8 + 5
# The private enterprise number RFC 5612 reserves for documentation: this product has none of its own.
STRUCTURE = "checkpoint@32473"


def frame(head: Head, *, host: str) -> bytes:
    """One message in octet counting (RFC 5425 section 4.3). The note lies in it whole, as base64."""
    read = Checkpoint.peek(head.note)
    at = clock.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = f'[{STRUCTURE} origin="{read.origin}" size="{read.size}" root="{base64.b64encode(read.root).decode()}"]'
    text = base64.b64encode(head.note).decode()
    message = f"<{PRIORITY}>1 {at} {host} callwarden {os.getpid()} checkpoint {facts} {text}".encode()
    return b"%d %s" % (len(message), message)


class SyslogSink:
    """Sends each head as one message over a connection of its own."""

    kind: ClassVar[str] = "syslog"

    def __init__(
        self, name: str, host: str, port: int, *, tls: bool, ca: str | None = None, every: float = 0.0
    ) -> None:
        self.name, self.every = name, every
        self._address, self._host, self._tls, self._ca = (host, port), host, tls, ca

    def send(self, head: Head) -> Sent:
        message = frame(head, host=socket.gethostname()[:255] or "-")
        try:
            with socket.create_connection(self._address, timeout=PATIENCE) as plain, self._wrapped(plain) as connection:
                connection.sendall(message)
                self._end(connection)
        except ssl.SSLError:
            raise SinkFailed("not_trusted") from None
        except OSError:
            raise SinkFailed("no_connection") from None
        return Sent(head.size)

    def _wrapped(self, plain: socket.socket) -> socket.socket:
        if not self._tls:
            return plain
        context = ssl.create_default_context(cafile=self._ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context.wrap_socket(plain, server_hostname=self._host)

    def _end(self, connection: socket.socket) -> None:
        connection.settimeout(2.0)
        if isinstance(connection, ssl.SSLSocket):
            with contextlib.suppress(TimeoutError, ssl.SSLError, OSError):
                connection.unwrap()
            return
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(TimeoutError):
            connection.recv(1)
