"""The threat model names a test for each control: it has to be there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
BOUNDARIES = PAGE.partition("## By boundary")[2].partition("\n## ")[0]


def test_every_test_it_names_exists():
    named = set(re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", PAGE))
    assert len(named) > 30
    assert sorted(one for one in named if not (ROOT / one).exists()) == []


def test_every_proof_and_benchmark_it_names_exists():
    named = re.findall(r"`make (prove|bench) NAME=([a-z]+)`", PAGE)
    where = {"prove": ROOT / "tests" / "prove", "bench": ROOT / "bench"}
    assert named
    assert [one for one in named if not (where[one[0]] / f"{one[1]}.py").exists()] == []


def test_a_control_is_tried_or_called_a_gap():
    rows = [line.split("|")[1:-1] for line in BOUNDARIES.splitlines() if re.match(r"\| [STRIDE] \|", line)]
    assert len(rows) > 25
    untried = [row[1].strip() for row in rows if not row[3].strip() and "not defended" not in row[2]]
    assert untried == []
