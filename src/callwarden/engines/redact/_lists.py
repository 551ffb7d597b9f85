"""Name lists and stop words, read once from ``data/``."""

from __future__ import annotations

from functools import cache
from importlib import resources


def _lines(name: str) -> list[str]:
    source = resources.files(__package__).joinpath("data", name).read_text("utf-8")
    return [line for line in source.splitlines() if line and not line.startswith("#")]


@cache
def surnames_zh() -> tuple[frozenset[str], frozenset[str]]:
    """Chinese family names of one and of two characters."""
    single: set[str] = set()
    double: set[str] = set()
    for line in _lines("surnames_zh.txt"):
        if " " in line:
            double.update(line.split())
        else:
            single.update(line)
    return frozenset(single), frozenset(double)


@cache
def not_names_zh() -> frozenset[str]:
    """Two-character words that look like the beginning of a name."""
    return frozenset(word for line in _lines("words_zh.txt") for word in line.split())


@cache
def after_names_zh() -> frozenset[str]:
    """Two-character words that may follow a name at once."""
    return frozenset(word for line in _lines("after_name_zh.txt") for word in line.split())


@cache
def given_zh() -> frozenset[str]:
    """Characters that Chinese given names are mostly made of."""
    return frozenset(sign for line in _lines("given_zh.txt") for sign in line)


@cache
def given_en() -> tuple[frozenset[str], frozenset[str]]:
    """Given names, and those that are also ordinary words."""
    sure: set[str] = set()
    ambiguous: set[str] = set()
    for line in _lines("given_en.txt"):
        if line.startswith("= "):
            ambiguous.update(line[2:].split())
        else:
            sure.update(line.split())
    return frozenset(sure - ambiguous), frozenset(ambiguous)


@cache
def family_en() -> frozenset[str]:
    return frozenset(word for line in _lines("family_en.txt") for word in line.split())


@cache
def stop_en() -> frozenset[str]:
    """Common English words that end a name or are no name."""
    return frozenset(word for line in _lines("stop_en.txt") for word in line.split())


@cache
def not_names_en() -> frozenset[str]:
    """Words that make a row of capitals something else than a person."""
    return frozenset(word for line in _lines("not_names_en.txt") for word in line.split())
