"""A root key in the transit engine of OpenBao or Vault, spoken to over HTTPS.

Two keys of the engine: NAME (aes256-gcm96) wraps, NAME-sign (ed25519) signs. Both are made by the server's own
administrator; the policy this program's token needs is in docs/guides/operate.md. It does not include "create": with
it, a request that names a missing key would silently make another.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import ipaddress
import json
import ssl
import stat
import struct
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from callwarden.engines.seal._errors import InvalidInput, ProviderRefused, ProviderUnavailable
from callwarden.engines.seal.providers._remote import RemoteProvider, Root

CALL_SECONDS = 5.0
MAX_ANSWER = 1 << 20
MAX_TOKEN = 4096
SIGN_VERSION = 1
_VERSION = struct.Struct(">I")
_NO = {
    400: "request",
    403: "permission",
    404: "no_key",
}


class TransitKeys(RemoteProvider):
    """The keys `name` and `name`-sign of one transit engine.

    The token is read from its file for each call, so that an agent may renew it there.

    Args:
        address: https://host:port; plain http is taken for this machine only.
        name: of the wrapping key.
        token_file: nobody but its owner may read it.
        ca_file: certificates (PEM) the server must be vouched for by; the system's when not given.
        mount: path of the engine.
        seconds: how long one call may take.

    Raises:
        InvalidInput: an address that would send keys in clear over a network, or certificates that cannot be used.
    """

    kind = "transit"
    number = 2

    def __init__(
        self,
        address: str,
        name: str,
        token_file: Path,
        *,
        ca_file: Path | None = None,
        mount: str = "transit",
        seconds: float = CALL_SECONDS,
    ) -> None:
        super().__init__(seconds=seconds)
        parts = urlsplit(address)
        self._host, self._port, self._secure = parts.hostname or "", parts.port, parts.scheme == "https"
        if parts.scheme not in {"http", "https"} or not self._host or parts.path.strip("/") or parts.query:
            raise InvalidInput("Give the key server's address as https://host:port.", field="address")
        if not self._secure and not _is_this_machine(self._host):
            raise InvalidInput("Over a network the key server must be reached by https.", field="address")
        if not name or not mount:
            raise InvalidInput("Name the key and the engine's path.", field="name")
        self._name = name
        self._mount = mount.strip("/")
        self._token_file = token_file
        self._tls = _tls(ca_file) if self._secure else None

    def _encrypt(self, secret: bytes, associated: bytes) -> bytes:
        data = self._post(f"encrypt/{self._key()}", plaintext=_text(secret), associated_data=_text(associated))
        version, sealed = _parts(data.get("ciphertext"))
        return _VERSION.pack(version) + sealed

    def _decrypt(self, sealed: bytes, associated: bytes) -> bytes:
        if len(sealed) <= _VERSION.size:
            raise ProviderRefused("This is no key wrapped by this server.", reason="seal_truncated")
        (version,) = _VERSION.unpack_from(sealed)
        ciphertext = f"vault:v{version}:{_text(sealed[_VERSION.size :])}"
        data = self._post(f"decrypt/{self._key()}", ciphertext=ciphertext, associated_data=_text(associated))
        return _bytes(data.get("plaintext"))

    def _sign(self, message: bytes) -> bytes:
        data = self._post(f"sign/{self._key('-sign')}", input=_text(message), key_version=SIGN_VERSION)
        return _parts(data.get("signature"))[1]

    def _describe(self) -> Root:
        kek = self._get(f"keys/{self._key()}")
        if kek.get("type") != "aes256-gcm96" or kek.get("derived"):
            raise ProviderRefused("The server's key must be of type aes256-gcm96, not derived.", reason="key_type")
        sign = self._get(f"keys/{self._key('-sign')}")
        if sign.get("type") != "ed25519" or sign.get("derived"):
            raise ProviderRefused("The server's signing key must be of type ed25519, not derived.", reason="key_type")
        for key in (kek, sign):
            if key.get("exportable") or key.get("allow_plaintext_backup"):
                raise ProviderRefused(
                    "The server would give its key away; make one it cannot export.", reason="exportable"
                )
        try:
            public = sign["keys"][str(SIGN_VERSION)]["public_key"]
        except (KeyError, TypeError):
            raise ProviderRefused("The server shows no public signing key.", reason="answer") from None
        return Root(f"{self._mount}/{self._name}", _bytes(public))

    def _key(self, suffix: str = "") -> str:
        return quote(self._name + suffix, safe="")

    def _get(self, path: str) -> dict[str, Any]:
        return self._request("GET", path, None)

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._request("POST", path, json.dumps(body))

    def _request(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        connection = self._connection()
        try:
            connection.request(
                method,
                f"/v1/{quote(self._mount)}/{path}",
                body=body,
                headers={"X-Vault-Token": self._token(), "X-Vault-Request": "true", "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            content = answer.read(MAX_ANSWER + 1)
        except ssl.SSLCertVerificationError as cause:
            raise ProviderUnavailable(
                "The key server's certificate is not vouched for; check its address and the CA file.",
                reason="certificate",
            ) from cause
        except (OSError, http.client.HTTPException) as cause:
            raise ProviderUnavailable(
                "The key server cannot be reached; see whether it runs.", reason="unreachable"
            ) from cause
        finally:
            connection.close()
        return _data(answer.status, content)

    def _connection(self) -> http.client.HTTPConnection:
        # http.client follows no redirect and no proxy variable: the token goes to this server and nowhere else.
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._seconds, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._seconds)

    def _token(self) -> str:
        try:
            with self._token_file.open("rb") as file:
                if stat.S_IMODE(self._token_file.stat().st_mode) & 0o077:
                    raise ProviderRefused("Others can read the token file; set its mode to 600.", reason="token_file")
                token = file.read(MAX_TOKEN).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as cause:
            raise ProviderUnavailable("The token file cannot be read; put it in place.", reason="token_file") from cause
        if not token.isprintable() or not token:
            raise ProviderUnavailable("The token file holds no token; renew it.", reason="token_file")
        return token


def _data(status: int, content: bytes) -> dict[str, Any]:
    """The `data` of an answer. What the server says in an error is not repeated: it may tell of keys."""
    if status in _NO:
        raise ProviderRefused("The key server refuses; see its audit log.", reason=_NO[status], status=status)
    if status != 200:
        # Sealed (503), on stand-by (429, 473), overloaded, or moved elsewhere (3xx).
        raise ProviderUnavailable("The key server is not ready; see its state.", reason="not_ready", status=status)
    try:
        data = json.loads(content)["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        data = None
    if len(content) > MAX_ANSWER or not isinstance(data, dict):
        raise ProviderUnavailable("What answers there is no key server; check the address.", reason="answer")
    return data


def _parts(text: object) -> tuple[int, bytes]:
    """Version and bytes of "vault:v1:BASE64". Kept apart, because base64 has several spellings of the same bytes."""
    try:
        scheme, version, body = str(text).split(":")
        if scheme != "vault" or version[:1] != "v" or not 0 < int(version[1:]) < 1 << 32:
            raise ValueError
        return int(version[1:]), base64.b64decode(body, validate=True)
    except ValueError:
        raise ProviderRefused("The key server answered with something else than was asked.", reason="answer") from None


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error):
        raise ProviderRefused("The key server answered with something else than was asked.", reason="answer") from None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as cause:
        raise InvalidInput("The file of trusted certificates cannot be used; give PEM.", field="ca_file") from cause
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
