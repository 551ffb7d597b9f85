"""The editor's form: one field for each section and language, the scripts, and what the version covers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.doors.console.components import Text
from callwarden.doors.console.notices.words import HINTS, category_label, method_label, purpose_names, section_label
from callwarden.doors.console.offering import offer
from callwarden.kernel import clock
from callwarden.lawful.notices.drafting import Draft, DraftFacts, covers_of
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import Cover, Covers, covers_as_data, covers_from
from callwarden.lawful.notices.sections import LANGUAGES, OPENING, Section, compose, split
from callwarden.lawful.notices.speech import Reading, reading
from callwarden.lawful.notices.telling import proposed

TAGS = {"en": "en", "zh": "zh-Hans"}
_KIND, _RECIPIENT, _METHOD = _SIGNS = (":", ">", "~")
LONGEST = 20_000
LONGEST_SCRIPT = 2_000
PARTS = {"opening": OPENING, **{section.value: section.value for section in Section}}


@dataclass(frozen=True)
class Pair:
    """One section as it is drawn: its name, what it has to say, and its field in either language."""

    slug: str
    label: Text
    hint: Text
    en: BoundField
    zh: BoundField


@dataclass(frozen=True)
class Choice:
    value: str
    label: Text
    chosen: bool


@dataclass(frozen=True)
class CoverChoices:
    """What of one purpose may be covered, and is."""

    slug: str
    name: str
    kinds: list[Choice]
    recipients: list[Choice]
    methods: list[Choice]
    abroad: bool


class NoticeForm(forms.Form):
    """Sections in both languages; a text that is missing in one language is no notice."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    covers = forms.MultipleChoiceField(required=False)
    told_since = forms.DateField(
        label=_("Callers have been told this since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "Only for a text that callers were told before it was entered here. Calls from that day on count as told."
            " Whoever publishes it declares this day, and the public page names it. Leave it empty otherwise."
        ),
    )

    def __init__(self, *args: Any, possible: Covers, may_bring_over: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.possible = possible
        if not may_bring_over:
            del self.fields["told_since"]
        for part in (*PARTS, "script"):
            for language in LANGUAGES:
                self.fields[f"{part}_{language}"] = _text(part, language)
        offer(self, "covers", [(value, value) for slug, cover in possible.items() for value in _values(slug, cover)])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for language in LANGUAGES:
            if not any(given.get(f"{part}_{language}", "").strip() for part in PARTS):
                self.add_error(f"about_{language}", _("Nothing is written in this language yet. Write it in both."))
        return given

    def clean_told_since(self) -> datetime | None:
        """The beginning of that day, here."""
        day: date | None = self.cleaned_data["told_since"]
        if day is None:
            return None
        since = timezone.make_aware(datetime.combine(day, time.min))
        if since > clock.now():
            raise forms.ValidationError(
                _("This day is still to come. Leave it empty: it is told from its publication.")
            )
        return since

    def what_is_written(self) -> dict[str, Any]:
        """The valid form as arguments of `draft` and `rewrite`."""
        given = self.cleaned_data
        texts = {
            f"text_{language}": compose(
                {section: given.get(f"{part}_{language}", "") for part, section in PARTS.items()}, language
            )
            for language in LANGUAGES
        }
        scripts = {f"script_{language}": given.get(f"script_{language}", "").strip() for language in LANGUAGES}
        covers = covers_as_data(self._covers(given.get("covers", ())))
        return {**texts, **scripts, "covers": covers, "told_since": given.get("told_since")}

    def as_typed(self) -> dict[str, str]:
        """Texts and scripts as they stand in the form, valid or not: for the preview."""
        typed = {
            name: str(self[name].value() or "") for name in self.fields if name not in {"covers", "seen", "told_since"}
        }
        texts = {
            f"text_{language}": compose(
                {section: typed[f"{part}_{language}"] for part, section in PARTS.items()}, language
            )
            for language in LANGUAGES
        }
        return {**texts, **{f"script_{language}": typed[f"script_{language}"] for language in LANGUAGES}}

    def _covers(self, chosen: list[str]) -> dict[str, Cover]:
        """A purpose is covered when a kind of data of it is."""
        found: dict[str, dict[str, set[str]]] = {sign: defaultdict(set) for sign in _SIGNS}
        for value in chosen:
            purpose, sign, name = _apart(value)
            found[sign][purpose].add(name)
        kinds, recipients, methods = (found[sign] for sign in _SIGNS)
        return {
            slug: Cover(frozenset(kinds[slug]), frozenset(recipients[slug]), frozenset(methods[slug]), cover.abroad)
            for slug, cover in self.possible.items()
            if kinds[slug]
        }

    def pairs(self) -> Iterator[Pair]:
        for part, section in PARTS.items():
            hint = HINTS.get(section, _("A sentence before the first section, if you want one."))
            yield Pair(part, section_label(section), hint, self[f"{part}_en"], self[f"{part}_zh"])

    def script(self) -> Pair:
        hint = _("What the telephone menu says before anything is recorded. Short: the page has the rest.")
        return Pair("script", section_label("script"), hint, self["script_en"], self["script_zh"])

    def readings(self) -> dict[str, Reading]:
        return {language: reading(str(self[f"script_{language}"].value() or ""), language) for language in LANGUAGES}

    def cover_choices(self) -> list[CoverChoices]:
        names, chosen = purpose_names(), set(self["covers"].value() or ())

        def choices(slug: str, sign: str, of: frozenset[str], label: Callable[[str], Text]) -> list[Choice]:
            values = [(f"{slug}{sign}{one}", label(one)) for one in sorted(of)]
            return [Choice(value, said, value in chosen) for value, said in values]

        return [
            CoverChoices(
                slug,
                names.get(slug, slug),
                choices(slug, _KIND, cover.categories, category_label),
                choices(slug, _RECIPIENT, cover.recipients, str),
                choices(slug, _METHOD, cover.methods, method_label),
                cover.abroad,
            )
            for slug, cover in self.possible.items()
        ]


def _text(part: str, language: str) -> forms.CharField:
    # The placeholder is a blank: style sheets see by it whether something is written.
    attrs = {"lang": TAGS[language], "placeholder": " ", "rows": 2 if part == "opening" else 4}
    return forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST_SCRIPT if part == "script" else LONGEST,
        widget=forms.Textarea(attrs=attrs),
    )


