"""A root key in a PKCS#11 token: a hardware security module, or SoftHSM2.

The token holds an AES-256 key that wraps with GCM, and an Ed25519 key pair that signs; both are made in it, are
sensitive and not extractable. Source: OASIS PKCS #11 version 3.0, AES-GCM and EdDSA mechanisms.
"""

from __future__ import annotations

import secrets
import stat
import threading
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

from callwarden.engines.seal._errors import ProviderRefused, ProviderUnavailable
from callwarden.engines.seal._suite import KEY_BYTES, NONCE_BYTES, TAG_BYTES
from callwarden.engines.seal.providers._remote import RemoteProvider, Root

ED25519 = "1.3.101.112"
TAG_BITS = 8 * TAG_BYTES
CALL_SECONDS = 5.0
_HIDDEN = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
# What a token answers when what it was given does not open; SoftHSM 2.6 says GeneralError for a wrong tag.
_DOES_NOT_OPEN = (
    pkcs11.EncryptedDataInvalid,
    pkcs11.EncryptedDataLenRange,
    pkcs11.DataInvalid,
    pkcs11.DataLenRange,
    pkcs11.FunctionFailed,
    pkcs11.GeneralError,
    pkcs11.ArgumentsBad,
)
_PIN_TROUBLE = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinExpired)


