"""A row of a table that was found somewhere says whose copy it is; no cell of it is carried out by a spreadsheet."""

from __future__ import annotations

import csv
import io
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines import mark

IDS = st.binary(min_size=16, max_size=16)


def table(identity: bytes, rows: list[list[str]]) -> bytes:
    return b"".join(mark.as_table(identity, ["Copy of Ann"], ["name", "phone"], rows))


@given(IDS)
def test_the_code_leads_back_from_any_single_row(identity):
    text = table(identity, [["Ann", "1"], ["Bo", "2"]]).decode("utf-8-sig")
    lines = [line for line in text.splitlines() if "CW-" in line]
    assert len(lines) == 3
    assert {mark.find_in_text(f"x;{line}") for line in lines} == {identity}


@given(IDS, st.integers(3, 31), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_mistyped_code_accuses_nobody_else(identity, at, letter):
    code = mark.code(identity)
    wrong = code[:at] + letter + code[at + 1 :]
    assert mark.find_in_text(wrong) in ((identity,) if wrong == code else (None,))


@pytest.mark.parametrize("text", ["", "CW-", "CW-" + "A" * 28, "CW-" + "A" * 30, str(UUID(int=7)), "CW-" + "1" * 29])
def test_what_is_no_code_is_none(text):
    assert mark.find_in_text(text) is None


@pytest.mark.parametrize(
    "cell", ["=1+1", "+86 138", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u3000=1", "＝1", "\x85=1", '=HYPERLINK("x")']
)
def test_no_cell_begins_as_a_formula(cell):
    rows = list(csv.reader(io.StringIO(table(bytes(16), [[cell, "x"]]).decode("utf-8-sig"), newline="")))
    assert rows[-1][0] == f"'{cell}"


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_whatever_the_values_are_the_table_has_its_rows_and_no_formula(rows):
    text = table(bytes(16), rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert len(read) == 4 + len(rows)
    assert all(line[-1] == mark.code(bytes(16)) for line in read[4:])
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for line in read for cell in line)
