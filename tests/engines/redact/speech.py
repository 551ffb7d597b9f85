"""How people say numbers: renderings for property tests, which keep where each digit was put.

A rendering is a list of pieces, each a text and the digits it tells ("" for fillers). The judge never reads speech: it
only asks which pieces are still readable, so it shares no code and no mistakes with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from callwarden.engines.redact import Span, Transcript, Turn

_EN = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ZH = "零一二三四五六七八九"
_FULL = "０１２３４５６７８９"

Piece = tuple[str, str]


@dataclass
class Told:
    """One turn: its speaker, text, and the places of the digits told in it."""

    speaker: str
    text: str
    places: list[tuple[int, int, str]]


def _join(pieces: list[Piece], gap: str) -> list[Piece]:
    joined: list[Piece] = []
    for place, piece in enumerate(pieces):
        if place:
            joined.append((gap, ""))
        joined.append(piece)
    return joined


@st.composite
def english(draw: st.DrawFn, digits: str) -> list[Piece]:
    """English words: single digits, "oh", tens, double and triple, hundreds, fillers between."""
    pieces: list[Piece] = []
    place = 0
    while place < len(digits):
        rest = digits[place:]
        choices = ["one"]
        if len(rest) >= 2 and rest[0] == rest[1]:
            choices.append("double")
        if len(rest) >= 3 and rest[0] == rest[1] == rest[2]:
            choices.append("triple")
        if len(rest) >= 2 and rest[0] != "0":
            choices.append("pair")
        if len(rest) >= 3 and rest[0] != "0" and rest[1:3] == "00" and rest[3:4] in ("", "0"):
            choices.append("hundred")
        how = draw(st.sampled_from(choices))
        if how == "one":
            word = draw(st.sampled_from(["zero", "oh"])) if rest[0] == "0" and pieces else _EN[int(rest[0])]
            pieces.append((word, rest[0]))
            place += 1
        elif how in ("double", "triple"):
            count = 2 if how == "double" else 3
            pieces.append((f"{how} {_EN[int(rest[0])]}", rest[:count]))
            place += count
        elif how == "hundred":
            pieces.append((f"{_EN[int(rest[0])]} hundred", rest[:3]))
            place += 3
        else:
            pieces.append((_pair(rest[:2]), rest[:2]))
            place += 2
        if place < len(digits) and draw(st.integers(0, 9)) == 0:
            pieces.append((draw(st.sampled_from(["uh", "um", "and then", "dash", "uh let me see", "okay"])), ""))
    return _join(pieces, " ")


def _pair(two: str) -> str:
    if two[0] == "1":
        return _TEENS[int(two[1])]
    tens = _TENS[int(two[0]) - 2]
    return tens if two[1] == "0" else f"{tens} {_EN[int(two[1])]}"


@st.composite
def chinese(draw: st.DrawFn, digits: str) -> list[Piece]:
    """Chinese: 幺 or 一, 两, 洞, N个M, tens, written digits in between, fillers, full width."""
    pieces: list[Piece] = []
    place = 0
    while place < len(digits):
        rest = digits[place:]
        run = min(len(rest) - len(rest.lstrip(rest[0])), 9)
        choices = ["one", "one", "written", "full"]
        if run >= 3:
            choices.append("times")
        if len(rest) >= 2 and rest[0] not in "01" and rest[1] != "0":
            choices.append("tens")
        how = draw(st.sampled_from(choices))
        if how == "one":
            sign = _ZH[int(rest[0])]
            if rest[0] == "1":
                sign = draw(st.sampled_from("一幺"))
            pieces.append((sign, rest[0]))
            place += 1
        elif how == "times":
            pieces.append((f"{_ZH[run]}个{_ZH[int(rest[0])]}", rest[:run]))
            place += run
        elif how == "tens":
            pieces.append((f"{_ZH[int(rest[0])]}十{_ZH[int(rest[1])]}", rest[:2]))
            place += 2
        else:
            count = draw(st.integers(1, 4))
            told = rest[:count]
            text = told if how == "written" else "".join(_FULL[int(sign)] for sign in told)
            pieces.append((text, told))
            place += len(told)
        if place < len(digits):
            gap = draw(st.sampled_from(["", "", "", " ", "，", "嗯", "、", "那个", " 然后 ", "杠", "-"]))
            if gap:
                pieces.append((gap, ""))
    return pieces


@st.composite
def written(draw: st.DrawFn, digits: str) -> list[Piece]:
    """Written digits in groups with the separators people and recognisers put."""
    pieces: list[Piece] = []
    place = 0
    while place < len(digits):
        count = draw(st.integers(1, 5))
        pieces.append((digits[place : place + count], digits[place : place + count]))
        place += count
        if place < len(digits):
            pieces.append((draw(st.sampled_from(["", " ", "-", ". ", ", ", " - ", "\u200b"])), ""))
    return pieces


@st.composite
def told_over_turns(draw: st.DrawFn, pieces: list[Piece], backs: list[str], most: int = 3) -> list[Told]:
    """Split a rendering over turns of the caller with back-channels between; every part holds two digits or more."""
    breaks: list[int] = []
    for _ in range(draw(st.integers(0, most))):
        at = draw(st.integers(0, len(pieces)))
        before = sum(len(digits) for _, digits in pieces[(breaks[-1] if breaks else 0) : at])
        after = sum(len(digits) for _, digits in pieces[at:])
        if (not breaks or at > breaks[-1]) and before >= 2 and after >= 2:
            breaks.append(at)
    told: list[Told] = []
    for first, last in zip([0, *breaks], [*breaks, len(pieces)], strict=True):
        if told:
            told.append(Told("agent", draw(st.sampled_from(backs)), []))
        text, places = "", []
        for piece, digits in pieces[first:last]:
            if digits:
                places.append((len(text), len(text) + len(piece), digits))
            text += piece
        told.append(Told("customer", text, places))
    return told


def transcript(told: list[Told]) -> Transcript:
    return Transcript("call", tuple(Turn(turn.speaker, turn.text) for turn in told))


def longest_leak(told: list[Told], spans: tuple[Span, ...]) -> int:
    """The most digits in a row, in the order they were told, that no span covers."""
    longest = current = 0
    for number, turn in enumerate(told):
        for start, end, digits in turn.places:
            if any(span.turn == number and span.start <= start and span.end >= end for span in spans):
                current = 0
            else:
                current += len(digits)
                longest = max(longest, current)
    return longest


def number(low: int, high: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=low, max_size=high)
