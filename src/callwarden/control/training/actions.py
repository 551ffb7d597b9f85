"""Entering training, by hand or from a table, and taking back what was entered by mistake."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.accounts.rules import after_months
from callwarden.control.training import queries, rules, watch
from callwarden.control.training.models import TrainingRecord, TrainingTakenBack
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User

Source = TrainingRecord.Source
COLUMNS: Final = ("account", "course", "completed", "valid_until")
LINES: Final = 5_000
# Where a site requires none, what is entered counts for a year.
MONTHS: Final = 12


@transaction.atomic
def record(
    person: User,
    course: str,
    *,
    completed_on: date,
    valid_until: date | None,
    by: User,
    source: Source = Source.PERSON,
    session: UUID | None = None,
) -> TrainingRecord:
    """Enter that somebody completed a course.

    Raises:
        Refused: one's own training.
        InvalidInput: no such name of a course, or days that cannot be.
        Conflict: it has been entered already.
    """
    if person.pk == by.pk:
        raise Refused("own_training", _("Nobody enters their own training. Somebody else has to."))
    try:
        validate_slug(course)
    except ValidationError:
        course = ""
    if not 0 < len(course) <= 50:
        raise InvalidInput("course_malformed", _("A course is named by letters, digits and hyphens. Correct it."))
    now = clock.now()
    months = settings.TRAINING_MONTHS or MONTHS
    begun = now.replace(year=completed_on.year, month=completed_on.month, day=completed_on.day)
    until = rules.last_day(completed_on, valid_until, longest=after_months(begun, months).date(), today=now.date())
    locked = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if queries.counted().filter(person=locked, course=course, completed_on=completed_on).exists():
        raise Conflict("training_known", _("This training is in the register already."))
    told: dict[str, str] = {
        "person": locked.actor,
        "course": course,
        "completed": completed_on.isoformat(),
        "until": until.isoformat(),
        "source": str(source),
    }
    made = TrainingRecord.objects.create(
        person=locked,
        course=course,
        completed_on=completed_on,
        valid_until=until,
        source=source,
        entered_by=by.actor,
        entered_at=now,
        entry=journal.record(Entry(event=Event.TRAINING_RECORDED, actor=by.actor, session=session, data=told)),
    )
    watch.settle(locked, actor=by.actor)
    return made


@transaction.atomic
def take_back(pk: UUID, *, by: User, reason: str, session: UUID | None = None) -> TrainingTakenBack:
    """Say that something was entered by mistake: from now on it does not count.

    Raises:
        InvalidInput: no reason.
        NotFound: there is no such row.
        Conflict: it was taken back already.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why, so that the report can be understood later."))
    found = TrainingRecord.objects.select_for_update().select_related("person").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_training", _("This is not in the register of training. Go back to the list."))
    if TrainingTakenBack.objects.filter(record=found).exists():
        raise Conflict("training_taken_back", _("This was taken back already."))
    entry = journal.record(
        Entry(
            event=Event.TRAINING_TAKEN_BACK,
            actor=by.actor,
            session=session,
            data={"person": found.person.actor, "course": found.course, "completed": found.completed_on.isoformat()},
            detail={"reason": reason.strip()},
        )
    )
    return TrainingTakenBack.objects.create(record=found, by=by.actor, at=clock.now(), entry=entry)


@transaction.atomic
def take_table(text: str, *, by: User, session: UUID | None = None) -> int:
    """Enter what a learning system exported (RFC 4180, heading `COLUMNS`): all of it, or nothing. How many are new.

    What is in the register already is passed over, so the same table may be taken twice.

    Raises:
        InvalidInput: a line that cannot be read or entered; it is named by its number, never by what stands in it.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    entered = 0
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InvalidInput("table_heading", _("The first line has to be: account,course,completed,valid_until"))
        for line in reader:
            if reader.line_num > LINES:
                raise InvalidInput("table_long", _("This table is too long. Take it in parts."))
            entered += _take_line(line, by, session)
    except (csv.Error, ValueError, KeyError, AttributeError, Refused, InvalidInput) as error:
        if isinstance(error, InvalidInput) and error.code in {"table_heading", "table_long"}:
            raise
        why = str(error) if isinstance(error, CallwardenError) else ""
        raise InvalidInput(
            "table_line",
            _("Line %(line)d of the table cannot be entered; nothing was. %(why)s"),
            data={"line": reader.line_num, "why": why},
        ) from None
    return entered


def _take_line(line: dict[str, str], by: User, session: UUID | None) -> int:
    person = User.objects.filter(username=line["account"].strip()).first()
    if person is None:
        raise InvalidInput("no_such_account", _("There is no account of this name."))
    until = line["valid_until"].strip()
    try:
        record(
            person,
            line["course"].strip(),
            completed_on=date.fromisoformat(line["completed"].strip()),
            valid_until=date.fromisoformat(until) if until else None,
            by=by,
            source=Source.TABLE,
            session=session,
        )
    except Conflict:
        return 0
    return 1
