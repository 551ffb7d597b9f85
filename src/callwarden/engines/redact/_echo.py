"""Echoes: four digits removed anywhere in a call are removed everywhere in it, in every form."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ._found import Found
from ._known_match import GRAM, grams_of
from ._numerals import Element, Kind, between
from ._reader import Reader
from ._residual import may_hold
from ._runs import Reading, Run
from ._spans import EntityType


def windows(elements: Iterable[Element]) -> Iterator[tuple[Element, ...]]:
    """The shortest stretches of four digits or more however they are read, one for every element to begin with."""
    items = [item for item in elements if item.kind not in (Kind.LETTER, Kind.AMOUNT)]
    for first in range(len(items)):
        least = most = 0
        for last in range(first, len(items)):
            lengths = [len(reading) for reading in items[last].readings]
            least += min(lengths)
            most += max(lengths)
            if least >= GRAM or (most >= GRAM and last == len(items) - 1):
                yield tuple(items[first : last + 1])
                break


def merge(found: Iterable[Found]) -> list[Found]:
    """Finds of one form in order, overlaps joined; the longer and surer one gives its name to the whole."""
    found = list(found)
    if len(found) == 1 and found[0].end > found[0].start:
        return found
    joined: list[Found] = []
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if item.end <= item.start:
            continue
        if not joined or item.start >= joined[-1].end:
            joined.append(item)
            continue
        last = joined[-1]
        better = _better(last, item)
        group = better.group if better.group >= 0 else max(last.group, item.group)
        joined[-1] = Found(
            last.turn,
            last.start,
            max(last.end, item.end),
            better.type,
            better.rule,
            better.confidence,
            group,
            better.elements,
        )
    return joined


def _better(one: Found, other: Found) -> Found:
    """Which of two overlapping finds names the whole: a clearly longer one, else the surer one."""
    lengths = one.end - one.start, other.end - other.start
    if max(lengths) >= 1.5 * min(lengths):
        longer = one if lengths[0] > lengths[1] else other
        if longer.confidence >= 0.7:
            return longer
    return max(one, other, key=lambda item: (item.confidence, item.end - item.start))


def echo_everywhere(
    calls: Sequence[Sequence[tuple[str, list[Found]]]], known: Mapping[str, EntityType], reader: Reader
) -> None:
    """Add to each form's finds what repeats four removed digits; the lists are changed in place.

    Args:
        calls: for every turn its forms, each a text and its merged finds.
        known: four-digit stretches of the customer record.
        reader: the one that was used to find them.
    """
    grams: dict[str, tuple[EntityType, int]] = {gram: (kind, -1) for gram, kind in known.items()}
    for turn in calls:
        for text, found in turn:
            if found and reader.has_numerals(text):
                elements = reader.read(text).elements
                for item in found:
                    for gram in grams_of(between(elements, item.start, item.end)):
                        grams.setdefault(gram, (item.type, item.group))
    if not grams:
        return
    look = reader.look
    for number, turn in enumerate(calls):
        for text, found in turn:
            folded, signs = look(text)
            if not may_hold(folded, signs, grams):
                continue
            extra = list(_echoes(number, reader.read(text), found, grams))
            if extra:
                found[:] = merge(found + extra)


def _echoes(
    turn: int, reading: Reading, found: Sequence[Found], grams: Mapping[str, tuple[EntityType, int]]
) -> Iterator[Found]:
    for run in reading.runs:
        if run.size < GRAM or _is_within(run, found):
            continue
        left = [element for element in run.elements if not _is_covered(element, found)]
        for window in windows(left):
            hit = next((grams[gram] for gram in grams_of(window) if gram in grams), None)
            if hit is not None:
                yield Found(turn, window[0].start, window[-1].end, hit[0], "echo", 0.8, hit[1], window)


def _is_within(run: Run, found: Sequence[Found]) -> bool:
    """Whether one find, of merged ones in order, takes in the whole run."""
    place = bisect_right(found, run.start, key=lambda item: item.start)
    return place > 0 and found[place - 1].end >= run.end


def _is_covered(element: Element, found: Sequence[Found]) -> bool:
    """Whether a find, of merged ones in order, touches the element."""
    place = bisect_right(found, element.start, key=lambda item: item.start)
    before = place and found[place - 1].end > element.start
    return bool(before) or (place < len(found) and found[place].start < element.end)
