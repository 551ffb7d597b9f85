"""Writing to a syslog receiver: messages of RFC 5424, each with its length before it, over TLS (RFC 5425).

    receiver = Receiver("siem.example", ca_file="/etc/callwarden/siem-ca.pem")
    deliver(receiver, [Message(at=clock.now(), text='{"index": 7}', msgid="audit", index=7)])

Syslog has no receipts: a message that was written to a connection may still be lost with it. So every call of `deliver`
is one connection that is closed in order, and what it carried counts as delivered once the receiver has closed its
side after that: it then had read to the end. Everything else is a failure, and the caller sends all of it again. A
receiver may therefore see a message twice, and tells by its index; none is lost.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Final

from callwarden.kernel.notify.interface import DeliveryFailed

AUDIT_FACILITY: Final = 13
"""Facility "log audit" (RFC 5424, table 1)."""
PORT: Final = 6514
"""The port of syslog over TLS (RFC 5425 section 4.1)."""

_TIMEOUT_S = 10
# A sequence number lies in 1 to this and then starts again (RFC 5424 section 7.3.1).
_LAST_SEQUENCE = 2_147_483_647
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")
_ESCAPED = re.compile(r'(["\\\]])')


class Severity(IntEnum):
    """How much a message presses (RFC 5424, table 2)."""

    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message.

    Attributes:
        at: when it happened; aware.
        text: what a receiver stores, usually JSON. No name or number of a person.
        msgid: kind of message, for filters at the receiver; at most 32 characters.
        index: place in an order without gaps, told as `sequenceId`; a receiver sees by it what is missing.
        host, app, process: where it comes from.
    """

    at: datetime
    text: str
    msgid: str
    index: int | None = None
    severity: Severity = Severity.INFORMATIONAL
    facility: int = AUDIT_FACILITY
    host: str = ""
    app: str = "callwarden"
    process: str = ""

    def encode(self) -> bytes:
        """The message in the form of RFC 5424 section 6, without a frame.

        Elements of structured data are those registered with IANA: `meta` with the sequence number, `origin`.
        """
        header = " ".join(
            (
                f"<{self.facility * 8 + self.severity}>1",
                self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                _name(self.host or socket.gethostname(), 255),
                _name(self.app, 48),
                _name(self.process, 128),
                _name(self.msgid, 32),
            )
        )
        # A byte order mark says that what follows is UTF-8 (section 6.4); text in ASCII needs none.
        mark = b"" if self.text.isascii() else b"\xef\xbb\xbf"
        return f"{header} {self._data()} ".encode() + mark + self.text.encode()

    def _data(self) -> str:
        origin = f'[origin software="{_ESCAPED.sub(_BACKSLASHED, self.app[:48])}"]'
        if self.index is None:
            return origin
        return f'[meta sequenceId="{self.index % _LAST_SEQUENCE + 1}"]{origin}'


_BACKSLASHED = r"\\\1"


def framed(message: bytes) -> bytes:
    """The message with its length in octets before it (RFC 5425 section 4.3)."""
    return f"{len(message)} ".encode() + message


