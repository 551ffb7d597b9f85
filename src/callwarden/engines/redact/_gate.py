"""The gate: one look at each turn that sends most turns of a call straight through.

A turn is interesting when it holds digits, numerals in a row, or a word any recogniser could begin with. The gate may
err towards interest, never away from it. Three engines answer the same question: Hyperscan, RE2 and the standard
library's ``re``; the fastest one that is installed is used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Protocol

from ._cues import cue_phrases
from ._fold import fold
from ._lists import given_en
from ._numerals import GATE_WORDS
from ._phrases import split_scripts, trie_pattern

_ZH = "零〇○一幺二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖洞拐"
_NUMERALS = rf"\d[^\d\n]{{0,4}}\d[^\d\n]{{0,4}}\d|[{_ZH}][\s，,、\-]{{0,2}}[{_ZH}\d]|[{_ZH}2-9]个[{_ZH}\d]|[幺〇]"
_WORDS_EN = (
    "name names named surname calling speaking called call me spelled spell spelt spelling mr mrs ms miss mister dr doctor prof sir captain officer"
    " address live lives living street st avenue ave road rd drive lane boulevard blvd court apartment apt suite unit zip box born birthday years old year-old"
    " at dot underscore mail email e-mail gmail yahoo hotmail outlook double triple treble holder insured beneficiary speak speaking ship deliver send moved"
)
_PHRASES_EN = [
    "name", "names", "name's", "named", "surname", "calling", "speaking", "called me", "call me", "calls me", "goes by", "spell",
    "spelled", "spelling", "spelt", "mr", "mrs", "ms", "miss", "mister", "missus", "dr", "doctor", "prof", "professor", "sir",
    "captain", "officer", "madam", "address", "i live", "we live", "lives", "living", "lived", "street", "st", "avenue", "ave",
    "road", "rd", "drive", "lane", "boulevard", "blvd", "court", "apartment", "apt", "suite", "zip", "box", "birth",
    "years old", "year old", "age", "aged", "dot", "at sign", "underscore", "mail", "email", "e-mail", "e mail", "gmail", "g mail", "yahoo",
    "hotmail", "outlook", "icloud", "double", "triple", "treble", "quadruple", "account holder", "cardholder", "card holder",
    "policyholder", "policy holder", "insured", "beneficiary", "ship", "deliver", "send it", "send that", "mail it", "moved to",
    "who is", "who am", "whom", "who's", "who do", "may i ask who", "what should i call", "post code", "postcode",
    "this is", "this's", "way", "place", "highway", "square", "terrace", "circle", "parkway", "trail",
]  # fmt: skip
_PHRASES_ZH = [
    "姓", "叫", "名字", "称呼", "大名", "哪位", "先生", "女士", "小姐", "太太", "夫人", "老师", "经理", "师傅", "医生", "大夫", "阿姨", "叔叔",
    "律师", "主任", "警官", "护士", "教授", "老板", "专员", "主管", "联系人", "收件人", "收货人", "持卡人", "户主", "机主", "客户是", "客户叫",
    "我是", "这里是", "这边是", "您是", "你是", "地址", "住", "寄", "送到", "号楼", "单元", "栋", "幢", "室", "小区", "村", "镇", "街道", "胡同",
    "路", "弄", "邮箱", "电邮", "邮件", "艾特", "圈a", "点com", "点cn", "岁", "年龄", "今年", "哪个字", "怎么写", "的地址", "在哪", "位置", "户籍",
    "写的是", "登记的", "预留", "抬头", "户名", "车牌", "投递", "配送", "上门", "门牌", "找一下", "是不是", "转给", "转接", "本人", "英文名", "就是叫",
]  # fmt: skip
_PLATES = "[京沪津渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][\\s]?[a-z]"
_NETWORK = r"@|[0-9a-f]{2}[:-][0-9a-f]{2}[:-]|::"


def _pattern(*, look_around: bool) -> str:
    """The one expression of the gate, for folded text; without look-around Latin phrases match inside words too."""
    latin, wide = split_scripts([*cue_phrases(), *_PHRASES_EN, *_PHRASES_ZH, *given_en()[0]])
    numbers = trie_pattern(GATE_WORDS)
    spoken = rf"{numbers}[\s\-,.]+(?:and\s)?(?:{trie_pattern([*GATE_WORDS, 'oh', 'o', 'one'])}|\d)"
    if not look_around:
        return "|".join(
            [_NUMERALS, trie_pattern(wide), rf"\b(?:{trie_pattern(latin)})\b", rf"\b(?:{spoken})\b", _PLATES, _NETWORK]
        )
    return (
        rf"{_NUMERALS}|{trie_pattern(wide)}|(?<![a-z])(?:{trie_pattern(latin)}|{spoken})(?![a-z])|{_PLATES}|{_NETWORK}"
    )


class Gate(Protocol):
    """Which turns need a closer look."""

    name: str

    def interesting(self, texts: Sequence[str]) -> list[bool]:
        """One answer for each text of a call."""
        ...


class ReGate:
    """The gate on the standard library alone."""

    name = "re"

    def __init__(self) -> None:
        self._search = re.compile(_pattern(look_around=True)).search

    def interesting(self, texts: Sequence[str]) -> list[bool]:
        search = self._search
        return [len(text) <= 12 or search(fold(text)) is not None for text in texts]


@cache
def default_gate() -> Gate:
    """The fastest gate that is installed."""
    return ReGate()
