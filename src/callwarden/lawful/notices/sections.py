"""What a notice has to tell, section by section, and how that lies in one Markdown text.

    ## How long we keep it {#storage}

The anchor in braces names the section in either language and becomes its address on the public page. What stands
before the first section is the opening.

Source: PIPL art. 17, 30, 48; network data regulations art. 21; GDPR art. 13; control map A1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

LANGUAGES: Final = ("en", "zh")
OPENING: Final = ""


class Section(TextChoices):
    """In the order of the text."""

    ABOUT = "about", _("Who answers")
    COLLECTION = "collection", _("Collection")
    USE = "use", _("Use")
    STORAGE = "storage", _("Storage")
    SHARING = "sharing", _("Sharing")
    DELETION = "deletion", _("Deletion")
    RIGHTS = "rights", _("Rights")


# Headings are part of the text, so they do not follow the language of whoever looks.
HEADINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        Section.ABOUT: "Who we are",
        Section.COLLECTION: "What we collect",
        Section.USE: "What we use it for",
        Section.STORAGE: "Where and how long we keep it",
        Section.SHARING: "Who else receives it",
        Section.DELETION: "How it is deleted",
        Section.RIGHTS: "Your rights",
    },
    "zh": {
        Section.ABOUT: "我们是谁",
        Section.COLLECTION: "我们收集什么",
        Section.USE: "我们用来做什么",
        Section.STORAGE: "存放在哪里、保存多久",
        Section.SHARING: "还会提供给谁",
        Section.DELETION: "如何删除",
        Section.RIGHTS: "您的权利",
    },
}
_HEADING = re.compile(r"^##[ \t]+[^\n]*?\{#(" + "|".join(Section.values) + r")\}[ \t]*$", re.MULTILINE)


def split(text: str) -> dict[str, str]:
    """The opening (under "") and the body of each section that is there. A section named twice is one section."""
    text = text.replace("\r\n", "\n")
    parts: dict[str, str] = {}
    name, start = OPENING, 0
    for heading in [*_HEADING.finditer(text), None]:
        body = text[start : heading.start() if heading else len(text)].strip()
        parts[name] = "\n\n".join(filter(None, (parts.get(name, ""), body)))
        if heading:
            name, start = heading[1], heading.end()
    return {name: body for name, body in parts.items() if body}


def compose(parts: Mapping[str, str], language: str) -> str:
    """One Markdown text of the sections that say something, in their order.

    Args:
        language: "en" or "zh", for the headings.
    """
    blocks = [parts.get(OPENING, "").strip()]
    for section in Section:
        if body := parts.get(section, "").replace("\r\n", "\n").strip():
            blocks.append(f"## {HEADINGS[language][section]} {{#{section.value}}}\n\n{body}")
    text = "\n\n".join(filter(None, blocks))
    return f"{text}\n" if text else ""
