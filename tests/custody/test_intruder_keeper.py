"""Abusing the keeper's socket: broken, huge, slow and crowded, and requests made of the wrong things."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callwarden.custody.keeper import protocol
from callwarden.custody.keeper.client import KeeperUnavailable, status
from callwarden.custody.keeper.server import Keeper, KeeperServer, answer

NOBODY = "00000000-0000-0000-0000-000000000000"


class Stub:
    """Stands for store and folder: what it is asked for fails in unforeseen ways."""

    def __getattr__(self, name: str):
        raise OSError("13800138000")


class Slow(Keeper):
    """Answers one thing, and takes its time where it is told to."""

    def __init__(self) -> None:
        super().__init__(Stub(), Stub())  # type: ignore[arg-type]
        self.operations = {**self.operations, "ping": lambda request: {"said": request.get("said")}}


@pytest.fixture
def server(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """A keeper's server in this process, impatient, with few places."""
    monkeypatch.setattr("callwarden.custody.keeper.server.FRAME_SECONDS", 0.5)
    monkeypatch.setattr("callwarden.custody.keeper.server.PLACES", 8)
    path = tmp_path / "k"
    running = KeeperServer(path, Slow(), allowed_uids=frozenset({os.getuid()}))
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield path
    running.shutdown()
    running.server_close()
    thread.join(5)


