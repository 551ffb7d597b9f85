"""Over a real S3-compatible store with object lock: copied, the host lost, restored from the store alone, practised."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from callwarden.protection.backup.vault import DATA, BackupKey, Vault
from callwarden.protection.backup.versions import sweep
from tests.custody.test_objects import ACCESS, SECRET, s3  # noqa: F401
from tests.protection.backup.small_site import SmallSite
from tests.protection.backup.test_vault import use

pytestmark = [pytest.mark.xdist_group("object store"), pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def store(s3: str) -> Iterator[tuple[Any, str]]:  # noqa: F811
    """A client of the store and its address, with the store in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        use(patch, s3)
        yield (
            boto3.client(
                "s3", endpoint_url=s3, aws_access_key_id=ACCESS, aws_secret_access_key=SECRET, region_name="us-east-1"
            ),
            s3,
        )


def locked_bucket(client: Any, name: str, *, days: int | None) -> str:
    """A bucket with object lock, as whoever administers the store makes one; `days`: its default retention."""
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    if days:
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
        client.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
    return name


def versions(client: Any, bucket: str, prefix: str = "") -> list[dict[str, Any]]:
    return list(client.list_object_versions(Bucket=bucket, Prefix=prefix).get("Versions", []))


def test_an_installation_comes_back_from_a_locked_store_alone(store: tuple[Any, str], short: Path) -> None:
    client, _address = store
    data, keys = locked_bucket(client, "site-data", days=1), locked_bucket(client, "site-keys", days=1)
    where = {"CALLWARDEN_BACKUP_TARGET": f"s3://{data}/copies", "CALLWARDEN_KEY_BACKUP_TARGET": f"s3://{keys}/copies"}
    key = short / "s3.key"
    site = SmallSite(short / "sa", short / "none", key=key, **where).start()
    try:
        site.ask("people")
        kept, erased = site.ask("fill", records=2)
        sound, gone = site.ask("sound_digest", number=0), site.ask("read", record=erased)
        first = site.command("backup").stdout
        service = site.spawn("callwarden.site.backups")
        (later,) = site.ask("fill", records=1)
        site.ask("erase", record=erased)
        # The life of the first copy ends: its removal is no failure although the store keeps every version.
        site.settings["CALLWARDEN_BACKUP_DAYS"] = "0"
        site.command("backup")
        site.settings["CALLWARDEN_BACKUP_DAYS"] = "30"
        (left,) = site.command("backup", "--list").stdout.splitlines()
        site.command("drill")
        (drill,) = site.ask("drills")
        time.sleep(4)
        assert service.poll() is None
    finally:
        site.lose()
    assert left.split()[0] not in first
    assert drill["state"] == "passed", drill["checks"]
    assert drill["rpo"] <= 5
    shutil.rmtree(site.data)
    for one in versions(client, data, "copies/base/"):
        with pytest.raises(ClientError):
            client.delete_object(Bucket=data, Key=one["Key"], VersionId=one["VersionId"])
    into = short / "sb"
    site.command(
        *("restore", "--data-dir", str(into), "--key", str(key)),
        *("--from", where["CALLWARDEN_BACKUP_TARGET"], "--keys-from", where["CALLWARDEN_KEY_BACKUP_TARGET"]),
    )
    restored = SmallSite(into, short / "none", key=key, **where).start()
    try:
        assert restored.ask("read", record=kept) == "restored_closed"
        assert restored.ask("open_signed", approval=restored.ask("sign_opening")) == "open"
        assert restored.ask("read", record=kept) == sound
        assert restored.ask("read", record=later) == sound
        assert len(gone) == 64, "it could be opened before: the control"
        assert restored.ask("read", record=erased) != gone
    finally:
        restored.stop()


@pytest.fixture
def vaults(store: tuple[Any, str], tmp_path: Path) -> tuple[Any, str, Vault]:
    client, _address = store
    bucket = locked_bucket(client, f"b{time.monotonic_ns()}", days=None)
    BackupKey.make(tmp_path / "key")
    key = BackupKey.read(tmp_path / "key")
    return client, bucket, Vault(f"s3://{bucket}/here", key.seal_key(DATA))


def lock(client: Any, bucket: str, one: dict[str, Any], *, seconds: float) -> None:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    client.put_object_retention(
        Bucket=bucket,
        Key=one["Key"],
        VersionId=one["VersionId"],
        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until},
    )


def test_what_was_removed_goes_for_good_once_its_lock_has_ended(vaults: tuple[Any, str, Vault]) -> None:
    client, bucket, vault = vaults
    vault.write_bytes("keys/old", b"a dead key")
    (only,) = versions(client, bucket)
    lock(client, bucket, only, seconds=4)
    vault.delete("keys/old")
    assert vault.names("keys/") == []
    assert sweep(vault.url).locked == 1
    assert len(versions(client, bucket)) == 1, "nobody removes it before its time"
    time.sleep(5)
    assert sweep(vault.url).locked == 0
    assert versions(client, bucket) == []
    sweep(vault.url)
    assert client.list_object_versions(Bucket=bucket).get("DeleteMarkers", []) == []


def test_a_sweep_touches_nothing_that_can_be_read_and_nothing_beside_the_target(vaults: tuple[Any, str, Vault]) -> None:
    client, bucket, vault = vaults
    vault.write_bytes("wal/1.partial", b"first")
    vault.write_bytes("wal/1.partial", b"second")
    for body in (b"theirs", b"theirs, newer"):
        client.put_object(Bucket=bucket, Key="herein/other", Body=body)
    swept = sweep(vault.url)
    assert (swept.removed, swept.locked) == (1, 0)
    assert vault.read_bytes("wal/1.partial") == b"second"
    assert len(versions(client, bucket, "herein/")) == 2


def test_a_bucket_without_versions_and_a_folder_are_left_alone(store: tuple[Any, str], tmp_path: Path) -> None:
    client, _address = store
    client.create_bucket(Bucket="plain-bucket")
    client.put_object(Bucket="plain-bucket", Key="here/one", Body=b"x")
    assert sweep("s3://plain-bucket/here").removed == 0
    assert client.get_object(Bucket="plain-bucket", Key="here/one")["Body"].read() == b"x"
    assert sweep(str(tmp_path)).removed == 0
