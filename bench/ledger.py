"""The ledger: entries beside plain inserts, the way to a signed head, proving, verifying, and a trial by tampering.

Appending as people use it is measured with eight writers on a real database (`_ledger_appending`). The rest is the
engine alone.

Entries are of the size the product writes (about 280 bytes). Appending is measured in memory in batches of one second's
worth, with the checkpoint signed after each, and once into a folder with every file synced. Verification reads an
export from disk with the independent verifier, on one core; its peer in the same round is bare SHA-256 over the same
entries, one call each, which no verifier can do without. Times are
CPU time, so that other jobs on the machine move them little; the synced folder alone is by the wall clock.
"""

from __future__ import annotations

import base64
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from bench._ledger_appending import figures as appending
from bench._limits import to_limits
from callwarden.engines.ledger import (
    Checkpoint,
    FolderTileStore,
    MemoryTileStore,
    Signer,
    TlogProof,
    Tree,
    TreeView,
    canonical,
    export,
    leaf_hash,
    prove,
    verify_inclusion,
    with_lines,
)
from callwarden.engines.ledger.verifier import verify_export

ORIGIN = "bench.example/ledger"
ENTRIES = 200_000
BATCH = 1500
ROUNDS = 5
TRIALS = 400
AT_LEAST = {"append_ratio": 0.85, "verify_entries_s": 200_000.0}
AT_MOST = {"append_p99_ratio": 1.3, "checkpoint_lag_p99_s": 1.0, "proof_bytes": 2048.0}

Progress = Callable[[str], None]


def run(progress: Progress) -> dict[str, float]:
    appended = appending(progress)
    progress("writing entries")
    begin = time.process_time()
    entries = [entry(at) for at in range(ENTRIES)]
    figures = {"canonical_per_cpu_s": ENTRIES / (time.process_time() - begin), "entry_bytes": float(len(entries[0]))}
    signer = Signer.generate(ORIGIN)
    progress("appending")
    store, note, figures["append_per_cpu_s"] = append(entries, signer)
    with tempfile.TemporaryDirectory(prefix="callwarden-bench-") as scratch:
        figures["append_synced_per_s"] = append_synced(entries[:15_000], Path(scratch, "synced"))
        progress("verifying")
        folder = Path(scratch, "export")
        export(store, note, PlainFolder(folder))
        figures |= verify(folder, signer, entries)
        progress("proving")
        figures |= proofs(TreeView(store, ENTRIES), note)
        progress("tampering")
        figures["tampered_tried"], figures["tampered_accepted"] = tampering(entries[:2000], Path(scratch, "tamper"))
    figures |= appended
    return figures | to_limits(figures, at_least=AT_LEAST, at_most=AT_MOST)


def entry(at: int) -> bytes:
    number = f"{at:012x}"
    return canonical(
        {
            "v": 1,
            "id": f"5b1c9a52-7a7e-4b7d-8f53-{number}",
            "at": "2026-11-23T09:15:00.123+00:00",
            "event": "record.revealed",
            "actor": "0b0d0e1f-3c55-4f6f-9f0e-2b3a4c5d6e7f",
            "purpose": "service",
            "fields": ["phone", "name"],
            "decision": "allow",
            "policy": "sha256:0123456789abcdef",
            "count": at % 7,
        }
    )


