"""Keys under which names sound alike: Mandarin syllables for Chinese, a consonant skeleton for English."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=8192)
def syllables(character: str) -> frozenset[str]:
    """The toneless readings of one Chinese character; empty for anything else."""
    from pypinyin import Style, pinyin

    if not "\u3400" <= character <= "\u9fff":
        return frozenset()
    readings = pinyin(character, style=Style.NORMAL, heteronym=True)
    return frozenset(reading for reading in (readings[0] if readings else ()) if reading.isalpha())


@lru_cache(maxsize=8192)
def blurred_syllables(character: str) -> frozenset[str]:
    """Readings with the differences removed that recognisers and accents blur: zh/z, ch/c, sh/s, n/l, -ng/-n."""
    return frozenset(_blur(reading) for reading in syllables(character))


def _blur(reading: str) -> str:
    reading = re.sub(r"^([zcs])h", r"\1", reading)
    reading = re.sub(r"^n(?=[aeiouv])", "l", reading)
    return re.sub(r"(?<=[aei])ng$", "n", reading)


@lru_cache(maxsize=8192)
def consonant_key(word: str) -> str:
    """A rough sound key of an English word: "jon" and "john", "smyth" and "smith", "catherine" and "katherine""
    " agree."""
    key = word.lower()
    for pattern, sound in _SOUNDS:
        key = pattern.sub(sound, key)
    first, rest = key[:1], key[1:]
    rest = re.sub(r"[aeiouyhw]", "", rest)
    return re.sub(r"(.)\1+", r"\1", ("a" if first in "aeiouy" else first) + rest)


_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z]", ""), (r"^kn", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"ph", "f"), (r"ck", "k"), (r"sch", "sk"),
        (r"ch", "x"), (r"sh", "x"), (r"c(?=[eiy])", "s"), (r"c", "k"), (r"q", "k"), (r"x(?!$)", "x"), (r"z", "s"),
        (r"gh", ""), (r"dg", "j"), (r"g(?=[eiy])", "j"), (r"th", "t"), (r"mb$", "m"), (r"v", "f"),
    )
]  # fmt: skip


def one_slip_apart(one: str, other: str) -> bool:
    """Whether at most one letter was changed, dropped or added."""
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    place = 0
    while place < len(one) and one[place] == other[place]:
        place += 1
    if len(one) == len(other):
        return one[place + 1 :] == other[place + 1 :]
    return one[place:] == other[place + 1 :]
