"""The notice to staff as text: what its digest is of, and a first draft out of what is configured.

Source: PIPL art. 13(1)(2), 17; GDPR art. 13, 88; Employment practices guidance on monitoring at work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785
from django.utils.translation import gettext, override

from callwarden.lawful.notices.drafting import CODES, TwoNames
from callwarden.lawful.notices.sections import Section, compose

FORMAT = "callwarden-staff-notice/1"


@dataclass(frozen=True)
class StaffPurpose:
    """A purpose for which data of agents is handled.

    Attributes:
        categories: labels of the kinds of data.
        grounds: per jurisdiction: (its label, the ground's label, what ends it).
    """

    name: TwoNames
    description: TwoNames
    categories: tuple[object, ...]
    grounds: tuple[tuple[object, object, object], ...]


def digest_of(version: str, text_en: str, text_zh: str) -> str:
    """Hex SHA-256 of the canonical JSON (RFC 8785) of a version: what a confirmation of reading is of."""
    return hashlib.sha256(
        rfc8785.dumps({"format": FORMAT, "version": version, "en": text_en, "zh-Hans": text_zh})
    ).hexdigest()


def first_draft(purposes: Sequence[StaffPurpose], *, days: tuple[int, int] | None) -> dict[str, str]:
    """Texts in both languages, "en" and "zh", of what is configured. What the program cannot know stands in ⟦ ⟧.

    Args:
        days: least and most days recordings are kept, over all lines; None where no rule says.
    """
    texts = {}
    for language, code in CODES.items():
        with override(code):
            texts[language] = compose(_sections(purposes, days, language), language)
    return texts


def _sections(purposes: Sequence[StaffPurpose], days: tuple[int, int] | None, language: str) -> dict[str, str]:
    return {
        Section.ABOUT: gettext("⟦name and contact of the employer, and of the person in charge of data protection⟧"),
        Section.COLLECTION: _collection(purposes),
        Section.USE: _use(purposes, language),
        Section.STORAGE: _storage(days),
        Section.SHARING: gettext("⟦who else receives data of staff, or that nobody does⟧"),
        Section.DELETION: gettext(
            "When its time is over, the key of a recording is destroyed, so that no copy can be read any more. The log"
            " names you by a number; the link from the number to your name ends with your account."
        ),
        Section.RIGHTS: gettext(
            "You may see what is kept about you, have it corrected, and object to how you are monitored. Ask the person"
            " named above. Nobody is put at a disadvantage for asking. Reading this notice is confirmed for proof; it"
            " is no consent."
        ),
    }


def _collection(purposes: Sequence[StaffPurpose]) -> str:
    kinds = dict.fromkeys(str(label) for one in purposes for label in one.categories)
    lines = [
        *(f"- {label}" for label in kinds),
        "- " + gettext("what you open, play, search for and decide here: when, for which purpose, for which reason"),
        "- " + gettext("when you sign in and out, and from which network"),
    ]
    return "\n".join(lines)


def _use(purposes: Sequence[StaffPurpose], language: str) -> str:
    blocks = []
    for one in purposes:
        said = one.description.in_(language)
        grounds = "\n".join(
            "- "
            + gettext("%(place)s: %(ground)s. It ends when: %(ending)s.")
            % {"place": place, "ground": ground, "ending": ending}
            for place, ground, ending in one.grounds
        )
        blocks.append("\n\n".join(filter(None, (f"**{one.name.in_(language)}**", said, grounds))))
    blocks.append(
        gettext(
            "**Protecting callers.** Every look at a caller's data is written down, so that misuse is noticed and"
            " callers can be told who saw their data. The law asks for such records."
        )
    )
    return "\n\n".join(blocks)


def _storage(days: tuple[int, int] | None) -> str:
    if days is None:
        return gettext("⟦where recordings lie and how long they are kept⟧")
    least, most = days
    kept = gettext("Recordings are kept sealed for %(least)s to %(most)s days, depending on the line.") % {
        "least": least,
        "most": most,
    }
    return f"{kept} {gettext('⟦how long the log is kept⟧')}"
