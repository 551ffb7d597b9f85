"""How callers say a number: styles of digits in both languages, what recognisers make of them, and telling in parts."""

from __future__ import annotations

import random

from ._writer import Part, Value

_ZH = "零一二三四五六七八九"
_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_EN_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# Same sound, other sign: what recognisers write when a digit is not expected.
_ZH_HEARD = {
    "0": "灵另",
    "1": "依衣",
    "2": "儿而",
    "3": "山",
    "4": "是事",
    "5": "午舞",
    "6": "流留",
    "7": "期起",
    "8": "吧",
    "9": "就久",
}
_EN_HEARD = {"2": ("to", "too"), "4": ("for",), "8": ("ate",), "1": ("won",)}
ZH_STYLES = ("written", "signs", "yao", "half", "mixed", "full", "radio", "heard")
EN_STYLES = ("written", "single", "oh", "pairs", "double", "mixed", "heard")


def chinese(digits: str, style: str, chance: random.Random) -> str:
    """The digits said in Chinese."""
    if style == "written":
        return digits
    if style == "full":
        return digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    if style == "half":
        cut = chance.randint(1, max(1, len(digits) - 1))
        return digits[:cut] + "".join(_ZH[int(sign)] for sign in digits[cut:])
    said = ""
    for place, sign in enumerate(digits):
        heard = style == "heard" and 0 < place < len(digits) - 1 and chance.random() < 0.12
        if heard and said[-1:] in _ZH + "幺":
            said += chance.choice(_ZH_HEARD[sign])
        elif style == "mixed" and chance.random() < 0.4:
            said += sign
        elif sign == "1" and style in ("yao", "heard", "mixed", "radio"):
            said += "幺"
        elif style == "radio" and sign in "07" and len(digits) >= 4:
            said += {"0": "洞", "7": "拐"}[sign]
        else:
            said += _ZH[int(sign)]
    return said


def quantity(value: int) -> str:
    """A number below a hundred as a quantity: 二十八."""
    tens, ones = divmod(value, 10)
    if not tens:
        return _ZH[ones]
    return ("" if tens == 1 else _ZH[tens]) + "十" + ("" if not ones else _ZH[ones])


def english(digits: str, style: str, chance: random.Random) -> str:
    """The digits said in English."""
    if style == "written":
        return digits
    words: list[str] = []
    place = 0
    while place < len(digits):
        sign, rest = digits[place], digits[place:]
        step = 1
        if style == "double" and len(rest) >= 3 and rest[0] == rest[1] == rest[2]:
            words.append(f"triple {_EN[int(sign)]}")
            step = 3
        elif style == "double" and len(rest) >= 2 and rest[0] == rest[1]:
            words.append(f"double {_EN[int(sign)]}")
            step = 2
        elif style == "pairs" and len(rest) >= 2 and sign != "0" and (len(digits) - place) % 2 == 0:
            words.append(_pair(rest[:2]))
            step = 2
        elif sign == "0" and style in ("oh", "double", "heard", "pairs") and len(digits) > 2:
            words.append("oh")
        elif style == "mixed" and chance.random() < 0.4:
            words.append(sign)
        elif style == "heard" and sign in _EN_HEARD and 1 < place < len(digits) - 2 and chance.random() < 0.3:
            words.append(chance.choice(_EN_HEARD[sign]))
        else:
            words.append(_EN[int(sign)])
        place += step
    return " ".join(words)


def _pair(two: str) -> str:
    if two[0] == "1":
        return _EN_TEENS[int(two[1])]
    tens = _EN_TENS[int(two[0])]
    return tens if two[1] == "0" else f"{tens} {_EN[int(two[1])]}"


def said(digits: str, language: str, style: str, chance: random.Random) -> str:
    return chinese(digits, style, chance) if language == "zh" else english(digits, style, chance)


def groups(digits: str, chance: random.Random) -> list[str]:
    """The digits cut as people cut them: phones 3-4-4 or 3-3-4, long numbers by fours, others by twos to fives."""
    if len(digits) == 11:
        sizes = chance.choice([[3, 4, 4], [3, 4, 4], [3, 3, 5], [4, 3, 4]])
    elif len(digits) == 10:
        sizes = chance.choice([[3, 3, 4], [3, 3, 4], [3, 3, 2, 2], [6, 4]])
    elif len(digits) >= 15:
        sizes = [4] * (len(digits) // 4) + ([len(digits) % 4] if len(digits) % 4 else [])
    else:
        sizes, left = [], len(digits)
        while left:
            size = min(left, chance.randint(2, 5))
            if left - size == 1:
                size = left
            sizes.append(size)
            left -= size
    made, place = [], 0
    for size in sizes:
        made.append(digits[place : place + size])
        place += size
    return made


# How a value is told, in the terms of a report: a few words for many styles.
MANNERS = {
    "written": "written",
    "full": "written",
    "half": "half-written",
    "mixed": "half-written",
    "heard": "misheard",
}


def say_digits(kind: str, digits: str, language: str, style: str, chance: random.Random, manner: str = "") -> Value:
    """A number in one breath; ``digits`` is what a recogniser that writes numbers would put."""
    return Value(kind, said(digits, language, style, chance), digits, manner or MANNERS.get(style, "spoken"))


_ZH_PAUSES = ("，", " ", " 嗯 ", "，呃，", "、", " 那个 ", "，然后", " 然后是 ")
_EN_PAUSES = (" ", ", ", " uh ", " um ", " and then ", " dash ", ", uh, ", " then ")


def told(
    kind: str, digits: str, language: str, chance: random.Random, *, plain: bool = False, manner: str = ""
) -> list[Part]:
    """One number within one turn: in one go or in groups with a pause between.

    Args:
        plain: in one go.
        manner: what a report calls the telling; by default what was drawn.
    """
    style = chance.choice(ZH_STYLES if language == "zh" else EN_STYLES)
    if plain or chance.random() < 0.4:
        return [say_digits(kind, digits, language, style, chance, manner)]
    parts: list[Part] = []
    for group in groups(digits, chance):
        if parts:
            parts.append(chance.choice(_ZH_PAUSES if language == "zh" else _EN_PAUSES))
        parts.append(say_digits(kind, group, language, style, chance, manner or "grouped"))
    return parts
