"""The threat model names a test for each control: it has to be there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "docs" / "threat-model.zh-CN.md").read_text(encoding="utf-8")


def _tests(page: str) -> set[str]:
    return set(re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", page))


def _rows(page: str) -> list[list[str]]:
    """Rows of the tables by boundary: letter, threat, control, tests."""
    return [line.split("|")[1:-1] for line in page.splitlines() if re.match(r"\| [STRIDE] \|", line)]


def test_every_test_it_names_exists():
    named = _tests(PAGE)
    assert len(named) > 30
    assert sorted(one for one in named if not (ROOT / one).exists()) == []


def test_every_proof_and_benchmark_it_names_exists():
    named = re.findall(r"`make (prove|bench) NAME=([a-z]+)`", PAGE)
    where = {"prove": ROOT / "tests" / "prove", "bench": ROOT / "bench"}
    assert named
    assert [one for one in named if not (where[one[0]] / f"{one[1]}.py").exists()] == []


def test_a_control_is_tried_or_called_a_gap():
    rows = _rows(PAGE)
    assert len(rows) > 25
    untried = [row[1].strip() for row in rows if not row[3].strip() and "not defended" not in row[2]]
    assert untried == []


def test_both_languages_name_the_same_controls_tests_and_gaps():
    assert _tests(PAGE) == _tests(CHINESE)
    shape = [(row[0].strip(), sorted(re.findall(r"`[^`]+`", row[3]))) for row in _rows(PAGE)]
    assert [(row[0].strip(), sorted(re.findall(r"`[^`]+`", row[3]))) for row in _rows(CHINESE)] == shape
    levels = [re.findall(r"^(#+) ", page, re.MULTILINE) for page in (PAGE, CHINESE)]
    assert levels[0] == levels[1]
    # Commands, settings and benchmarks are the same words in every language.
    marks = [sorted(set(re.findall(r"`[^`]+`", page))) for page in (PAGE, CHINESE)]
    assert marks[0] == marks[1]
