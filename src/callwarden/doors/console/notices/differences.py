"""What one version of a notice changes of another: section by section, word by word, and what it covers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Change, Difference
from callwarden.doors.console.notices.words import LANGUAGE_NAMES, cover_words, purpose_names, section_label
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import covers_from
from callwarden.lawful.notices.sections import LANGUAGES, OPENING, Section, split
from callwarden.lawful.staff.models import StaffNotice

# Below this likeness a paragraph was written anew, and marks in it would be confetti.
_ALIKE = 0.45
_WORDS = re.compile(r"[㐀-鿿]|[^\W_]+|\s+|.", re.UNICODE)


def of_notices(before: Notice | None, after: Notice) -> Difference | None:
    """Paragraphs that differ, in the reader's language first, then what is covered. None: nothing differs."""
    changes = [*_in_both(before, after), *_covers(before, after)]
    return Difference(changes, _("What the new version changes")) if changes else None


def of_texts(before: StaffNotice | None, after: StaffNotice) -> Difference | None:
    """The same of the notice to staff, which has no script and covers nothing."""
    changes = [*_in_both(before, after)]
    return Difference(changes, _("What the new version changes")) if changes else None


def _in_both(before: Notice | StaffNotice | None, after: Notice | StaffNotice) -> Iterator[Change]:
    """Changes in either language, the reader's first."""
    languages = list(LANGUAGES)
    if (get_language() or "").startswith("zh"):
        languages.reverse()
    for language in languages:
        yield from _texts(before, after, language)


def _texts(before: Notice | StaffNotice | None, after: Notice | StaffNotice, language: str) -> Iterator[Change]:
    old = {**split(getattr(before, f"text_{language}", "")), "script": getattr(before, f"script_{language}", "")}
    new = {**split(getattr(after, f"text_{language}")), "script": getattr(after, f"script_{language}", "")}
    for section in (OPENING, *Section.values, "script"):
        place = f"{LANGUAGE_NAMES[language]} · {section_label(section)}"
        for gone, come in _paragraphs(old.get(section, ""), new.get(section, "")):
            yield Change(place, *marked(gone, come))


def _paragraphs(before: str, after: str) -> Iterator[tuple[str, str]]:
    old, new = _split(before), _split(after)
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace" and b - a == d - c:
            yield from zip(old[a:b], new[c:d], strict=True)
        elif tag != "equal":
            yield "\n".join(old[a:b]), "\n".join(new[c:d])


def _split(text: str) -> list[str]:
    return [paragraph.strip() for paragraph in text.split("\n") if paragraph.strip()]


def marked(before: str, after: str) -> tuple[SafeString | str, SafeString | str]:
    """Both paragraphs with the words that differ marked, as far as they are alike at all."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if not before or not after or matcher.ratio() < _ALIKE:
        return before, after
    left, right = [], []
    for tag, a, b, c, d in matcher.get_opcodes():
        left.append(_run(old[a:b], tag != "equal"))
        right.append(_run(new[c:d], tag != "equal"))
    return _marked(left), _marked(right)


def _marked(runs: Sequence[str]) -> SafeString:
    return mark_safe(f'<span class="marked">{"".join(runs)}</span>')  # noqa: S308 - every run was escaped


def _run(words: Sequence[str], differs: bool) -> str:
    text = escape("".join(words))
    return f"<mark>{text}</mark>" if differs and text else str(text)


def _covers(before: Notice | None, after: Notice) -> Iterator[Change]:
    old, new = covers_from(before.covers if before else {}), covers_from(after.covers)
    names = purpose_names()
    for slug in sorted(old.keys() | new.keys()):
        if old.get(slug) != new.get(slug):
            told = [cover_words(covers[slug]) if slug in covers else "" for covers in (old, new)]
            yield Change(gettext("Covered · %(purpose)s") % {"purpose": names.get(slug, slug)}, *marked(*told))
