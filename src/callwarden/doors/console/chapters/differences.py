"""What one version changes of another: of a notice paragraph by paragraph, of a matrix cell by cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.chapters.words import action_label, category_label, role_label
from callwarden.doors.console.components import Change, Difference
from callwarden.doors.console.labels import purpose_label
from callwarden.engines.policy import Matrix
from callwarden.lawful.notices.models import Notice


def of_texts(before: Notice | None, after: Notice) -> Difference | None:
    """Paragraphs that differ, in the reader's language first. None: nothing differs."""
    languages = [("en", _("English")), ("zh", _("Chinese"))]
    if (get_language() or "").startswith("zh"):
        languages.reverse()
    changes = [
        change
        for code, label in languages
        for change in _paragraphs(
            str(label), getattr(before, f"text_{code}") if before else "", getattr(after, f"text_{code}")
        )
    ]
    return Difference(changes, _("What the new version changes")) if changes else None


def _paragraphs(label: str, before: str, after: str) -> Iterator[Change]:
    old, new = _split(before), _split(after)
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            place = gettext("%(language)s, paragraph %(number)s") % {"language": label, "number": max(c, a) + 1}
            yield Change(place, "\n".join(old[a:b]), "\n".join(new[c:d]))


def _split(text: str) -> list[str]:
    return [paragraph.strip() for paragraph in text.split("\n") if paragraph.strip()]


def of_matrices(before: Matrix, after: Matrix) -> Difference | None:
    """Cells granted and taken away, one line for each role, purpose and kind of data. None: no cell differs."""
    diff = before.diff(after)
    places: dict[tuple[str, str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, cells in enumerate((diff.removed, diff.added)):
        for cell in sorted(cells):
            places[cell.role, cell.purpose, cell.category][side].append(str(action_label(cell.action)))
    changes = [
        Change(_place(*place), ", ".join(removed), ", ".join(added))
        for place, (removed, added) in sorted(places.items())
    ]
    return Difference(changes, _("What the new matrix changes")) if changes else None


def _place(role: str, purpose: str, category: str) -> str:
    return " · ".join(str(label) for label in (role_label(role), purpose_label(purpose), category_label(category)))
