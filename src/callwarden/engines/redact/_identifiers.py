"""What somebody may be known by among what was found in a call: numbers and addresses, in writing.

Speech tells a number in parts, in several readings, and again by whoever notes it down. So every reading is a
candidate, and so is every stretch of parts that belong together. For looking up only: a candidate that nobody is known
by is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from ._numerals import Element, Kind, between
from ._reader import Reader
from ._spans import EntityType, Span
from ._transcript import Transcript

# From a telephone number without its area to a card with all its digits (ISO/IEC 7812-1), a country code before it.
SHORTEST, LONGEST = 7, 20
_READINGS = 16  # of one number; the likelier come first
_AT = r"(?<![a-z])at(?: sign| symbol| the rate(?: of)?)?(?![a-z])"
_SIGNS = (
    (re.compile(rf"\s*(?:@|艾特符号|艾特|爱特|圈\s?a|花a|a圈|小老鼠|at符号|{_AT})\s*"), "@"),
    (re.compile(r"\s*(?:点儿?|(?<![a-z])(?:dot|point|period)(?![a-z]))\s*"), "."),
    (re.compile(r"\s*(?:下划线|下横线|(?<![a-z])underscore(?![a-z]))\s*"), "_"),
    (re.compile(r"\s*(?:横杠|中杠|横线|减号|杠|(?<![a-z])(?:dash|hyphen)(?![a-z]))\s*"), "-"),
    (re.compile(r"康姆|抗姆"), "com"),
    (re.compile(r"[\s,，]+"), ""),
)  # fmt: skip


@dataclass(frozen=True)
class Identifiers:
    """Candidates, never shown: digits with the letters told among them, and addresses."""

    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    emails: frozenset[str] = field(default=frozenset(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.numbers or self.emails)


def identifiers(transcript: Transcript, spans: Iterable[Span]) -> Identifiers:
    """Read what stands in spans of the text of a call.

    Args:
        spans: what `redact` found in this very transcript, under a policy that removes every kind.
    """
    reader = Reader()
    emails: set[str] = set()
    groups: dict[int, list[tuple[str, list[str]]]] = {}
    for span in sorted(spans):
        turn = transcript.turns[span.turn]
        folded = reader.look(turn.text)[0]
        inside = between(reader.read(turn.text).elements, span.start, span.end)
        if span.type is EntityType.EMAIL:
            emails.add(_address(folded, span, inside))
        elif told := _readings(inside):
            groups.setdefault(span.group, []).append((turn.speaker, told))
    numbers = {number for parts in groups.values() for number in _numbers(parts)}
    return Identifiers(frozenset(numbers), frozenset(emails))


def _readings(elements: Sequence[Element]) -> list[str]:
    """What these may be read as; letters belong to document numbers, and are left out as well."""
    whole = [element.readings for element in elements if element.kind is not Kind.AMOUNT]
    digits = [element.readings for element in elements if element.kind not in (Kind.AMOUNT, Kind.LETTER)]
    return list(dict.fromkeys(["".join(one) for line in (whole, digits) if line for one in _first(line)]))


def _first(lists: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    return (one for one, _number in zip(product(*lists), range(_READINGS), strict=False))


def _numbers(parts: list[tuple[str, list[str]]]) -> Iterator[str]:
    """Stretches of parts that follow each other: of all who spoke, and of each alone, since others read it back."""
    speakers = dict.fromkeys(speaker for speaker, _told in parts)
    lines = [[told for _speaker, told in parts]]
    lines += [[told for speaker, told in parts if speaker == one] for one in speakers if len(speakers) > 1]
    for line in lines:
        for first in range(len(line)):
            size = 0
            for last in range(first, len(line)):
                size += min(map(len, line[last]))
                if size > LONGEST:
                    break
                for one in _first(line[first : last + 1]):
                    if SHORTEST <= len(number := "".join(one)) <= LONGEST:
                        yield number


def _address(folded: str, span: Span, elements: Sequence[Element]) -> str:
    """An address as it is written, spoken signs and digits put in their place."""
    written, at = [], span.start
    for element in elements:
        if element.kind in (Kind.SPOKEN, Kind.WRITTEN):
            written += [folded[at : element.start], element.readings[0]]
            at = element.end
    address = "".join([*written, folded[at : span.end]])
    for sign, sense in _SIGNS:
        address = sign.sub(sense, address)
    return address
