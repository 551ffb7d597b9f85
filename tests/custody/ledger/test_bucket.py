"""Tiles in a real S3-compatible store keep the same promises as tiles in a folder."""

from __future__ import annotations

import contextlib
import os
import threading
import time as wall
from datetime import UTC, datetime

import pytest

from callwarden.custody.ledger import heads, years
from callwarden.custody.ledger.bucket import BucketTileStore
from callwarden.custody.models import Checkpoint, LedgerEntry
from callwarden.engines.ledger import FolderTileStore, years_verifier
from callwarden.flows import trail
from callwarden.kernel import clock
from callwarden.kernel.errors import Unavailable
from tests.custody.test_objects import ACCESS, SECRET, _make_bucket, s3

__all__ = ["s3"]
pytestmark = pytest.mark.xdist_group("object store")


@pytest.fixture
def bucket(s3: str, settings, monkeypatch, log_folder) -> str:
    for name, value in {
        "AWS_ENDPOINT": s3,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"cwl{os.getpid()}"
    _make_bucket(name)
    settings.LEDGER_TILES_URL = f"s3://{name}/{wall.monotonic_ns()}"
    return settings.LEDGER_TILES_URL


class Killed(BaseException):
    """As sudden as a signal."""


@pytest.mark.parametrize("survives", [0, 1, 3, 5, 6])
def test_killed_between_any_two_objects_the_next_start_mends_it(bucket, write, sequence, monkeypatch, survives):
    """300 entries make full and partial tiles; all but `survives` of the objects are never put."""
    write(250)
    sequence()
    write(50)
    put, done, turn = BucketTileStore.put, [], threading.Lock()

    def cut(self: BucketTileStore, path: str, data: bytes) -> None:
        with turn:
            if len(done) >= survives:
                raise Killed
            done.append(path)
        put(self, path, data)

    with monkeypatch.context() as patch:
        patch.setattr(BucketTileStore, "put", cut)
        with contextlib.suppress(Killed):
            sequence()
    assert len(done) == survives
    write(5)
    sequence()
    assert Checkpoint.objects.order_by("-size").first().size == 305
    assert trail.verify() == trail.Verified(305, ())


def test_a_log_in_a_bucket_is_proved_exported_and_goes_over_new_year(bucket, write, sequence, monkeypatch, tmp_path):
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    with clock.frozen(datetime(2026, 12, 31, tzinfo=UTC)) as time:
        write(300)
        sequence()
        time.set(datetime(2027, 1, 1, tzinfo=UTC))
        write(3)
        sequence()
    assert not (heads.folder() / "tiles").exists()
    trail.export(tmp_path / "out")
    assert years_verifier.check(tmp_path / "out", [heads.verifier_keys()[0]]).verified
    assert trail.verify() == trail.Verified(LedgerEntry.objects.count(), ())
    assert trail.proof(5)
    assert trail.proof(303)
    store = heads.tiles(heads.years()[0])
    assert store.get("tile/0/000")
    assert store.get("tile/0/000.p/250") is None  # dropped with the full tile


def test_a_bucket_and_a_folder_hold_the_same_files(bucket, tmp_path):
    stores = [BucketTileStore(bucket + "/same"), FolderTileStore(tmp_path / "same")]
    for store in stores:
        store.put_all({"tile/0/000.p/3": b"abc", "tile/0/000.p/30": b"d", "tile/0/000": b"e"})
        store.put("tile/0/000", b"f")
        store.drop_partials("tile/0/000")
    for path in ("tile/0/000.p/3", "tile/0/000.p/30", "tile/0/000", "tile/0/001"):
        assert stores[0].get(path) == stores[1].get(path)


def test_a_store_that_does_not_answer_is_not_an_empty_one(bucket, monkeypatch, write, sequence):
    write(3)
    sequence()
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    from callwarden.custody.ledger import bucket as module

    module._store.cache_clear()
    try:
        with pytest.raises(Unavailable) as refused:
            trail.proof(1)
        assert refused.value.code == "ledger_tiles_unreachable"
    finally:
        module._store.cache_clear()
