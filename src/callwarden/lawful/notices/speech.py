"""How long a script takes to say, so that nobody waits through an announcement nobody listens to.

Estimates: speed differs by voice and engine. 240 Chinese characters a minute and 150 English words a minute are the
pace of a calm announcement (our assumption, from general knowledge; not measured against a telephone menu).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

CHARACTERS_A_MINUTE: Final = 240
WORDS_A_MINUTE: Final = 150
PAUSE_SECONDS: Final = 0.4
COMFORTABLE_SECONDS: Final = 20
LONG_SECONDS: Final = 40

_CHARACTER = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*")
_DIGIT = re.compile(r"\d")
_PAUSE = re.compile(r"[.!?;:。！？；：…]+")


@dataclass(frozen=True)
class Reading:
    """An estimate: characters and digits of the script, its words, and seconds to say them with the pauses between."""

    characters: int
    words: int
    seconds: float

    @property
    def whole(self) -> int:
        return round(self.seconds)

    @property
    def length(self) -> str:
        """Nothing, "comfortable", "long" (over 20 s: some callers press a key or hang up) or "too_long" (over 40 s)."""
        if not self.seconds:
            return ""
        if self.seconds <= COMFORTABLE_SECONDS:
            return "comfortable"
        return "long" if self.seconds <= LONG_SECONDS else "too_long"

    @property
    def says(self) -> object:
        return _LENGTHS[self.length]


_LENGTHS = {
    "": _("Nothing is said here."),
    "comfortable": _("A comfortable length."),
    "long": _("Long: over 20 seconds some callers no longer listen. Say the essentials and name the page."),
    "too_long": _("Too long for an announcement: over 40 seconds. Leave the details to the notice itself."),
}


def reading(script: str, language: str) -> Reading:
    """How long this script takes. Digits are said one by one; in the other language's words, too, it takes time.

    Args:
        language: "en" or "zh", which decides how fast a digit is said.
    """
    characters, words = len(_CHARACTER.findall(script)), len(_WORD.findall(script))
    digits = len(_DIGIT.findall(script))
    if language == "zh":
        characters += digits
    else:
        words += digits
    pauses = max(0, len(_PAUSE.findall(script.rstrip().rstrip(".!?;:。！？；：…"))))
    seconds = characters * 60 / CHARACTERS_A_MINUTE + words * 60 / WORDS_A_MINUTE + pauses * PAUSE_SECONDS
    return Reading(characters, words, seconds)
