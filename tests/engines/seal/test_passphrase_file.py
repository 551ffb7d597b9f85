"""The root file: the provider contract, its passphrase, and every way the file can go wrong."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from callwarden.engines.seal import (
    IntakeKeyPair,
    InvalidInput,
    Key,
    KeyProviderError,
    PassphraseFile,
    ProviderRefused,
    ProviderUnavailable,
    Suite,
    Tampered,
    Truncated,
    UnsupportedFormat,
    WrongPassphrase,
    verify_intake_key,
)
from callwarden.engines.seal.providers.passphrase import RFC9106_HIGH_MEMORY, RFC9106_LOW_MEMORY, Cost
from tests.engines.seal import independent_reader, provider_contract
from tests.engines.seal.material import both_suites

PASSPHRASE = "correct horse battery staple"
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
CONTEXT = ("client-1", "epoch", "1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "root.key"


@pytest.fixture
def root(path: Path) -> PassphraseFile:
    return PassphraseFile.create(path, PASSPHRASE, cost=CHEAP)


class TestContract(provider_contract.KeyProviderContract):
    @pytest.fixture
    def provider(self, root: PassphraseFile) -> PassphraseFile:
        return root

    @pytest.fixture
    def stranger(self, tmp_path: Path) -> PassphraseFile:
        return PassphraseFile.create(tmp_path / "stranger", PASSPHRASE, cost=CHEAP)

    @pytest.fixture
    def unavailable(self, tmp_path: Path) -> PassphraseFile:
        closed = PassphraseFile.create(tmp_path / "closed", PASSPHRASE, cost=CHEAP)
        closed.close()
        return closed


@both_suites
def test_a_root_survives_closing(path: Path, suite: Suite) -> None:
    made = PassphraseFile.create(path, PASSPHRASE, suite=suite, cost=CHEAP)
    key = Key.generate(suite)
    wrapped = made.wrap(key, CONTEXT)
    opened = PassphraseFile.open(path, PASSPHRASE)
    assert opened.unwrap(wrapped, CONTEXT) == key
    assert opened.verify_key == made.verify_key
    assert opened.status() == made.status()


@both_suites
def test_the_root_file_is_as_documented(path: Path, suite: Suite) -> None:
    made = PassphraseFile.create(path, PASSPHRASE, suite=suite, cost=CHEAP)
    data = path.read_bytes()
    magic, version, number, memory, passes, lanes, salt = struct.unpack(">4sBBIII16s", data[:34])
    assert (magic, version, number, memory, passes, lanes, len(data)) == (b"CWRT", 1, suite.value, 64, 1, 1, 197)
    argon = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    secret = argon.derive(PASSPHRASE.encode())
    plaintext = independent_reader.open_blob(data[34:165], number, secret, data[:34], kind=6)
    assert data[165:] == hashlib.sha256(data[:165]).digest()
    names = (name.encode() for name in CONTEXT)
    wrapped = made.wrap(Key(suite, bytes(32)), CONTEXT)
    assert independent_reader.open_blob(wrapped, number, plaintext[:32], *names, kind=2) == bytes([number]) + bytes(32)


@pytest.mark.parametrize("wrong", ["", "correct horse battery stapl", PASSPHRASE + " ", PASSPHRASE.upper(), "x" * 1000])
def test_a_wrong_passphrase_is_told_from_damage(path: Path, root: PassphraseFile, wrong: str) -> None:
    with pytest.raises(WrongPassphrase) as refusal:
        PassphraseFile.open(path, wrong)
    assert not wrong or wrong not in str(refusal.value)


def test_the_same_passphrase_from_two_keyboards_opens(path: Path) -> None:
    PassphraseFile.create(path, "caf\u00e9 caf\u00e9 caf\u00e9", cost=CHEAP)
    PassphraseFile.open(path, "cafe\u0301 cafe\u0301 cafe\u0301")


def test_every_changed_bit_of_the_file_is_refused(path: Path, root: PassphraseFile) -> None:
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(changed))
        with pytest.raises(ProviderRefused) as refusal:
            PassphraseFile.open(path, PASSPHRASE)
        assert not isinstance(refusal.value, WrongPassphrase), "damage must not look like a typing mistake"


def test_every_truncation_of_the_file_is_refused(path: Path, root: PassphraseFile) -> None:
    whole = path.read_bytes()
    for end in [*range(len(whole)), None]:
        path.write_bytes(whole[:end] if end is not None else whole + b"\0")
        with pytest.raises(ProviderRefused):
            PassphraseFile.open(path, PASSPHRASE)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, 65), (6, 72), (10, 2), (14, 2), (6, 128)],
    ids=["memory+1", "memory+8", "passes", "lanes", "double"],
)
def test_parameters_changed_by_one_who_mends_the_digest_are_refused(
    path: Path, root: PassphraseFile, offset: int, value: int
) -> None:
    """Weakening or strengthening Argon2id is as good as another passphrase."""
    body = bytearray(path.read_bytes()[:165])
    body[offset : offset + 4] = struct.pack(">I", value)
    path.write_bytes(bytes(body) + hashlib.sha256(body).digest())
    with pytest.raises(ProviderRefused):
        PassphraseFile.open(path, PASSPHRASE)


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, 0), (6, 7), (6, (4 << 20) + 1), (6, 0xFFFFFFFF), (10, 0), (10, 65), (14, 0), (14, 65), (14, 9)],
)
def test_parameters_that_would_exhaust_the_machine_are_refused_at_once(
    path: Path, root: PassphraseFile, offset: int, value: int
) -> None:
    body = bytearray(path.read_bytes()[:165])
    body[offset : offset + 4] = struct.pack(">I", value)
    path.write_bytes(bytes(body) + hashlib.sha256(body).digest())
    with pytest.raises(ProviderRefused) as refusal:
        PassphraseFile.open(path, PASSPHRASE)
    assert isinstance(refusal.value.__cause__, InvalidInput)


def test_the_reason_of_a_refusal_is_kept_for_programs(path: Path, root: PassphraseFile) -> None:
    whole = path.read_bytes()
    mended = bytearray(whole[:165])
    mended[4] = 2
    unknown = bytes(mended) + hashlib.sha256(mended).digest()
    for data, cause in ((b"hello", UnsupportedFormat), (unknown, UnsupportedFormat), (whole[:100], Truncated)):
        path.write_bytes(data)
        with pytest.raises(ProviderRefused) as refusal:
            PassphraseFile.open(path, PASSPHRASE)
        assert isinstance(refusal.value.__cause__, cause)
        assert refusal.value.data["reason"] == cause.code
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ProviderRefused) as refusal:
        PassphraseFile.open(path, PASSPHRASE)
    assert isinstance(refusal.value.__cause__, Tampered)


def test_only_the_owner_may_read_the_file(path: Path, root: PassphraseFile) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o660, 0o666, 0o610):
        path.chmod(mode)
        with pytest.raises(ProviderRefused, match="chmod 600"):
            PassphraseFile.open(path, PASSPHRASE)
    path.chmod(0o400)
    PassphraseFile.open(path, PASSPHRASE)


def test_an_existing_root_is_never_overwritten(path: Path, root: PassphraseFile) -> None:
    before = path.read_bytes()
    with pytest.raises(ProviderRefused, match="already"):
        PassphraseFile.create(path, PASSPHRASE, cost=CHEAP)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_changing_the_passphrase_keeps_the_root(path: Path, root: PassphraseFile) -> None:
    wrapped = root.wrap(Key.generate(Suite.SM4_GCM), CONTEXT)
    before = path.read_bytes()
    root.change_passphrase(PASSPHRASE, "another long passphrase")
    assert path.read_bytes()[18:34] != before[18:34], "the salt must be new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == [path.name]
    with pytest.raises(WrongPassphrase):
        PassphraseFile.open(path, PASSPHRASE)
    again = PassphraseFile.open(path, "another long passphrase")
    assert again.unwrap(wrapped, CONTEXT) == root.unwrap(wrapped, CONTEXT)
    assert again.verify_key == root.verify_key


def test_the_passphrase_changes_only_for_one_who_knows_the_old_one(path: Path, root: PassphraseFile) -> None:
    before = path.read_bytes()
    with pytest.raises(WrongPassphrase):
        root.change_passphrase("not the passphrase", "another long passphrase")
    with pytest.raises(InvalidInput):
        root.change_passphrase(PASSPHRASE, "short")
    assert path.read_bytes() == before


def test_a_root_file_exchanged_under_an_open_provider_is_noticed(path: Path, root: PassphraseFile) -> None:
    path.unlink()
    PassphraseFile.create(path, PASSPHRASE, cost=CHEAP)
    with pytest.raises(ProviderRefused, match="replaced"):
        root.change_passphrase(PASSPHRASE, "another long passphrase")


def test_a_crash_while_writing_leaves_the_old_file(
    path: Path, root: PassphraseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", disk_full)
        with pytest.raises(ProviderUnavailable) as refusal:
            root.change_passphrase(PASSPHRASE, "another long passphrase")
    assert refusal.value.data["reason"] == "No space left on device"
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("passphrase", ["", "eleven char"])
def test_a_short_passphrase_makes_no_root(path: Path, passphrase: str) -> None:
    with pytest.raises(InvalidInput, match="12 characters"):
        PassphraseFile.create(path, passphrase, cost=CHEAP)
    assert not path.exists()


@pytest.mark.parametrize("cost", [Cost(0, 1, 1), Cost(64, 0, 1), Cost(64, 1, 0), Cost(31, 1, 4), Cost(5 << 20, 1, 1)])
def test_impossible_parameters_make_no_root(path: Path, cost: Cost) -> None:
    with pytest.raises(InvalidInput):
        PassphraseFile.create(path, PASSPHRASE, cost=cost)
    assert not path.exists()


def test_a_missing_file_or_folder_is_unavailable_not_wrong(tmp_path: Path) -> None:
    for missing in (tmp_path / "none", tmp_path / "no" / "such" / "folder", tmp_path):
        with pytest.raises(ProviderUnavailable):
            PassphraseFile.open(missing, PASSPHRASE)
    with pytest.raises(ProviderUnavailable):
        PassphraseFile.create(tmp_path / "no" / "folder" / "root", PASSPHRASE, cost=CHEAP)


def test_too_little_memory_for_argon2id_is_unavailable(
    path: Path, root: PassphraseFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Starving:
        def __init__(self, **_: object) -> None: ...

        def derive(self, _: bytes) -> bytes:
            raise MemoryError

    monkeypatch.setattr("callwarden.engines.seal.providers.passphrase.Argon2id", Starving)
    with pytest.raises(ProviderUnavailable, match="memory"):
        PassphraseFile.open(path, PASSPHRASE)


def test_the_default_is_an_option_rfc_9106_recommends(path: Path) -> None:
    PassphraseFile.create(path, PASSPHRASE)
    assert struct.unpack(">III", path.read_bytes()[6:18]) == (65536, 3, 4)
    assert Cost(65536, 3, 4) == RFC9106_LOW_MEMORY
    assert Cost(2097152, 1, 4) == RFC9106_HIGH_MEMORY
    PassphraseFile.open(path, PASSPHRASE)


def test_the_root_signs_intake_keys_that_anybody_can_verify(root: PassphraseFile) -> None:
    morning = dt.datetime(2031, 2, 10, tzinfo=dt.UTC)
    pair = IntakeKeyPair.generate(morning, morning + dt.timedelta(days=1))
    signature = root.sign_intake_key(pair.public_bytes, morning.date())
    verify_intake_key(root.verify_key, pair.public_bytes, morning.date(), signature, now=morning)


def test_a_closed_root_does_nothing(root: PassphraseFile) -> None:
    root.close()
    for act in (lambda: root.verify_key, lambda: root.sign_intake_key(b"", dt.date(2031, 2, 10))):
        with pytest.raises(ProviderUnavailable):
            act()
    with pytest.raises(ProviderUnavailable):
        root.change_passphrase(PASSPHRASE, "another long passphrase")


def test_nothing_of_the_root_is_shown(path: Path, root: PassphraseFile) -> None:
    secret = root.secret().key.raw
    shown = f"{root} {root!r} {root.status()}"
    assert secret.hex() not in shown
    assert PASSPHRASE not in shown
    assert secret not in path.read_bytes()
    with pytest.raises(KeyProviderError) as refusal:
        root.unwrap(b"rubbish", CONTEXT)
    assert secret.hex() not in f"{refusal.value} {refusal.value.data}"
