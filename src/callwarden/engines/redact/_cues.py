"""Cues: phrases that tell what kind of value is coming, was just told, or is being asked for (``data/cues.yaml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ._phrases import phrase_pattern
from ._spans import EntityType


@dataclass(frozen=True, slots=True)
class CueKind:
    """What one kind of cue expects; ``type`` is None for cues that end an expectation."""

    type: EntityType | None
    min_near: int = 0
    min_far: int = 0
    max: int = 0
    complete: int = 0


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue phrase at ``start:end`` of a folded text."""

    start: int
    end: int
    kind: CueKind


@cache
def _table() -> tuple[dict[str, CueKind], re.Pattern[str]]:
    source = resources.files(__package__).joinpath("data", "cues.yaml").read_text("utf-8")
    table: dict[str, dict[str, Any]] = yaml.safe_load(source)
    kinds: dict[str, CueKind] = {}
    for name, entry in table.items():
        kind = CueKind(None)
        if name != "NOTHING":
            kind = CueKind(EntityType(name), entry["min_near"], entry["min_far"], entry["max"], entry["complete"])
        for phrase in (*entry["zh"], *entry["en"]):
            kinds.setdefault(str(phrase), kind)
    return kinds, re.compile(phrase_pattern(kinds))


def cue_phrases(*, asking: bool) -> list[str]:
    """The phrases of the table; ``asking``: only those that announce or ask for a value."""
    return [phrase for phrase, kind in _table()[0].items() if kind.type is not None or not asking]


def find_cues(text: str) -> list[Cue]:
    """The cues of a folded text in order; at one place the longest phrase counts."""
    kinds, pattern = _table()
    return [Cue(match.start(), match.end(), kinds[" ".join(match.group().split())]) for match in pattern.finditer(text)]
