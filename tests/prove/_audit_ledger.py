"""The log: ten thousand mutations judged by unrelated programs, and a real witness.

What is changed in the database itself is in `_audit_rows`. `CALLWARDEN_TEST_MUTATIONS` sets how many mutations. A
program that is not here and cannot be had is "not measured".
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

from callwarden.engines.ledger import Checkpoint, MemoryTileStore, Signer, Tree, TreeView, Witness, canonical
from tests.engines.ledger import test_interop
from tests.engines.ledger.mutations import Lines, Log, Tally, judge_export, judge_proof
from tests.prove._running import ROOT

MUTATIONS = int(os.environ.get("CALLWARDEN_TEST_MUTATIONS", "10000"))
SIGSTORE, WITNESS = "sigstore>=4.5,<5", "aics-witness==0.1.0"
JUDGES = ROOT / "tests/engines/ledger/interop"
Line = tuple[str, str, str]


def run(folder: Path) -> Iterator[Line]:
    yield from _mutations(folder)
    yield from _witness(folder)


def _mutations(folder: Path) -> Iterator[Line]:
    """Judges: our verifier, the engine, Go's x/mod, the separate package, and for proofs sigstore's Merkle code."""
    made, began = Log(), time.monotonic()
    judges = {"package": Lines(str(_package(folder)), str(JUDGES / "package_judge.py"))}
    if (go := _go(folder)) is not None:
        judges["go"] = Lines(str(go), "judge")
    sigstore = _installed(folder / "sigstore", SIGSTORE)
    merkle = Lines(str(sigstore / "bin/python"), str(JUDGES / "sigstore_judge.py")) if sigstore else None
    exports, proofs, asked_sigstore = Tally(), Tally(), 0
    place = folder / "mutated"
    place.mkdir()
    try:
        for seed in range(MUTATIONS // 2):
            case = made.mutate(seed)
            exports.note(case, seed, judge_export(case, made, place, judges))
        for seed in range(MUTATIONS - MUTATIONS // 2):
            proof = made.mutate_proof(seed)
            # Who signed the head is not sigstore's Merkle code's business, so it is not asked about that.
            others = judges | ({"sigstore": merkle} if merkle and proof.kind != "wrong key" else {})
            asked_sigstore += "sigstore" in others
            proofs.note(proof, seed, judge_proof(proof, made, others))
    finally:
        for judge in (*judges.values(), *([merkle] if merkle else [])):
            judge.close()
    told = f"{time.monotonic() - began:.0f} s"
    for what, tally in (("logs", exports), ("proofs", proofs)):
        yield (
            f"{tally.asked:,} {what}, {tally.refused:,} of them tampered with: our verifier, the separate package"
            f"{', Go x/mod' if 'go' in judges else ''} say the same of each, and what is true",
            "fail" if tally.wrong else "pass",
            "; ".join(tally.wrong[:3]) or f"0 wrong verdicts; {told}",
        )
    if "go" not in judges:
        yield (
            "Go's golang.org/x/mod agrees",
            "not measured",
            "needs Debian packages golang-go and golang-golang-x-mod-dev",
        )
    wrong = [one for one in proofs.wrong if one.startswith("sigstore")]
    if merkle is None:
        yield "sigstore's Merkle code agrees", "not measured", f"{SIGSTORE} could not be installed"
    else:
        yield "sigstore's Merkle code agrees on every proof", "fail" if wrong else "pass", f"{asked_sigstore:,} proofs"


def _go(folder: Path) -> Path | None:
    try:
        return test_interop.build(folder)
    except pytest.skip.Exception:
        return None


def _package(folder: Path) -> Path:
    """A Python that has the wheel of the separate verifier, and nothing of the system."""
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*build, str(ROOT / "packages/callwarden-verify")], check=True, capture_output=True)
    (wheel,) = folder.glob("callwarden_verify-*.whl")
    place = _installed(folder / "package", str(wheel))
    if place is None:
        raise RuntimeError("the wheel of the verifier could not be installed")
    return place / "bin/python"


def _installed(place: Path, *wanted: str, python: str = sys.executable) -> Path | None:
    """A fresh environment with these packages; None where they cannot be had."""
    subprocess.run([python, "-m", "venv", str(place)], check=True, capture_output=True)
    ran = subprocess.run([str(place / "bin/pip"), "install", "-q", *wanted], capture_output=True, timeout=580)
    return place if ran.returncode == 0 else None


# A real witness


def _witness(folder: Path) -> Iterator[Line]:
    newer = _newer_python()
    place = _installed(folder / "witness", WITNESS, python=newer) if newer else None
    if place is None:
        yield "A real witness cosigns", "not measured", f"{WITNESS} needs Python 3.12 and could not be installed"
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    django.setup()
    from callwarden.custody.ledger.sinks.interface import Head, SinkFailed
    from callwarden.custody.ledger.sinks.witness import WitnessSink

    signer, store = Signer.generate("prove.example/ledger"), MemoryTileStore()
    tree, port = Tree(store), _free_port()
    home = folder / "w"
    home.mkdir()
    command = [str(place / "bin/aics-witness")]
    config = ["--config", str(home / "witness.json")]
    subprocess.run(
        [*command, "init", *config, "--name", "prove.example/w1", "--listen", f"127.0.0.1:{port}"],
        check=True, capture_output=True, cwd=home,
    )  # fmt: skip
    added = ["add-log", *config, "--origin", signer.name, "--vkey", str(signer.verifier)]
    subprocess.run([*command, *added], check=True, capture_output=True, cwd=home)
    told = subprocess.run([*command, "status", *config], check=True, capture_output=True, text=True, cwd=home).stdout
    (vkey,) = {word.strip('",') for word in told.split() if word.strip('",').startswith("prove.example/w1+")}
    server = subprocess.Popen([*command, "serve", *config], cwd=home, stderr=(home / "log").open("wb"))
    try:
        _await(port)
        sink = WitnessSink(
            "witness:prove", f"http://127.0.0.1:{port}", Witness.parse(vkey), view=lambda size: TreeView(store, size)
        )
        taken, heads = 0, []
        for count in (1, 255, 1, 443, 3000):
            tree.append([canonical({"event": "disclose:record:reveal", "n": tree.size + at}) for at in range(count)])
            note = Checkpoint(signer.name, tree.size, tree.root()).sign(signer)
            sent = sink.send(Head(tree.size, note, taken=taken))
            taken = sent.size
            heads.append((note, sent))
        good = all(Checkpoint.open(note + sent.cosignature.encode(), signer.verifier) for note, sent in heads)
        yield (
            "A real witness checks that each head continues the last, and signs it; the signature holds",
            "pass" if good and taken == tree.size else "fail",
            f"{WITNESS}, {len(heads)} heads up to {taken:,} entries",
        )
        again = sink.send(Head(tree.size, heads[-1][0], taken=257))
        yield (
            "Asked from a size it has left behind, it says where it is and is asked from there",
            ("pass" if again.cosignature else "fail"),
            "409, then 200",
        )
        yield _forked(sink, signer, tree)
    except SinkFailed as failure:
        yield "The witness takes every genuine head", "fail", failure.code
    finally:
        server.terminate()
        server.wait(20)


def _forked(sink: object, signer: Signer, tree: Tree) -> Line:
    """Another history, signed by the right key."""
    from callwarden.custody.ledger.sinks.interface import Head, SinkFailed
    from callwarden.custody.ledger.sinks.witness import WitnessSink

    assert isinstance(sink, WitnessSink)
    other = MemoryTileStore()
    forked = Tree(other)
    forked.append([canonical({"event": "x", "n": at}) for at in range(tree.size + 5)])
    sink._view = lambda size: TreeView(other, size)
    note = Checkpoint(signer.name, forked.size, forked.root()).sign(signer)
    try:
        sink.send(Head(forked.size, note, taken=tree.size))
    except SinkFailed as failure:
        return (
            "A forked log signed by the right key is refused, and that is an alarm",
            "pass" if failure.refused and failure.code == "not_a_continuation" else "fail",
            failure.code,
        )
    return "A forked log signed by the right key is refused, and that is an alarm", "fail", "it was cosigned"


def _newer_python() -> str | None:
    """A Python of 3.12 or later: the one CALLWARDEN_TEST_PYTHON names, one on the path, or one that pyenv has built."""
    built = sorted(Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python3"), reverse=True)
    given = os.environ.get("CALLWARDEN_TEST_PYTHON", "")
    asks = "import sys; assert sys.version_info >= (3, 12); import venv; print(sys.executable)"
    for candidate in filter(None, (given, "python3.13", "python3.12", *map(str, built))):
        try:
            ran = subprocess.run([candidate, "-c", asks], capture_output=True, text=True)
        except OSError:
            continue
        if ran.returncode == 0:
            return ran.stdout.strip()
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
