"""Counting what a redaction covered, missed and took too much of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Protocol

from .._render import PLACEHOLDER
from .._spans import SoundSpan
from .._transcript import Transcript, Turn, join_words

TEXT = "text"
_READABLE = 4  # signs in a row that give a value away
_SHORTEST = 3  # shorter values stand in other forms by chance
_BREAK = "\u241e"


@dataclass(frozen=True, slots=True)
class Gold:
    """A value that must go: ``text[start:end]`` of a turn in code points, and what it is.

    Args:
        manner: how it is told, where that is known.
        form: the form of the turn that the place is in: ``text``, ``nbest`` (the first hypothesis) or a named form.
    """

    turn: int
    start: int
    end: int
    type: str
    manner: str = ""
    form: str = TEXT


class Removed(Protocol):
    """A place that was removed: a `Span`, or what another redactor says it took."""

    @property
    def turn(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def type(self) -> str: ...


@dataclass
class Score:
    """Counts over any number of calls; add calls with `add`, and their other forms with `add_output`.

    Attributes:
        gold, covered, leaked: labelled values per type; those of which every letter and digit was removed; those of
            which four signs or more in a row (or half of a shorter one) can still be read.
        spans, right, named: removed places per type; those that touch a labelled value of any kind; of the same kind.
        called: (labelled type, given type) of labelled values that were touched.
        told, told_covered: (type, manner of telling) of labelled values; those wholly removed.
        characters, taken: characters outside labelled values, and how many of them were removed; what stands between
            two parts of one value (fillers, dashes) is neither.
        forms, forms_leaked: labelled values looked for in other forms of their turn, per form; those still readable.
        heard, heard_muted: labelled values with word times, per type; those whose every word is muted.
        clean: calls of which no value leaked.
        misses, surplus: places (number of the call, place) for a person to look up; never texts.
    """

    gold: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    spans: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    called: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    told_covered: Counter[tuple[str, str]] = field(default_factory=Counter)
    characters: int = 0
    taken: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    forms_leaked: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    heard_muted: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[int, Gold]] = field(default_factory=list)
    surplus: list[tuple[int, Gold]] = field(default_factory=list)
    calls: int = 0
    clean: int = 0

    def add(
        self, texts: Sequence[str], gold: Iterable[Gold], spans: Iterable[Removed], number: int | None = None
    ) -> None:
        """Count one call: its turns' texts, its labels, and what was removed; ``number`` is its name in `misses`."""
        gold = list(gold)
        number = self.calls if number is None else number
        leaked = self.leaked.total()
        removed = [[False] * len(text) for text in texts]
        wanted: list[list[Gold | None]] = [[None] * len(text) for text in texts]
        for value in gold:
            wanted[value.turn][value.start : value.end] = [value] * (value.end - value.start)
        between = [[False] * len(text) for text in texts]
        first: dict[Gold, str] = {}
        for span in spans:
            removed[span.turn][span.start : span.end] = [True] * (span.end - span.start)
            kind = str(span.type)
            self.spans[kind] += 1
            inside = [place for place in range(span.start, span.end) if wanted[span.turn][place]]
            if not inside:
                self.surplus.append((number, Gold(span.turn, span.start, span.end, kind)))
                continue
            self.right[kind] += 1
            between[span.turn][inside[0] : inside[-1]] = [True] * (inside[-1] - inside[0])
            touched = {label for place in inside if (label := wanted[span.turn][place])}
            self.named[kind] += any(label.type == kind for label in touched)
            for label in touched:
                first.setdefault(label, kind)
        for label, kind in first.items():
            self.called[label.type, kind] += 1
        for value in gold:
            self._value(value, texts[value.turn], removed[value.turn], number)
        for here, there, filler in zip(removed, wanted, between, strict=True):
            outside = [other is None for other in there]
            self.characters += sum(outside)
            self.taken += sum(gone and free and not mid for gone, free, mid in zip(here, outside, filler, strict=True))
        self.calls += 1
        self.clean += self.leaked.total() == leaked

    def _value(self, value: Gold, text: str, removed: Sequence[bool], number: int) -> None:
        signs = [place for place in range(value.start, value.end) if text[place].isalnum()]
        self.gold[value.type] += 1
        self.told[value.type, value.manner] += 1
        left = longest = 0
        for place in signs:
            left = 0 if removed[place] else left + 1
            longest = max(longest, left)
        if longest == 0:
            self.covered[value.type] += 1
            self.told_covered[value.type, value.manner] += 1
            return
        self.misses.append((number, value))
        if longest >= min(_READABLE, max(1, len(signs) // 2)):
            self.leaked[value.type] += 1

    def add_output(
        self, original: Transcript, gold: Iterable[Gold], redacted: Transcript, sound: Sequence[SoundSpan] = ()
    ) -> None:
        """Look for the labelled values of one call in the other forms of the output, and in the sound.

        A value counts as readable in a form when four of its signs in a row stand there more often than they did
        outside labelled values. A form without labels of its own is searched for what is labelled in the text.
        """
        labels: dict[tuple[int, str], list[Gold]] = {}
        for value in gold:
            labels.setdefault((value.turn, value.form), []).append(value)
        for number, (before, after) in enumerate(zip(original.turns, redacted.turns, strict=True)):
            in_text = labels.get((number, TEXT), [])
            told = [_signs(before.text[value.start : value.end]) for value in in_text]
            for name, (one, other) in _other_forms(before, after).items():
                own = labels.get((number, name))
                values = told if own is None else [_signs(one[value.start : value.end]) for value in own]
                rest = _without(one, own) if own is not None else _signs(one)
                self._form(name, values, rest, _signs(PLACEHOLDER.sub(_BREAK, other)), exact=own is not None)
            for value in in_text:
                muted = _muted(before, value, sound)
                if muted is not None:
                    self.heard[value.type] += 1
                    self.heard_muted[value.type] += muted

    def _form(self, name: str, values: Sequence[str], rest: str, output: str, *, exact: bool) -> None:
        for value in values:
            size = min(_READABLE, len(value))
            if size < _SHORTEST:
                continue
            self.forms[name] += 1
            windows = {value[place : place + size] for place in range(len(value) - size + 1)}
            # Without labels of its own, the values themselves are part of the rest.
            self.forms_leaked[name] += any(
                output.count(window)
                > max(0, rest.count(window) - (0 if exact else sum(window in other for other in values)))
                for window in windows
            )

    # Shares ----------------------------------------------------------------------------------------------------------

    def recall(self, *types: str) -> float:
        """Share of labelled values wholly removed, of the named types or of all."""
        return _share(self.covered, self.gold, types)

    def precision(self, *types: str) -> float:
        """Share of removed places that touch a labelled value, of the named types or of all."""
        return _share(self.right, self.spans, types)

    @property
    def leak_rate(self) -> float:
        return self.leaked.total() / self.gold.total() if self.gold else 0.0

    @property
    def over_redaction(self) -> float:
        """Share of the characters outside labelled values that were removed."""
        return self.taken / self.characters if self.characters else 0.0

    @property
    def form_leak_rate(self) -> float | None:
        """Share of the values looked for in other forms that can be read there; None when there are none."""
        return self.forms_leaked.total() / self.forms.total() if self.forms else None

    @property
    def sound_recall(self) -> float | None:
        """Share of the values with word times that are muted from first to last word; None when there are none."""
        return self.heard_muted.total() / self.heard.total() if self.heard else None


def _share(good: Counter[str], total: Counter[str], types: Sequence[str]) -> float:
    all_of = sum(total[kind] for kind in types) if types else total.total()
    good_of = sum(good[kind] for kind in types) if types else good.total()
    return good_of / all_of if all_of else 1.0


def interval(good: int, total: int) -> tuple[float, float]:
    """95 % interval of a share after Wilson (1927): honest for few cases and for shares near one."""
    if not total:
        return 0.0, 1.0
    z = 1.959964
    share, weight = good / total, z * z / total
    middle = (share + weight / 2) / (1 + weight)
    half = z * sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


# Other forms, sound -----------------------------------------------------------------------------------------------


def _other_forms(before: Turn, after: Turn) -> dict[str, tuple[str, str]]:
    forms: dict[str, tuple[str, str]] = {}
    if before.words:
        forms["words"] = tuple(join_words([word.text for word in turn.words]) for turn in (before, after))  # type: ignore[assignment]
    for number, pair in enumerate(zip(before.nbest, after.nbest, strict=True)):
        forms["nbest" if number == 0 else f"nbest {number}"] = pair
    for name, text in before.forms.items():
        forms[name] = (text, after.forms[name])
    return forms


def _signs(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum() or sign == _BREAK)


def _without(text: str, values: Iterable[Gold]) -> str:
    """The text with its labelled values blanked."""
    signs = list(text)
    for value in values:
        signs[value.start : value.end] = [_BREAK] * (value.end - value.start)
    return _signs("".join(signs))


def _muted(turn: Turn, value: Gold, sound: Sequence[SoundSpan]) -> bool | None:
    """Whether every word of a value is silent from its beginning to its end; None when it has no times."""
    spans = [span for span in sound if turn.channel is None or span.channel in (None, turn.channel)]
    place, found = 0, False
    for word in turn.words:
        start = turn.text.find(word.text, place)
        if start < 0:
            return None  # the words do not spell the text: nothing can be said
        place = start + len(word.text)
        if start >= value.end or place <= value.start or not any(map(str.isalnum, word.text)):
            continue
        begin, end = word.start_ms, word.end_ms
        if begin is None or end is None:
            return None
        found = True
        if not any(span.start_ms <= begin and span.end_ms >= end for span in spans):
            return False
    return True if found else None
