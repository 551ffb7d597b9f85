"""Names spelled in English: letter by letter, by the radio alphabet, "m as in mike", "double l".

The radio alphabet is that of the ITU Radio Regulations, appendix 14, as ICAO and NATO use it. Callers who do
not know it take any word: "b for bravo", "s as in sam", "t like tom".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._found import Found
from ._lists import stop_en
from ._numerals import NATO
from ._phrases import trie_pattern
from ._sounds import one_slip_apart
from ._spans import EntityType as T

_RADIO = trie_pattern([*NATO, "x-ray", "x ray"])
_AS_IN = r"(?:\s+(?:as in|as|is for|for|like)\s+[a-z]+)?"
_LETTER = rf"(?:[a-z](?![a-z']){_AS_IN}|{_RADIO}(?![a-z]))"
_BETWEEN = r"[\s,.\-]+(?:(?:and|then|double|capital|uh+|um+|hyphen|dash|apostrophe)\s+)?"
_SPELLED = re.compile(rf"(?<![a-z'])(?:double\s+)?{_LETTER}(?:{_BETWEEN}{_LETTER})+")
_LETTER_TOLD = re.compile(
    rf"(?<![a-z'])(?P<double>double\s+)?(?:(?P<bare>[a-z])(?![a-z']){_AS_IN}|(?P<radio>{_RADIO})(?![a-z]))"
)
CUE = re.compile(r"spell|spelt|letters?|name")
# What may lead up to a spelling in a turn of its own.
_LEAD = re.compile(
    r"(?:[\s,.\-]|(?:yes|yeah|sure|okay|ok|so|uh+|um+|it's|its|it is|that's|that is|that would be|would be|spelled"
    r"|and|then|the|my|last|first|middle|full|sur|name|surname|is|as|with|a|an|all|one word|no|sorry|i mean|right"
    r"|correct)(?![a-z']))*"
)
_UNASKED = 5  # letters in a row that no abbreviation has


def find_spelled(turn: int, text: str) -> Iterator[Found]:
    """Three letters or more told one by one in a turn that speaks of names or answers a question for one."""
    for match, letters in _spellings(text):
        if len(letters) >= 3:
            yield Found(turn, *match.span(), T.PERSON, "name.en.spelled", 0.8)


def find_unannounced(turn: int, text: str, *, named: bool) -> Iterator[Found]:
    """Letters that nothing in the turn announces.

    Args:
        named: a name was told or asked for in the turns before, so that a turn of letters spells it or goes on.
    """
    for match, letters in _spellings(text):
        lead = _LEAD.match(text)
        alone = lead is not None and lead.end() >= match.start() and not text[match.end() :].strip(" .,?!")
        if len(letters) >= _UNASKED or (named and (len(letters) >= 4 or (alone and len(letters) >= 2))):
            yield Found(turn, *match.span(), T.PERSON, "name.en.spelled.turn", 0.75)


def find_word_spelled(turn: int, text: str) -> Iterator[Found]:
    """A word and, somewhere in the same turn, its letters one by one: "this is kowalski, k o w a l s k i"."""
    for match, spelt in _spellings(text):
        if len(spelt) < 4:
            continue
        for word in re.finditer(r"[a-z']{3,}", text):
            plain = word.group().replace("'", "")
            if plain not in stop_en() and one_slip_apart(plain, spelt):
                yield Found(turn, *word.span(), T.PERSON, "name.en.spelled.word", 0.85)
                yield Found(turn, *match.span(), T.PERSON, "name.en.spelled", 0.85)


def _spellings(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Rows of letters and what they spell."""
    for match in _SPELLED.finditer(text):
        letters = ""
        for told in _LETTER_TOLD.finditer(match.group()):
            letter = told["bare"] or told["radio"][0]
            letters += letter * (2 if told["double"] else 1)
        yield match, letters