def connect(path: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(5)
    peer.connect(str(path))
    return peer


def ask(path: Path, **message: object) -> dict[str, object] | None:
    with connect(path) as peer:
        protocol.send(peer, message)
        return protocol.receive(peer)


def is_closed(peer: socket.socket) -> bool:
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True


def frame(body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">I", len(body) if length is None else length) + body


BROKEN = {
    "a length beyond the limit": frame(b"", length=protocol.MAX_FRAME + 1),
    "the longest length there is": b"\xff\xff\xff\xff",
    "no JSON": frame(b"\x00\x01\x02"),
    "no UTF-8": frame(b'{"op": "\xff"}'),
    "a list": frame(b"[]"),
    "an empty frame": frame(b""),
    "a number too long to read": frame(b'{"op": ' + b"9" * 100_000 + b"}"),
    "brackets without end": frame(b"[" * 200_000),
    "objects without end": frame(b'{"a":' * 200_000),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_frame_costs_its_connection_and_nothing_else(server, sent, capfd):
    with connect(server) as peer:
        peer.sendall(sent)
        assert is_closed(peer)
    assert ask(server, op="ping", said="still here") == {"ok": {"said": "still here"}}
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("begun", [b"\x00", struct.pack(">I", 100), frame(b'{"op"', length=4_000_000)])
def test_a_frame_that_is_never_finished_is_not_waited_for(server, begun):
    with connect(server) as peer:
        peer.sendall(begun)
        before = time.monotonic()
        assert is_closed(peer)
        assert time.monotonic() - before < 3


def test_a_frame_that_comes_drop_by_drop_is_not_waited_for(server):
    with connect(server) as peer:
        peer.sendall(struct.pack(">I", 1000))
        before = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - before < 4:
                peer.sendall(b" ")
                time.sleep(0.05)
        assert time.monotonic() - before < 3


def test_a_connection_may_rest_between_frames(server):
    with connect(server) as peer:
        time.sleep(1)
        protocol.send(peer, {"op": "ping", "said": 1})
        assert protocol.receive(peer) == {"ok": {"said": 1}}


def test_a_peer_that_does_not_read_its_answers_loses_its_place(server):
    with connect(server) as peer:
        big = frame(json.dumps({"op": "ping", "said": "x" * 2_000_000}).encode())
        taken = 0
        with contextlib.suppress(OSError):
            while taken < 40:
                peer.sendall(big)
                taken += 1
        assert taken < 40


def test_a_crowd_of_connections_is_turned_away_and_the_keeper_goes_on(server):
    crowd = [connect(server) for _peer in range(8)]
    time.sleep(0.3)
    with connect(server) as late:
        assert is_closed(late)
    protocol.send(crowd[0], {"op": "ping", "said": "early"})
    assert protocol.receive(crowd[0]) == {"ok": {"said": "early"}}
    for peer in crowd:
        peer.close()
    time.sleep(0.3)
    assert ask(server, op="ping", said="later") == {"ok": {"said": "later"}}


BINDING = {
    "client": NOBODY,
    "line": NOBODY,
    "record": NOBODY,
    "subject": NOBODY,
    "generation": 1,
    "bucket": NOBODY,
    "purposes": ["service"],
}
NONSENSE = [
    {},
    {"op": None},
    {"op": "__class__"},
    {"op": ["mint"]},
    {"op": "mint"},
    {"op": "mint", "binding": "text", "suite": 1, "epoch": NOBODY},
    {"op": "mint", "binding": [], "suite": 1, "epoch": NOBODY},
    {"op": "mint", "binding": None, "suite": 1, "epoch": NOBODY},
    {"op": "mint", "binding": BINDING | {"generation": float("inf")}, "suite": 1, "epoch": NOBODY},
    {"op": "mint", "binding": BINDING | {"generation": float("nan")}, "suite": 1, "epoch": NOBODY},
    {"op": "mint", "binding": BINDING | {"purposes": 5}, "suite": 1, "epoch": NOBODY},
    {"op": "mint", "binding": BINDING | {"purposes": [1, "a"]}, "suite": 1, "epoch": NOBODY},
    {"op": "mint", "binding": BINDING, "suite": 99, "epoch": NOBODY},
    {"op": "mint", "binding": BINDING, "suite": {}, "epoch": NOBODY},
    {"op": "mint", "binding": BINDING, "suite": 1, "epoch": "../../root.key"},
    {"op": "new_epoch", "epoch": "../../../etc/passwd"},
    {"op": "new_intake_key", "id": "x/../y", "day": "2026-01-01"},
    {"op": "new_intake_key", "id": NOBODY, "day": "2026-13-45"},
    {"op": "tokens", "client": NOBODY, "column": "phone", "values": 5},
    {"op": "tokens", "client": NOBODY, "column": "phone", "values": [1, None]},
    {"op": "tokens", "client": NOBODY, "column": "phone", "values": ["a"], "size": "x"},
    {"op": "tokens", "client": "..", "column": "phone", "values": ["a"]},
    {"op": "release", "permit": 1, "record": NOBODY, "principal": "x"},
    {"op": "release", "permit": NOBODY, "record": NOBODY},
    {"op": "open_detail", "permit": NOBODY, "entry": NOBODY, "principal": "x", "blob": "***"},
    {"op": "seal_detail", "client": NOBODY, "entry": NOBODY, "plain": "not base64!"},
    {"op": "status"},
]


@pytest.mark.parametrize("request_", NONSENSE, ids=range(len(NONSENSE)))
def test_a_request_made_of_the_wrong_things_gets_a_code_and_no_value(request_):
    told = answer(Slow(), request_)
    assert set(told) == {"error"}
    assert "138001" not in json.dumps(told)


def test_tokens_are_never_shorter_than_what_tells_people_apart(keeper, client):
    from callwarden.custody.keeper import client as keeper_client

    for size in (0, -1, 1, 15, 33, 10**9):
        with pytest.raises(KeeperUnavailable):
            keeper_client.tokens(client.id, "phone", ["13800138000"], size=size)
    assert len(keeper_client.tokens(client.id, "phone", ["13800138000"], size=16)[0]) == 16


def test_strangers_on_this_machine_are_not_listened_to(tmp_path):
    running = KeeperServer(tmp_path / "k", Slow(), allowed_uids=frozenset({-2}))
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with connect(tmp_path / "k") as peer:
            assert is_closed(peer)
    finally:
        running.shutdown()
        running.server_close()
        thread.join(5)
    assert (tmp_path / "k").stat().st_mode & 0o007 == 0


def test_the_real_keeper_goes_on_after_all_of_it(keeper):
    for sent in BROKEN.values():
        with connect(keeper.socket) as peer:
            peer.sendall(sent)
            assert is_closed(peer)
    assert status()["ready"]