def _values(slug: str, cover: Cover) -> list[str]:
    return [
        f"{slug}{sign}{one}"
        for sign, of in ((_KIND, cover.categories), (_RECIPIENT, cover.recipients), (_METHOD, cover.methods))
        for one in sorted(of)
    ]


def _apart(value: str) -> tuple[str, str, str]:
    sign = next(sign for sign in _SIGNS if sign in value)
    return value.partition(sign)


def possible_on(line: Line, facts: DraftFacts, written: Covers) -> dict[str, Cover]:
    """What may be chosen: what is configured now, what is proposed and is told before it is done, and what the version
    names already.
    """
    now, wanted = covers_of(facts), proposed(line)
    abroad = {slug: cover.abroad or (slug in wanted and wanted[slug].abroad) for slug, cover in now.items()}
    both = together(together(now, wanted), written)
    return {slug: replace(cover, abroad=abroad.get(slug, cover.abroad)) for slug, cover in both.items()}


def together(one: Covers, other: Covers) -> dict[str, Cover]:
    """What either of the two names; abroad is what the first says, where it knows the purpose."""
    both = {}
    for slug in sorted(one.keys() | other.keys()):
        first, second = one.get(slug, Cover()), other.get(slug, Cover())
        both[slug] = Cover(
            first.categories | second.categories,
            first.recipients | second.recipients,
            first.methods | second.methods,
            (first if slug in one else second).abroad,
        )
    return both


def start_of(source: Notice | Draft) -> dict[str, Any]:
    """The form's fields filled from a version or a generated draft."""
    covers = covers_from(source.covers) if isinstance(source, Notice) else source.covers
    start: dict[str, Any] = {
        "covers": [value for slug, cover in covers.items() for value in _values(slug, cover)],
    }
    for language in LANGUAGES:
        parts = split(getattr(source, f"text_{language}"))
        start |= {f"{part}_{language}": parts.get(section, "") for part, section in PARTS.items()}
        start[f"script_{language}"] = getattr(source, f"script_{language}")
    if isinstance(source, Notice) and source.state == Notice.State.DRAFT and source.told_since:
        start["told_since"] = timezone.localdate(source.told_since)
    return start
