"""How callers say what holds letters: codes, names and e-mail addresses, letter by letter."""

from __future__ import annotations

import random

from ._numbers import chinese, english
from ._writer import Value

_ALPHABET = (
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima", "mike",
    "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "x-ray",
    "yankee", "zulu",
)  # fmt: skip
_LIKE = (
    "apple", "boy", "cat", "david", "edward", "frank", "george", "harry", "igloo", "john", "kate", "larry", "mary",
    "nancy", "orange", "peter", "queen", "robert", "sam", "tom", "under", "victor", "william", "xylophone", "yellow",
    "zebra",
)  # fmt: skip


def spelled(text: str, chance: random.Random, *, how: str = "") -> str:
    """Letters one by one: bare, by the radio alphabet, or "b as in boy" now and then.

    Args:
        how: ``bare``, ``radio`` or ``like``; drawn when empty.
    """
    how = how or chance.choice(["bare", "bare", "like", "radio"])
    said = []
    for letter in text.lower():
        place = ord(letter) - 97
        if not 0 <= place < 26:
            said.append(letter)
        elif how == "radio":
            said.append(_ALPHABET[place])
        elif how == "like" and chance.random() < 0.4:
            said.append(f"{letter} {chance.choice(['as in', 'for', 'like'])} {_LIKE[place]}")
        else:
            said.append(letter)
    return " ".join(said)


def en_code(kind: str, code: str, chance: random.Random) -> Value:
    """A code as English callers say it: as it is written, or its letters spelled and its digits read."""
    if chance.random() < 0.35:
        return Value(kind, code if chance.random() < 0.7 else code.lower(), code, "written")
    how = chance.choice(["bare", "bare", "like", "radio"])
    pieces = [
        english(piece, chance.choice(["single", "oh", "double"]), chance)
        if piece.isdigit()
        else spelled(piece, chance, how=how)
        for piece in _pieces(code)
    ]
    return Value(kind, " ".join(pieces), code, "spelled")


def zh_code(kind: str, code: str, chance: random.Random) -> Value:
    """A code as Chinese callers say it: letters as they are, digits in one of the usual styles."""
    if chance.random() < 0.35:
        return Value(kind, code, code, "written")
    style = chance.choice(["signs", "yao", "yao", "mixed"])
    small = chance.random() < 0.3
    gap = chance.choice(["", "", " "])
    pieces = [
        chinese(piece, style, chance) if piece.isdigit() else (piece.lower() if small else piece)
        for piece in _pieces(code)
    ]
    return Value(kind, gap.join(pieces), code, "spelled")


def _pieces(code: str) -> list[str]:
    """Runs of digits and runs of letters."""
    runs: list[str] = []
    for sign in code:
        if runs and runs[-1][-1].isdigit() == sign.isdigit():
            runs[-1] += sign
        else:
            runs.append(sign)
    return runs
