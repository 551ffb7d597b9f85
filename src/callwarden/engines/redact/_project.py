"""Carrying spans from one form of a turn to another form of the same speech."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from difflib import SequenceMatcher

from ._fold import fold

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|\d|[^\W\d_a-z]")
_LONGEST = 1200  # tokens; beyond this an alignment costs too much and the whole form is given up

_CLOSE = 0.3  # share of tokens in common; below it two forms do not seem to be the same speech

Place = tuple[int, int]


def skeleton(folded: str) -> tuple[str, list[int]]:
    """Letters and digits of a folded text, and where each of them stands."""
    places = [place for place, sign in enumerate(folded) if sign.isalnum()]
    return "".join(folded[place] for place in places), places


def tokens_of(text: str, start: int, end: int) -> list[Place]:
    """Where the words, digits and Chinese characters of ``text[start:end]`` stand in the text."""
    return [match.span() for match in _TOKEN.finditer(fold(text), start, end)]


class Projection:
    """Maps places of ``source`` to places of ``target``.

    Forms that differ only in spaces, punctuation and capitals are mapped exactly. Others are aligned by words and
    characters; what was replaced maps to the whole of its replacement, so that nothing slips through. `is_close` tells
    whether the two have enough in common to be trusted with times.
    """

    def __init__(self, source: str, target: str) -> None:
        self._same = self.is_close = source == target
        self._size = len(target)
        if self._same:
            return
        source_folded, target_folded = fold(source), fold(target)
        one, self._source_places = skeleton(source_folded)
        other, self._target_places = skeleton(target_folded)
        self.is_exact = one == other
        if self.is_exact:
            self.is_close = True
            return
        self._source_tokens = [match.span() for match in _TOKEN.finditer(source_folded)]
        self._target_tokens = [match.span() for match in _TOKEN.finditer(target_folded)]
        self._blocks: list[tuple[str, int, int, int, int]] | None = None
        if max(len(self._source_tokens), len(self._target_tokens)) <= _LONGEST:
            matcher = SequenceMatcher(
                None,
                [source_folded[start:end] for start, end in self._source_tokens],
                [target_folded[start:end] for start, end in self._target_tokens],
                autojunk=False,
            )
            self.is_close = matcher.ratio() >= _CLOSE
            self._blocks = [(kind, a, b, c, d) for kind, a, b, c, d in matcher.get_opcodes()]

    def map(self, start: int, end: int) -> Place | None:
        """The place of ``source[start:end]`` in the target, None when nothing there answers to it."""
        if self._same:
            return start, end
        if self.is_exact:
            first, last = bisect_left(self._source_places, start), bisect_left(self._source_places, end)
            return (self._target_places[first], self._target_places[last - 1] + 1) if first < last else None
        if self._blocks is None:
            return (0, self._size) if self._size else None
        return self._aligned(start, end, self._blocks)

    def _aligned(self, start: int, end: int, blocks: Sequence[tuple[str, int, int, int, int]]) -> Place | None:
        low = bisect_right(self._source_tokens, start, key=lambda token: token[1])
        high = bisect_left(self._source_tokens, end, key=lambda token: token[0])
        if low >= high:
            return None
        firsts: list[int] = []
        lasts: list[int] = []
        for kind, source_from, source_to, target_from, target_to in blocks:
            if source_to <= low or source_from >= high or kind == "delete" or target_from == target_to:
                continue
            if kind == "equal":
                firsts.append(target_from + max(low - source_from, 0))
                lasts.append(target_from + min(high, source_to) - source_from)
            else:
                firsts.append(target_from)
                lasts.append(target_to)
        if not firsts:
            return None
        return self._target_tokens[min(firsts)][0], self._target_tokens[max(lasts) - 1][1]


def cover(places: Sequence[Place]) -> list[Place]:
    """Places in order with overlaps joined."""
    joined: list[Place] = []
    for start, end in sorted(places):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
