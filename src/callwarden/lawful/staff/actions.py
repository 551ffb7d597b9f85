"""Writing and publishing the notice to staff, and confirming that one has read it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.lawful.staff.models import StaffNotice, StaffReading
from callwarden.lawful.staff.rules import digest_of

State = StaffNotice.State


@transaction.atomic
def draft(*, text_en: str, text_zh: str) -> StaffNotice:
    """The next version, not yet told to anybody.

    Raises:
        Conflict: there is a draft already.
    """
    if StaffNotice.objects.select_for_update().filter(state=State.DRAFT).exists():
        raise Conflict("staff_draft_exists", _("There is a draft already. Go on with that one."))
    return StaffNotice.objects.create(version=_next_version(), text_en=text_en, text_zh=text_zh)


def _next_version() -> str:
    year = clock.now().year
    taken = set(StaffNotice.objects.values_list("version", flat=True))
    return next(version for n in range(1, len(taken) + 2) if (version := f"{year}-{n}") not in taken)


@transaction.atomic
def rewrite(notice: StaffNotice, *, text_en: str, text_zh: str, instead_of: str) -> StaffNotice:
    """Change a draft. An approval of its former text does not cover the new one.

    Args:
        instead_of: digest of the draft as whoever changed it had seen it.

    Raises:
        Conflict: it is no draft, or somebody else changed it meanwhile.
    """
    notice = _draft(notice)
    if instead_of != digest_of(notice.version, notice.text_en, notice.text_zh):
        raise Conflict(
            "notice_changed",
            _("Somebody else changed this draft while you were writing. Compare both, then keep yours or theirs."),
        )
    notice.text_en, notice.text_zh = text_en, text_zh
    notice.save(update_fields=["text_en", "text_zh"])
    return notice


@transaction.atomic
def publish(notice: StaffNotice, *, actor: str) -> StaffNotice:
    """Make this version the one staff are told; everybody is asked to read it.

    Raises:
        Conflict: it is no draft.
        InvalidInput: a language is missing.
    """
    notice = _draft(notice)
    if not (notice.text_en.strip() and notice.text_zh.strip()):
        raise InvalidInput("notice_language_missing", _("Write the notice in both languages before publishing it."))
    now = clock.now()
    StaffNotice.objects.filter(state=State.PUBLISHED).update(state=State.SUPERSEDED, superseded_at=now)
    notice.state, notice.published_at = State.PUBLISHED, now
    notice.digest = digest_of(notice.version, notice.text_en, notice.text_zh)
    notice.save()
    _record(Event.STAFF_NOTICE_PUBLISHED, notice, actor)
    return notice


@transaction.atomic
def confirm(notice: StaffNotice, user: User) -> StaffReading:
    """Somebody says that they read the version in force. A second time changes nothing.

    Raises:
        Conflict: this version is not in force.
    """
    notice = StaffNotice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != State.PUBLISHED:
        raise Conflict("staff_notice_not_in_force", _("A newer version is in force. Read that one."))
    reading, new = StaffReading.objects.get_or_create(notice=notice, user=user, defaults={"at": clock.now()})
    if new:
        _record(Event.STAFF_NOTICE_READ, notice, user.actor)
    return reading


def _draft(notice: StaffNotice) -> StaffNotice:
    notice = StaffNotice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != State.DRAFT:
        raise Conflict("notice_not_draft", _("This version was published before. Write a new version instead."))
    return notice


def _record(event: Event, notice: StaffNotice, actor: str) -> None:
    data = {"version": notice.version, "digest": notice.digest}
    journal.record(journal.Entry(event=event, actor=actor, data=data))
