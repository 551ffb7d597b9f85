"""What recognisers do to speech, apart from how they write numbers: slips, fillers, case, spaces, turns cut in two.

Only words between values are changed, except by case and spacing, which fall on everything alike. How digits are
misheard is a matter of the values themselves.
"""

from __future__ import annotations

import random
import re

LEVELS = ("none", "light", "heavy")

# Same sound, other sign or word: the slips that recognisers make most in call speech. Some make a digit of a word.
_ZH_SLIPS = {
    "在": "再", "的": "得", "账": "帐", "他": "她", "做": "作", "是": "事", "那": "哪", "吧": "把", "我": "窝",
    "号": "好", "下": "夏", "请": "情", "报": "抱", "码": "吗", "要": "药", "就": "旧", "收": "手", "对": "队",
}  # fmt: skip
_EN_SLIPS = {
    "your": "you're", "the": "a", "for": "four", "to": "two", "it's": "its", "that's": "thats", "my": "by",
    "number": "numbers", "and": "an", "is": "as", "of": "off", "with": "width", "this": "the", "i'm": "im",
}  # fmt: skip
_ZH_FILLERS = ("嗯", "呃", "那个", "就是", "啊", "这个")
_EN_FILLERS = ("uh", "um", "you know", "like", "er", "well")
_ZH_NODS = ("嗯", "好", "哦", "对", "嗯嗯", "是")
_EN_NODS = ("okay", "mm", "uh huh", "yeah", "right", "mhm")
# Shares of words: slips, fillers, doubled words; and of turns cut in two.
_SHARES = {"none": (0.0, 0.0, 0.0, 0.0), "light": (0.01, 0.03, 0.01, 0.05), "heavy": (0.05, 0.06, 0.04, 0.15)}
_WIDE = re.compile(r"[\u2e80-\u9fff]")


class Noise:
    """The habits of one recogniser on one line.

    Args:
        level: ``none``, ``light`` or ``heavy``.
        chance: drawn from only when the level asks for it.
    """

    def __init__(self, level: str, chance: random.Random) -> None:
        self._slips, self._fillers, self._doubles, self._cuts = _SHARES[level]
        self._chance = chance
        self._case = self._apart = ""
        if level != "none":
            self._case = chance.choice(["", "", "", "upper", "lower"])
            self._apart = chance.choice(["", "", "", "signs"])

    def often(self, share: float) -> bool:
        return self._chance.random() < share

    def cuts(self) -> bool:
        """Whether a turn is cut in two."""
        return self._cuts > 0 and self.often(self._cuts)

    def place(self, size: int) -> int:
        return self._chance.randrange(size)

    def halves(self, text: str) -> tuple[str, str] | None:
        """A told number in two, neither half shorter than two digits; None when it is too short."""
        if " " in text:
            words = text.split(" ")
            if len(words) < 4:
                return None
            cut = self._chance.randint(2, len(words) - 2)
            return " ".join(words[:cut]), " ".join(words[cut:])
        if len(text) < 4:
            return None
        cut = self._chance.randint(2, len(text) - 2)
        return text[:cut], text[cut:]

    def nod(self, language: str) -> str:
        """What the other party says in between."""
        return self._chance.choice(_ZH_NODS if language == "zh" else _EN_NODS)

    def hear(self, text: str, language: str) -> str:
        """Words as they are recognised."""
        if not (self._slips or self._fillers):
            return text
        return self._zh(text) if language == "zh" else self._en(text)

    def again(self, text: str, language: str) -> str:
        """The same words in a second hypothesis: marks fall away, now and then a filler comes in."""
        bare = re.sub(r"[，。？！、,.?!]", " ", text)
        if text.strip() and self.often(0.2):
            return f"{self._chance.choice(_ZH_FILLERS if language == 'zh' else _EN_FILLERS)} {bare}"
        return bare

    def _zh(self, text: str) -> str:
        made: list[str] = []
        for sign in text:
            draw = self._chance.random()
            if draw < self._slips and sign in _ZH_SLIPS:
                sign = _ZH_SLIPS[sign]
            elif draw > 1 - self._doubles and _WIDE.match(sign):
                sign += sign
            if made and _WIDE.match(sign) and self.often(self._fillers / 4):
                made.append(self._chance.choice(_ZH_FILLERS))
            made.append(sign)
        return "".join(made)

    def _en(self, text: str) -> str:
        made: list[str] = []
        for word in re.split(r"(\s+)", text):
            draw = self._chance.random()
            if draw < self._slips * 3 and word in _EN_SLIPS:
                word = _EN_SLIPS[word]
            elif draw > 1 - self._doubles and word.isalpha():
                word = f"{word} {word}"
            elif word.isalpha() and self.often(self._fillers):
                word = f"{self._chance.choice(_EN_FILLERS)} {word}"
            made.append(word)
        return "".join(made)

    def shape(self, text: str) -> str:
        """Case and spacing, which fall on words and values alike."""
        if self._case:
            text = text.upper() if self._case == "upper" else text.lower()
        if self._apart:
            text = re.sub(r"(?<=[\u2e80-\u9fff])(?=[\u2e80-\u9fff])", " ", text)
        return text

    def joint(self, before: str, after: str) -> str:
        """What stands between two parts."""
        if self._apart and before and after and _WIDE.match(before[-1]) and _WIDE.match(after[0]):
            return " "
        return ""
