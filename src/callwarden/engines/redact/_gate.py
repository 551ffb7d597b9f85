"""The gate: one look at each turn that sends most turns of a call straight through.

For every folded text it answers which `Sign`s stand in it. Recognisers only run where a sign of theirs does; the gate
may err towards a sign, never away from one. Two engines answer the same question, RE2 and the standard library's
``re``; RE2 is used where it is installed (``docs/adr/0003``).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from enum import IntFlag
from functools import cache
from importlib import resources
from typing import Any, Protocol

import yaml

from ._cues import cue_phrases
from ._lists import given_en
from ._numerals import GATE_WORDS, NATO
from ._phrases import split_scripts, trie_pattern
from ._runs import CORRECTIONS_ZH, FILLERS_ZH, MARKS


class Sign(IntFlag):
    """What may be worth a closer look in a text."""

    LONG = 1  # numerals that may make seven digits
    EDGE = 2  # numerals at the beginning or end: part of a number told over turns
    NUMERAL = 4  # any numeral
    CUE = 8  # a cue for a number
    NAME_ZH = 16
    NAME_EN = 32
    ADDRESS = 64
    CONTACT = 128
    AGE = 256
    CODE = 512
    SPOKEN = 1024  # two numerals near each other of which one is spoken


_ZH = "[零〇○一幺二两三四五六七八九十百千壹贰叁肆伍柒捌洞拐]"
_ANY = r"[\d" + _ZH[1:]
_CONTACT_ZH = (
    r"艾特|爱特|圈\s?a|a圈|小老鼠|花a|at符号|邮箱|电邮|邮件|伊妹儿|密码|口令|微信|扣扣"
    r"|[零〇一幺二两三四五六七八九十百\d]点[^。点]{1,7}点[^。点]{1,7}点"
    r"|点儿?\s*(?:com|cn|net|org|edu|gov|co|c\s?o\s?m|c\s?n)\b"
)
_CONTACT = (
    r"@|\be\s?-?\s?mails?\b|(?:\bdot|\bpoint)\s*(?:com|cn|net|org|edu|gov|co|io|uk|c\s?o\s?m|c\s?n)\b"
    r"|\bg\s?mail\b|\bhot\s?mail\b|\byahoo\b|\boutlook\b|\bicloud\b|\d+\.\d+\.\d+\.\d"
    r"|[0-9a-f]{2}[:\-][0-9a-f]{2}[:\-][0-9a-f]{2}[:\-]|[0-9a-f]:[0-9a-f:]+:[0-9a-f]|::"
    r"|\bswift\b|\bbic\b"
    r"|\b(?:dot|point) [a-z\d ]{1,40} (?:dot|point) [a-z\d ]{1,40} (?:dot|point)\b"
    r"|\bpass\s?word|passcode|passphrase|secret|memorable|qq|q q|wechat|weixin|we chat"
)
_PROVINCES = "[京沪津渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"


@cache
def _phrases() -> dict[str, list[str]]:
    source = resources.files(__package__).joinpath("data", "gate.yaml").read_text("utf-8")
    loaded: dict[str, list[str]] = yaml.safe_load(source)
    return loaded


def sign_patterns(*, possessive: bool) -> dict[Sign, list[str]]:
    """Patterns per sign, for folded text and ASCII word boundaries; no look-around but for the numeral, which is
    always left to ``re``.

    Args:
        possessive: guard repeated fillers against backtracking; automata neither need nor know that.
    """
    # Fillers by their characters: a superset of the phrases, and patterns small enough for every automaton.
    between = "".join(sorted(set(FILLERS_ZH + CORRECTIONS_ZH) - set("|一分")))
    gap = rf"[{MARKS}{between}a-z]*" + ("+" if possessive else "")
    zh = _ZH[1:-1].replace("一", "")
    near = rf"[{MARKS}]*" + ("+" if possessive else "")
    pause = rf"(?:[{MARKS}]|\b(?:uh+|um+|er|and|then|okay|ok|so|dash|like)\b)*" + ("+" if possessive else "")
    word = rf"\b{trie_pattern([*GATE_WORDS, 'one'])}\b"
    more = rf"\b{trie_pattern([*GATE_WORDS, *_INSIDE_NUMBERS])}\b"
    latin, wide = split_scripts(cue_phrases(asking=True))
    phrases = _phrases()
    streets = trie_pattern(phrases["streets"])
    radio = trie_pattern(NATO)
    return {
        Sign.LONG: [
            rf"(?:\d{gap}){{6}}\d",
            rf"(?:{_ZH}(?:个|{gap})){{4}}{_ZH}",
            rf"{word}[^\d]*{more}[^\d]*{more}[^\d]*{more}",
            rf"{_ZH}{gap}\d{gap}\d|\d{gap}[零〇幺一二两三四五六七八九]|\d个[\d零〇一二三四五六七八九]|{_ZH}个{_ZH}",
            rf"\d{near}{word}|{word}{near}\d",
        ],
        Sign.EDGE: [
            *[
                pattern
                for numeral in (_ANY,)
                for pattern in (
                    rf"^{gap}{numeral}{gap}{numeral}",
                    rf"{numeral}{gap}{numeral}{gap}$",
                    rf"^{gap}{numeral}{gap}$",
                )
            ],
            rf"{word}{pause}{more}",
        ],
        Sign.SPOKEN: [
            rf"[{zh}][^。]{{0,8}}[{zh}一\d]|[\d一][^。]{{0,8}}[{zh}]|一[^。]?一|\d个|[{zh}一]个",
            rf"{trie_pattern([*GATE_WORDS, 'oh'])}|\bone[\s\-]+(?:one|oh|o)",
        ],
        Sign.NUMERAL: [rf"\d|{_ZH.replace('一', '')}|一(?![下些点起样定直般共家位次会种边路切])|{word}"],
        Sign.CUE: _tries(wide) + [rf"(?:^|[^a-z]){trie}(?:$|[^a-z])" for trie in _tries(latin)],  # "qq12345" as well
        Sign.NAME_ZH: _tries(phrases["name_zh"]),
        Sign.NAME_EN: [
            *[rf"\b{trie}\b" for trie in _tries([*phrases["name_en"], *given_en()[0]])],
            rf"\b[a-z](?:[^a-z]{{1,3}}\b[a-z]\b){{4}}|\b{radio}(?:[^a-z]{{1,3}}{radio}\b){{2}}",
            r"^(?:[^a-z]*\b(?:hi|hello|hey|yes|yeah|good|morning|afternoon|evening|there)\b){0,4}[^a-z]*\b(?:it's|its)\b",
        ],
        Sign.ADDRESS: [
            *_tries(phrases["place_zh"]),
            r"[\d零一二三四五六七八九十百]\s*(?:号院|号楼|栋|幢|座|室|弄|单元|号)",
            r"(?:路|街|巷|道|胡同)[\d零一二三四五六七八九十百]",
            *[rf"\b{trie}\b" for trie in _tries(phrases["place_en"])],
            rf"(?:\d[a-z]?|{word})[ ,]+[^,?!\d]{{0,40}}\b{streets}\b",
            r"\b[a-z]{1,2}\d[a-z\d]?\s?\d[abd-hjlnp-uw-z]{2}\b|\b[a-z]\d[a-z]\s?\d[a-z]\d\b",
            r"\b(?:apt|suite|ste|unit|flat)\.?\s*#?\d|\bbox \d|\bcorner of\b",
            r"(?:gatan?|gate|vej|vejen|nget|veien|vegen|gasse|strasse|platz|allee|tie|katu|kuja|polku|straat|laan|plein|gade"
            r"|braut|vegur|stigen|bakken|bygget)\s+\d",
            r"\b(?:rue|via|viale|piazza|corso|largo|calle|avenida|rua|travessa|carrera|paseo|plaza|ulica|ul|ulice|utca|str"
            r"|passage|chemin|camino)\b[^.?!]{0,40}\d",
        ],
        Sign.CONTACT: [_CONTACT, _CONTACT_ZH],
        Sign.AGE: [
            r"岁|年龄|年纪|今年|多大|贵庚",
            r"\bhow old\b|\b(?:your|his|her) age\b",
            r"\byears?[ \-]old\b|\bage[ds]?\b|\by/o\b|\d\s?yo\b|\bturn(?:ed)?\s+\d|\bwhen (?:he|she|i|they)"
            r" w[a-z]+ (?:only |just )?\d",
        ],
        Sign.CODE: [
            rf"{_PROVINCES}\s*[a-z]|叉|克斯",
            r"[a-z]{1,2}[\s\-]?\d{5}|\d{5}[\s\-]?[a-z]\b|[a-z]\d[a-z]?\d|\d[a-z]\d",
        ],
    }


_INSIDE_NUMBERS = [
    "one",
    "oh",
    "o",
    "to",
    "too",
    "for",
    "won",
    "ate",
    "zeros",
    "ones",
    "twos",
    "threes",
    "fours",
    "fives",
    "sixes",
    "sevens",
    "eights",
    "nines",
]
_CHUNK = 250  # phrases in one pattern; automata limit the length of a pattern


def _tries(phrases: Iterable[str]) -> list[str]:
    ordered = sorted(set(phrases))
    return [trie_pattern(ordered[place : place + _CHUNK]) for place in range(0, len(ordered), _CHUNK)]


@cache
def _numeral() -> re.Pattern[str]:
    return re.compile("|".join(sign_patterns(possessive=True)[Sign.NUMERAL]), re.ASCII)


def two_numerals(folded: str) -> bool:
    """Whether more than one numeral stands in a text."""
    search = _numeral().search
    first = search(folded)
    return first is not None and search(folded, first.end()) is not None


class Gate(Protocol):
    """Tells which signs stand in a text."""

    name: str

    def signs(self, folded: str) -> int:
        """The `Sign`s of one folded text, as bits."""
        ...

    def numerals(self, folded: str) -> int:
        """Those of numerals alone, which take less time."""
        ...


_NUMERIC = Sign.LONG | Sign.EDGE | Sign.SPOKEN
_NUMERAL_BIT = int(Sign.NUMERAL)


class ReGate:
    """The gate on the standard library alone."""

    name = "re"

    def __init__(self) -> None:
        self._numeral: re.Pattern[str]
        self._numeric: list[tuple[int, re.Pattern[str]]] = []
        self._latin: list[tuple[int, re.Pattern[str]]] = []
        self._wide: list[tuple[int, re.Pattern[str]]] = []
        for sign, several in sign_patterns(possessive=True).items():
            if sign is Sign.NUMERAL:
                self._numeral = re.compile("|".join(several), re.ASCII)
            elif sign in _NUMERIC:
                self._numeric.append((int(sign), re.compile("|".join(several), re.ASCII)))
            else:
                for place, target in ((False, self._latin), (True, self._wide)):
                    chosen = [pattern for pattern in several if _needs_wide(pattern) is place]
                    if chosen:
                        target.append((int(sign), re.compile("|".join(chosen), re.ASCII)))

    def numerals(self, folded: str) -> int:
        if self._numeral.search(folded) is None:
            return 0
        found = _NUMERAL_BIT
        for sign, pattern in self._numeric:
            if pattern.search(folded) is not None:
                found |= sign
        return found

    def signs(self, folded: str) -> int:
        found = self.numerals(folded)
        if _ASCII_SIGN.search(folded) is not None:
            for sign, pattern in self._latin:
                if pattern.search(folded) is not None:
                    found |= sign
        if not folded.isascii():
            for sign, pattern in self._wide:
                if pattern.search(folded) is not None:
                    found |= sign
        return found


_ASCII_SIGN = re.compile(r"[a-z@:]|\d\.\d", re.ASCII)


def _needs_wide(pattern: str) -> bool:
    """Whether a pattern can only match text with Chinese in it: every pattern is of one script."""
    return re.search(r"[\u2e80-\u9fff]", pattern) is not None


class Re2Gate:
    """The gate on google-re2. Two sets, because the automaton of all patterns together outgrows its cache."""

    name = "re2"

    def __init__(self) -> None:
        import re2

        patterns = sign_patterns(possessive=False)
        self._numeral = re.compile("|".join(patterns.pop(Sign.NUMERAL)), re.ASCII)
        self._match_numeric, self._numeric = _re2_set(
            re2, [(sign, several) for sign, several in patterns.items() if sign in _NUMERIC]
        )
        self._match_words, self._words = _re2_set(
            re2, [(sign, several) for sign, several in patterns.items() if sign not in _NUMERIC]
        )

    def numerals(self, folded: str) -> int:
        if self._numeral.search(folded) is None:
            return 0
        found = _NUMERAL_BIT
        for index in self._match_numeric(folded.encode("utf-8", "surrogatepass")) or ():
            found |= self._numeric[index]
        return found

    def signs(self, folded: str) -> int:
        found = self.numerals(folded)
        for index in self._match_words(folded.encode("utf-8", "surrogatepass")) or ():
            found |= self._words[index]
        return found


def _re2_set(
    re2: Any, patterns: Iterable[tuple[Sign, list[str]]]
) -> tuple[Callable[[bytes], list[int] | None], list[int]]:
    options = re2.Options()
    options.max_mem = 256 << 20
    options.log_errors = False
    made = re2.Set.SearchSet(options)
    bits: list[int] = []
    for sign, several in patterns:
        for pattern in several:
            made.Add(re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", pattern))
            bits.append(int(sign))
    made.Compile()
    return made.Match, bits


_chosen: Gate | None = None
_choosing = threading.Lock()


def default_gate() -> Gate:
    """The fastest gate that is installed; built once."""
    global _chosen
    if _chosen is None:
        with _choosing:
            _chosen = _chosen or _first_gate()
    return _chosen


def _first_gate() -> Gate:
    try:
        return Re2Gate()
    except ImportError:
        return ReGate()
