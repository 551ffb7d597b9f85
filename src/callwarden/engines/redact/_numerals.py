"""Words and characters that stand for digits, and the reading of them as elements with offsets.

`read` turns a folded text into `Element`s: written digits, spoken digits, tens and hundreds, repeats ("double four",
三个八), letters that belong to numbers. Nothing is decided here; an element only says "these characters may be read as
these digits". An element may have several readings ("twenty nine": 29 or 209), the first is the likelier.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from ._lists import stop_en


class Kind(IntEnum):
    WRITTEN = 1
    SPOKEN = 2
    QUANTITY = 3  # spoken with hundred/thousand/百/千: may still be part of a telephone number
    AMOUNT = 4  # spoken with million/万/亿: never told as part of a number of this engine's kinds
    HOMOPHONE = 5  # "to", "for", 要: a digit only because of its neighbours
    LETTER = 6


@dataclass(slots=True)
class Element:
    """Characters ``start:end`` read as one of ``readings`` (digit strings, or one letter for `Kind.LETTER`)."""

    start: int
    end: int
    readings: tuple[str, ...]
    kind: Kind

    @property
    def size(self) -> int:
        """Number of digits in the likeliest reading; letters count nothing."""
        return 0 if self.kind is Kind.LETTER else len(self.readings[0])


def between(elements: Sequence[Element], start: int, end: int) -> Sequence[Element]:
    """The elements that lie wholly in ``start:end``; the elements are in order of place."""
    first = bisect_left(elements, start, key=_start)
    last = bisect_right(elements, end, lo=first, key=_end)
    return elements[first:last]


def _start(element: Element) -> int:
    return element.start


def _end(element: Element) -> int:
    return element.end


# Chinese ------------------------------------------------------------------------------------------------------------
ZH_DIGITS = {
    **dict.fromkeys("零〇○", "0"),
    **dict.fromkeys("一壹幺", "1"),
    **dict.fromkeys("二贰两", "2"),
    **dict.fromkeys("三叁", "3"),
    **dict.fromkeys("四肆", "4"),
    **dict.fromkeys("五伍", "5"),
    **dict.fromkeys("六", "6"),
    **dict.fromkeys("七柒", "7"),
    **dict.fromkeys("八捌", "8"),
    **dict.fromkeys("九", "9"),
}
ZH_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000, "亿": 100_000_000}
# Digits of radio speech and rare capitals: numerals only in company (three or more numeral characters in a row).
ZH_RADIO = {"洞": "0", "拐": "7", "勾": "9", "钩": "9", "陆": "6", "玖": "9", "吆": "1", "腰": "1"}
# What recognisers write instead of a digit: numerals only between digits of an open number.
ZH_HOMOPHONES = {
    **dict.fromkeys("灵铃另凌", "0"),
    **dict.fromkeys("要妖夭衣依医伊亿", "1"),
    **dict.fromkeys("儿而耳", "2"),
    **dict.fromkeys("伞山散", "3"),
    **dict.fromkeys("是事死思似", "4"),
    **dict.fromkeys("舞武无吴午", "5"),
    **dict.fromkeys("流留刘溜牛", "6"),
    **dict.fromkeys("起气期其妻器", "7"),
    **dict.fromkeys("吧巴爸把发", "8"),
    **dict.fromkeys("就酒久", "9"),
    "动": "0",
    "路": "6",
}
del ZH_HOMOPHONES["亿"]
# Of these, the ones that hardly ever open or close a sentence around a number as words of their own.
_ZH_NEVER_WORDS = frozenset("依衣医妖夭灵铃凌舞午流溜酒巴")
_ZH_COMPANY = {**ZH_RADIO, **ZH_HOMOPHONES}

# English ------------------------------------------------------------------------------------------------------------
_UNITS = {
    "zero": "0", "nought": "0", "naught": "0", "aught": "0", "zeroes": "0",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "niner": "9", "fower": "4", "ait": "8",
}  # fmt: skip
_WEAK_ZERO = {"oh": "0", "o": "0", "ow": "0"}
_TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9",
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000}
_LARGE = {"million", "billion", "trillion", "millions", "billions"}
_REPEATS = {"double": 2, "triple": 3, "treble": 3, "tripple": 3, "quadruple": 4}
_PLURALS = {
    "zeros": "0", "zeroes": "0", "ohs": "0", "ones": "1", "twos": "2", "threes": "3", "fours": "4", "fives": "5",
    "sixes": "6", "sevens": "7", "eights": "8", "nines": "9",
}  # fmt: skip
_EN_HOMOPHONES = {
    "to": "2", "too": "2", "tu": "2", "for": "4", "fore": "4", "won": "1", "wan": "1", "ate": "8",
    "tree": "3", "free": "3", "fife": "5", "sex": "6", "sics": "6", "nein": "9", "nigh": "9", "hero": "0",
}  # fmt: skip
NATO = {
    "alpha": "A", "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E", "foxtrot": "F", "golf": "G",
    "hotel": "H", "india": "I", "juliet": "J", "juliett": "J", "kilo": "K", "lima": "L", "mike": "M", "november": "N",
    "oscar": "O", "papa": "P", "quebec": "Q", "romeo": "R", "sierra": "S", "tango": "T", "uniform": "U",
    "victor": "V", "whiskey": "W", "whisky": "W", "xray": "X", "yankee": "Y", "zulu": "Z",
}  # fmt: skip

# The numeral words worth a look by the gate: those that no ordinary sentence needs.
GATE_WORDS = tuple({*_UNITS, *_TEENS, *_TENS, *_SCALES, *_REPEATS} - {"one", "ait"})

_ZH_CLASS = "".join({*ZH_DIGITS, *ZH_UNITS, *_ZH_COMPANY})
_ZH_REPEAT = (
    r"[一二两三四五六七八九2-9]个(?:[零〇一二三四五六七八九幺洞]|[0-9](?!\d))"
    r"(?![十百千万个元块星折人天月年位岁点斤号层楼])"
)
_TOKEN = re.compile(
    rf"(?P<repeat>{_ZH_REPEAT})"
    rf"|(?P<idiom>(?<![{_ZH_CLASS}\d])一(?:下|共|些|起|样|定|直|般|切|旦|边|种|会儿?|律|点儿|点也|点都|次性|系列))"
    r"|(?P<spelt>(?<![a-z'])(?P<letter>[a-z])\s+(?:as in|for|like|as|is for)\s+(?P=letter)[a-z]+)"
    r"|(?P<written>\d+)"
    rf"|(?P<zh>(?:(?!{_ZH_REPEAT})[{_ZH_CLASS}])+)"
    r"|(?P<x>埃克斯|艾克斯|爱克斯|叉|(?<![a-z'])x[\- ]ray(?![a-z]))"
    r"|(?P<word>[a-z]+(?:'[a-z]+)*)"
)
_CLOSE = re.compile(r"[\s\-]{1,3}")
_CLOSE_AND = re.compile(r"[\s\-]{1,3}(?:and\s)?")


class _Token(NamedTuple):
    category: str  # u digit, z weak zero, t teen, T tens, s scale, L large, r repeat, p plural, h homophone, w written
    value: str
    start: int
    end: int


_CATEGORY: dict[str, tuple[str, str]] = {
    **{word: ("h", digit) for word, digit in _EN_HOMOPHONES.items()},
    **{word: ("u", digit) for word, digit in _UNITS.items()},
    **{word: ("z", digit) for word, digit in _WEAK_ZERO.items()},
    **{word: ("t", digits) for word, digits in _TEENS.items()},
    **{word: ("T", digit) for word, digit in _TENS.items()},
    **{word: ("s", str(scale)) for word, scale in _SCALES.items()},
    **{word: ("L", "") for word in _LARGE},
    **{word: ("r", str(times)) for word, times in _REPEATS.items()},
    **{word: ("p", digit) for word, digit in _PLURALS.items()},
}


def read(text: str) -> list[Element]:
    """Read every numeral and number letter of a folded text, in order of place.

    Args:
        text: the result of `fold`.
    """
    found: list[Element] = []
    words: list[_Token] = []
    for match in _TOKEN.finditer(text):
        group, token = match.lastgroup, match.group()
        start, end = match.span()
        if group == "idiom":
            continue
        if group == "spelt":
            found.append(Element(start, end, (token[0].upper(),), Kind.LETTER))
        elif group == "word":
            known = _CATEGORY.get(token)
            if known is not None:
                words.append(_Token(known[0], known[1], start, end))
            elif len(token) == 1:
                found.append(Element(start, end, (token.upper(),), Kind.LETTER))
            elif token in NATO:
                found.append(Element(start, end, (NATO[token],), Kind.LETTER))
            elif _beside_digits(text, start, end) or _is_amid_digits(words, text, start, end):
                found.extend(
                    Element(start + place, start + place + 1, (letter.upper(),), Kind.LETTER)
                    for place, letter in enumerate(token)
                )
        elif group == "written":
            digits = token if token.isascii() else "".join(str(unicodedata.digit(sign)) for sign in token)
            if len(digits) == 1:
                words.append(_Token("w", digits, start, end))
            else:
                found.append(Element(start, end, (digits,), Kind.WRITTEN))
        elif group == "zh":
            found.extend(_read_zh(token, start))
        elif group == "repeat":
            times = ZH_DIGITS.get(token[0]) or token[0]
            digit = ZH_DIGITS.get(token[2]) or ZH_RADIO.get(token[2]) or token[2]
            found.append(Element(start, end, (digit * int(times),), Kind.SPOKEN))
        else:
            found.append(Element(start, end, ("X",), Kind.LETTER))
    if words:
        found.extend(_read_en(words, text))
        found.sort(key=lambda element: element.start)
    return _settle(found, text)


# Letters right beside digits, or a space away from Chinese ones: "TV七幺", "EA 幺零二", "river 三七"; not "check一下".
_SIGNS = "零〇一幺二三四五六七八九"
_TOUCHING = frozenset(f"_0123456789{_SIGNS}")
_NO_DIGIT = "(?!一[下个些点起样直定般共])"
_DIGIT_BEHIND = re.compile(rf"(?:_ ?)?{_NO_DIGIT}[0-9{_SIGNS}]")
_APART = re.compile(rf" (?:{_NO_DIGIT}[{_SIGNS}]|[0-9][{_SIGNS}])")
_DIGIT_WORD = re.compile(rf" (?:\d|(?:{'|'.join(_UNITS)})(?![a-z]))")
_LONGEST_WORD = 8  # letters of a code, a space away from its digits


def _beside_digits(text: str, start: int, end: int) -> bool:
    """Whether a word stands beside digits as the letters of a code do."""
    before, behind = text[start - 1 : start], text[end : end + 1]
    # Most words touch neither; a look at the two signs beside them is all they need.
    if before in _TOUCHING and _DIGIT_BEHIND.match(text, start - 1):
        return True
    if behind in _TOUCHING and _DIGIT_BEHIND.match(text, end):
        return True
    if end - start > _LONGEST_WORD or " " not in (before, behind):
        return False
    if not (_APART.match(text, end) or _is_apart_behind(text, start)):
        return False
    return text[start:end] not in stop_en()


def _is_amid_digits(before: Sequence[_Token], text: str, start: int, end: int) -> bool:
    """Whether up to three letters stand between digits as those of a plate do: "seven abc one two three"."""
    if not before or end - start > 3 or before[-1].end != start - 1 or before[-1].category not in "uzw":
        return False
    return _DIGIT_WORD.match(text, end) is not None and text[start:end] not in stop_en()


def _is_apart_behind(text: str, start: int) -> bool:
    return start > 1 and text[start - 1] == " " and text[start - 2] in _SIGNS


def is_english_numeral(word: str) -> bool:
    """Whether a word, or a single letter, may be part of a number or code told in English."""
    low = word.lower()
    return len(low) == 1 or low in _CATEGORY or low in NATO


def _near(tokens: list[_Token], place: int, categories: str, text: str, joint: re.Pattern[str] = _CLOSE) -> bool:
    """Whether the token at ``place`` is of one of the categories and stands right behind its predecessor."""
    return (
        0 < place < len(tokens)
        and tokens[place].category in categories
        and joint.fullmatch(text, tokens[place - 1].end, tokens[place].start) is not None
    )


def _read_en(tokens: list[_Token], text: str) -> list[Element]:
    """Combine English number words: repeats, tens with units, hundreds and thousands."""
    found: list[Element] = []
    place = 0
    while place < len(tokens):
        category, value, start, end = tokens[place]
        if category == "r":
            if _near(tokens, place + 1, "uzw", text):
                place += 1
                found.append(Element(start, tokens[place].end, (tokens[place].value * int(value),), Kind.SPOKEN))
            place += 1
        elif category in "uw" and _near(tokens, place + 1, "p", text):
            place += 1
            times = max(int(value), 1)
            found.append(Element(start, tokens[place].end, (tokens[place].value * times,), Kind.SPOKEN))
            place += 1
        elif category in "zh":
            found.append(Element(start, end, (value,), Kind.HOMOPHONE))
            place += 1
        elif category == "p":
            place += 1
        else:
            element, place = _read_group(tokens, place, text)
            found.append(element)
    return found


def _read_group(tokens: list[_Token], place: int, text: str) -> tuple[Element, int]:
    """Read one group such as "four", "forty two", "eight hundred", "twenty five hundred", "five thousand"."""
    start, category = tokens[place].start, tokens[place].category
    scaled = category in "sL"
    readings: tuple[str, ...] = ("1",)
    if not scaled:
        readings, place = _below_hundred(tokens, place, text)
        scaled = _near(tokens, place, "sL", text)
    if not scaled:
        kind = Kind.WRITTEN if category == "w" else Kind.SPOKEN
        return Element(start, tokens[place - 1].end, readings, kind), place
    value, kind = int(readings[0]), Kind.QUANTITY
    while place < len(tokens) and (tokens[place].category in "sL") and (place == 0 or tokens[place].start >= start):
        if tokens[place].start != start and not _near(tokens, place, "sL", text):
            break
        if tokens[place].category == "L":
            kind = Kind.AMOUNT
            place += 1
            continue
        scale = int(tokens[place].value)
        value *= scale
        more, place = _tail(tokens, place + 1, scale, text)
        value += more
    return Element(start, tokens[place - 1].end, (str(value),), kind), place


def _tail(tokens: list[_Token], place: int, scale: int, text: str) -> tuple[int, int]:
    """What follows "hundred" or "thousand" and belongs to it; "eight hundred five five five" keeps its last digits."""
    digits_follow = _near(tokens, place, "u", text) and _near(tokens, place + 1, "uz", text)
    if digits_follow or not _near(tokens, place, "utT", text, _CLOSE_AND):
        return 0, place
    readings, after = _below_hundred(tokens, place, text)
    value = int(readings[0])
    if _near(tokens, after, "s", text):
        smaller = int(tokens[after].value)
        if smaller >= scale:
            return 0, place
        more, after = _tail(tokens, after + 1, smaller, text)
        return value * smaller + more, after
    return value, after


def _below_hundred(tokens: list[_Token], place: int, text: str) -> tuple[tuple[str, ...], int]:
    category, value = tokens[place].category, tokens[place].value
    if category != "T":
        return (value,), place + 1
    if _near(tokens, place + 1, "u", text) and tokens[place + 1].value != "0":
        unit = tokens[place + 1].value
        return (value + unit, value + "0" + unit), place + 2
    return (value + "0",), place + 1


def _read_zh(token: str, base: int) -> list[Element]:
    """Read a stretch of Chinese numeral characters: single digits, tens and hundreds, homophones in company."""
    found: list[Element] = []
    place = 0
    while place < len(token):
        sign = token[place]
        if sign in ZH_UNITS or (sign in ZH_DIGITS and token[place + 1 : place + 2] in _NEXT_UNITS):
            element, place = _read_zh_quantity(token, place, base)
            if element is not None:
                found.append(element)
            continue
        if sign in ZH_DIGITS:
            found.append(Element(base + place, base + place + 1, (ZH_DIGITS[sign],), Kind.SPOKEN))
        else:
            found.append(Element(base + place, base + place + 1, (_ZH_COMPANY[sign],), Kind.HOMOPHONE))
        place += 1
    return found


_NEXT_UNITS = frozenset(ZH_UNITS)
_ZERO_UNIT = re.compile(r"零[一二三四五六七八九](?![零〇○一二三四五六七八九幺两])")


def _read_zh_quantity(token: str, place: int, base: int) -> tuple[Element | None, int]:
    """Read "三十八", "八百", "十二", "三百五"; a unit with no digit before it counts only as ten."""
    start, total, section = place, 0, 0
    last_unit = 10 * max(ZH_UNITS.values())
    kind = Kind.SPOKEN
    plain = ""
    while place < len(token):
        sign = token[place]
        digit = ZH_DIGITS.get(sign)
        unit_sign = token[place + 1 : place + 2] if digit is not None else sign
        unit = ZH_UNITS.get(unit_sign)
        if digit is not None and unit is not None:
            if unit >= last_unit and unit < 10_000:
                break
            value, step = int(digit), 2
        elif unit is not None:
            if place == start and unit != 10:
                return None, place + 1
            if unit >= last_unit or (place > start and unit < 10_000):
                break
            value, step = (1 if place == start else 0), 1
        elif digit is not None:
            nothing_follows = token[place + 1 : place + 2] not in ZH_DIGITS
            if digit == "0" and not nothing_follows and token[place + 2 : place + 3] in _NEXT_UNITS:
                place += 1
                continue
            if last_unit == 10 or (nothing_follows and digit != "0"):
                section += int(digit) * max(last_unit // 10, 1)
                plain += digit
                place += 1
            break
        else:
            break
        if unit >= 10_000:
            total = (total + section + value) * unit
            section, kind = 0, Kind.AMOUNT
        else:
            section += value * unit
            if unit > 10 and kind is Kind.SPOKEN:
                kind = Kind.QUANTITY
        plain += str(value) if value or place == start else ""
        last_unit = unit
        place += step
    if last_unit == 100 and kind is Kind.QUANTITY and _ZERO_UNIT.match(token, place):
        section += int(ZH_DIGITS[token[place + 1]])  # 一百零五
        place += 2
    value_told = str(total + section)
    readings = (value_told, plain) if plain and plain != value_told else (value_told,)
    return Element(base + start, base + place, readings, kind), place


def _settle(found: list[Element], text: str) -> list[Element]:
    """Drop homophones and lone "oh" that no digits surround; a lone "o" is a letter."""
    kept: list[Element] = []
    for index, element in enumerate(found):
        if element.kind is Kind.HOMOPHONE and not _in_company(found, index, text):
            if text[element.start : element.end] == "o":  # no zero: the letter of a code
                kept.append(Element(element.start, element.end, ("O",), Kind.LETTER))
            continue
        kept.append(element)
    return kept


def _in_company(found: list[Element], index: int, text: str) -> bool:
    """Whether a homophone stands in an open number, judged by the digits right before and behind it."""
    element = found[index]
    spelling = text[element.start : element.end]
    if spelling in _WEAK_ZERO or spelling in ZH_RADIO:
        before, after = _digits_beside(found, index, -1, text), _digits_beside(found, index, 1, text)
        if before + after >= 2:
            return True
        return spelling in _WEAK_ZERO and (_between_digits(found, index, text) or _opens(found, index, text))
    if _makes_telephone(found, index, text):
        return True
    # An English homophone counts only among digits told one by one: "ten thirty to nine" is an opening time.
    singly = element.end - element.start > 1
    before = _digits_beside(found, index, -1, text, singly)
    after = _digits_beside(found, index, 1, text, singly)
    if not singly:
        if before and after:
            return before + after >= 4 or _in_groups(found, index) or _is_all(found, text)
        return _at_rim(found, index, text, before, after)
    if before and after:
        return before + after >= 4
    # At the rim of a long number: "... nine eight for" at the end of the turn, "for one five ..." at its start.
    return (before >= 6 and not text[element.end :].strip(" .,?!")) or (
        after >= 6 and not text[: element.start].strip()
    )


def _makes_telephone(found: list[Element], index: int, text: str) -> bool:
    """Whether the row of digits around a homophone is a telephone number with it and none without it."""
    first = last = index
    while first and _LOOSE.fullmatch(text, found[first - 1].end, found[first].start):
        first -= 1
    while last + 1 < len(found) and _LOOSE.fullmatch(text, found[last].end, found[last + 1].start):
        last += 1
    # A word that only sounds like a digit may stand before or behind the number: 是, 就, 吧; "to", "for".
    firsts = (first, first + 1) if found[first].kind is Kind.HOMOPHONE and first < index else (first,)
    lasts = (last, last - 1) if found[last].kind is Kind.HOMOPHONE and last > index else (last,)
    wide = "\u3400" <= text[found[index].start] <= "\u9fff"
    return any(_is_telephone(found[start : end + 1], wide) for start in firsts for end in lasts)


def _is_telephone(row: list[Element], wide: bool) -> bool:
    if len(row) < 7 or any(item.kind in (Kind.LETTER, Kind.AMOUNT) for item in row):
        return False
    told = "".join([item.readings[0] for item in row])
    sure = len(told) - sum(item.kind is Kind.HOMOPHONE for item in row)
    return sure >= (6 if wide else 5) and (_MOBILE if wide else _TEN).fullmatch(told) is not None


def _is_all(found: list[Element], text: str) -> bool:
    """Whether a turn consists of four numerals or more and nothing else."""
    return len(found) >= 4 and len(text.strip(" ,.，。?？!！")) == sum(item.end - item.start for item in found)


def _in_groups(found: list[Element], index: int) -> bool:
    """Whether more groups of digits stand a pause away, so that this is one group of a long number."""
    count = 0
    for step in (-1, 1):
        here = index
        while count < 6 and 0 <= here + step < len(found):
            left, right = (here, here + step) if step > 0 else (here + step, here)
            here += step
            if found[right].start - found[left].end > _FILLER or found[here].kind in (Kind.LETTER, Kind.AMOUNT):
                break
            count += 0 if found[here].kind is Kind.HOMOPHONE else len(found[here].readings[0])
    return count >= 6


def _at_rim(found: list[Element], index: int, text: str, before: int, after: int) -> bool:
    """A Chinese homophone before or behind a long row of digits, if it is not a word that often stands there."""
    element = found[index]
    sign = text[element.start]
    if before >= 6 and not text[element.end :].strip(" ,.，。?？!！"):
        mobile = _digits_beside(found, index, -1, text, most=11) == 10
        return sign in _ZH_NEVER_WORDS or mobile
    return after >= 6 and sign in _ZH_NEVER_WORDS


def _between_digits(found: list[Element], index: int, text: str) -> bool:
    """ "zero uh oh uh nine": digits stand a filler away on both sides, or before it at the end of the turn."""
    if index == 0:
        return False
    if index == len(found) - 1:
        last = found[index - 1]
        close = found[index].start - last.end <= _FILLER and last.kind is not Kind.LETTER
        return close and not text[found[index].end :].strip(" .,")
    before, here, after = found[index - 1 : index + 2]
    letters = Kind.LETTER in (before.kind, after.kind)
    return not letters and here.start - before.end <= _FILLER and after.start - here.end <= _FILLER


def _opens(found: list[Element], index: int, text: str) -> bool:
    """ "oh nine slash twenty eight", "oh two" and no more: a zero at the beginning of digits told in pairs."""
    if text[: found[index].start].strip() or index + 1 == len(found) or found[index + 1].size != 1:
        return False
    behind = found[index + 1]
    if _TOUCH.fullmatch(text, found[index].end, behind.start) is None:
        return False
    more = index + 2 < len(found) and found[index + 2].start - behind.end <= _FILLER
    return more or not text[behind.end :].strip(" .,?!")


def _digits_beside(found: list[Element], index: int, step: int, text: str, singly: bool = False, most: int = 7) -> int:
    """Count up to ``most`` digits that touch the element at ``index`` on one side; ``singly``: told one by one."""
    count, here = 0, index
    while count < most and 0 <= here + step < len(found):
        left, right = (here, here + step) if step > 0 else (here + step, here)
        if _TOUCH.fullmatch(text, found[left].end, found[right].start) is None:
            break
        here += step
        neighbour = found[here]
        if neighbour.kind in (Kind.LETTER, Kind.AMOUNT) or (singly and len(neighbour.readings[0]) > 1):
            break
        if neighbour.kind is Kind.HOMOPHONE:
            spelling = text[neighbour.start : neighbour.end]
            if spelling in _WEAK_ZERO or spelling in ZH_RADIO:
                count += 1
            continue
        count += len(neighbour.readings[0])
    return count


_FILLER = 9
_LOOSE = re.compile(r"[\s\-,，、]{0,3}")
_MOBILE, _TEN = re.compile(r"1[3-9]\d{9}"), re.compile(r"[2-9]\d{9}")
_TOUCH = re.compile(r"[\s\-]{0,2}")