class PlainFolder:
    """Writes an export without waiting for the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, path: str) -> bytes | None:
        file = self.folder / path
        return file.read_bytes() if file.is_file() else None

    def put(self, path: str, data: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def put_all(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            self.put(path, data)


def append(entries: list[bytes], signer: Signer) -> tuple[MemoryTileStore, bytes, float]:
    store, note = MemoryTileStore(), b""
    tree = Tree(store)
    begin = time.process_time()
    for at in range(0, len(entries), BATCH):
        tree.append(entries[at : at + BATCH])
        note = Checkpoint(ORIGIN, tree.size, tree.root()).sign(signer)
    return store, note, len(entries) / (time.process_time() - begin)


def append_synced(entries: list[bytes], folder: Path) -> float:
    tree = Tree(FolderTileStore(folder))
    begin = time.perf_counter()
    for at in range(0, len(entries), BATCH):
        tree.append(entries[at : at + BATCH])
    return len(entries) / (time.perf_counter() - begin)


def verify(folder: Path, signer: Signer, entries: list[bytes]) -> dict[str, float]:
    key = str(signer.verifier)
    rates, ratios = [], []
    for _ in range(ROUNDS):
        begin = time.process_time()
        if not verify_export(folder, [key]).verified:
            raise RuntimeError("an untouched export did not verify")
        taken = time.process_time() - begin
        begin = time.process_time()
        for one in entries:
            sha256(one).digest()
        floor = time.process_time() - begin
        rates.append(len(entries) / taken)
        ratios.append(taken / floor)
    return {
        "verify_entries_s": statistics.median(rates),
        "verify_time_to_bare_sha256": statistics.median(ratios),
    }


def proofs(view: TreeView, note: bytes) -> dict[str, float]:
    pick = random.Random(7)
    places = [pick.randrange(view.size) for _ in range(1000)]
    begin = time.process_time()
    made = [prove(view, at, note) for at in places]
    prove_rate = len(made) / (time.process_time() - begin)
    root = view.root()
    begin = time.process_time()
    for proof in made:
        verify_inclusion(leaf_hash(proof.extra or b""), proof.index, view.size, proof.hashes, root)
    return {
        "prove_per_cpu_s": prove_rate,
        "inclusion_checks_per_cpu_s": len(made) / (time.process_time() - begin),
        "proof_file_bytes": float(max(len(proof.write()) for proof in made)),
        "proof_bytes": largest_proof(carried=entry(1), packed=True),
        "proof_bytes_unpacked": largest_proof(carried=entry(1)),
        "proof_bytes_without_entry": largest_proof(carried=None),
    }


def largest_proof(*, carried: bytes | None, packed: bool = False) -> float:
    """Bytes of a proof in a log of 2**30 entries whose head two witnesses signed, with or without its entry.

    Hashes and signatures are drawn, not zero: a packed file of zeros would be short for nothing.
    """
    pick = random.Random(13)
    head, signer = Checkpoint(ORIGIN, 2**30, pick.randbytes(32)), Signer.generate(ORIGIN)
    stamped = [
        f"\u2014 witness.example/w{at} {base64.b64encode(pick.randbytes(4 + 8 + 64)).decode()}\n" for at in range(2)
    ]
    note = with_lines(head.sign(signer), stamped)
    hashes = tuple(pick.randbytes(32) for _ in range(30))
    return float(len(TlogProof(2**30 - 1, hashes, note, carried).write(packed=packed)))


def tampering(entries: list[bytes], folder: Path) -> tuple[int, int]:
    """Flip, cut, drop, swap or repeat somewhere in a small export; how many trials were accepted (none, hopefully)."""
    signer = Signer.generate(ORIGIN)
    store, note, _ = append(entries, signer)
    export(store, note, PlainFolder(folder))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    pick = random.Random(11)
    accepted = 0
    for _ in range(TRIALS):
        file = pick.choice(files)
        whole = file.read_bytes()
        file.write_bytes(mutated(whole, pick))
        accepted += verify_export(folder, [str(signer.verifier)]).verified
        file.write_bytes(whole)
    return TRIALS, accepted


def mutated(whole: bytes, pick: random.Random) -> bytes:
    at, kind = pick.randrange(len(whole)), pick.randrange(4)
    if kind == 0:
        return whole[:at] + bytes([whole[at] ^ 1 << pick.randrange(8)]) + whole[at + 1 :]
    if kind == 1:
        return whole[:at]
    if kind == 2:
        return whole[:at] + whole[at + 1 :]
    return whole[:at] + bytes([whole[at]]) + whole[at:]