class Receipt(StrEnum):
    """What counts as the receiver's word that it has read all."""

    CLOSED = "closed"
    """It closes in order, by the alert "close notify" (RFC 5425 section 4.4)."""
    ENDED = "ended"
    """It ends the connection after that alert of ours, without one of its own: many do (rsyslog with GnuTLS). One that
    is killed in that moment looks the same."""
    NONE = "none"
    """Nothing: for receivers that never close. What is on its way when one of those stops is lost."""


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Where messages go.

    Attributes:
        host, port: address; the certificate must be for this host.
        ca_file: whom to believe, PEM; empty means the authorities this machine believes.
        certificate_file, key_file: what this site shows of itself, where the receiver asks for that.
        plain: without TLS; only within this machine.
        receipt: what counts as its word that it has read all.
    """

    host: str
    port: int = PORT
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    plain: bool = False
    receipt: Receipt = Receipt.CLOSED


def deliver(receiver: Receiver, messages: Iterable[Message | bytes], *, timeout_s: float = _TIMEOUT_S) -> None:
    """Hand all of them over in one connection, in order.

    Args:
        messages: encoded ones go as they are.

    Raises:
        DeliveryFailed: with `unreachable`, `certificate_refused`, `insecure`, `certificate_unreadable`,
            `cut_off` (broken while sending) or `no_receipt`. None of them is final; send all of them again.
    """
    frames: Sequence[bytes] = [framed(each.encode() if isinstance(each, Message) else each) for each in messages]
    if not frames:
        return
    channel = _connect(receiver, timeout_s)
    try:
        for frame in frames:
            channel.send(frame)
        channel.end(receipt=receiver.receipt)
    except (ssl.SSLError, OSError):
        raise DeliveryFailed("cut_off") from None
    finally:
        channel.close()


class _Plain:
    """A connection without TLS."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, frame: bytes) -> None:
        self._connection.sendall(frame)

    def end(self, *, receipt: Receipt) -> None:
        """Close in order and wait until the receiver has; one that stops with unread messages resets instead."""
        self._connection.shutdown(socket.SHUT_WR)
        try:
            while receipt != Receipt.NONE and self._connection.recv(4096):
                pass
        except TimeoutError:
            raise DeliveryFailed("no_receipt") from None

    def close(self) -> None:
        self._connection.close()


class _Tls:
    """A connection with TLS.

    The library's own closing takes an alert that ends a connection for one that closes it in order, so records are
    taken from the connection here and shown to it one after the other.
    """

    def __init__(self, connection: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._connection = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._until(self._tls.do_handshake)

    def send(self, frame: bytes) -> None:
        self._tls.write(frame)
        self._flush()

    def end(self, *, receipt: Receipt) -> None:
        """Say that all was sent (alert "close notify") and wait for the same (RFC 5425 section 4.4)."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()
        if receipt == Receipt.NONE:
            return
        try:
            while self._until(lambda: self._tls.read(4096)):
                pass
        except ssl.SSLZeroReturnError:
            return
        except ssl.SSLEOFError:
            if receipt == Receipt.CLOSED:
                raise DeliveryFailed("no_receipt") from None
        except TimeoutError:
            raise DeliveryFailed("no_receipt") from None

    def close(self) -> None:
        self._connection.close()

    def _until(self, step: Callable[[], object]) -> object:
        """Do a step that may need what the other side says next."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                if read := self._connection.recv(65_536):
                    self._incoming.write(read)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        while written := self._outgoing.read(65_536):
            self._connection.sendall(written)


def _connect(receiver: Receiver, timeout_s: float) -> _Plain | _Tls:
    if receiver.plain and not _within_this_machine(receiver.host):
        raise DeliveryFailed("insecure")
    context = None if receiver.plain else _context(receiver)
    try:
        connection = socket.create_connection((receiver.host, receiver.port), timeout=timeout_s)
    except OSError:
        raise DeliveryFailed("unreachable") from None
    if context is None:
        return _Plain(connection)
    try:
        return _Tls(connection, context, receiver.host)
    except ssl.SSLCertVerificationError:
        connection.close()
        raise DeliveryFailed("certificate_refused") from None
    except (ssl.SSLError, OSError):
        connection.close()
        raise DeliveryFailed("unreachable") from None


def _context(receiver: Receiver) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=receiver.ca_file or None)
        if receiver.certificate_file:
            context.load_cert_chain(receiver.certificate_file, receiver.key_file or None)
    except (OSError, ssl.SSLError):
        raise DeliveryFailed("certificate_unreadable") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _name(text: str, longest: int) -> str:
    """A field of the header: printable ASCII without spaces, `-` where there is nothing to say."""
    return _UNPRINTABLE.sub("_", text)[:longest] or "-"


def _within_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
