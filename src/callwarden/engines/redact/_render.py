"""Putting something in the place of what is removed, in texts and in timed words."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ._fold import fold
from ._numerals import Kind, read
from ._policy import HashAlgorithm, Operator, Policy
from ._spans import EntityType
from ._transcript import Word, is_wide
from ._vault import Tokens, Vault, parsed

MASK = "****"
# Anything the operators put in; hashes use letters only so that no digit of theirs looks like one that was removed.
PLACEHOLDER = re.compile(r"\[[A-Z_]+(?:_\d+(?:[A-Z]{0,2}_[A-Z]{4})?)?(?::[a-p]{16})?\]|\*{4}")
_HEX_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


@dataclass(frozen=True, slots=True)
class Cut:
    """``text[start:end]`` of one form goes and ``put`` comes."""

    start: int
    end: int
    put: str


_NUMBERED = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)_(\d{1,6})\]")


def highest_numbers(texts: Iterable[str]) -> dict[EntityType, int]:
    """The highest number that pseudonyms have in these texts, by kind."""
    highest: dict[EntityType, int] = {}
    for kind, number in (match.groups() for text in texts if "[" in text for match in _NUMBERED.finditer(text)):
        if kind in EntityType.__members__:
            highest[EntityType(kind)] = max(highest.get(EntityType(kind), 0), int(number))
    return highest


class Replacer:
    """Chooses replacements for one call; pseudonyms are consistent within it and mean nothing outside.

    Args:
        tag_dropped: put a type tag where the policy drops.
        vault: tokens given out before, to go on with.
        taken: kind -> highest number that a pseudonym has in the text already.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        tag_dropped: bool = False,
        vault: Vault | None = None,
        taken: Mapping[EntityType, int] | None = None,
    ) -> None:
        self._policy = policy
        self._tag_dropped = tag_dropped
        self._numbers: dict[tuple[EntityType, str], int] = {}
        self._counts: dict[EntityType, int] = dict(taken or {})
        self._tokens = Tokens(vault.tag, vault.values) if vault is not None else None
        for token, value in (vault.values if vault is not None else {}).items():
            kind, number = parsed(token)
            self._numbers.setdefault((kind, _essence(value)), number)
            self._counts[kind] = max(self._counts.get(kind, 0), number)

    @property
    def vault(self) -> Vault | None:
        """What the tokens that were put stand for; None where the policy makes none."""
        return self._tokens.vault if self._tokens is not None else None

    def put(self, kind: EntityType, value: str) -> str:
        """What replaces ``value`` of this kind."""
        operator = self._policy.operator(kind)
        if operator is Operator.DROP and self._tag_dropped:
            operator = Operator.TAG
        if operator is Operator.MASK:
            return MASK
        if operator is Operator.DROP:
            return ""
        if operator is Operator.PSEUDONYM:
            return f"[{kind.value}_{self._number(kind, _essence(value))}]"
        if operator is Operator.TOKEN and self._tokens is not None:
            return self._tokens.put(kind, self._number(kind, _essence(value)), value)
        if operator is Operator.HASH and self._policy.key is not None:
            message = f"{kind.value}\0{_essence(value)}".encode()
            digest = _keyed(self._policy.key, message, self._policy.algorithm).hex()[:16]
            return f"[{kind.value}:{digest.translate(_HEX_TO_LETTERS)}]"
        return f"[{kind.value}]"

    def _number(self, kind: EntityType, essence: str) -> int:
        known = self._numbers.get((kind, essence))
        if known is None and kind is EntityType.PERSON:
            # A part of a name already numbered is the same person ("smith" after "john smith").
            parts = set(essence.split())
            known = next(
                (
                    number
                    for (other, name), number in self._numbers.items()
                    if other is kind and (parts <= set(name.split()) or (len(essence) > 1 and essence in name))
                ),
                None,
            )
        if known is None:
            known = self._counts[kind] = self._counts.get(kind, 0) + 1
        self._numbers[kind, essence] = known
        return known


def _keyed(key: bytes, message: bytes, algorithm: HashAlgorithm) -> bytes:
    """HMAC of a message (RFC 2104)."""
    if algorithm is HashAlgorithm.SHA256:
        return hmac.digest(key, message, "sha256")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.hmac import HMAC

    made = HMAC(key, hashes.SM3())
    made.update(message)
    return made.finalize()


def _essence(value: str) -> str:
    """One form for all ways to say a value: digits of a number, otherwise words in lower case."""
    folded = fold(value)
    digits = "".join(item.readings[0] for item in read(folded) if item.kind is not Kind.AMOUNT)
    if sum(sign.isdigit() for sign in digits) >= 4:
        return digits
    return " ".join(re.findall(r"[^\W_]+", folded))


def apply(text: str, cuts: Sequence[Cut]) -> str:
    """The text after the cuts, which are in order and do not overlap."""
    parts: list[str] = []
    position = 0
    for cut in cuts:
        parts.append(text[position : cut.start])
        parts.append(cut.put)
        position = cut.end
    parts.append(text[position:])
    return "".join(parts)


def places_after(cuts: Iterable[Cut]) -> Iterator[tuple[int, int]]:
    """Where each replacement stands in the text that `apply` makes."""
    shift = 0
    for cut in cuts:
        start = cut.start + shift
        yield start, start + len(cut.put)
        shift += len(cut.put) - (cut.end - cut.start)


def word_places(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Where each word stands in the line that `join_words` makes of them."""
    places: list[tuple[int, int]] = []
    length = 0
    last = ""
    for word in words:
        if word.text:
            if length and not (is_wide(last) and is_wide(word.text[0])):
                length += 1
            last = word.text[-1]
        places.append((length, length + len(word.text)))
        length += len(word.text)
    return places


def apply_to_words(words: Sequence[Word], cuts: Sequence[Cut]) -> tuple[Word, ...]:
    """The words after the cuts: words that a cut touches become one word with the cut's replacement and their times."""
    places = word_places(words)
    made: list[Word] = []
    place = 0
    remaining = list(cuts)
    while place < len(words):
        start, end = places[place]
        while remaining and remaining[0].end <= start:
            remaining.pop(0)
        if not remaining or remaining[0].start >= end:
            made.append(words[place])
            place += 1
            continue
        first, text, position = place, "", start
        while remaining and remaining[0].start < places[place][1]:
            cut = remaining.pop(0)
            text += _between(words, places, first, place, position, cut.start) + cut.put
            position = cut.end
            while place + 1 < len(words) and places[place][1] < cut.end:
                place += 1
        text += words[place].text[max(position - places[place][0], 0) :]
        if text.strip():
            made.append(Word(text, words[first].start_ms, words[place].end_ms))
        place += 1
    return tuple(made)


def _between(
    words: Sequence[Word], places: Sequence[tuple[int, int]], first: int, last: int, start: int, end: int
) -> str:
    """What is left of words between two places, joined without spaces (they lie in one merged word)."""
    kept = [
        words[place].text[max(start - places[place][0], 0) : max(end - places[place][0], 0)]
        for place in range(first, last + 1)
        if places[place][0] < end and places[place][1] > start
    ]
    return " ".join(kept) if len(kept) > 1 else "".join(kept)
