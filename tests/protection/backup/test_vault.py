"""Targets: a folder and a real S3-compatible store keep what they were given, whole, once, and under its own name."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from callwarden.protection.backup.rules import BackupFailed, BackupRefused
from callwarden.protection.backup.vault import DATA, KEYS, BackupKey, Vault
from tests.custody.test_objects import ACCESS, SECRET, _make_bucket, free_port, s3  # noqa: F401

pytestmark = pytest.mark.xdist_group("object store")


@pytest.fixture
def key(tmp_path: Path) -> BackupKey:
    BackupKey.make(tmp_path / "key")
    return BackupKey.read(tmp_path / "key")


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return str(tmp_path / "target")
    address = request.getfixturevalue("s3")
    use(monkeypatch, address)
    bucket = f"cwb{os.getpid()}"
    _make_bucket(bucket)
    return f"s3://{bucket}/{time.monotonic_ns()}"


def use(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name, value in {
        "AWS_ENDPOINT": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_large_part_comes_back_as_it_was(url: str, key: BackupKey) -> None:
    vault, content = Vault(url, key.seal_key(DATA)), os.urandom(12_000_000)
    stored = vault.write("base/one/cluster.tar", lambda out: [out.write(content[:7]), out.write(content[7:])])
    assert (stored.size, stored.digest) == (len(content), sha256(content).hexdigest())
    assert vault.read_bytes("base/one/cluster.tar") == content
    assert vault.names("base/") == ["base/one/cluster.tar"]
    vault.delete("base/one/cluster.tar")
    assert vault.names("base/") == []


def test_what_was_added_once_is_not_replaced(url: str, key: BackupKey) -> None:
    vault = Vault(url, key.seal_key(DATA))
    assert vault.add("journal/a/1", b"first")
    assert not vault.add("journal/a/1", b"second")
    assert vault.read_bytes("journal/a/1") == b"first"


def test_ciphertext_is_copied_once_and_read_back(url: str, key: BackupKey) -> None:
    vault, content = Vault(url, key.seal_key(DATA)), os.urandom(50_000)
    digest = sha256(content).hexdigest()
    vault.copy_sealed("objects/aa/one", content, digest)
    vault.copy_sealed("objects/aa/one", content, digest)
    assert vault.sealed_bytes("objects/aa/one", digest) == content
    with pytest.raises(BackupFailed):
        vault.copy_sealed("objects/aa/two", content, sha256(b"something else").hexdigest())
    assert vault.names("objects/") == ["objects/aa/one"]


def test_key_files_and_data_are_sealed_under_different_keys(url: str, key: BackupKey) -> None:
    Vault(url, key.seal_key(DATA)).write_bytes("keys/one", b"content")
    with pytest.raises(BackupRefused) as refused:
        Vault(url, key.seal_key(KEYS)).read_bytes("keys/one")
    assert refused.value.code == "backup_wrong_key"


def test_a_part_that_was_given_another_name_is_refused(tmp_path: Path, key: BackupKey) -> None:
    vault = Vault(str(tmp_path / "t"), key.seal_key(DATA))
    vault.write_bytes("wal/one", b"content")
    (tmp_path / "t" / "wal" / "one").rename(tmp_path / "t" / "wal" / "two")
    with pytest.raises(BackupRefused):
        vault.read_bytes("wal/two")


def test_every_changed_bit_and_every_cut_of_a_part_is_refused(tmp_path: Path, key: BackupKey) -> None:
    vault = Vault(str(tmp_path / "t"), key.seal_key(DATA))
    vault.write_bytes("wal/one", b"a few bytes")
    path = tmp_path / "t" / "wal" / "one"
    whole = path.read_bytes()
    for bit in range(len(whole) * 8):
        raw = bytearray(whole)
        raw[bit // 8] ^= 1 << bit % 8
        path.write_bytes(raw)
        with pytest.raises(BackupRefused):
            vault.read_bytes("wal/one")
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(BackupRefused):
            vault.read_bytes("wal/one")


def test_a_store_that_does_not_answer_is_told(key: BackupKey, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(BackupFailed):
        Vault(f"s3://nobody{time.monotonic_ns()}", key.seal_key(DATA)).write_bytes("wal/one", b"content")
