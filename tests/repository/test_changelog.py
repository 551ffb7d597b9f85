"""One fragment a change: changelog.d/NAME.yaml says what kind it is and what changed, in both languages."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.repository.files import ROOT

KINDS = {"added", "changed", "fixed", "removed", "security"}
FRAGMENTS = sorted((ROOT / "changelog.d").glob("*.yaml"))


def test_there_are_fragments_and_nothing_else_but_their_guide() -> None:
    assert FRAGMENTS
    others = {path.name for path in (ROOT / "changelog.d").iterdir()} - {path.name for path in FRAGMENTS}
    assert others == {"README.md"}


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_a_fragment_says_its_kind_and_the_change_in_both_languages(path) -> None:  # type: ignore[no-untyped-def]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem)
    fragment = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(fragment) == {"kind", "en", "zh"}
    assert fragment["kind"] in KINDS
    assert re.match(r"[A-Z]", fragment["en"])
    assert re.search(r"[一-鿿]", fragment["zh"])
    assert all(len(fragment[language]) <= 400 for language in ("en", "zh"))
