"""Chinese that a recogniser hands over sign by sign ("我 叫 王 小 明"): closed up for search, finds opened again.

Recognisers whose vocabulary is characters, as those of the AISHELL and WenetSpeech recipes are, put a space behind
every token. A space then says nothing; elsewhere it is a pause or a mark that was left out, and is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ._found import Found

_HAN = r"[\u3007\u3400-\u9fff]"
_APART = re.compile(rf"{_HAN} (?={_HAN})")
_TOGETHER = re.compile(rf"{_HAN}(?={_HAN})")
# Spaces that go: between two Chinese characters, and between one and a digit; digits keep the groups they are told in.
_SPACE = re.compile(rf"(?<={_HAN}) (?=[\u3007\u3400-\u9fff0-9])|(?<=[0-9]) (?={_HAN})")


class Closed:
    """A text without the spaces between its signs; ``text`` is what to search.

    Args:
        original: the text as the recogniser wrote it, with ``is_apart`` true.
    """

    def __init__(self, original: str) -> None:
        gaps = {match.start() for match in _SPACE.finditer(original)}
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


def is_apart(text: str) -> bool:
    """Whether most Chinese characters of a text stand apart from the next one."""
    if text.isascii() or _APART.search(text) is None:
        return False
    return len(_APART.findall(text)) > len(_TOGETHER.findall(text))


def closed(texts: Sequence[str]) -> tuple[Sequence[str], dict[int, Closed]]:
    """The texts to search, and which of them, by number, were closed up."""
    changed = {number: Closed(text) for number, text in enumerate(texts) if is_apart(text)}
    if not changed:
        return texts, changed
    return [changed[number].text if number in changed else text for number, text in enumerate(texts)], changed
