"""Syslog leaves this machine over TLS alone, to a receiver whose certificate is trusted."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callwarden.custody.models import CheckpointSink


class Siem:
    """Takes messages in over TLS, under a certificate of its own making."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.got, self.arrived = folder / "ca.pem", list[bytes](), threading.Event()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._make(folder / "key.pem")
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _make(self, key_file: Path) -> None:
        key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "siem")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        self._context.load_cert_chain(self.certificate, key_file)

    def _serve(self) -> None:
        while True:
            try:
                peer, _address = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(peer, server_side=True) as secured:
                    told = bytearray()
                    while piece := secured.recv(65536):
                        told += piece
            except OSError:
                continue
            self.got.append(bytes(told))
            self.arrived.set()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def siem(tmp_path: Path) -> Iterator[Siem]:
    made = Siem(tmp_path)
    yield made
    made.close()


def test_a_receiver_whose_authority_is_named_gets_the_head(siem, settings, write, sequence):
    settings.LEDGER_SINKS = [f"syslog+tls://127.0.0.1:{siem.port}?ca={siem.certificate}"]
    write(1)
    sequence()
    assert CheckpointSink.objects.get().size == 1
    assert siem.arrived.wait(10)
    assert b" callwarden " in siem.got[0]


def test_a_receiver_nobody_vouches_for_gets_nothing(siem, settings, write, sequence):
    settings.LEDGER_SINKS = [f"syslog+tls://127.0.0.1:{siem.port}"]
    write(1)
    sequence()
    assert (CheckpointSink.objects.get().error, CheckpointSink.objects.get().size) == ("not_trusted", 0)
    assert siem.got == []
