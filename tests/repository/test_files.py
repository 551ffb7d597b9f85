"""Habits of the tree that a reader may rely on."""

from __future__ import annotations

import re

from tests.repository.files import ROOT, sources, text, tracked

LONGEST = 600
# Written by tools, not by people.
MADE = re.compile(r"(^|/)migrations/\d{4}_|\.lock$|package-lock\.json$|\.po$")
VAGUE = {"utils", "util", "helpers", "helper", "managers", "misc", "common", "stuff"}


def test_no_file_is_longer_than_can_be_read() -> None:
    long = {
        str(path): lines
        for path in sources()
        if not MADE.search(path.as_posix()) and (lines := len(text(path).splitlines())) > LONGEST
    }
    assert long == {}


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    # Put together here, so that this file does not name one either. `/Users/ID` alone is an address of SCIM.
    places = re.compile(
        "|".join([r"(?<![\w.])/" + r"(work/\w|Users/[A-Za-z.-]+/\w)", r"/" + r"home/[a-z]", r"/" + r"root/\w"])
    )
    named = [f"{path}:{number}" for path in sources() for number, line in lines(path) if places.search(line)]
    assert named == []


def lines(path):  # type: ignore[no-untyped-def]
    return enumerate(text(path).splitlines(), start=1)


def test_no_module_is_named_so_that_anything_fits_in() -> None:
    vague = [str(path) for path in tracked() if path.suffix == ".py" and VAGUE & {path.stem, *path.parent.parts}]
    assert vague == []


def test_nothing_is_left_to_do_in_the_source() -> None:
    mark = re.compile(r"#.*\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|raise NotImplemented" + r"Error\(\)")
    left = [f"{path}:{number}" for path in sources() for number, line in lines(path) if mark.search(line)]
    assert left == []


def test_third_party_front_end_files_are_not_committed() -> None:
    committed = [str(path) for path in tracked() if "vendor" in path.parts or "node_modules" in path.parts]
    assert committed == []


def test_programs_that_run_directly_may_be_run() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
