"""Writing and publishing notices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value
from callwarden.lawful.notices.documents import brought_over, text_digest
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import covers_from, widened

__all__ = ["draft", "publish", "rewrite", "text_digest"]


@transaction.atomic
def draft(
    line: Line,
    *,
    text_en: str,
    text_zh: str,
    script_en: str = "",
    script_zh: str = "",
    covers: Mapping[str, Any] | None = None,
    version: str = "",
    told_since: datetime | None = None,
    actor: str = "system",
) -> Notice:
    """A new version, not yet told to anybody here.

    Args:
        told_since: from when callers had been told it before it was entered here (aware).
        version: the label telephone systems report it by; by default year and running number, as in "2026-3".
    """
    Line.objects.select_for_update().get(pk=line.pk)
    notice = Notice.objects.create(
        line=line,
        version=version or _next_version(line),
        text_en=text_en,
        text_zh=text_zh,
        script_en=script_en,
        script_zh=script_zh,
        covers=dict(covers or {}),
        told_since=told_since,
    )
    _record(Event.NOTICE_DRAFTED, notice, actor=actor)
    return notice


def _next_version(line: Line) -> str:
    year = clock.now().year
    taken = set(Notice.objects.filter(line=line).values_list("version", flat=True))
    running = 1
    while f"{year}-{running}" in taken:
        running += 1
    return f"{year}-{running}"


@transaction.atomic
def rewrite(
    notice: Notice,
    *,
    text_en: str,
    text_zh: str,
    script_en: str | None = None,
    script_zh: str | None = None,
    covers: Mapping[str, Any] | None = None,
    told_since: datetime | None = None,
    instead_of: bytes | None = None,
    actor: str = "system",
) -> Notice:
    """Change a draft. An approval of its former text does not cover the new one.

    Args:
        script_en, script_zh, covers: None leaves them as they are.
        told_since: as for `draft`; None says that nobody was told it before.
        instead_of: digest of the draft as whoever changed it had seen it.

    Raises:
        Conflict: it is not a draft, or somebody else changed it meanwhile.
    """
    notice = Notice.objects.select_for_update(of=("self",)).select_related("line").get(pk=notice.pk)
    if notice.state != Notice.State.DRAFT:
        raise Conflict("notice_not_draft", _("This version was published before. Write a new version instead."))
    if instead_of is not None and instead_of != text_digest(notice):
        raise Conflict(
            "notice_changed",
            _("Somebody else changed this draft while you were writing. Compare both, then keep yours or theirs."),
        )
    notice.text_en, notice.text_zh = text_en, text_zh
    notice.script_en = notice.script_en if script_en is None else script_en
    notice.script_zh = notice.script_zh if script_zh is None else script_zh
    notice.covers = notice.covers if covers is None else dict(covers)
    notice.told_since = told_since
    notice.save(update_fields=["text_en", "text_zh", "script_en", "script_zh", "covers", "told_since"])
    _record(Event.NOTICE_DRAFTED, notice, actor=actor)
    return notice


@transaction.atomic
def publish(notice: Notice, *, actor: str) -> Notice:
    """Make this version the one callers are told; the former becomes superseded.

    Consent to earlier versions for purposes that this one widens is ended by the clock (`flows.renewals`).

    Raises:
        Conflict: it is not a draft.
        InvalidInput: a language is missing, or callers cannot have been told it since when it says.
    """
    notice = Notice.objects.select_for_update(of=("self",)).select_related("line").get(pk=notice.pk)
    if notice.state != Notice.State.DRAFT:
        raise Conflict("notice_not_draft", _("This version was published before. Write a new version instead."))
    if not (notice.text_en.strip() and notice.text_zh.strip()):
        raise InvalidInput("notice_language_missing", _("Write the notice in both languages before publishing it."))
    if bool(notice.script_en.strip()) != bool(notice.script_zh.strip()):
        raise InvalidInput("script_language_missing", _("Write the spoken script in both languages, or in neither."))
    now = clock.now()
    former = Notice.objects.select_for_update().filter(line=notice.line, state=Notice.State.PUBLISHED).first()
    _check_told_since(notice, former)
    stale: set[str] = set()
    if former:
        # What the former had not ended yet is this one's to end: consent given under this version has to stand.
        stale = set(former.renewing) | widened(covers_from(former.covers), covers_from(notice.covers))
        former.state, former.superseded_at, former.renewing = Notice.State.SUPERSEDED, notice.told_since or now, []
        former.save(update_fields=["state", "superseded_at", "renewing"])
    notice.state, notice.published_at, notice.renewing = Notice.State.PUBLISHED, now, sorted(stale)
    notice.digest = text_digest(notice)
    notice.save()
    _record(
        Event.NOTICE_PUBLISHED,
        notice,
        actor=actor,
        instead_of=former.version if former else "",
        widened=notice.renewing,
        **brought_over(notice),
    )
    return notice


def _check_told_since(notice: Notice, former: Notice | None) -> None:
    """History is brought over in its order, and only before anything of the line is published here: afterwards an
    earlier date would make calls lawful that were not.
    """
    since = notice.told_since
    if since is None:
        return
    if since > clock.now():
        raise InvalidInput(
            "told_since_ahead", _("Nobody has been told this yet. Leave the day out: it is told from its publication.")
        )
    if former and not former.told_since:
        raise InvalidInput(
            "told_since_late",
            _("Callers of this line are told a notice that was published here. Later ones are told from publication."),
        )
    first = Notice.objects.filter(line=notice.line).aggregate(at=Min("published_at"))["at"]
    if first and since >= first:
        raise InvalidInput(
            "told_since_late",
            _("Callers of this line are told a notice that was published here. Later ones are told from publication."),
        )
    if former and former.told_since and since <= former.told_since:
        raise InvalidInput(
            "told_since_before", _("The version before this one was told later. Bring them over in their order.")
        )


def _record(event: Event, notice: Notice, *, actor: str, **more: Value) -> None:
    journal.record(
        journal.Entry(
            event=event,
            actor=actor,
            client=notice.line.client_id,
            data={
                "line": notice.line.slug,
                "version": notice.version,
                "digest": text_digest(notice).hex(),
                **more,
            },
        )
    )
