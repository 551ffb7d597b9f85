"""Numbers with letters in them: identity papers, plates, vehicle numbers, IBAN; written, spelled or read out.

Letters and digits that follow each other are read as one string of signs that keeps the place of every sign; patterns
run on that string. A pattern that ordinary text could match needs its check digit or a cue before it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from . import _checksums as check
from ._cues import Cue
from ._found import Found
from ._numerals import Element, Kind
from ._runs import Reading, spoken_filler
from ._spans import EntityType as T


@dataclass(frozen=True, slots=True)
class _Code:
    type: T
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool] | None
    alone: bool  # may be removed without cue and check digit


def _code(kind: T, pattern: str, is_valid: Callable[[str], bool] | None = None, *, alone: bool = False) -> _Code:
    return _Code(kind, re.compile(pattern), is_valid, alone)


_CODES = (
    _code(T.CN_RIC, r"(?<!\d)\d{17}X", check.looks_like_resident_id, alone=True),
    _code(T.IBAN, r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", check.iban),
    _code(T.VIN, r"(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}", check.vehicle_number),
    _code(T.USCC, r"[159AN][1-9ANY]\d{6}[0-9A-HJ-NPQRTUWXY]{10}", check.social_credit_code),
    _code(T.UK_NINO, r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", alone=True),
    _code(T.TW_ID, r"[A-Z][1289]\d{8}(?!\d)", check.taiwan_id),
    _code(T.HKID, r"[A-Z]{1,2}\d{6}[\dA](?!\d)", check.hong_kong_id),
    _code(T.CN_PASSPORT, r"(?:[EG][A-Z]?|[DSP])\d{7,8}(?!\d)"),
    _code(T.CN_TRAVEL_PERMIT, r"[HMC][A-Z]?\d{8,10}(?!\d)"),
)
# Kinds whose values are letters and digits in no fixed order: a cue and one digit are enough.
_FREE = frozenset(
    {
        T.PASSPORT,
        T.CN_PASSPORT,
        T.CN_TRAVEL_PERMIT,
        T.DRIVER_LICENCE,
        T.MEMBER_NO,
        T.ORDER_NO,
        T.PLATE,
        T.VIN,
        T.USCC,
        T.HKID,
    }
    | {T.TW_ID, T.UK_NINO, T.OTP, T.PASSWORD, T.IBAN, T.BANK_ACCOUNT, T.WECHAT, T.SWIFT, T.CN_RIC, T.ADDRESS, T.MAC}
)
_PROVINCE_SIGNS = "京沪津渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PROVINCE = re.compile(rf"[{_PROVINCE_SIGNS}]\s*[a-z](?![a-z]{{2}})")
_PLATE_TAIL = re.compile(r"[A-Z][A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]|[A-Z][A-Z0-9]{5,6}")
_CAPITALS = re.compile(r"[A-Z]{2,5}")
_LATIN_WORD = re.compile(r"[A-Z]{2,}")
_LINK = re.compile(r"[\s\-.,，、/()_]{0,4}")
_NEAR = 40


def find_codes(turn: int, reading: Reading, original: str, cues: Sequence[Cue], asked: T | None) -> Iterator[Found]:
    """Codes in one turn.

    Args:
        original: the text before folding; capitals tell spelled words from codes.
        asked: the kind the other speaker asked for in the turns before, if any.
    """
    elements = _with_capitals(reading, original)
    if not any(item.kind is Kind.LETTER for item in elements):
        return
    yield from _plates(turn, reading, elements)
    # Spelled with a space, the cue "Q Q" may as well be two letters of a code.
    bounds = [cue for cue in cues if reading.text[cue.start : cue.end] != "q q"]
    for sequence in _sequences(reading.text, _outside(elements, bounds), bounds):
        signs, owners = _signs(sequence)
        if not any(sign.isalpha() for sign in signs):
            continue
        cue = _cue_for(sequence[0].start, cues, asked)
        taken = 0
        for code in _CODES:
            for match in code.pattern.finditer(signs):
                sure = code.is_valid is not None and code.is_valid(match.group())
                if not (sure or cue is code.type or (code.alone and code.is_valid is None)):
                    continue
                inside = sequence[owners[match.start()] : owners[match.end() - 1] + 1]
                rule = f"{code.type.value.lower()}.{'checksum' if sure else 'shape'}"
                yield Found(
                    turn, inside[0].start, inside[-1].end, code.type, rule, 0.97 if sure else 0.85, -1, tuple(inside)
                )
                taken += 1
        if not taken and cue in _FREE and sum(sign.isdigit() for sign in signs) >= 1:
            trimmed = _without_article(sequence)
            if _is_plausible(cue, "".join(item.readings[0] for item in trimmed)):
                yield Found(turn, trimmed[0].start, trimmed[-1].end, cue, "code.cue", 0.85, -1, tuple(trimmed))


def find_again(turn: int, reading: Reading, original: str, told: Mapping[str, Found]) -> Iterator[Found]:
    """Codes of the call read back, whole or from their beginning, with letters and all.

    Args:
        told: the codes found in the call by their signs.
    """
    for sequence in _sequences(reading.text, _with_capitals(reading, original)):
        signs, owners = _signs(sequence)
        for code, found in told.items():
            place = signs.find(code[:_TOLD_AGAIN])
            if place < 0:
                continue
            end = place
            while end < len(signs) and end - place < len(code) and signs[end] == code[end - place]:
                end += 1
            inside = sequence[owners[place] : owners[end - 1] + 1]
            yield replace(
                found,
                turn=turn,
                start=inside[0].start,
                end=inside[-1].end,
                rule="code.again",
                confidence=0.8,
                elements=tuple(inside),
            )


def codes_of(found: Iterable[Found]) -> dict[str, Found]:
    """The codes with letters among what was found, by their signs."""
    told: dict[str, Found] = {}
    for item in found:
        signs = "".join([element.readings[0] for element in item.elements])
        if len(signs) >= _TOLD_AGAIN and not signs.isdigit() and any(map(str.isdigit, signs)):
            told.setdefault(signs, item)
    return told


_TOLD_AGAIN = 4  # signs of a code that are never a coincidence
_TIME = re.compile(r"\d{1,4}[AP]M?")


def _is_plausible(kind: T, signs: str) -> bool:
    if kind is T.ADDRESS:  # a British, Canadian or Dutch post code
        return re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}|[A-Z]\d[A-Z]\d[A-Z]\d|\d{4}[A-Z]{2}", signs) is not None
    return len(signs) >= 4 and _TIME.fullmatch(signs) is None


def _cue_for(start: int, cues: Sequence[Cue], asked: T | None) -> T | None:
    place = bisect_right(cues, start, key=lambda cue: cue.end)
    if place and start - cues[place - 1].end <= _NEAR:
        return cues[place - 1].kind.type
    if asked is None and not place and cues and 0 <= cues[0].start - start <= _NEAR:
        return cues[0].kind.type
    return asked


def _without_article(sequence: list[Element]) -> list[Element]:
    """ "a" and "i" before a code are more often words than letters."""
    while len(sequence) > 1 and sequence[0].kind is Kind.LETTER and sequence[0].readings[0] in "AI":
        if sequence[1].start == sequence[0].end or sequence[1].kind is Kind.LETTER:
            break
        sequence = sequence[1:]
    return sequence


def _with_capitals(reading: Reading, original: str) -> list[Element]:
    """Elements plus words in capitals, which are letters of codes ("GB82 WEST 1234")."""
    elements = list(reading.elements)
    if original != reading.text and _CAPITALS.search(original) is not None and not _is_all_capitals(original):
        starts = {item.start for item in elements}
        for match in _CAPITALS.finditer(original):
            if match.start() in starts or original[match.start() - 1 : match.start()].isalpha():
                continue
            if original[match.end() : match.end() + 1].isalpha():
                continue
            elements.extend(
                Element(place, place + 1, (original[place],), Kind.LETTER) for place in range(*match.span())
            )
        elements.sort(key=lambda item: item.start)
    return elements


def _is_all_capitals(original: str) -> bool:
    """Whether a recogniser wrote everything in capitals, so that they do not tell a code from a word."""
    return original.upper() == original and len(_LATIN_WORD.findall(original)) > 3


def _outside(elements: Sequence[Element], cues: Sequence[Cue]) -> list[Element]:
    """Elements that are not letters or digits of a cue ("QQ", "16 digits")."""
    cues = [cue for cue in cues if cue.kind.type is not None]
    if not cues:
        return list(elements)
    ends = [cue.end for cue in cues]

    def is_free(item: Element) -> bool:
        place = bisect_right(ends, item.start)
        return place == len(cues) or cues[place].start >= item.end

    return [item for item in elements if is_free(item)]


def _sequences(text: str, elements: Sequence[Element], cues: Sequence[Cue] = ()) -> Iterator[list[Element]]:
    """Elements that follow each other; the next cue begins another value."""
    sequence: list[Element] = []
    starts = [cue.start for cue in cues if cue.kind.type is not None]
    for item in elements:
        if item.kind is Kind.AMOUNT:
            continue
        if sequence and bisect_right(starts, item.start) > bisect_right(starts, sequence[-1].start):
            yield sequence
            sequence = []
        if sequence and not (
            _LINK.fullmatch(text, sequence[-1].end, item.start) or spoken_filler(text, sequence[-1].end, item.start)
        ):
            yield sequence
            sequence = []
        sequence.append(item)
    if sequence:
        yield sequence


def _signs(sequence: Sequence[Element]) -> tuple[str, list[int]]:
    signs = "".join(item.readings[0] for item in sequence)
    owners = [place for place, item in enumerate(sequence) for _ in item.readings[0]]
    return signs, owners


def _plates(turn: int, reading: Reading, elements: Sequence[Element]) -> Iterator[Found]:
    """Chinese plates (GA 36): province sign, letter, five places, or six for new energy."""
    for match in _PROVINCE.finditer(reading.text):
        place = bisect_right(elements, match.start(), key=lambda item: item.start)
        following = elements[place : place + 12]
        sequence = next(_sequences(reading.text, following), [])
        if not sequence or sequence[0].start > match.end():
            continue
        signs, owners = _signs(sequence)
        plate = _PLATE_TAIL.match(signs)
        if plate is not None and sum(sign.isdigit() for sign in plate.group()) >= 2:
            inside = sequence[: owners[plate.end() - 1] + 1]
            yield Found(turn, match.start(), inside[-1].end, T.PLATE, "plate.cn", 0.95, -1, tuple(inside))
