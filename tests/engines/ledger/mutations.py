"""Ways to tamper with a log, and several unrelated programs that judge the result.

A mutation is drawn from a seed. Some change nothing that may not change (a control, growth, a shorter but genuine
log); judges that refuse everything would be found out by these.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from callwarden.engines.ledger import Checkpoint, MemoryTileStore, Signer, TlogProof, Tree, Verifier, canonical, prove
from callwarden.engines.ledger import export as write_export
from callwarden.engines.ledger import verifier as ours
from callwarden.engines.ledger._tiles import read_bundle, write_bundle

ORIGIN = "mutations.example/ledger"


@dataclass
class Case:
    """An export, the head somebody has kept from earlier (or None), and whether it is genuine."""

    kind: str
    files: dict[str, bytes]
    older: bytes | None
    genuine: bool


@dataclass
class ProofCase:
    """The proof of one entry, and whether it is genuine."""

    kind: str
    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    body: bytes
    genuine: bool


class Log:
    """A log of a size at which every kind of tile occurs, with the key that signs it and one that does not."""

    def __init__(self, size: int = 600) -> None:
        self.signer, self.stranger = Signer.generate(ORIGIN), Signer.generate(ORIGIN)
        self.key = str(self.signer.verifier)
        self.entries = [canonical({"event": "disclose:record:reveal", "n": at}) for at in range(size)]
        self.store, self.tree, self.note = self._grown(self.entries, self.signer)
        self.whole = self.exported(self.store, self.note)

    @staticmethod
    def _grown(entries: list[bytes], signer: Signer) -> tuple[MemoryTileStore, Tree, bytes]:
        store = MemoryTileStore()
        tree = Tree(store)
        tree.append(entries)
        return store, tree, Checkpoint(ORIGIN, tree.size, tree.root()).sign(signer)

    @staticmethod
    def exported(store: MemoryTileStore, note: bytes) -> dict[str, bytes]:
        to = MemoryTileStore()
        write_export(store, note, to)
        return to.files

    def head(self, size: int) -> bytes:
        """The genuine head at an earlier size."""
        return Checkpoint(ORIGIN, size, self.tree.root(size)).sign(self.signer)

    def anew(self, entries: list[bytes], signer: Signer) -> dict[str, bytes]:
        store, _tree, note = self._grown(entries, signer)
        return self.exported(store, note)

    def mutate(self, seed: int) -> Case:
        chance = random.Random(seed)
        kind = chance.choice(KINDS)
        files, older, genuine = KINDS_OF_EXPORTS[kind](self, chance)
        return Case(kind, files, older, genuine)

    def mutate_proof(self, seed: int) -> ProofCase:
        chance = random.Random(seed)
        index = chance.randrange(self.tree.size)
        made = TlogProof.parse(prove(self.tree, index, self.note).write())
        body, hashes, note = self.entries[index], list(made.hashes), self.note
        kind = chance.choice(PROOF_KINDS)
        if kind == "edit":
            body = flipped(body, chance)
        elif kind == "another place":
            index = (index + chance.randrange(1, self.tree.size)) % self.tree.size
        elif kind == "beyond":
            index = self.tree.size + chance.randrange(1000)
        elif kind == "hash":
            at = chance.randrange(len(hashes))
            hashes[at] = flipped(hashes[at], chance)
        elif kind == "cut":
            hashes.pop(chance.randrange(len(hashes)))
        elif kind == "longer":
            hashes.insert(chance.randrange(len(hashes) + 1), chance.randbytes(32))
        elif kind == "swap":
            first, second = chance.sample(range(len(hashes)), 2)
            hashes[first], hashes[second] = hashes[second], hashes[first]
        elif kind == "another head":
            note = self.head(chance.randrange(index + 1, self.tree.size)) if index + 1 < self.tree.size else note
            kind = kind if note != self.note else "control"
        elif kind == "wrong key":
            note = Checkpoint.peek(self.note).sign(self.stranger)
        return ProofCase(kind, index, tuple(hashes), note, body, genuine=kind == "control")


def flipped(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


Made = tuple[dict[str, bytes], bytes | None, bool]


def _bundle(log: Log, chance: random.Random, change: Callable[[list[bytes]], None]) -> Made:
    """One bundle written anew with its entries changed, as somebody with rights over the disk would."""
    path = chance.choice(sorted(path for path in log.whole if path.startswith("tile/entries/")))
    entries = read_bundle(log.whole[path], _count(log.whole[path]), path)
    change(entries)
    return {**log.whole, path: write_bundle(entries)}, None, False


def _count(data: bytes) -> int:
    count = at = 0
    while at < len(data):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
        count += 1
    return count


def _edit(log: Log, chance: random.Random) -> Made:
    def change(entries: list[bytes]) -> None:
        at = chance.randrange(len(entries))
        entries[at] = flipped(entries[at], chance)

    return _bundle(log, chance, change)


def _drop(log: Log, chance: random.Random) -> Made:
    return _bundle(log, chance, lambda entries: entries.__delitem__(chance.randrange(len(entries))))


def _insert(log: Log, chance: random.Random) -> Made:
    return _bundle(log, chance, lambda entries: entries.insert(chance.randrange(len(entries) + 1), b'{"event":"x"}'))


def _swap(log: Log, chance: random.Random) -> Made:
    def change(entries: list[bytes]) -> None:
        first, second = chance.sample(range(len(entries)), 2)
        entries[first], entries[second] = entries[second], entries[first]

    return _bundle(log, chance, change)


def _byte(log: Log, chance: random.Random) -> Made:
    """One bit anywhere: tiles and the head too."""
    path = chance.choice(sorted(log.whole))
    return {**log.whole, path: flipped(log.whole[path], chance)}, None, False


def _cut(log: Log, chance: random.Random) -> Made:
    path = chance.choice(sorted(log.whole))
    return {**log.whole, path: log.whole[path][: chance.randrange(len(log.whole[path]))]}, None, False


def _rewritten(log: Log, chance: random.Random) -> Made:
    """Entries and every tile changed to fit, below the head that was signed before."""
    entries = list(log.entries)
    at = chance.randrange(len(entries))
    entries[at] = flipped(entries[at], chance)
    return {**log.anew(entries, log.signer), "checkpoint": log.note}, None, False


def _truncate(log: Log, chance: random.Random) -> Made:
    """The last entries taken away with their tiles, below the head that was signed before."""
    shorter = log.anew(log.entries[: chance.randrange(1, len(log.entries))], log.signer)
    return {**shorter, "checkpoint": log.note}, None, False


def _rollback(log: Log, chance: random.Random) -> Made:
    """A genuine earlier state, shown to somebody who has kept a later head."""
    size = chance.randrange(1, len(log.entries))
    return log.anew(log.entries[:size], log.signer), log.head(chance.randrange(size + 1, len(log.entries) + 1)), False


def _wrong_key(log: Log, chance: random.Random) -> Made:
    entries = list(log.entries)
    if chance.random() < 0.5:
        entries[chance.randrange(len(entries))] = b'{"event":"x"}'
    return log.anew(entries, log.stranger), None, False


def _split_view(log: Log, chance: random.Random) -> Made:
    """Another history signed by the right key, shown to somebody who has kept a head of the true one."""
    size = chance.randrange(2, len(log.entries) + 1)
    entries = list(log.entries) + [b'{"event":"y"}'] * chance.randrange(3)
    entries[chance.randrange(size)] = b'{"event":"x"}'
    return log.anew(entries, log.signer), log.head(size), False


def _control(log: Log, chance: random.Random) -> Made:
    return (
        dict(log.whole),
        (log.head(chance.randrange(1, len(log.entries) + 1)) if chance.random() < 0.5 else None),
        True,
    )


def _growth(log: Log, chance: random.Random) -> Made:
    more = [b'{"event":"z"}'] * chance.randrange(1, 20)
    return log.anew([*log.entries, *more], log.signer), log.note, True


def _earlier(log: Log, chance: random.Random) -> Made:
    """A genuine earlier state and nobody who knows better: whoever keeps no head cannot tell."""
    return log.anew(log.entries[: chance.randrange(1, len(log.entries))], log.signer), None, True


KINDS_OF_EXPORTS: dict[str, Callable[[Log, random.Random], Made]] = {
    "edit": _edit,
    "drop": _drop,
    "insert": _insert,
    "swap": _swap,
    "bit": _byte,
    "cut": _cut,
    "rewritten": _rewritten,
    "truncate": _truncate,
    "rollback": _rollback,
    "wrong key": _wrong_key,
    "split view": _split_view,
    "control": _control,
    "growth": _growth,
    "earlier": _earlier,
}
KINDS = list(KINDS_OF_EXPORTS)
PROOF_KINDS = (
    "edit", "another place", "beyond", "hash", "cut", "longer", "swap", "another head", "wrong key", "control",
)  # fmt: skip


@dataclass
class Tally:
    """What judges said. `wrong` names cases that some judge took for what they are not."""

    asked: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, case: Case | ProofCase, seed: int, verdicts: dict[str, bool]) -> None:
        self.asked += 1
        self.refused += not case.genuine
        for judge, accepted in verdicts.items():
            if accepted != case.genuine:
                self.wrong.append(f"{judge}: {case.kind} #{seed}")


class Lines:
    """A judge in a process of its own: one JSON question a line, `true` or `false` a line."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, **question: Any) -> bool:
        told, heard = self._process.stdin, self._process.stdout
        assert told is not None
        assert heard is not None
        return _ask(told, heard, json.dumps({name: _plain(value) for name, value in question.items()}))

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(20)


