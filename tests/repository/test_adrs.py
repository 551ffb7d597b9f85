"""Decisions: each has a record, each record is in the index and says why."""

from __future__ import annotations

import re

import pytest

from tests.repository.files import ROOT

FOLDER = ROOT / "docs" / "adr"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))


def test_records_are_numbered_without_repeats() -> None:
    numbers = [int(path.name[:4]) for path in RECORDS]
    assert numbers
    assert len(set(numbers)) == len(numbers)
    assert numbers[0] == 1


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_linked_and_says_context_decision_and_consequences(path) -> None:  # type: ignore[no-untyped-def]
    assert f"({path.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    assert re.match(rf"# {int(path.name[:4])}\. \S", text)
    assert re.search(r"Status: (proposed|accepted|superseded by \d+)", text)
    for heading in ("Context", "Decision", "Consequences"):
        assert f"\n## {heading}\n" in text


def test_the_index_links_nothing_that_is_missing() -> None:
    linked = re.findall(r"\((\d{4}-[^)]+\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert [name for name in linked if not (FOLDER / name).is_file()] == []
