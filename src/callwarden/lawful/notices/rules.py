"""What a version covers, when a new one covers more, and what is missing before one may be published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callwarden.lawful.notices.sections import LANGUAGES, Section, split

# Marks what a generated draft could not know. "⟦contact⟧" is to be written by a person.
OPEN_MARK: Final = "⟦"


@dataclass(frozen=True)
class Cover:
    """What a version tells about one purpose, as data: kinds of data, recipients beside ourselves, methods (slugs of
    `purposes.terms.Method`), and whether it leaves the country.
    """

    categories: frozenset[str] = frozenset()
    recipients: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    abroad: bool = False

    def adds(self, other: Cover) -> bool:
        """Whether `other` goes beyond this: another kind of data, recipient or method, or abroad for the first time."""
        return bool(
            other.categories - self.categories
            or other.recipients - self.recipients
            or other.methods - self.methods
            or (other.abroad and not self.abroad)
        )

    def as_data(self) -> dict[str, Any]:
        return {
            "categories": sorted(self.categories),
            "recipients": sorted(self.recipients),
            "methods": sorted(self.methods),
            "abroad": self.abroad,
        }


Covers = Mapping[str, Cover]


def covers_from(data: Mapping[str, Any]) -> dict[str, Cover]:
    """Purpose -> what is covered, from the column of a notice."""
    return {
        purpose: Cover(
            frozenset(entry.get("categories", ())),
            frozenset(entry.get("recipients", ())),
            frozenset(entry.get("methods", ())),
            bool(entry.get("abroad", False)),
        )
        for purpose, entry in data.items()
    }


def covers_as_data(covers: Covers) -> dict[str, Any]:
    return {purpose: covers[purpose].as_data() for purpose in sorted(covers)}


def widened(old: Covers, new: Covers) -> frozenset[str]:
    """Purposes whose consent has to be asked for again: with more than was told before, or told for the first time.

    A version from before versions said what they cover is compared with nothing: it widens no purpose.
    Source: PIPL art. 14 para. 2 (purpose, method, kind); art. 23 (recipient).
    """
    if not old:
        return frozenset()
    return frozenset(purpose for purpose, cover in new.items() if purpose not in old or old[purpose].adds(cover))


@dataclass(frozen=True)
class Shortcoming:
    """Something that keeps a version from being published.

    Attributes:
        code: language_missing, section_missing, section_uneven or open_mark.
        section: the section it is about, or "".
        language: "en", "zh", or "" when it is about both.
    """

    code: str
    section: str = ""
    language: str = ""


def shortcomings(text_en: str, text_zh: str, script_en: str = "", script_zh: str = "") -> Iterator[Shortcoming]:
    """What is missing, in the order of the text. Nothing: it may be put before a second person."""
    texts = {"en": text_en, "zh": text_zh}
    parts = {language: split(text) for language, text in texts.items()}
    for language in LANGUAGES:
        if not texts[language].strip():
            yield Shortcoming("language_missing", language=language)
    for section in Section:
        there = [language for language in LANGUAGES if parts[language].get(section)]
        if not there:
            yield Shortcoming("section_missing", section)
        elif len(there) < len(LANGUAGES):
            yield Shortcoming("section_uneven", section, "en" if "en" not in there else "zh")
        for language in there:
            if OPEN_MARK in parts[language][section]:
                yield Shortcoming("open_mark", section, language)
    if bool(script_en.strip()) != bool(script_zh.strip()):
        yield Shortcoming("section_uneven", "script", "zh" if script_en.strip() else "en")
    for language, opening in ((language, parts[language].get("", "")) for language in LANGUAGES):
        if OPEN_MARK in opening:
            yield Shortcoming("open_mark", "", language)
    for language, script in (("en", script_en), ("zh", script_zh)):
        if OPEN_MARK in script:
            yield Shortcoming("open_mark", "script", language)