def _ask(told: IO[str], heard: IO[str], line: str) -> bool:
    told.write(line + "\n")
    told.flush()
    answer = heard.readline().strip()
    assert answer in {"true", "false"}, f"the judge said {answer!r}"
    return answer == "true"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def judge_export(case: Case, log: Log, folder: Path, others: dict[str, Lines]) -> dict[str, bool]:
    """What our verifier and every other judge make of an export."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    for path, data in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    kept = folder.with_suffix(".older")
    kept.write_bytes(case.older or b"")
    older = [kept] if case.older else []
    # Files that no head covers are refused by ours alone; cut-off logs leave none, so verdicts stay comparable.
    verdicts = {"ours": ours.verify_export(folder, [log.key], older=older, live=True).verified}
    for name, other in others.items():
        verdicts[name] = other(Dir=str(folder), Key=log.key, Older=case.older)
    return verdicts


def judge_proof(case: ProofCase, log: Log, others: dict[str, Lines]) -> dict[str, bool]:
    """What our verifier, the engine and every other judge make of the proof of one entry."""
    proof = TlogProof(case.index, case.hashes, case.note, case.body)
    verdicts = {"ours": ours.verify_proof(proof.write(), [log.key]).verified, "engine": _engine(proof, log)}
    for name, other in others.items():
        verdicts[name] = other(Key=log.key, Note=case.note, Body=case.body, Index=case.index, Hashes=case.hashes)
    return verdicts


def _engine(proof: TlogProof, log: Log) -> bool:
    try:
        proof.verify(proof.extra or b"", Verifier.parse(log.key))
    except Exception:
        return False
    return True
