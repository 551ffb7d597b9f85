"""Runs: numerals of one turn that are told as one number, with whatever callers say between the digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ._harmless import Meaning, weigh
from ._numerals import Element, Kind, read

MARKS = r"\s\-‐‑‒–—―.·•_/\\()\[\]+*#~,，、:：;；…'\"“”‘’|=。?？!！\u200b-\u200f\u2060\ufeff\u00ad\ufe0f\u20e3"
FILLERS_ZH = (
    "嗯|呃|额|啊|阿|哦|噢|喔|唔|哎|诶|欸|唉|哈|呀|嘛|呢|吧|哼|那个|这个|那|就是说|就是|然后呢|然后|接着|后边|后面"
    "|下面|前面|中间"
    "|再来|再|是的|是|对的|对|没错|好的|好|行|等一下|稍等一下|稍等|等等|我看一下|我看看|我看下|我想想|我想一下"
    "|让我看看|应该|大概"
    "|连续|加|中杠|横杠|横线|短横|杠|减号|空格|转分机|转|区号|分机号|分机|还有|最后面|最后|可以|您说|你说|继续"
    "|请继续|请讲|喂"
    "|记一下|一共|开头|跟着|跟|的"
)
CORRECTIONS_ZH = (
    "不对不对|不对|不是|我说错了|说错了|讲错了|念错了|错了|不好意思|抱歉|对不起|更正一下|更正|重来"
    "|重新说|重新来|应该是|哦不|不不|不"
)
FILLERS_EN = (
    "u+h+m*|u+m+|er+m?|a+h+|o+h+|eh|hm+|mm+|mhm|mm-hmm|uh-huh|huh|like|you know|let me see|let's see|lemme see|so"
    "|well|okay|ok|k"
    "|yeah|yes|yep|yup|right|sure|and then|then|and|next|followed by|dash|hyphen|minus|space|dot|slash|period"
    "|comma|pause"
    "|area code|hold on|one moment|one second|just a (?:second|moment|sec)|it's|it is|that's|that is|is|are|go"
    " ahead|got it"
    "|extension|ext|x|plus|country code|i think|i believe|again|the rest is|the last (?:four|three|two) (?:is|are"
    "|digits are)"
    "|ending in|ends in|starting with|all right|alright|now|please|anyway|the number is|parentheses|bracket"
)
CORRECTIONS_EN = (
    "sorry|oh sorry|i'm sorry|excuse me|no wait|no no|no|wait|actually|i mean|i meant|scratch that|strike that"
    "|correction"
    "|my bad|my mistake|make that|rather|oops|not that|let me start over|start over|pardon me|pardon"
)
# Marks inside one number; a comma or the end of a sentence begins another piece.
_TIGHT = re.compile(rf"(?:(?![,，、;；。?？!！])(?!\.\s)[{MARKS}]){{0,6}}")
_GAP = re.compile(rf"(?>[{MARKS}]+|(?<=\d)x|{FILLERS_ZH}|{CORRECTIONS_ZH}|\b(?:{CORRECTIONS_EN}|{FILLERS_EN})\b)*+")
_LONGEST_GAP = 60


@dataclass(slots=True)
class Piece:
    """Elements of a run that follow each other without a word or a comma between them."""

    first: int
    last: int
    size: int
    harmless: Meaning | None


@dataclass(slots=True)
class Run:
    """Numerals told as one number.

    Args:
        elements: digits in order; letters are left out.
        pieces: the same, cut where words, commas or corrections stand between.
        at_start, at_end: nothing but fillers stands before, behind it in the turn.
        size: digits in the likeliest reading.
        open_size: digits that nothing explains.
    """

    elements: tuple[Element, ...]
    pieces: tuple[Piece, ...]
    at_start: bool
    at_end: bool
    size: int
    open_size: int

    @property
    def start(self) -> int:
        return self.elements[0].start

    @property
    def end(self) -> int:
        return self.elements[-1].end

    @property
    def digits(self) -> str:
        """The likeliest reading."""
        return "".join([element.readings[0] for element in self.elements])


@dataclass(slots=True)
class Reading:
    """A turn's text read once: folded text, elements, runs."""

    text: str = field(repr=False)
    elements: tuple[Element, ...] = ()
    runs: tuple[Run, ...] = ()


def spoken_filler(text: str, start: int, end: int) -> bool:
    """Whether nothing but fillers, corrections and punctuation stands in ``text[start:end]``."""
    return end - start <= _LONGEST_GAP and _GAP.fullmatch(text, start, end) is not None


def read_turn(text: str) -> Reading:
    """Read a folded text into elements and runs."""
    elements = read(text)
    digits = [element for element in elements if element.kind is not Kind.LETTER]
    if not digits:
        return Reading(text, tuple(elements))
    return Reading(text, tuple(elements), tuple(_runs(text, digits)))


def _runs(text: str, digits: Sequence[Element]) -> Iterator[Run]:
    marks = weigh(text, digits)
    first = 0
    for place in range(1, len(digits) + 1):
        if place < len(digits):
            start, end = digits[place - 1].end, digits[place].start
            if start == end or text[start:end] == " " or spoken_filler(text, start, end):
                continue
        yield _run(text, digits[first:place], marks[first:place], first == 0, place == len(digits))
        first = place


def _run(text: str, elements: Sequence[Element], marks: Sequence[Meaning | None], is_first: bool, is_last: bool) -> Run:
    pieces: list[Piece] = []
    first = size = total = unexplained = 0
    harmless = True
    count = len(elements)
    for place, element in enumerate(elements):
        size += len(element.readings[0])
        harmless = harmless and marks[place] is not None
        if place + 1 < count:
            start, end = element.end, elements[place + 1].start
            if start == end or text[start:end] in (" ", "x"):  # an extension: 555-0123x45
                continue
            if _TIGHT.fullmatch(text, start, end):
                continue
        pieces.append(Piece(first, place, size, marks[place] if harmless else None))
        total += size
        unexplained += 0 if harmless else size
        first, size, harmless = place + 1, 0, True
    return Run(
        tuple(elements),
        tuple(pieces),
        is_first and spoken_filler(text, 0, elements[0].start),
        is_last and spoken_filler(text, elements[-1].end, len(text)),
        total,
        unexplained,
    )
