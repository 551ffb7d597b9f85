"""Whatever is done to a log or a proof, our verifier and Go's say the same, and say what is true.

`make prove NAME=audit` asks for ten thousand, and sigstore's Merkle code as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .mutations import KINDS, PROOF_KINDS, Lines, Log, Tally, judge_export, judge_proof
from .test_interop import go_verifier

__all__ = ["go_verifier"]

COUNT = 300


@pytest.fixture(scope="module")
def made() -> Log:
    return Log()


@pytest.fixture
def go(go_verifier: Path) -> Iterator[Lines]:
    judge = Lines(str(go_verifier), "judge")
    yield judge
    judge.close()


def test_every_export_is_judged_as_what_it_is(made: Log, go: Lines, tmp_path: Path) -> None:
    tally, seen, folder = Tally(), set(), tmp_path / "export"
    folder.mkdir()
    for seed in range(COUNT // 2):
        case = made.mutate(seed)
        seen.add(case.kind)
        tally.note(case, seed, judge_export(case, made, folder, {"go": go}))
    assert tally.wrong == []
    assert seen == set(KINDS)


def test_every_proof_is_judged_as_what_it_is(made: Log, go: Lines) -> None:
    tally, seen = Tally(), set()
    for seed in range(COUNT // 2):
        case = made.mutate_proof(seed)
        seen.add(case.kind)
        tally.note(case, seed, judge_proof(case, made, {"go": go}))
    assert tally.wrong == []
    assert seen == set(PROOF_KINDS)
