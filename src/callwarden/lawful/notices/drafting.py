"""A first draft of a notice out of what is really configured: purposes and grounds, kinds of data, periods, recipients.

It says nothing that is not configured. What the program cannot know stands between ⟦ and ⟧ and keeps the version from
being published until a person has written it. A draft is a starting point for whoever answers for it, not legal advice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, override

from callwarden.lawful.notices.rules import Cover
from callwarden.lawful.notices.sections import Section, compose
from callwarden.lawful.purposes.terms import BY_CONSENT, CATEGORIES

CODES = {"en": "en", "zh": "zh-hans"}


@dataclass(frozen=True)
class TwoNames:
    """A name in both languages; the Chinese one may be empty."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        return (self.zh or self.en) if language == "zh" else self.en


@dataclass(frozen=True)
class PurposeFacts:
    """A purpose of the line. `ground` is a slug ("consent", "contract", ...); no call is kept without a `core` one."""

    slug: str
    name: TwoNames
    ground: str
    ground_label: object
    core: bool
    separate: bool
    categories: tuple[str, ...]
    methods: tuple[str, ...] = ()
    abroad: bool = False
    description: TwoNames = TwoNames("", "")


@dataclass(frozen=True)
class KeptFacts:
    """How long one kind of data is kept at most, in days over all its purposes that count from the same event."""

    category: str
    days: int
    counted_from: object


@dataclass(frozen=True)
class RecipientFacts:
    """Somebody who receives data. `country` is an ISO 3166 code or empty."""

    slug: str
    name: TwoNames
    role: object
    country: str
    purposes: tuple[str, ...]


@dataclass(frozen=True)
class DraftFacts:
    """All a draft is made of.

    Attributes:
        controller: who answers for the data.
        contact: address of the data protection officer, "" when unknown.
        days_until_unreadable: longest time from a destroyed key to the last unreadable copy.
    """

    line: TwoNames
    controller: TwoNames
    contact: str
    purposes: tuple[PurposeFacts, ...]
    kept: tuple[KeptFacts, ...]
    recipients: tuple[RecipientFacts, ...]
    takes_cards: bool
    days_until_unreadable: int


@dataclass(frozen=True)
class Draft:
    """Both texts, both scripts and what they cover."""

    text_en: str
    text_zh: str
    script_en: str
    script_zh: str
    covers: dict[str, Cover]


def first_draft(facts: DraftFacts) -> Draft:
    """The draft in both languages."""
    texts, scripts = {}, {}
    for language, code in CODES.items():
        with override(code):
            words = _Words(facts, language)
            texts[language] = compose(words.sections(), language)
            scripts[language] = words.script()
    return Draft(texts["en"], texts["zh"], scripts["en"], scripts["zh"], covers_of(facts))


def covers_of(facts: DraftFacts) -> dict[str, Cover]:
    """What a notice has to cover for these facts."""
    recipients: dict[str, set[str]] = defaultdict(set)
    for recipient in facts.recipients:
        for purpose in recipient.purposes:
            recipients[purpose].add(recipient.slug)
    return {
        one.slug: Cover(frozenset(one.categories), frozenset(recipients[one.slug]), frozenset(one.methods), one.abroad)
        for one in facts.purposes
    }


