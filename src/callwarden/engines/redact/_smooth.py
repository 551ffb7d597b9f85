"""What a recogniser writes between signs and words, and what says nothing, closed up for search; places opened again.

Two habits hide phrases from every pattern. Recognisers whose vocabulary is characters, as those of the AISHELL and
WenetSpeech recipes are, put a space behind every Chinese sign ("我 叫 王 小 明"); a space then says nothing, elsewhere
it is a pause or a mark left out, and is kept. And speakers hesitate inside a phrase ("what uh code", 验证嗯码), which
verbatim recognisers write down. Beside a numeral a hesitation is kept: there it parts one number from the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._found import Found
from ._numerals import ZH_DIGITS, ZH_RADIO, ZH_UNITS, is_english_numeral

_HAN = r"[\u3007\u3400-\u9fff]"
_APART = re.compile(rf"{_HAN} (?={_HAN})")
_TOGETHER = re.compile(rf"{_HAN}(?={_HAN})")
# Spaces that go: between two Chinese characters, and between one and a digit; digits keep the groups they are told in.
_SPACE = re.compile(rf"(?<={_HAN}) (?=[\u3007\u3400-\u9fff0-9])|(?<=[0-9]) (?={_HAN})")
_NUMERAL = "".join({*ZH_DIGITS, *ZH_RADIO, *ZH_UNITS})
_HESITATION_ZH = re.compile(rf"(?<={_HAN})(?<![{_NUMERAL}嗯呃])(?: ?[嗯呃])+ ?(?={_HAN})(?![{_NUMERAL}嗯呃])")
_HESITATION_EN = re.compile(r"(?: (?:[uU]+[hH]+[mM]?|[uU]+[mM]+|[eE][rR][mM]?))+(?= [a-zA-Z])")
_LAST_WORD, _WORD = re.compile(r"[a-zA-Z']+$"), re.compile(r"[a-zA-Z']+")
_LONGEST_WORD = 12


class Smooth:
    """A text without what says nothing; ``text`` is what to search.

    Args:
        original: the text as the recogniser wrote it.
        gaps: the places to leave out.
    """

    def __init__(self, original: str, gaps: set[int]) -> None:
        self._places = [place for place in range(len(original)) if place not in gaps]
        self.text = "".join([original[place] for place in self._places])

    def open(self, found: Found) -> Found:
        """The same find at its places in the original."""
        start, end = self._opened(found.start, found.end)
        elements = []
        for element in found.elements:
            first, last = self._opened(element.start, element.end)
            elements.append(replace(element, start=first, end=last))
        return replace(found, start=start, end=end, elements=tuple(elements))

    def _opened(self, start: int, end: int) -> tuple[int, int]:
        return (self._places[start], self._places[end - 1] + 1) if start < end else (0, 0)


def smooth(texts: Sequence[str]) -> tuple[Sequence[str], dict[int, Smooth]]:
    """The texts to search, and which of them, by number, differ from what was written."""
    changed = {number: Smooth(text, gaps) for number, text in enumerate(texts) if (gaps := _gaps(text))}
    if not changed:
        return texts, changed
    return [changed[number].text if number in changed else text for number, text in enumerate(texts)], changed


def _gaps(text: str) -> set[int]:
    """The places of a text that say nothing."""
    gaps: set[int] = set()
    if not text.isascii():
        if _APART.search(text) is not None and len(_APART.findall(text)) > len(_TOGETHER.findall(text)):
            gaps.update(match.start() for match in _SPACE.finditer(text))
        if "嗯" in text or "呃" in text:
            for match in _HESITATION_ZH.finditer(text):
                gaps.update(range(*match.span()))
    for match in _HESITATION_EN.finditer(text):
        before = _LAST_WORD.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
        after = _WORD.match(text, match.end() + 1)
        if before is None or after is None:
            continue
        if not (is_english_numeral(before.group()) or is_english_numeral(after.group())):
            gaps.update(range(*match.span()))
    return gaps
