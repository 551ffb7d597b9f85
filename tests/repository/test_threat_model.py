"""The threat model names a test for each control: it has to be there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "docs" / "threat-model.zh-CN.md").read_text(encoding="utf-8")


def _tests(page: str) -> set[str]:
    """Files and folders, and functions as `tests/file.py::test_function`."""
    return set(re.findall(r"`(tests/[a-z0-9_/.:]+)`", page))


@cache
def _functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def _exists(named: str) -> bool:
    file, _colons, function = named.partition("::")
    return (ROOT / file).exists() and (not function or function in _functions(file))


def _rows(page: str) -> list[list[str]]:
    """Rows of the tables by boundary: letter, threat, control, tests."""
    return [line.split("|")[1:-1] for line in page.splitlines() if re.match(r"\| [STRIDE] \|", line)]


def test_every_test_it_names_exists():
    named = _tests(PAGE)
    assert len(named) > 30
    assert len([one for one in named if "::" in one]) > 100
    assert sorted(one for one in named if not _exists(one)) == []


def test_a_function_that_is_not_there_is_noticed():
    here = "tests/repository/test_threat_model.py"
    assert _exists(f"{here}::test_a_function_that_is_not_there_is_noticed")
    assert not _exists(f"{here}::test_that_nobody_wrote")
    assert not _exists("tests/repository/test_that_nobody_wrote.py::test_it")


def test_a_row_names_the_very_functions_that_try_its_control():
    """A file alone would stay true whatever is taken out of it."""
    tried = [(row[1].strip(), row[3]) for row in _rows(PAGE) if row[3].strip()]
    whole = [threat for threat, tests in tried if [one for one in _tests(tests) if "::test_" not in one]]
    assert whole == []
    assert [threat for threat, tests in tried if not _tests(tests)] == []


def test_each_boundary_is_asked_about_by_every_letter_of_stride():
    parts = re.split(r"^### ", PAGE.partition("## By boundary")[2].partition("\n## ")[0], flags=re.MULTILINE)[1:]
    asked = {part.splitlines()[0]: {row[0].strip() for row in _rows(part)} for part in parts}
    assert len(asked) > 6
    # There is no way out to a partner yet.
    assert {name: sorted(set("STRIDE") - letters) for name, letters in asked.items() if letters != set("STRIDE")} == {
        "Partners": sorted("STRIDE")
    }


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
