"""The lines of the day view. Each part is read with a fixed number of statements, however much there is of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from callwarden.control.reviews import queries as rights
from callwarden.control.reviews import reminders
from callwarden.control.training import queries as training
from callwarden.custody.categories import Category
from callwarden.custody.models import Client, IntakeItem, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console.approvals.words import title_of
from callwarden.doors.console.components import Text
from callwarden.doors.console.requests import words
from callwarden.flows.names import named
from callwarden.kernel import approvals
from callwarden.kernel.models import Approval, Severity, User
from callwarden.kernel.roles import Role
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.consent.models import ConsentProposal
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.queries import IN_FORCE
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import shortcomings
from callwarden.lawful.purposes.models import Transfer
from callwarden.lawful.requests import queries
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import RequestTask, SubjectRequest

SHOWN: Final = 20
WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
TODAY: Final = timedelta(hours=24)
THREE_DAYS: Final = timedelta(days=3)


@dataclass(frozen=True)
class Line:
    """Something to do, and where. `count` where the line stands for many; `until` where it has a time."""

    icon: str
    tone: str
    title: Text
    note: Text
    href: str
    until: datetime | None = None
    count: int | None = None


@dataclass(frozen=True)
class Part:
    """A card of the day view. `more`: how many lines there are beside those shown."""

    slug: str
    title: Text
    lines: tuple[Line, ...]
    quiet: Text
    more: int = 0


def parts(client: Client, user: User, now: datetime) -> list[Part]:
    with client_scope(client.pk):
        due = [*_requests_due(now), *_reviews(now), *_holds_due(client, now), *_ending(client, now)]
        blocked = [*_waiting_requests(), *_failed_tasks(), *_set_aside(client)]
        unsure = [*_proposals(), *_drafts(client)]
    due += _rights(user, now)
    due.sort(key=lambda line: line.until or datetime.max.replace(tzinfo=UTC))
    return [
        _part("due", _("Due soon"), due, _("Nothing is due in the next days.")),
        _part("blocked", _("Blocked"), blocked, _("Nothing waits for a hold, a legal period or a repair.")),
        _part("second", _("Waits for a second person"), [*_to_decide(user), *_of_mine(user)],
              _("Nobody waits for your decision, and nothing of yours waits for others.")),
        _part("unsure", _("To confirm or complete"), unsure, _("No proposal and no draft is left open.")),
    ]  # fmt: skip


def _part(slug: str, title: Text, lines: list[Line], quiet: Text) -> Part:
    return Part(slug, title, tuple(lines[:SHOWN]), quiet, max(0, len(lines) - SHOWN))


def tone_of(until: datetime, now: datetime) -> str:
    """Over: fail. Within three days: warn. Later: info."""
    return "fail" if until <= now else "warn" if until <= now + THREE_DAYS else "info"


def _requests_due(now: datetime) -> Iterator[Line]:
    found = queries.due_soon(now).select_related("line").order_by("due_at")
    for one in found[: SHOWN * 2]:
        kind = Kind(one.kind)
        yield Line(
            words.ICONS[kind], tone_of(one.due_at, now), kind.label,
            _("%(code)s · %(line)s") % {"code": one.code, "line": named(one.line)},
            reverse("console:request", args=[one.pk]), one.due_at,
        )  # fmt: skip


def _rights(user: User, now: datetime) -> Iterator[Line]:
    """Reviews of rights that end, the next that is due or late, and sensitive roles without current training.

    A review that is late comes before the auditor, too, once the days the site sets for that are over.
    """
    for one, left in rights.waiting_for(user)[:SHOWN]:
        yield Line(
            "clipboard-check", tone_of(one.due_at, now), _("Rights to review"), one.reference,
            reverse("console:review", args=[one.pk]), one.due_at, left,
        )  # fmt: skip
    due, officer = reminders.next_due(), user.has_role(Role.DPO)
    step = reminders.step_due(due, now) if due else None
    if due and step and (officer or step is Severity.CRITICAL):
        yield Line(
            "clipboard-check", tone_of(due, now), _("A review of rights is due"), _("Nobody has begun it yet."),
            reverse("console:reviews"), due,
        )  # fmt: skip
    untrained = len(training.holders_untrained()) if officer else 0
    if untrained:
        yield Line(
            "certificate", "warn", _("Sensitive roles held without current training"),
            _("Have them trained, or take the role back."), f"{reverse('console:training')}?standing=sensitive",
            count=untrained,
        )  # fmt: skip


def _reviews(now: datetime) -> Iterator[Line]:
    """Assessments to write or to look at again, and transfers whose basis ends."""
    limit = now + MONTH
    drafts = Assessment.objects.filter(state=Assessment.State.DRAFT, due_on__lte=limit.date())
    for one in drafts.select_related("purpose").order_by("due_on")[:SHOWN]:
        assert one.due_on is not None
        yield _assessment(one, _("Impact assessment to finish"), end_of(one.due_on), now)
    ending = Assessment.objects.filter(state=Assessment.State.APPROVED, valid_until__lte=limit)
    for one in ending.select_related("purpose").order_by("valid_until")[:SHOWN]:
        assert one.valid_until is not None
        yield _assessment(one, _("Impact assessment to look at again"), one.valid_until, now)
    transfers = Transfer.objects.filter(
        ended_at__isnull=True, registered_at__isnull=False, valid_until__lte=limit.date()
    ).select_related("recipient")
    for transfer in transfers.order_by("valid_until")[:SHOWN]:
        assert transfer.valid_until is not None
        until = end_of(transfer.valid_until)
        yield Line(
            "map-pin", tone_of(until, now), _("What allows a transfer abroad ends"), named(transfer.recipient),
            reverse("console:transfers"), until,
        )  # fmt: skip


def _assessment(one: Assessment, title: Text, until: datetime, now: datetime) -> Line:
    href = reverse("console:assessment", args=[one.pk])
    return Line("clipboard-check", tone_of(until, now), title, named(one.purpose), href, until)


def end_of(day: date) -> datetime:
    """The end of a day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _holds_due(client: Client, now: datetime) -> Iterator[Line]:
    found = Matter.objects.filter(client=client, state__in=IN_FORCE, review_on__lte=(now + WEEK).date())
    for one in found.order_by("review_on")[:SHOWN]:
        until = end_of(one.review_on)
        yield Line(
            "gavel", tone_of(until, now), _("A hold is to be looked at again"), one.label,
            reverse("console:hold", args=[one.pk]), until,
        )  # fmt: skip