class Pkcs11Keys(RemoteProvider):
    """The token named `token`, reached through the vendor's library `module`.

    Opened at first use and again after the token was away. A PIN that was refused is not tried again before its file
    changes, because tokens lock themselves after a few wrong ones.

    Args:
        module: path of the library.
        token: label of the token.
        pin_file: holds the user's PIN; nobody but its owner may read it.
        label: label of both keys.
        seconds: how long one call may take.
    """

    kind = "pkcs11"
    number = 1

    def __init__(
        self, module: Path, token: str, pin_file: Path, *, label: str = "callwarden", seconds: float = CALL_SECONDS
    ) -> None:
        super().__init__(seconds=seconds)
        self._module = module
        self._token = token
        self._pin_file = pin_file
        self._label = label
        self._session: Any = None
        self._refused_pin: tuple[int, int] | None = None
        self._one_at_a_time = threading.Lock()

    def create(self) -> None:
        """Make both keys in the token.

        Raises:
            ProviderRefused: there are keys of this label already, or the token cannot make such keys.
            ProviderUnavailable: the token cannot be reached.
        """
        self._ask(self._create)

    def close(self) -> None:
        """See `KeyProvider.close`."""
        super().close()
        with self._one_at_a_time:
            self._forget()

    def _create(self) -> None:
        with self._one_at_a_time, self._login(rw=True) as session:
            if any(True for _ in session.get_objects({Attribute.LABEL: self._label})):
                raise ProviderRefused("The token holds keys of this label already; use them, or another label.")
            try:
                session.generate_key(
                    KeyType.AES,
                    8 * KEY_BYTES,
                    id=secrets.token_bytes(8),
                    label=self._label,
                    store=True,
                    capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                    template=_HIDDEN,
                )
                curve = session.create_domain_parameters(
                    KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: encode_named_curve_parameters(ED25519)}, local=True
                )
                curve.generate_keypair(
                    mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                    id=secrets.token_bytes(8),
                    label=self._label,
                    store=True,
                    private_template=_HIDDEN,
                )
            except (pkcs11.MechanismInvalid, pkcs11.FunctionNotSupported, pkcs11.TemplateInconsistent) as cause:
                raise ProviderRefused(
                    "The token cannot make AES-256 and Ed25519 keys; use one that can.", reason="mechanism"
                ) from cause
            finally:
                self._forget()

    def _encrypt(self, secret: bytes, associated: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        with self._one_at_a_time:
            key = self._find(ObjectClass.SECRET_KEY)
            return nonce + bytes(self._call(key.encrypt, secret, **_gcm(nonce, associated)))

    def _decrypt(self, sealed: bytes, associated: bytes) -> bytes:
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        with self._one_at_a_time:
            key = self._find(ObjectClass.SECRET_KEY)
            if len(body) != KEY_BYTES + TAG_BYTES:
                raise _refused("seal_truncated")
            try:
                return bytes(key.decrypt(body, **_gcm(nonce, associated)))
            except _DOES_NOT_OPEN as cause:
                self._prove_it_works(key)
                raise _refused("seal_tampered") from cause
            except pkcs11.PKCS11Error:
                self._forget()
                raise

    def _sign(self, message: bytes) -> bytes:
        with self._one_at_a_time:
            key = self._find(ObjectClass.PRIVATE_KEY)
            return bytes(self._call(key.sign, message, mechanism=Mechanism.EDDSA))

    def _describe(self) -> Root:
        with self._one_at_a_time:
            kek = self._find(ObjectClass.SECRET_KEY)
            if kek[Attribute.EXTRACTABLE] or not kek[Attribute.SENSITIVE]:
                raise ProviderRefused("The token would give its key away; make one that cannot be extracted.")
            public = self._find(ObjectClass.PUBLIC_KEY)
            # The point is wrapped as an OCTET STRING by some tokens and bare in others.
            return Root(
                f"{self._label}:{bytes(kek[Attribute.ID]).hex()}", bytes(public[Attribute.EC_POINT])[-KEY_BYTES:]
            )

    def _prove_it_works(self, key: Any) -> None:
        """Tells a wrap that does not open from a token that has failed: both give the same error."""
        nonce, probe = secrets.token_bytes(NONCE_BYTES), secrets.token_bytes(KEY_BYTES)
        sealed = self._call(key.encrypt, probe, **_gcm(nonce, b"probe"))
        if self._call(key.decrypt, bytes(sealed), **_gcm(nonce, b"probe")) != probe:
            raise ProviderUnavailable("The token does not work; see to it.", reason="broken")

    def _find(self, sort: ObjectClass) -> Any:
        """The one key of our label, over the session we have or a new one.

        Searched for each time: a token that was away and came back, or whose key was destroyed, is noticed.
        """
        fresh = self._session is None
        try:
            return self._search(sort)
        except pkcs11.PKCS11Error:
            self._forget()
            if fresh:
                raise
            return self._search(sort)

    def _search(self, sort: ObjectClass) -> Any:
        self._session = self._session or self._login()
        found = list(self._session.get_objects({Attribute.CLASS: sort, Attribute.LABEL: self._label}))
        if len(found) != 1:
            raise ProviderRefused(
                "The token does not hold exactly one key of each sort with this label.",
                reason="no_key",
                found=len(found),
            )
        return found[0]

    def _call(self, call: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return call(*arguments, **options)
        except pkcs11.PKCS11Error:
            self._forget()
            raise

    def _login(self, *, rw: bool = False) -> Any:
        if rw:
            self._forget()
        stamp, pin = self._pin()
        if stamp == self._refused_pin:
            raise ProviderRefused("The token refused the PIN; put the right one into the PIN file.", reason="pin")
        try:
            token = pkcs11.lib(str(self._module)).get_token(token_label=self._token)
            return token.open(user_pin=pin, rw=rw)
        except _PIN_TROUBLE as cause:
            self._refused_pin = stamp
            raise ProviderRefused(
                "The token refused the PIN; put the right one into the PIN file.", reason="pin"
            ) from cause
        except pkcs11.PinLocked as cause:
            self._refused_pin = stamp
            raise ProviderRefused("The token has locked its PIN; unlock it by its officer.", reason="pin") from cause
        except pkcs11.UserAlreadyLoggedIn:
            # Logged in by another session of this process: the token's state is shared by all of them.
            return token.open(rw=rw)

    def _pin(self) -> tuple[tuple[int, int], str]:
        try:
            facts = self._pin_file.stat()
            if stat.S_IMODE(facts.st_mode) & 0o077:
                raise ProviderRefused("Others can read the PIN file; set its mode to 600.", reason="pin_file")
            return (facts.st_mtime_ns, facts.st_size), self._pin_file.read_text(encoding="utf-8").strip()
        except OSError as cause:
            raise ProviderUnavailable("The PIN file cannot be read; put it in place.", reason="pin_file") from cause

    def _forget(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except pkcs11.PKCS11Error:
                return


def _gcm(nonce: bytes, associated: bytes) -> dict[str, Any]:
    return {
        "mechanism": Mechanism.AES_GCM,
        "mechanism_param": pkcs11.GCMParams(nonce, associated, TAG_BITS),
    }


def _refused(code: str) -> ProviderRefused:
    return ProviderRefused("The wrapped key does not belong to this token and context, or was changed.", reason=code)
