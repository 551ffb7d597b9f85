"""What can be wrong with a matrix, as English sentences that carry their code: doors say the same in other words."""

from __future__ import annotations

from typing import Self

FAULTS: dict[str, str] = {
    "text": "the text is not YAML%(name)s",
    "parts": "a matrix has exactly the parts %(name)s",
    "version": "version is not a whole number of 1 or more",
    "unknown": "%(place)s names %(name)s, which is not known",
    "no_setting": "%(place)s is not a setting",
    "missing": "%(place)s is missing",
    "empty": "%(place)s is empty",
    "list": "%(place)s is not a list",
    "names": "%(place)s is not a list of names",
    "numbers": "%(place)s is not a mapping of names to numbers",
    "number": "%(place)s is not a positive whole number",
    "actions_with_categories": "%(place)s is not a list of actions with categories",
    "pairs": "%(place)s is not a list of pairs of roles",
    "slug": "%(place)s: %(name)s is not a slug (small letters, digits, underscores)",
    "twice": "%(place)s names something twice",
    "mapping": "%(place)s is not a mapping",
    "purpose": "%(place)s has settings other than consent and while_restricted, true or false",
    "grant": "%(place)s does not have exactly roles, purposes, categories, actions",
    "cell": "%(name)s is not known",
    "label": "%(place)s needs a name in English and one in Chinese, of at most 60 characters each",
}
"""Fault code -> English text with the place in the matrix, and the name that is wrong there."""


class Fault(str):
    """One fault: the English sentence, with `code` of FAULTS, `place` in the matrix and `name` found there."""

    __slots__ = ("code", "name", "place")
    code: str
    place: str
    name: str

    def __new__(cls, code: str, place: str = "", name: str = "") -> Self:
        fault = super().__new__(cls, FAULTS[code] % {"place": place, "name": name})
        fault.code, fault.place, fault.name = code, place, name
        return fault
