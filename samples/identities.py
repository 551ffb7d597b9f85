"""Invented people and numbers that belong to nobody, and how they are said over the telephone.

Ranges (details and sources in ``README.md``): mobiles +44 7700 900000 to 900999 (Ofcom, for drama) and +1 NXX 555 0100
to 0199 (NANP, for fiction); Chinese mobiles with the prefixes 154 and 164, which are not allocated; card numbers that
card schemes and payment providers publish for tests; resident identity numbers with a county code that does not exist;
e-mail under example.com, .net and .org (RFC 2606).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TEST_CARDS = (
    "4111111111111111", "4012888888881881", "4242424242424242", "4000056655665556", "5555555555554444",
    "5105105105105100", "5200828282828210", "2223003122003222", "378282246310005", "371449635398431",
    "6011111111111117", "3566002020360505", "6200000000000005", "6200000000000047", "6205500000000000004",
)  # fmt: skip
UNALLOCATED_CN_PREFIXES = ("154", "164")
UNUSED_COUNTIES = ("110199", "310199", "320199", "330199", "350199", "370199", "420199", "440199", "510199", "610199")

# fmt: off
_SURNAMES_ZH = (
    "陆", "沈", "顾", "韩", "苏", "程", "叶", "秦", "温", "段", "许", "方", "江", "林", "唐", "贺", "欧阳", "司徒",
)
_GIVEN_ZH = (
    "听雨", "知秋", "望舒", "牧野", "晚晴", "远帆", "知微", "暮云", "如许", "闻笛", "思远", "若白", "明澈", "观澜",
)
_GIVEN_EN = (
    "Harriet", "Daniel", "Priya", "Oliver", "Sofia", "Nathan", "Grace", "Eleanor", "Rupert", "Imogen", "Felix", "Clara",
)
_SURNAMES_EN = (
    "Penhallow", "Ashgrove", "Marchbank", "Winterbourne", "Castellane", "Kettleby", "Thornfield", "Whitlock",
)
_CITIES_ZH = ("上海市 浦东新区", "杭州市 西湖区", "成都市 锦江区", "武汉市 武昌区", "济南市 历下区", "福州市 鼓楼区")
_ROADS_ZH = ("望潮西路", "眠鹤路", "拾云街", "牧云巷", "听雪路", "归帆里", "落笛路", "栖霞弄", "泊云路", "听泉路")
_ROADS_EN = ("Larkmere Lane", "Quillon Road", "Alder Hollow Drive", "Juniper Bend", "Copperbeech Rise")
_TOWNS_EN = ("Brackenfold", "Westhaven", "Springhaven")
# fmt: on
_ZH_DIGITS = "零幺二三四五六七八九"
_ZH_COUNT = {2: "双", 3: "三个", 4: "四个"}
_EN_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_EN_COUNT = {2: "double", 3: "triple"}


@dataclass(frozen=True)
class Said:
    """A value as it is written and as it is said, words parted by blanks."""

    type: str
    written: str
    spoken: str

    @property
    def markup(self) -> str:
        """As the notation of the scripts has it."""
        return f"{{{self.type}|{self.written}|{self.spoken}}}"


def resident_id(body: str) -> str:
    """A resident identity number from its first 17 places, with the check character.

    Source: GB 11643-1999, ISO 7064 MOD 11-2.
    """
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


class Inventor:
    """Invents values out of given random numbers; the same numbers give the same values."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random

    def _one(self, choices: Sequence[str]) -> str:
        return choices[int(self._random.integers(len(choices)))]

    def _digits(self, count: int) -> str:
        return "".join(map(str, self._random.integers(0, 10, count)))

    def person(self, chinese: bool) -> Said:
        if chinese:
            name = self._one(_SURNAMES_ZH) + self._one(_GIVEN_ZH)
            return Said("PERSON", name, name)
        name = f"{self._one(_GIVEN_EN)} {self._one(_SURNAMES_EN)}"
        return Said("PERSON", name, name)

    def phone(self, chinese: bool) -> Said:
        if chinese:
            return self.number("PHONE", self._one(UNALLOCATED_CN_PREFIXES) + self._digits(8), (3, 4, 4), chinese)
        if self._random.random() < 0.5:
            return self.number("PHONE", f"07700900{self._random.integers(1000):03}", (5, 3, 3), chinese)
        area = f"{self._random.integers(201, 990)}"
        return self.number("PHONE", f"{area}55501{self._random.integers(100):02}", (3, 3, 4), chinese)

    def card(self, chinese: bool) -> Said:
        return self.number("CARD_PAN", self._one(TEST_CARDS), (4, 4, 4, 4, 3), chinese)

    def security_code(self, chinese: bool) -> Said:
        return self.number("CARD_CVV", self._digits(3), (3,), chinese)

    def identity(self, chinese: bool) -> Said:
        if not chinese:
            # 987-65-4320 to 4329 were set aside by the SSA for advertisements.
            return self.number("US_SSN", f"98765432{self._random.integers(10)}", (3, 2, 4), chinese)
        year, month, day = (int(self._random.integers(*r)) for r in ((1950, 2006), (1, 13), (1, 29)))
        body = f"{self._one(UNUSED_COUNTIES)}{year}{month:02}{day:02}{self._random.integers(1, 1000):03}"
        return self.number("CN_RIC", resident_id(body), (6, 4, 4, 4), chinese)

    def email(self, chinese: bool) -> Said:
        name = f"{self._one(_GIVEN_EN)}{self._one(_SURNAMES_EN)}".lower()
        domain = self._one(("com", "net", "org"))
        spelled = " ".join(name.upper())
        spoken = f"{spelled} 艾特 example 点 {domain}" if chinese else f"{spelled} at example dot {domain}"
        return Said("EMAIL", f"{name}@example.{domain}", spoken)

    def address(self, chinese: bool) -> Said:
        number = int(self._random.integers(2, 100))
        if chinese:
            city, road = self._one(_CITIES_ZH), self._one(_ROADS_ZH)
            spoken = f"{city} {road} {' '.join(_ZH_DIGITS[int(d)] for d in str(number))} 号"
            return Said("ADDRESS", f"{city.replace(' ', '')}{road}{number}号", spoken)
        road, town = self._one(_ROADS_EN), self._one(_TOWNS_EN)
        spoken = " ".join(_EN_DIGITS[int(digit)] for digit in str(number))
        return Said("ADDRESS", f"{number} {road}, {town}", f"{spoken} {road}, {town}")

    def number(self, kind: str, digits: str, groups: Sequence[int], chinese: bool) -> Said:
        """A number said in one of the ways people say numbers: in groups or not, with doubles or not."""
        parts = [digits]
        if self._random.random() < 0.6:
            parts, after = [], 0
            for size in (*groups, len(digits)):
                if digits[after : after + size]:
                    parts.append(digits[after : after + size])
                after += size
        counted = bool(self._random.random() < 0.3)
        say = _say_zh if chinese else _say_en
        oh = bool(self._random.random() < 0.5)
        return Said(kind, digits, ("，" if chinese else ", ").join(say(part, counted, oh) for part in parts))


def _repeats(digits: str) -> list[str]:
    runs: list[str] = []
    for digit in digits:
        if runs and runs[-1][0] == digit:
            runs[-1] += digit
        else:
            runs.append(digit)
    return runs


def _say_zh(digits: str, counted: bool, oh: bool) -> str:
    words = []
    for run in _repeats(digits):
        word = "叉" if run[0] == "X" else _ZH_DIGITS[int(run[0])]
        words += [_ZH_COUNT[len(run)], word] if counted and len(run) in _ZH_COUNT else [word] * len(run)
    return " ".join(words)


def _say_en(digits: str, counted: bool, oh: bool) -> str:
    words = []
    for run in _repeats(digits):
        word = "oh" if oh and run[0] == "0" else _EN_DIGITS[int(run[0])]
        words += [_EN_COUNT[len(run)], word] if counted and len(run) in _EN_COUNT else [word] * len(run)
    return " ".join(words)
