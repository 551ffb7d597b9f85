"""The language of the command line, from the terminal's locale; usable before Django is set up.

The catalogue is the product's one catalogue; only its reader is the standard library's.
"""

from __future__ import annotations

import gettext as reader
import os
from pathlib import Path

_LOCALE = Path(__file__).resolve().parents[2] / "locale"
ENGLISH, CHINESE = "en", "zh_Hans"


def language() -> str:
    """`zh_Hans` for a Chinese terminal, else `en`. CALLWARDEN_LANGUAGE overrides."""
    for name in ("CALLWARDEN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return CHINESE if value.lower().startswith("zh") else ENGLISH
    return ENGLISH


def catalogue(of: str) -> reader.NullTranslations:
    return reader.translation("django", localedir=str(_LOCALE), languages=[of], fallback=True)


def gettext(message: str) -> str:
    """The message in the terminal's language."""
    return catalogue(language()).gettext(message)


def gettext_noop(message: str) -> str:
    """Marks a message for the catalogue that is translated later."""
    return message
