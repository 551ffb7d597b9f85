"""Explicit evidence that a numeral is not part of anyone's number: money, times, dates, counts, measures.

Evidence never releases a long run on its own: `weigh` only marks elements, the assembler decides what a mark is worth.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from enum import StrEnum

from ._numerals import Element, Kind


class Meaning(StrEnum):
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    COUNT = "count"
    AGE = "age"


_CURRENCY_AFTER = (
    r"元|块(?!地)|角(?![落色度膜门])|毛(?![病衣巾泽发毯线利豆肚笔])|人民币|美元|美金|港币|港元|欧元|英镑|日元|万|亿|千(?!万不)"
    r"|(?:dollars?|bucks?|cents?|pounds?|quid|euros?|pence|usd|rmb|cny|yuan|k|grand|million|billion|lakhs?|rupees?)\b"
)
_COUNT_AFTER = (
    r"分(?!机|行|别|局|公司)|分钟|小时|个(?!税)|钟头|天(?!津|河|府|水|猫)|日(?!本)|月(?!亮)|年|周(?!先生|女士"
    r"|小姐)|星期"
    r"|季(?!先生|女士)|人(?!民|名)|位(?!于|置)|名(?!字|叫|称|是|下)|口人|间|套(?!餐)|晚|夜|层|楼|公里|里路|千米|米"
    r"|厘米|毫米|平米|平方|公斤|斤|千克|克|升|度|折|成(?!都|功)|倍|次|遍|回(?!电|访|拨)|趟|站|路(?:车|公交)?|号线"
    r"|环|颗?星"
    r"|级|%|％|点(?!com|cn|c|net|卡)|秒|刻|件|份|张(?!先生|女士|小姐|[\u4e00-\u9fff]{1,2}(?:先生|女士))|辆|部|款|种|条"
    r"|家(?!里|庭|住|的|人|电)|瓶|杯|页|题|期|届|兆|余|多(?!少)|左右|号(?!码|是|卡|[\u4e00-\u9fff]?机)"
    r"|(?:percent|per cent|pct|stars?|hours?|hrs?|minutes?|mins?|seconds?|secs?|days?|weeks?|months?|years?|yrs?"
    r"|nights?|people|persons?|guests?|adults?|kids?|children|rooms?|beds?|tickets?|tables?|miles?|kilomet(?:er|re)s?"
    r"|km|kilos?|kg|lbs?|ounces?|inch(?:es)?|feet|foot|ft|yards?|met(?:er|re)s?|cm|mm|square|degrees?|times"
    r"|items?|pieces?"
    r"|pcs|copies|points?|a\.?m\.?|p\.?m\.?|o'?clock|(?:in|at|past|to) (?:the )?(?:morning|afternoon|evening"
    r"|night|noon)"
    r"|th|st|nd|rd|century|decades?|mph|mbps|gb|mb|tb|gigs?|megs?|cars?|drivers?|vehicles?|employees|members|questions?"
    r"|digits?|options?|locations?|blocks?|floors?|stor(?:y|ies)|bedrooms?|bathrooms?|of (?:them|us|you|these"
    r"|those|the))\b"
)
_AFTER = re.compile(
    rf"\s*(?:and a half |to |or so |more |or )?(?:(?P<money>{_CURRENCY_AFTER})|(?P<age>岁|周岁|years? old|year-old)"
    rf"|(?P<count>{_COUNT_AFTER}))"
)
_BEFORE = re.compile(
    r"(?:(?P<money>[$£€¥]|rmb|usd|us\$|人均(?:消费)?|票价|价格|价钱|房价|门票|金额|余额|费用|收费|消费|花了|原价"
    r"|[扣退充收付交减](?:了|掉)?我?|便宜(?:了)?|优惠(?:了)?|满"
    r"|现价|单价|总价|运费"
    r"|押金|共计|合计|总共|price of|cost of|costs?|paid|pay|charged(?: me| us| my card)?|billed(?: me| us)?"
    r"|refund of|owed?)"
    r"|(?P<count>评分|百分之|千分之|万分之|第|周|星期|礼拜"
    r"|初|满(?:减)?|农历"
    r"|阴历|大约|大概"
    r"|rated|rating of|top|page|question|version|chapter|step|interstate|highway|route))\s*(?:是|为|在|约|了|is"
    r"|about|of)?\s*$"
)
_CLOCK = re.compile(r"(?:\bat|\baround|\bby|\buntil|\btill|\bfrom|\bbefore|\bafter|下午|上午|晚上|早上|中午|凌晨)\s*$")
_WRITTEN = re.compile(
    r"(?P<date>(?<!\d)(?:19|20)\d\d(?P<sep>[-/.])(?:1[0-2]|0?[1-9])(?P=sep)(?:[12]\d|3[01]|0?[1-9])(?![\d-])"
    r"|(?<!\d)(?:19|20)\d\d\s?年\s?(?:1[0-2]|0?[1-9])\s?月\s?(?:[12]\d|3[01]|0?[1-9])(?!\d)[日号]?"
    r"|(?<!\d)(?:1[0-2]|0?[1-9])/(?:[12]\d|3[01]|0?[1-9])/(?:(?:19|20)\d\d|\d\d)(?!\d)"
    r"|(?<!\d)(?:[12]\d|3[01]|0?[1-9])[/.](?:1[0-2]|0?[1-9])[/.](?:19|20)\d\d(?!\d)"
    r"|(?<!\d)(?:19|20)?\d\d年(?:\d{1,2}月(?:\d{1,2}[日号])?)?|(?<!\d)\d{1,2}月\d{1,2}[日号]?"
    r"|(?<!\d)(?:19|20)\d\d\s?[-~–至到]\s?(?:19|20)\d\d(?![\d-]))"
    r"|(?P<time>(?<!\d)(?<!\d:)(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?![\d:]))"
    r"|(?P<money>[$£€¥]\s?\d[\d,]*(?:\.\d+)?|(?<![\d,.])\d{1,3}(?:,\d{3}){1,2}(?:\.\d{1,2})?(?![\d,]))"
)
_MAYBE_WRITTEN = re.compile(r"\d\s?[年月/:]|[$£€¥]|\d\d\d\d\s?[-~–至到.]\s?\d|\d,\d\d\d|\d\.\d\d?\.\d")
_RANGE = re.compile(r"\s*[-~–—到至]\s*")
_DECIMAL = re.compile(r"[.点,]")

_MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
)
_DAY = (
    r"(?:the )?(?:\d{1,2}(?:st|nd|rd|th)?|(?:twenty |thirty )?(?:first|second|third|fourth|fifth|sixth|seventh"
    r"|eighth|ninth"
    r"|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth)"
    r"|twentieth|thirtieth|(?:twenty |thirty )?(?:one|two|three|four|five|six|seven|eight|nine)|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty)"
)
_YEAR = (
    r"(?:\d{4}|\d\d|(?:nineteen|twenty|two thousand(?: and)?)"
    r"(?:[ -](?:hundred|oh|o|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|ten|eleven|twelve|\w{3,5}teen))?"
    r"(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)"
)
_ZH_NUMBER = r"[零〇一幺二两三四五六七八九十0-9]"
DATE = re.compile(
    rf"{_ZH_NUMBER}{{2,4}}\s*年\s*(?:的?(?:农历|阴历)?(?:闰?[正冬腊]|闰?{_ZH_NUMBER}{{1,3}})\s*月份?"
    rf"\s*(?:[初廿]?\s*{_ZH_NUMBER}{{1,3}}\s*[日号]?)?)?"
    rf"|(?:闰?[正冬腊]|闰?{_ZH_NUMBER}{{1,3}})\s*月份?\s*[初廿]?\s*{_ZH_NUMBER}{{1,3}}\s*[日号]?"
    rf"|\b{_MONTHS},? {_DAY}\b(?:,? (?:of )?{_YEAR}\b)?"
    rf"|\b{_DAY},? (?:of )?{_MONTHS}(?:,? (?:of )?{_YEAR}\b)?"
    rf"|\b{_MONTHS},?(?: of)? {_YEAR}\b"
    r"|(?<!\d)\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(?!\d)|(?<!\d)\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d\d)(?!\d)"
)


def weigh(text: str, elements: Sequence[Element]) -> list[Meaning | None]:
    """For every element, the harmless meaning its surroundings state, or None.

    Args:
        text: folded text of the turn.
        elements: the numerals of the turn in order of place (`read`).
    """
    marks: list[Meaning | None] = [None] * len(elements)
    if _MAYBE_WRITTEN.search(text) is not None:
        _mark_written(text, elements, marks)
    for place, element in enumerate(elements):
        if marks[place] is not None or element.kind is Kind.LETTER:
            continue
        if element.kind is Kind.AMOUNT:
            marks[place] = Meaning.MONEY
            continue
        meaning = None if _is_joined(text, elements, place + 1) else _after(text, element)
        if meaning is not None:
            marks[place] = meaning
            _spread_back(text, elements, marks, place)
            _year_zh(text, elements, marks, place)
            _minutes_zh(text, elements, marks, place)
            continue
        if _is_joined(text, elements, place):
            continue
        before = _BEFORE.search(text, max(0, element.start - 16), element.start)
        if before is not None and element.size <= 6:
            marks[place] = Meaning.MONEY if before["money"] else Meaning.COUNT
            _spread_on(text, elements, marks, place)
            if before["money"]:
                _spread_minutes(text, elements, marks, place, most=99)
        elif element.size <= 4 and _is_clock(element) and _CLOCK.search(text, max(0, element.start - 9), element.start):
            marks[place] = Meaning.TIME
            _spread_minutes(text, elements, marks, place)
    return marks


# A word that only sounds like a digit may be a word that measures or leads up to a numeral.
_DIGITS_TOLD = frozenset([Kind.WRITTEN, Kind.SPOKEN, Kind.QUANTITY])


def _is_joined(text: str, elements: Sequence[Element], place: int) -> bool:
    """Whether the numeral at ``place`` follows another with white space at most: no word between them says anything."""
    if not 0 < place < len(elements):
        return False
    left, right = elements[place - 1], elements[place]
    if left.kind not in _DIGITS_TOLD or right.kind not in _DIGITS_TOLD:
        return False
    return left.end == right.start or text[left.end : right.start].isspace()


def _after(text: str, element: Element) -> Meaning | None:
    match = _AFTER.match(text, element.end)
    if match is None:
        return None
    if match["age"]:
        return Meaning.AGE if element.size <= 3 else None
    # A telephone number may well be followed by a word that is also a unit, so only short numerals are measures.
    if match["money"]:
        return Meaning.MONEY if element.size <= 9 else None
    return Meaning.COUNT if element.size <= 5 else None


def _mark_written(text: str, elements: Sequence[Element], marks: list[Meaning | None]) -> None:
    place = 0
    for match in _WRITTEN.finditer(text):
        if match["money"] and sum(sign.isdigit() for sign in match.group()) > 9:
            continue
        meaning = Meaning.DATE if match["date"] else Meaning.TIME if match["time"] else Meaning.MONEY
        while place < len(elements) and elements[place].end <= match.start():
            place += 1
        inside = place
        while inside < len(elements) and elements[inside].end <= match.end():
            if elements[inside].start >= match.start():
                marks[inside] = meaning
            inside += 1


def _spread_back(text: str, elements: Sequence[Element], marks: list[Meaning | None], place: int) -> None:
    """A unit behind "100-150" or "4.5" measures both numerals."""
    for _ in range(3):
        if place == 0 or marks[place - 1] is not None or elements[place - 1].size > 6:
            return
        gap = text[elements[place - 1].end : elements[place].start]
        if not (_RANGE.fullmatch(gap) or _DECIMAL.fullmatch(gap)):
            return
        marks[place - 1] = marks[place]
        place -= 1


def _spread_on(text: str, elements: Sequence[Element], marks: list[Meaning | None], place: int) -> None:
    """A cue before "100-150" or "4.5" measures both numerals."""
    while place + 1 < len(elements) and elements[place + 1].size <= 6 and marks[place + 1] is None:
        gap = text[elements[place].end : elements[place + 1].start]
        if not (_RANGE.fullmatch(gap) or _DECIMAL.fullmatch(gap)):
            return
        marks[place + 1] = marks[place]
        place += 1


def _year_zh(text: str, elements: Sequence[Element], marks: list[Meaning | None], place: int) -> None:
    """二零一九年: four digits told one by one are the year, not only the last."""
    first = place - 3
    if first < 0 or text[elements[place].end : elements[place].end + 1] != "年":
        return
    year = elements[first : place + 1]
    touching = all(left.end == right.start for left, right in itertools.pairwise(year))
    starts = first == 0 or elements[first - 1].end < year[0].start
    if touching and starts and "".join([element.readings[0] for element in year])[:2] in ("19", "20"):
        marks[first : place + 1] = [Meaning.DATE] * 4


def _minutes_zh(text: str, elements: Sequence[Element], marks: list[Meaning | None], place: int) -> None:
    """四点二十, 8点05: the minutes belong to the hour, unless the row goes on as a network address would."""
    if place + 1 >= len(elements) or not _is_clock(elements[place]):
        return
    following = elements[place + 1]
    if text[elements[place].end : following.start] != "点" or text[following.end : following.end + 1] == "点":
        return
    if following.size <= 2 and int(following.readings[0]) < 60:
        marks[place + 1] = Meaning.TIME


def _is_clock(element: Element) -> bool:
    value = element.readings[0]
    return len(value) <= 2 and 0 < int(value) <= 24


def _spread_minutes(
    text: str, elements: Sequence[Element], marks: list[Meaning | None], place: int, most: int = 59
) -> None:
    """ "at ten thirty": the minutes (cents, ``most`` 99) belong to the hour, when nothing more follows."""
    if place + 1 >= len(elements) or text[elements[place].end : elements[place + 1].start] != " ":
        return
    following = elements[place + 1]
    minutes = following.readings[0] if following.size == 2 else ""
    ends = place + 2 >= len(elements) or text[following.end : elements[place + 2].start] != " "
    if minutes and int(minutes) <= most and ends:
        marks[place + 1] = marks[place]
    else:
        marks[place] = None if following.size and text[elements[place].end : following.start] == " " else marks[place]
