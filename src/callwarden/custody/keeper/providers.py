"""Which provider holds the root: settings choose at the first start, the key folder remembers from then on.

`keys/provider.json` names the provider and the root in force. It wins over the settings, so that a keeper that starts
again after a change finds its keys; `callwarden doctor` says when the two differ.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from callwarden.custody.once import give_to_owner, sync_folder
from callwarden.engines.seal import (
    InvalidInput,
    Key,
    KeyProvider,
    PassphraseFile,
    ProviderStatus,
    ProviderUnavailable,
    RemoteProvider,
)
from callwarden.engines.seal.providers.passphrase import RootSecret
from callwarden.engines.seal.providers.transit import TransitKeys

PASSPHRASE, HSM, TRANSIT = "passphrase", "pkcs11", "transit"
KINDS = (PASSPHRASE, HSM, TRANSIT)
MARKER = "provider.json"
WRAPPED = ("epochs/*", "clients/*", "intake/*.kek", "origins/*")


class CannotStart(Exception):
    """The provider cannot be opened as it is set; the text is one fixed sentence that says what to do."""


@dataclass(frozen=True)
class InForce:
    """The provider and root that the key folder's files are wrapped under.

    Attributes:
        swap: new files are complete and in force, but have not all been moved to their place.
    """

    kind: str
    key_id: str
    swap: bool = False


def in_force(keys: Path) -> InForce | None:
    """What the key folder says; None when it was never said.

    Raises:
        CannotStart: it is damaged.
    """
    try:
        told = json.loads((keys / MARKER).read_text(encoding="utf-8"))
        found = InForce(str(told["kind"]), str(told["key_id"]), bool(told["swap"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise CannotStart("keys/provider.json cannot be read. Restore it from the backup of the key folder.") from None
    if found.kind not in KINDS:
        raise CannotStart("keys/provider.json names a provider this version does not know. Use a newer version.")
    return found


def remember(keys: Path, now: InForce) -> None:
    """Write `in_force` down: afterwards, and after any crash, it is the old or the new, never half."""
    aside = keys / f".{MARKER}.{secrets.token_hex(4)}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(now), file)
        file.flush()
        os.fsync(file.fileno())
        give_to_owner(file.fileno(), keys)
    aside.replace(keys / MARKER)
    sync_folder(keys)


def wrapped_names(keys: Path) -> list[str]:
    """Every file of the key folder that the root wraps, as "folder/name"."""
    found = (path for pattern in WRAPPED for path in keys.glob(pattern))
    return sorted(str(path.relative_to(keys)) for path in found if path.is_file() and not path.name.startswith("."))


def open_provider(keys: Path, environment: Mapping[str, str]) -> KeyProvider:
    """The provider in force. At the first start, the chosen one, with its root made if it is this program's to make.

    A token or server that is away does not stop the start: taking in goes on, opening works once it is back.

    Raises:
        CannotStart: not set up, or another root than the keys are wrapped under.
        KeyProviderError: a passphrase file that does not open.
    """
    known = in_force(keys)
    kind = known.kind if known else environment.get("CALLWARDEN_KEY_PROVIDER") or PASSPHRASE
    if environment.get("CALLWARDEN_UNLOCK") == "shares":
        return _locked(known, kind)
    if known is None:
        return _first(kind, keys, environment)
    provider = candidate(kind, keys, environment)
    if isinstance(provider, RemoteProvider):
        provider.pin(known.key_id)
    elif provider.status().key_id != known.key_id:
        raise CannotStart("root.key is not the root these keys are wrapped under. Put the right one into the folder.")
    return provider


def candidate(kind: str, keys: Path, environment: Mapping[str, str], *, make: bool = False) -> KeyProvider:
    """The provider of this kind as the keeper's own settings describe it.

    Args:
        make: make a root file, or keys in a token, where there are none.

    Raises:
        CannotStart: its settings are missing or cannot be right.
        KeyProviderError: a passphrase file that does not open.
    """
    if kind == PASSPHRASE:
        return _passphrase(keys, environment, make=make)
    if kind not in KINDS:
        raise CannotStart("CALLWARDEN_KEY_PROVIDER must be passphrase, pkcs11 or transit.")
    try:
        if kind == TRANSIT:
            return _transit(environment)
        from callwarden.engines.seal.providers.pkcs11 import Pkcs11Keys  # its library, only where there is a token

        token = Pkcs11Keys(
            Path(environment["CALLWARDEN_HSM_MODULE"]),
            environment["CALLWARDEN_HSM_TOKEN"],
            Path(environment["CALLWARDEN_HSM_PIN_FILE"]),
        )
    except KeyError as missing:
        raise CannotStart(f"Set {missing.args[0]} for this key provider.") from None
    except InvalidInput as error:
        raise CannotStart(error.message) from None
    if make and token.status().detail == "no_key":
        token.create()
    return token


def _transit(environment: Mapping[str, str]) -> TransitKeys:
    ca_file = environment.get("CALLWARDEN_TRANSIT_CA_FILE")
    return TransitKeys(
        environment["CALLWARDEN_TRANSIT_ADDRESS"],
        environment["CALLWARDEN_TRANSIT_KEY"],
        Path(environment["CALLWARDEN_TRANSIT_TOKEN_FILE"]),
        ca_file=Path(ca_file) if ca_file else None,
        mount=environment.get("CALLWARDEN_TRANSIT_MOUNT") or "transit",
    )


def _passphrase(keys: Path, environment: Mapping[str, str], *, make: bool) -> PassphraseFile:
    file = Path(environment.get("CALLWARDEN_PASSPHRASE_FILE") or keys / "passphrase")
    if file.stat().st_mode & 0o077:
        raise CannotStart("The passphrase file can be read by others; set its mode to 600.")
    passphrase = file.read_text(encoding="utf-8").strip()
    root = keys / "root.key"
    if make and not root.exists():
        return PassphraseFile.create(root, passphrase)
    return PassphraseFile.open(root, passphrase)


def _first(kind: str, keys: Path, environment: Mapping[str, str]) -> KeyProvider:
    """The first start with this key folder, or the first one of a version that remembers."""
    if wrapped_names(keys):
        if not (keys / "root.key").exists():
            raise CannotStart(
                "root.key is missing but keys wrapped under it exist. Restore it from its own backup or from shares."
            )
        if kind != PASSPHRASE:
            raise CannotStart(
                "The passphrase file wraps these keys. Start with it, then run callwarden keys change-provider."
            )
    provider = candidate(kind, keys, environment, make=True)
    status = provider.status()
    if not status.available:
        raise CannotStart(f"The key provider cannot be used for a first start ({status.detail}). See to it, try again.")
    remember(keys, InForce(kind, status.key_id))
    return provider


def _locked(known: InForce | None, kind: str) -> UntilUnlocked:
    if known is None or kind != PASSPHRASE:
        raise CannotStart("Shares unlock the root of a passphrase file that was in use. Start without --unlock shares.")
    return UntilUnlocked(known.key_id)


class UntilUnlocked:
    """The root of a passphrase file, absent until recovery shares bring it; then in memory only."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id
        self._opened: PassphraseFile | None = None

    def unlock(self, secret: RootSecret) -> bool:
        """Whether this is the root these keys are wrapped under; if so it is in use from now on."""
        if secret.key_id != self._key_id:
            return False
        self._opened = PassphraseFile.in_memory(secret)
        return True

    def wrap(self, key: Key, context: tuple[str, ...]) -> bytes:
        """See `KeyProvider.wrap`."""
        return self._root().wrap(key, context)

    def unwrap(self, wrapped: bytes, context: tuple[str, ...]) -> Key:
        """See `KeyProvider.unwrap`."""
        return self._root().unwrap(wrapped, context)

    def status(self) -> ProviderStatus:
        """See `KeyProvider.status`."""
        if self._opened is None:
            return ProviderStatus("passphrase-file", False, "locked", self._key_id)
        return self._opened.status()

    @property
    def verify_key(self) -> bytes:
        """See `KeyProvider.verify_key`."""
        return self._root().verify_key

    def sign_intake_key(self, public: bytes, day: date) -> bytes:
        """See `KeyProvider.sign_intake_key`."""
        return self._root().sign_intake_key(public, day)

    def close(self) -> None:
        """See `KeyProvider.close`."""
        if self._opened is not None:
            self._opened.close()

    def _root(self) -> PassphraseFile:
        if self._opened is None:
            raise ProviderUnavailable("The root is locked; unlock it with recovery shares.", reason="locked")
        return self._opened
