"""Many literal phrases as one regular expression, shaped as a trie so that matching does not try them one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any


def trie_pattern(phrases: Iterable[str]) -> str:
    """A pattern that matches the longest of ``phrases`` at a place; one space stands for any white space."""
    root: dict[str, Any] = {}
    for phrase in phrases:
        node = root
        for sign in phrase:
            node = node.setdefault(sign, {})
        node[""] = {}
    return _branch(root)


def _branch(node: dict[str, Any]) -> str:
    ends = "" in node
    singles: list[str] = []
    branches: list[str] = []
    for sign, child in sorted(node.items()):
        if sign == "":
            continue
        shown = r"\s+" if sign == " " else re.escape(sign)
        rest = _branch(child)
        if rest or sign == " ":
            branches.append(shown + rest)
        else:
            singles.append(shown)
    if len(singles) > 1:
        branches.append("[" + "".join(singles) + "]")
    else:
        branches.extend(singles)
    if not branches:
        return ""
    if len(branches) == 1 and not ends:
        return branches[0]
    return "(?:" + "|".join(branches) + ")" + ("?" if ends else "")


def split_scripts(phrases: Iterable[str]) -> tuple[list[str], list[str]]:
    """Phrases that need word boundaries (Latin) and phrases that do not (Chinese)."""
    latin: list[str] = []
    wide: list[str] = []
    for phrase in phrases:
        (latin if phrase[0].isascii() and phrase[-1].isascii() else wide).append(phrase)
    return latin, wide


def phrase_pattern(phrases: Iterable[str]) -> str:
    """Any of the phrases: Latin ones as whole words, Chinese ones anywhere."""
    latin, wide = split_scripts(phrases)
    parts = []
    if wide:
        parts.append(trie_pattern(wide))
    if latin:
        parts.append(rf"(?<![a-z]){trie_pattern(latin)}(?![a-z])")
    return "(?:" + "|".join(parts) + ")"
