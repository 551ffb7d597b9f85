"""Notices in plain words: states, what is missing, what a version covers."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Badge, Chips, Fact, Facts, Text
from callwarden.flows.names import named
from callwarden.kernel.errors import Translatable
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import Cover, Covers, Shortcoming
from callwarden.lawful.notices.sections import Section
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import CATEGORIES, Method

_LOOKS = {
    Notice.State.DRAFT: ("neutral", "pencil"),
    Notice.State.PUBLISHED: ("pass", "circle-check"),
    Notice.State.SUPERSEDED: ("neutral", "history"),
}
LANGUAGE_NAMES: dict[str, Translatable] = {"en": _("English"), "zh": _("Chinese")}
_MISSING: dict[str, Translatable] = {
    "language_missing": _("{language}: nothing is written yet."),
    "section_missing": _("{section}: not written in either language."),
    "section_uneven": _("{section}: missing in one language ({language})."),
    "open_mark": _("{section}, {language}: something between ⟦ and ⟧ is still to be filled in."),
}
# What each section has to say, for whoever writes it.
HINTS: dict[str, Text] = {
    Section.ABOUT: _("Name and contact of whoever answers for the data, and of the person in charge of protecting it."),
    Section.COLLECTION: _("Every kind of data, how it comes in, and why sensitive kinds are necessary."),
    Section.USE: _("Each purpose, what it rests on, and what happens if the caller says no."),
    Section.STORAGE: _("Where it lies and how long each kind is kept, or how that is worked out."),
    Section.SHARING: _("Who else receives what and for which purpose; what leaves the country. Say so if nobody does."),
    Section.DELETION: _("What happens when the time is over, in backups too, and what may delay it."),
    Section.RIGHTS: _("How to see, copy, correct, erase, withdraw and complain. As easy as giving consent."),
}


def badge_of(notice: Notice) -> Badge:
    tone, icon = _LOOKS[Notice.State(notice.state)]
    return Badge(Notice.State(notice.state).label, tone, icon)


def section_label(section: str) -> Translatable:
    if section == "script":
        return _("Spoken script")
    return Section(section).label if section else _("Opening")


def missing(found: Iterable[Shortcoming]) -> list[Text]:
    """What keeps a version from being published, one sentence each."""
    return [
        format_lazy(
            _MISSING[one.code], section=section_label(one.section), language=LANGUAGE_NAMES.get(one.language, "")
        )
        for one in found
    ]


def purpose_names() -> dict[str, str]:
    return {purpose.slug: named(purpose) for purpose in Purpose.objects.all()}


def category_label(slug: str) -> Text:
    return CATEGORIES.get(slug, slug)


def method_label(slug: str) -> Text:
    return Method(slug).label if slug in Method.values else slug


def cover_words(cover: Cover) -> str:
    """One purpose's kinds, recipients and method on one line."""
    parts = [str(category_label(slug)) for slug in sorted(cover.categories)]
    parts += [str(_("to %(recipient)s") % {"recipient": slug}) for slug in sorted(cover.recipients)]
    parts += [str(method_label(slug)) for slug in sorted(cover.methods)]
    parts += [str(_("abroad"))] if cover.abroad else []
    return ", ".join(parts)


def covers_facts(covers: Covers) -> Facts | None:
    """What a version covers, purpose by purpose."""
    names = purpose_names()
    facts = [
        Fact(
            names.get(slug, slug),
            Chips(
                [
                    *(Badge(category_label(category)) for category in sorted(cover.categories)),
                    *(Badge(recipient, "info", "users") for recipient in sorted(cover.recipients)),
                    *(Badge(method_label(method), "neutral", "settings") for method in sorted(cover.methods)),
                    *((Badge(_("Abroad"), "warn", "map-pin"),) if cover.abroad else ()),
                ]
            ),
        )
        for slug, cover in sorted(covers.items())
    ]
    return Facts(facts) if facts else None
