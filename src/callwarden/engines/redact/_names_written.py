"""Names in English text written with capitals: rows of capitalised words with something that speaks for a name.

Capitals alone prove nothing (products, plans and places have them too). What counts is a listed given or family name,
an initial in the middle, or a verb or label that goes with persons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._found import Found
from ._lists import family_en, given_en, not_names_en, stop_en
from ._spans import EntityType as T

_LETTER = r"[^\W\d_\u2e80-\u9fff]"
_WORD = rf"{_LETTER}+(?:['’\-]{_LETTER}+)*"
_INITIAL = rf"{_LETTER}(?:\.|(?![^\W\d_]))"
_PARTICLE = r"(?:de|la|van|von|der|den|del|da|di|bin|al|el|le|du|dos|st\.?|san|ter|af|av|y)"
_ROW = re.compile(rf"(?<![\w@./#&-])(?![a-z]){_WORD}(?:[ ](?:{_INITIAL}|{_PARTICLE}(?!\w)|(?![a-z]){_WORD}))*(?![\w@])")
_CAPITAL = r"[^\W\d_a-zß-ö\u2e80-\u9fff][^\W\d_A-Z]+"
_SERIES = re.compile(rf"(?<![\w.] )(?<!\w)(?:{_CAPITAL}, ){{1,12}}{_CAPITAL},? and {_CAPITAL}(?!\w| [A-Z])")
_TOKENS = re.compile(rf"{_INITIAL}|{_WORD}")
_VERB = re.compile(
    r"(?:,[^,.]{3,40},)?\s+(?:said|says|told|asked|explained|spent|lives|lived|wrote|writes|listed|had given|has"
    r" given|gave|called"
    r"|calls|is from|was born|works|worked|sings|sang|plays|played|thinks|thought|wants|wanted|won|died|married"
    r"|loves|loved"
    r"|moved|joined|founded|created|produced|directed|performed|recorded|replied|added|noted|argued|lives|resides)(?![a-z])"
)
_LABEL = re.compile(
    r"(?:(?:^|[\n.,;]\s*)(?:name|full name|customer|client|patient|contact|attn|attention|directed by|written by"
    r"|sung by|produced by"
    r"|signed|sincerely|regards|cheers|author|cc|from|to)\s*[:,]\s*|(?<![a-z])(?:sung|written|directed|produced|composed|performed"
    r"|arranged|invented|founded|painted|signed|sent|recorded) by\s+|(?<![a-z])(?:named|called|assistant to|fan"
    r" of|married to"
    r"|daughter of|son of|wife of|husband of|my (?:kid|son|daughter|wife|husband|boss|friend|brother|sister"
    r"|mother|father))\s+"
    r"|(?<![a-z])(?:name|you|this|calling|speaking)\s*\?\s*(?:[a-z]+:\s*)?)$"
)
_FOREIGN = re.compile(r"[ß-öø-žа-я]")
_PERSON_BEFORE = frozenset(
    ["by", "with", "under", "called", "named", "mr.", "mrs.", "ms.", "dr.", "thanks,", "regards,"]
)
_TOWN_BEFORE = frozenset(
    [
        "san",
        "santa",
        "saint",
        "st",
        "fort",
        "port",
        "mount",
        "lake",
        "new",
        "north",
        "south",
        "east",
        "west",
        "los",
        "el",
    ]
)


def find_names(turn: int, text: str, original: str) -> Iterator[Found]:
    """Names in one turn that has capitals and small letters.

    Args:
        text: folded text.
        original: the same with its capitals.
    """
    found = [
        item for match in _ROW.finditer(original) for item in _row(turn, text, original, match.start(), match.end())
    ]
    yield from found
    if found:
        starts = {item.start for item in found}
        for match in _SERIES.finditer(original):
            names = list(_TOKENS.finditer(original, *match.span()))
            if any(name.start() in starts for name in names):
                for name in names:
                    if name.group() != "and" and text[slice(*name.span())] not in not_names_en():
                        yield Found(turn, *name.span(), T.PERSON, "name.en.series", 0.6)


def _row(turn: int, text: str, original: str, start: int, end: int) -> Iterator[Found]:
    """Cut a row of words at those that are small or common, and judge each part."""
    part: list[tuple[int, int]] = []
    for match in _TOKENS.finditer(original, start, end):
        if _may_belong(text, original, match, bool(part)):
            part.append(match.span())
            continue
        yield from _part(turn, text, original, part)
        part = []
    yield from _part(turn, text, original, part)


def _may_belong(text: str, original: str, match: re.Match[str], inside: bool) -> bool:
    word = text[match.start() : match.end()].rstrip(".")
    if len(word) == 1:
        return inside and original[match.start()].isupper() and word != "i"
    if not original[match.start()].isupper():
        return inside and re.fullmatch(_PARTICLE, word) is not None
    if match.group().isupper() and len(word) > 1:
        return False
    word = word.removesuffix("'s").removesuffix("’s")
    return word not in stop_en() or (word in given_en()[1] and inside)


def _part(turn: int, text: str, original: str, part: list[tuple[int, int]]) -> Iterator[Found]:
    while part and not original[part[-1][0]].isupper():
        part.pop()
    while part and not original[part[0][0]].isupper():
        part.pop(0)
    if not part or len(part) > 5:
        return
    words = [text[start:end].rstrip(".").removesuffix("'s") for start, end in part]
    if any(word in not_names_en() for word in words):
        return
    start, end = part[0][0], part[-1][1]
    if text[start:end].endswith("'s") or original[start:end].endswith("’s"):
        end -= 2
    sure, ambiguous = given_en()
    before = text[:start].rstrip(" ").rsplit(None, 1)
    if before and before[-1].strip(".") in _TOWN_BEFORE:
        return
    introduced = _LABEL.search(text, max(0, start - 40), start) is not None
    acts = _VERB.match(text, end) is not None
    if len(words) == 1:
        asked = introduced and "?" in text[max(0, start - 12) : start] and len(words[0]) > 2
        if (
            words[0] in sure
            or asked
            or (introduced and (words[0] in family_en() or words[0] in ambiguous))
            or (acts and words[0] in ambiguous)
        ):
            yield Found(turn, start, end, T.PERSON, "name.en.written", 0.6)
        return
    initial = any(len(word) == 1 for word in words[1:-1])
    foreign = len(words) <= 3 and _FOREIGN.search(text, start, end) is not None
    follows = before and before[-1] in _PERSON_BEFORE
    listed = words[0] in sure or (words[0] in ambiguous and words[-1] in family_en())
    if listed or initial or introduced or acts or foreign or follows or (words[-1] in family_en() and len(words) == 2):
        yield Found(turn, start, end, T.PERSON, "name.en.written", 0.75 if listed else 0.65)
