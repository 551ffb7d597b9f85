"""The editor's form for the notice to staff: the sections of a notice without a script and without what it covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Text
from callwarden.doors.console.notices.forms import PARTS, NoticeForm, Pair
from callwarden.doors.console.notices.words import section_label
from callwarden.lawful.notices.sections import LANGUAGES, Section, split
from callwarden.lawful.staff.models import StaffNotice
from callwarden.lawful.staff.rules import digest_of

# What each section has to say to people who work here.
HINTS: dict[str, Text] = {
    Section.ABOUT: _("The employer, and the person in charge of protecting data, with a way to reach them."),
    Section.COLLECTION: _("Voices in recordings, times, marks of samples, and what is written down of looks at data."),
    Section.USE: _("Each purpose and what it rests on. Staff cannot freely say no, so it is rarely consent."),
    Section.STORAGE: _("Where it lies and how long: recordings, marks, log."),
    Section.SHARING: _("Who else sees it. Say so if nobody does."),
    Section.DELETION: _("What happens when the time is over, and when somebody leaves."),
    Section.RIGHTS: _("How to see, correct and object, and whom to ask."),
}


class StaffNoticeForm(NoticeForm):
    """Sections in both languages."""

    def pairs(self) -> Iterator[Pair]:
        for part, section in PARTS.items():
            hint = HINTS.get(section, _("A sentence before the first section, if you want one."))
            yield Pair(part, section_label(section), hint, self[f"{part}_en"], self[f"{part}_zh"])

    def texts(self) -> dict[str, str]:
        """The valid form as arguments of `draft` and `rewrite`."""
        written = self.what_is_written()
        return {name: written[name] for name in ("text_en", "text_zh")}


def start_of(source: StaffNotice | Mapping[str, str]) -> dict[str, Any]:
    """The form's fields filled from a version, or from texts under "en" and "zh"."""
    start: dict[str, Any] = {"seen": ""}
    if isinstance(source, StaffNotice):
        texts = {"en": source.text_en, "zh": source.text_zh}
        start["seen"] = digest_of(source.version, texts["en"], texts["zh"])
    else:
        texts = dict(source)
    for language in LANGUAGES:
        parts = split(texts[language])
        start |= {f"{part}_{language}": parts.get(section, "") for part, section in PARTS.items()}
    return start
