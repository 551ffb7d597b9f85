"""A syslog receiver over TLS for tests: reads frames of RFC 5425, keeps them, and can be told to misbehave."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callwarden.kernel import clock


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate that is its own authority."""

    certificate: str
    key: str


def self_signed(folder: Path, name: str = "siem", *, host: str = "127.0.0.1") -> Certificate:
    """Make one for an address of this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificate(str(certificate), str(secret))


def frames(received: bytes) -> list[bytes]:
    """The messages in a stream of octet-counted frames; a frame that was cut is left out."""
    found = []
    while received:
        length, _, rest = received.partition(b" ")
        if not length.isdigit() or len(rest) < int(length):
            break
        found.append(rest[: int(length)])
        received = rest[int(length) :]
    return found


@dataclass
class SyslogReceiver:
    """What arrived so far.

    Attributes:
        messages: every message that was read whole, in order, repeats included.
        reset_after: hang up hard after so many octets of a connection, as a receiver that is killed does.
        keep_open: never close, even when the sender has.
    """

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    reset_after: int | None = None
    keep_open: bool = False
    close_rudely: bool = False

    def take(self, connection: socket.socket) -> None:
        self.connections += 1
        received = b""
        with suppress(ConnectionError):
            while piece := connection.recv(4096):
                received += piece
                if self.reset_after is not None and len(received) >= self.reset_after:
                    # Lingering for no time at all makes the system send a reset.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
                    return
        self.messages += frames(received)


@contextmanager
def receiving(certificate: Certificate | None, *, clients: str = "", port: int = 0) -> Iterator[SyslogReceiver]:
    """A receiver on this machine until the block ends.

    Args:
        certificate: without one it takes plain TCP.
        clients: authority of the certificates that senders must show.
    """
    context: ssl.SSLContext | None = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        if clients:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
    listening = socket.create_server(("127.0.0.1", port))
    receiver = SyslogReceiver(port=listening.getsockname()[1])
    over = threading.Event()
    kept: list[socket.socket] = []

    def serve() -> None:
        while not over.is_set():
            try:
                taken, _ = listening.accept()
            except OSError:
                return
            connection: socket.socket = taken
            with suppress(ssl.SSLError, OSError, ValueError):
                if context is not None:
                    connection = context.wrap_socket(taken, server_side=True)
                receiver.take(connection)
                if receiver.keep_open:
                    kept.append(connection)
                    continue
                if isinstance(connection, ssl.SSLSocket) and not receiver.close_rudely:
                    connection.unwrap()
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        over.set()
        # Closing alone does not wake a thread that waits for somebody to connect.
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in kept:
            connection.close()
        thread.join(5)