def _ending(client: Client, now: datetime) -> Iterator[Line]:
    """Kinds of data of which something goes within a week: by itself, so nobody has to act unless it should stay."""
    live = Record.objects.filter(client_id=client.pk, bucket__hold=False, erase_at__isnull=True, due_at__lte=now + WEEK)
    kinds = live.exclude(state=Record.State.DESTROYED).values_list("category").annotate(n=Count("id"), at=Min("due_at"))
    for category, count, first in kinds.order_by("at"):
        yield Line(
            "hourglass", "neutral", Category(category).label, _("Goes by itself within a week, unless on hold."),
            reverse("console:retention_calendar"), first, count,
        )  # fmt: skip


def _waiting_requests() -> Iterator[Line]:
    """Requests carried out in part: the program goes on by itself when what keeps the rest ends."""
    found = SubjectRequest.objects.filter(state=SubjectRequest.State.RESTRICTED).annotate(next=Min("tasks__not_before"))
    for one in found.order_by("next", "due_at")[: SHOWN * 2]:
        kind = Kind(one.kind)
        note = _("%(code)s · restricted; goes on by itself") % {"code": one.code}
        yield Line("lock", "warn", kind.label, note, reverse("console:request", args=[one.pk]), one.next)


def _failed_tasks() -> Iterator[Line]:
    found = RequestTask.objects.filter(state=RequestTask.State.FAILED).select_related("request").order_by("id")
    for task in found[: SHOWN * 2]:
        yield Line(
            "alert-triangle", "fail", RequestTask.Replica(task.replica).label,
            _("%(code)s · failed; is tried again") % {"code": task.request.code},
            reverse("console:request", args=[task.request_id]),
        )  # fmt: skip


def _set_aside(client: Client) -> Iterator[Line]:
    aside = IntakeItem.objects.filter(line__client=client, state=IntakeItem.State.SET_ASIDE).count()
    if aside:
        yield Line(
            "archive", "warn", _("Files were set aside"), _("Each says why, and what to do."),
            f"{reverse('console:imports')}?list=set_aside", count=aside,
        )  # fmt: skip
    refused = IntakeItem.objects.filter(
        line__client=client, state=IntakeItem.State.QUARANTINED, kind=IntakeItem.Kind.ROW
    ).aggregate(count=Count("id"), first=Min("delete_at"))
    if refused["count"]:
        yield Line(
            "ban", "warn", _("Calls the gate refused"), _("Deliver the missing notice or consent, or let them go."),
            f"{reverse('console:imports')}?list=quarantined", refused["first"], refused["count"],
        )  # fmt: skip


def _to_decide(user: User) -> Iterator[Line]:
    yield from _approvals(approvals.pending_for(user), _("Somebody else asked; you approve or refuse."), "warn")
    yield from _approvals(approvals.ready_for(user), _("Approved: you may carry it out now."), "pass")


def _of_mine(user: User) -> Iterator[Line]:
    mine = approvals.requested_by(user).filter(state=Approval.State.PENDING)
    yield from _approvals(mine, _("You asked; it waits for others."), "neutral")


def _approvals(found: QuerySet[Approval], note: Text, tone: str) -> Iterable[Line]:
    for one in found.order_by("expires_at")[: SHOWN * 2]:
        href = reverse("console:approval", args=[one.pk])
        yield Line("checkbox", tone, title_of(one), note, href, one.expires_at)


def _proposals() -> Iterator[Line]:
    """Words that sound like an answer, by the call they were said in."""
    found = (
        ConsentProposal.objects.filter(state=ConsentProposal.State.OPEN)
        .values("call", "answer")
        .annotate(n=Count("id"), at=Min("made_at"))
        .order_by("at")
    )
    for one in found[: SHOWN * 2]:
        yield Line(
            "message-2", "info", ConsentProposal.Answer(one["answer"]).label,
            _("Heard in a call; nothing holds by it until somebody confirms."),
            reverse("console:call", args=[one["call"]]), count=one["n"],
        )  # fmt: skip


def _drafts(client: Client) -> Iterator[Line]:
    found = Notice.objects.filter(line__client=client, state=Notice.State.DRAFT).select_related("line")
    for one in found.order_by("line", "version")[: SHOWN * 2]:
        missing = sum(1 for _one in shortcomings(one.text_en, one.text_zh, one.script_en, one.script_zh))
        note = (
            ngettext_lazy("%(count)s thing is missing", "%(count)s things are missing", missing) % {"count": missing}
            if missing
            else _("Complete: ask for its publication.")
        )
        title = _("Draft %(version)s · %(line)s") % {"version": one.version, "line": named(one.line)}
        yield Line("pencil", "neutral", title, note, reverse("console:notice", args=[one.pk]))
