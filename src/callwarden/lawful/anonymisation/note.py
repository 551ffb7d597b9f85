"""What goes with a release wherever it goes: what it is, how it was checked, and what it does not protect from.

Evidence toward, not legal advice. Citations carry how well their source is known, as everywhere in the product.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import Translatable
from callwarden.lawful.anonymisation import rules
from callwarden.lawful.anonymisation.fields import Source
from callwarden.lawful.anonymisation.models import Release


@dataclass(frozen=True)
class Claim:
    """One thing that is said of anonymity, on which source, and how well that is known (as in `statutes`)."""

    says: Translatable
    source: Translatable
    certainty: str


# What irreversibility means here, and where each sentence comes from.
MEANS: Final = (
    Claim(
        _(
            "Anonymous means that nobody can be recognised, and that it cannot be undone. Whatever can be traced back"
            " with further knowledge is pseudonymised at most, and stays personal information."
        ),
        _("PIPL art. 73(3) and (4)"),
        "read",
    ),
    Claim(
        _("It is judged by all means that somebody is reasonably likely to use, not by ours alone."),
        _("GDPR recital 26"),
        "unconfirmed",
    ),
    Claim(
        _(
            "Three questions decide: can one person be singled out, can records of one person be linked, can something"
            " be inferred about one person?"
        ),
        _("Article 29 Working Party, Opinion 05/2014 (WP216)"),
        "unconfirmed",
    ),
)
# What this product does about the three questions.
DOES: Final = (
    (
        _("Singling out"),
        _("Every row counts at least k people. Smaller groups are left out, and how many is limited."),
    ),
    (
        _("Linking"),
        _(
            "There is no number, key, name or exact time, and no table that leads from a row to a record. Rows stand in"
            " the order of their labels. The records keep their own keys, and end with these."
        ),
    ),
    (
        _("Inference"),
        _(
            "Every group has at least l different values of the sensitive column (distinct l-diversity), and no two"
            " releases of ours may differ by fewer than k people."
        ),
    ),
)


def about(release: Release) -> str:
    """The note, in English and in Chinese, as plain text."""
    parts = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            parts.append("\n".join(_lines(release)))
    return "\n\n".join(parts) + "\n"


def _lines(release: Release) -> Iterator[str]:
    recipe, found = release.made_of, release.found
    yield gettext("Anonymous counts: %(label)s") % {"label": release.label}
    yield ""
    yield gettext("Release %(id)s, SHA-256 of the CSV %(digest)s") % {"id": release.pk, "digest": release.digest}
    if release.ended_at:
        yield gettext("Released on %(day)s, checked by rules version %(version)s") % {
            "day": f"{release.ended_at:%Y-%m-%d}",
            "version": release.rules,
        }
    yield gettext("Counted: %(source)s") % {"source": Source(recipe.source).label}
    for column in recipe.columns:
        level = column.of.levels[column.of.step(column.level)].title
        yield f"- {column.field}: {column.of.title} ({level})"
    yield gettext("k = %(k)s: the smallest of %(classes)s groups has %(smallest)s people") % {
        "k": recipe.k,
        "classes": found.kept_classes,
        "smallest": found.kept_smallest,
    }
    if recipe.sensitive:
        yield gettext("l = %(l)s (distinct): every group has at least %(least)s different values of %(column)s") % {
            "l": recipe.l,
            "least": found.kept_least,
            "column": recipe.sensitive.field,
        }
    yield gettext("Left out because their group was too small: %(count)s") % {"count": suppressed_told(release)}
    yield ""
    yield from (f"{claim.says} [{claim.source}; {certainty(claim)}]" for claim in MEANS)
    yield ""
    yield from (f"- {what}: {how}" for what, how in DOES)
    yield ""
    yield gettext("It does not protect from everything:")
    yield from (f"- {says}" for says in rules.NOT_CLAIMED.values())


def certainty(claim: Claim) -> str:
    return gettext("text read") if claim.certainty == "read" else gettext("to be confirmed")


def suppressed_told(release: Release) -> str:
    """How many were left out, as it may leave: of few nobody says how few."""
    recipe, found = release.made_of, release.found
    if 0 < found.suppressed < recipe.k:
        return gettext("fewer than %(k)s") % {"k": recipe.k}
    return str(found.suppressed)


def file(release: Release) -> bytes:
    """CSV and note as one ZIP; the same release always gives the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            (f"{file_name(release)}.csv", rules.dataset(release.made_of, release.groups)),
            ("about.txt", about(release).encode()),
        ):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()


def file_name(release: Release) -> str:
    """Its label as a name of a file on any system."""
    return "".join(one if one.isalnum() or one in "-_" else "-" for one in release.label)
