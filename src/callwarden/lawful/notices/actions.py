"""Writing and publishing notices."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.lawful.notices.models import Notice


@transaction.atomic
def draft(
    line: Line, *, text_en: str, text_zh: str, script_en: str = "", script_zh: str = "", version: str = ""
) -> Notice:
    """A new version, not yet told to anybody.

    Args:
        version: the label telephone systems report it by; by default year and running number, as in "2026-3".
    """
    Line.objects.select_for_update().get(pk=line.pk)
    year = clock.now().year
    running = Notice.objects.filter(line=line, version__startswith=f"{year}-").count() + 1
    return Notice.objects.create(
        line=line,
        version=version or f"{year}-{running}",
        text_en=text_en,
        text_zh=text_zh,
        script_en=script_en,
        script_zh=script_zh,
    )


@transaction.atomic
def rewrite(notice: Notice, *, text_en: str, text_zh: str) -> Notice:
    """Change a draft. An approval of its former text does not cover the new one.

    Raises:
        Conflict: it is not a draft.
    """
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != Notice.State.DRAFT:
        raise Conflict("notice_not_draft", _("This version was published before. Write a new version instead."))
    notice.text_en, notice.text_zh = text_en, text_zh
    notice.save(update_fields=["text_en", "text_zh"])
    return notice


@transaction.atomic
def publish(notice: Notice, *, actor: str) -> Notice:
    """Make this version the one callers are told; the former becomes superseded.

    Raises:
        Conflict: it is not a draft.
        InvalidInput: a language is missing.
    """
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != Notice.State.DRAFT:
        raise Conflict("notice_not_draft", _("This version was published before. Write a new version instead."))
    if not (notice.text_en.strip() and notice.text_zh.strip()):
        raise InvalidInput("notice_language_missing", _("Write the notice in both languages before publishing it."))
    now = clock.now()
    Notice.objects.filter(line=notice.line, state=Notice.State.PUBLISHED).update(
        state=Notice.State.SUPERSEDED, superseded_at=now
    )
    notice.state, notice.published_at = Notice.State.PUBLISHED, now
    notice.digest = text_digest(notice)
    notice.save()
    journal.record(
        journal.Entry(
            event=Event.NOTICE_PUBLISHED,
            actor=actor,
            client=notice.line.client_id,
            data={"line": notice.line.slug, "version": notice.version, "digest": notice.digest.hex()},
        )
    )
    return notice


def text_digest(notice: Notice) -> bytes:
    """SHA-256 over the length-prefixed texts: what a consent names when it says which notice it was given under."""
    digest = hashlib.sha256()
    for text in (notice.text_en, notice.text_zh, notice.script_en, notice.script_zh):
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.digest()
