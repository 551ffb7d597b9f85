"""Counting what a redaction covered, missed and took too much of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .._spans import Span


@dataclass(frozen=True, slots=True)
class Gold:
    """A value that must go: ``text[start:end]`` of a turn in code points, and what it is."""

    turn: int
    start: int
    end: int
    type: str


@dataclass
class Score:
    """Counts over any number of calls; add calls with `add`.

    Attributes:
        gold, covered, leaked: labelled values per type; those of which every letter and digit was removed; those of
            which four signs or more in a row (or half of a shorter one) can still be read.
        spans, right: removed places per type; those that touch a labelled value of any kind.
        characters, taken: characters outside labelled values, and how many of them were removed; what stands between
            two parts of one value (fillers, dashes) is neither.
        misses, surplus: places (call, turn, start, end, type) for a person to look up; never texts.
    """

    gold: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    spans: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    taken: int = 0
    misses: list[tuple[int, Gold]] = field(default_factory=list)
    surplus: list[tuple[int, Gold]] = field(default_factory=list)
    calls: int = 0

    def add(self, texts: Sequence[str], gold: Iterable[Gold], spans: Iterable[Span]) -> None:
        """Count one call: its turns' texts, its labels, and what was removed."""
        removed = [[False] * len(text) for text in texts]
        wanted = [[False] * len(text) for text in texts]
        for value in gold:
            wanted[value.turn][value.start : value.end] = [True] * (value.end - value.start)
        between = [[False] * len(text) for text in texts]
        for span in spans:
            removed[span.turn][span.start : span.end] = [True] * (span.end - span.start)
            self.spans[span.type.value] += 1
            inside = [place for place in range(span.start, span.end) if wanted[span.turn][place]]
            if inside:
                self.right[span.type.value] += 1
                between[span.turn][inside[0] : inside[-1]] = [True] * (inside[-1] - inside[0])
            else:
                self.surplus.append((self.calls, Gold(span.turn, span.start, span.end, span.type.value)))
        for value in gold:
            self._value(value, texts[value.turn], removed[value.turn])
        for here, there, filler in zip(removed, wanted, between, strict=True):
            self.characters += there.count(False)
            self.taken += sum(
                gone and not label and not mid for gone, label, mid in zip(here, there, filler, strict=True)
            )
        self.calls += 1

    def _value(self, value: Gold, text: str, removed: Sequence[bool]) -> None:
        signs = [place for place in range(value.start, value.end) if text[place].isalnum()]
        self.gold[value.type] += 1
        left = longest = 0
        for place in signs:
            left = 0 if removed[place] else left + 1
            longest = max(longest, left)
        if longest == 0:
            self.covered[value.type] += 1
            return
        self.misses.append((self.calls, value))
        if longest >= min(4, max(1, len(signs) // 2)):
            self.leaked[value.type] += 1

    def recall(self, *types: str) -> float:
        """Share of labelled values wholly removed, of the named types or of all."""
        total = sum(self.gold[kind] for kind in types) if types else self.gold.total()
        good = sum(self.covered[kind] for kind in types) if types else self.covered.total()
        return good / total if total else 1.0

    def precision(self, *types: str) -> float:
        """Share of removed places that touch a labelled value, of the named types or of all."""
        total = sum(self.spans[kind] for kind in types) if types else self.spans.total()
        good = sum(self.right[kind] for kind in types) if types else self.right.total()
        return good / total if total else 1.0

    @property
    def leak_rate(self) -> float:
        return self.leaked.total() / self.gold.total() if self.gold else 0.0

    @property
    def over_redaction(self) -> float:
        """Share of the characters outside labelled values that were removed."""
        return self.taken / self.characters if self.characters else 0.0