class _Words:
    """The sentences, in the language that is active."""

    def __init__(self, facts: DraftFacts, language: str) -> None:
        self.facts, self.language = facts, language
        self.names = {one.slug: one.name.in_(language) for one in facts.purposes}

    def sections(self) -> dict[str, str]:
        return {
            Section.ABOUT: self.about(),
            Section.COLLECTION: self.collection(),
            Section.USE: self.use(),
            Section.STORAGE: self.storage(),
            Section.SHARING: self.sharing(),
            Section.DELETION: self.deletion(),
            Section.RIGHTS: self.rights(),
        }

    def about(self) -> str:
        said = gettext("%(controller)s answers for the personal data of this telephone line (%(line)s).") % {
            "controller": self.facts.controller.in_(self.language),
            "line": self.facts.line.in_(self.language),
        }
        person = gettext("Person in charge of personal data protection: %(contact)s") % {"contact": self._contact()}
        return f"{said}\n\n{person}"

    def _contact(self) -> str:
        return self.facts.contact or gettext("⟦name and contact⟧")

    def collection(self) -> str:
        lead = gettext("When you call us, or we call you, we collect:")
        kinds = dict.fromkeys(kind for one in self.facts.purposes for kind in one.categories)
        lines = [
            gettext("%(kind)s – for: %(purposes)s") % {"kind": label, "purposes": self._list(purposes)}
            for label, purposes in self._by_label(kinds)
        ]
        said = f"{lead}\n\n{_bullets(lines)}"
        if self.facts.takes_cards:
            said += "\n\n" + gettext(
                "Card numbers, security codes and keypad tones are removed from the recording and the transcript. "
                "Security codes are never kept."
            )
        return said

    def _by_label(self, kinds: Iterable[str]) -> list[tuple[str, list[str]]]:
        found: dict[str, list[str]] = {}
        for kind in kinds:
            names = [self.names[one.slug] for one in self.facts.purposes if kind in one.categories]
            found[str(CATEGORIES[kind])] = names
        return list(found.items())

    def use(self) -> str:
        lines = []
        for one in self.facts.purposes:
            said = gettext("**%(purpose)s** – on the ground of: %(ground)s.") % {
                "purpose": one.name.in_(self.language),
                "ground": one.ground_label,
            }
            if described := one.description.in_(self.language).strip():
                said += self._space() + described
            if one.ground in BY_CONSENT:
                said += self._space() + (
                    gettext("We ask you for this separately.") if one.separate else gettext("We ask you for this.")
                )
                said += self._space() + (
                    gettext("Without it this call is not kept.")
                    if one.core
                    else gettext("You can refuse and are served all the same.")
                )
            lines.append(said)
        said = _bullets(lines) if lines else gettext("⟦purposes⟧")
        return said + "\n\n" + gettext("We use your data for nothing else. For another purpose we ask you again.")

    def storage(self) -> str:
        periods: dict[tuple[int, str], list[str]] = defaultdict(list)
        for kept in self.facts.kept:
            periods[kept.days, str(kept.counted_from)].append(str(CATEGORIES[kept.category]))
        lines = [
            gettext("%(kinds)s: at most %(days)s days, counted from: %(event)s")
            % {"kinds": self._list(kinds), "days": days, "event": event}
            for (days, event), kinds in sorted(periods.items())
        ]
        where = gettext("Your data is stored encrypted in ⟦country and place⟧.")
        return f"{where}\n\n{gettext('We keep:')}\n\n{_bullets(lines) if lines else gettext('⟦periods⟧')}"

    def sharing(self) -> str:
        if not self.facts.recipients:
            return gettext(
                "We give your data to nobody else. Before that changes we tell you who would receive what, and ask you."
            )
        lines = []
        for one in self.facts.recipients:
            said = gettext("**%(name)s** (%(role)s) – for: %(purposes)s") % {
                "name": one.name.in_(self.language),
                "role": one.role,
                "purposes": self._list([self.names[slug] for slug in one.purposes if slug in self.names]),
            }
            lines.append(f"{said} · {one.country}" if one.country else said)
        said = f"{gettext('Besides us these receive data, each only what its purpose needs:')}\n\n{_bullets(lines)}"
        abroad = [one.name.in_(self.language) for one in self.facts.purposes if one.abroad]
        if abroad:
            said += "\n\n" + gettext(
                "For %(purposes)s data leaves the country: ⟦who receives it there, contact, how to exercise rights⟧."
            ) % {"purposes": self._list(abroad)}
        return said

    def deletion(self) -> str:
        return gettext(
            "When its time is over, the key that opens your data is destroyed and nobody can read it again: at once in "
            "our systems, and within %(days)s days in every backup copy. Where a law or a dispute obliges us to keep "
            "something longer, it is locked away, used for nothing else, and destroyed afterwards."
        ) % {"days": self.facts.days_until_unreadable}

    def rights(self) -> str:
        rights = _bullets(
            [
                gettext("see and copy your data, and take it to another provider;"),
                gettext("have it corrected, completed or erased;"),
                gettext("withdraw consent at any time, as easily as you gave it; what was done before stays lawful;"),
                gettext("ask how a decision about you came about, and object to it."),
            ]
        )
        how = gettext("Call this line again or write to %(contact)s.") % {"contact": self._contact()}
        return (
            f"{gettext('You may:')}\n\n{rights}\n\n{how}{self._space()}"
            f"{gettext('If our answer does not satisfy you, you may turn to the supervisory authority or to a court.')}"
        )

    def script(self) -> str:
        """What the telephone menu says before anything is recorded."""
        said = gettext("Welcome to %(controller)s.") % {"controller": self.facts.controller.in_(self.language)}
        asked = [one for one in self.facts.purposes if one.ground in BY_CONSENT and one.core]
        if asked:
            said += self._space() + gettext(
                "With your consent we process this call for: %(purposes)s. Press 1 to agree, or 2 if you do not agree."
            ) % {"purposes": self._list([one.name.in_(self.language) for one in asked])}
        return said

    def _list(self, names: Iterable[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(dict.fromkeys(names))

    def _space(self) -> str:
        return "" if self.language == "zh" else " "


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
