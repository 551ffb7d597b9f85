"""Passwords an attacker tries first. Pure.

Source: NIST SP 800-63B-4 section 3.1.1.2: a blocklist of known, repetitive, sequential and context-specific secrets.
Django's list of 20,000 common passwords is asked besides; what is here sees through what people put around such a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Of this product and its trade, and what is typed again and again on Chinese keyboards.
_CONTEXT = frozenset(
    {
        "callwarden", "callcenter", "callcentre", "customerservice", "kefu", "kefuzhongxin", "hujiaozhongxin",
        "tingdun", "听盾", "客服", "呼叫中心", "密码", "mima", "password", "passwort", "passphrase", "welcome",
        "administrator", "admin", "letmein", "changeme", "default", "woaini", "wodemima", "nihao", "zhongguo",
        "beijing", "shanghai",
        "iloveyou", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdef", "root", "system", "security", "auditor",
        "test", "secret",
    }
)  # fmt: skip
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb")
_AS_LETTERS = str.maketrans("0134578@$!", "oieastbasi")
LEAST_DIFFERENT = 5


def is_guessable(password: str, common: Iterable[str] = ()) -> bool:
    """Whether a password is a common word with decoration, a repetition or a sequence.

    Args:
        common: further words that count as common, in lower case.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(set(plain)) < LEAST_DIFFERENT:
        return True
    if _explained_by_rows(plain) >= len(plain) * 0.7:
        return True
    words = _CONTEXT | frozenset(common)
    return any(_mostly(_core(form), words) for form in _forms(plain))


def _forms(plain: str) -> set[str]:
    """As written, and with digits and signs read as letters: all of them, or those inside."""
    bare = plain
    while bare and not bare[0].isalpha():
        bare = bare[1:]
    while bare and not bare[-1].isalpha():
        bare = bare[:-1]
    return {plain, plain.translate(_AS_LETTERS), bare.translate(_AS_LETTERS)}


def _core(plain: str) -> str:
    """Without digits and signs, inside and around: `P@ssw0rd-2026!!` is `password` once the signs read as letters."""
    return "".join(character for character in plain if character.isalpha())


def _mostly(core: str, words: frozenset[str]) -> bool:
    """Whether the letters are one such word, perhaps repeated."""
    if core in words:
        return True
    return any(core == core[:length] * (len(core) // length) and core[:length] in words for length in _parts(core))


def _parts(core: str) -> list[int]:
    return [length for length in range(2, len(core) // 2 + 1) if len(core) % length == 0]


def _explained_by_rows(plain: str) -> int:
    """How many characters lie in runs of at least four along the alphabet, the digits or the keyboard, either way."""
    rows = [*_ROWS, *(row[::-1] for row in _ROWS)]
    covered, at = 0, 0
    while at < len(plain):
        length = max((_run(plain, at, row) for row in rows), default=0)
        covered += length if length >= 4 else 0
        at += length if length >= 4 else 1
    return covered


def _run(plain: str, at: int, row: str) -> int:
    start = row.find(plain[at])
    if start < 0:
        return 0
    length = 0
    while at + length < len(plain) and start + length < len(row) and plain[at + length] == row[start + length]:
        length += 1
    return length
