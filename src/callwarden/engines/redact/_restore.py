"""Putting values back for tokens, in a text that a model wrote and perhaps changed on the way.

A model may alter the capitals of a token, its brackets, or what stands between its parts (``[person 1 qkzm]``,
``PERSON\\_1\\_QKZM``, ``【Person-1-QKZM】``): it is known all the same. Anything that is no token of this vault stays
as it is, also tokens of another vault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ._fold import fold
from ._vault import Vault

_OPEN, _CLOSE = "[\u3010\u3014<{", "]\u3011\u3015>}"
_BETWEEN = " \t_-\\*`.:\u00b7\u2010\u2011\u2012\u2013\u2014\u200b"
_MOST_BETWEEN = 3  # signs between two parts of a token


@dataclass(frozen=True, slots=True)
class Restored:
    """A text with its values back; it is personal data.

    Args:
        text: the text.
        count: how many tokens were replaced.
    """

    text: str = field(repr=False)
    count: int


def restore(text: str, vault: Vault) -> Restored:
    """Replace every token of the vault in a text by its value."""
    restorer = Restorer(vault)
    return Restored(restorer.feed(text) + restorer.close(), restorer.count)


class Restorer:
    """Restores a text that comes in pieces, such as the stream of a model.

    What may be the beginning of a token is held back until it is decided, some hundred signs at most; however a text
    is cut, the pieces given out make the same text.
    """

    def __init__(self, vault: Vault) -> None:
        # No key is the beginning of another: each ends in the tag, which stands nowhere else in one.
        self._values = {_bare(token): value for token, value in vault.values.items()}
        self._beginnings = {key[:size] for key in self._values for size in range(1, len(key) + 1)}
        firsts = "".join(sorted({key[0] for key in self._values}))
        letters = f"|(?<![a-z0-9])[{firsts}]" if firsts else ""
        self._begins = re.compile(f"[{re.escape(_OPEN)}]{letters}")
        self._held = ""
        self._before = ""  # the sign before what is held: a token without brackets does not begin inside a word
        self.count = 0

    @property
    def held(self) -> str:
        """What was fed and not given out yet: the beginning of a token, or nothing."""
        return self._held

    def feed(self, piece: str) -> str:
        """Take in a piece; gives what can be given out now."""
        return self._run(piece, last=False)

    def close(self) -> str:
        """The text has ended; gives what was held back."""
        return self._run("", last=True)

    def _run(self, piece: str, *, last: bool) -> str:
        text = self._before + self._held + piece
        folded = fold(text)
        kept = place = len(self._before)
        out: list[str] = []
        while (match := self._begins.search(folded, place)) is not None:
            place = match.start()
            found = self._token(folded, place, last=last)
            if found is None:
                break  # not decided yet
            end, key = found
            if key:
                out += [text[kept:place], self._values[key]]
                self.count += 1
                kept = place = end
            else:
                place += 1
        else:
            place = len(text)
        out.append(text[kept:place])
        self._before, self._held = text[:place][-1:], text[place:]
        return "".join(out)

    def _token(self, text: str, start: int, *, last: bool) -> tuple[int, str] | None:
        """End and key of the token that begins here; an empty key when none does, None when more must be seen."""
        opened = text[start] in _OPEN
        key, gap = "", 0
        for place in range(start + opened, len(text)):
            sign = text[place]
            if sign in _BETWEEN:
                gap += 1
                if gap > _MOST_BETWEEN:
                    return start, ""
                continue
            gap = 0
            key += sign
            if key not in self._beginnings:
                return start, ""
            if key in self._values:
                return self._closed(text, place + 1, key, last=last) if opened else (place + 1, key)
        return (start, "") if last else None

    def _closed(self, text: str, end: int, key: str, *, last: bool) -> tuple[int, str] | None:
        """With the closing bracket. An opening bracket that is not closed belongs to the text around the token."""
        place = end
        while place < len(text) and text[place] in _BETWEEN and place - end < _MOST_BETWEEN:
            place += 1
        if place == len(text):
            return (end, "") if last else None
        return (place + 1, key) if text[place] in _CLOSE else (end, "")


def _bare(token: str) -> str:
    return "".join(sign for sign in token if sign.isalnum()).lower()
