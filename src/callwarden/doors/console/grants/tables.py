"""What the pages of grants show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callwarden.control.grants.models import AccessGrant
from callwarden.control.grants.rules import ACTIONS as GRANTABLE
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.chapters.words import ACTIONS, action_label
from callwarden.doors.console.components import Badge, Countdown, Empty, Fact, Link, Option, Row, Text
from callwarden.doors.console.labels import SPEAKERS, field_label, purpose_label
from callwarden.doors.console.listing import Column, Filter
from callwarden.flows.handing_out import Covered, Look
from callwarden.kernel import clock
from callwarden.kernel.models import Approval, User

State = AccessGrant.State
LOOKS = {
    State.ASKED: ("warn", "hourglass"),
    State.LIVE: ("seal", "lock-open"),
    State.ENDED: ("neutral", "lock"),
    State.DROPPED: ("neutral", "circle-minus"),
}
WHY: dict[str, Text] = {
    "time": _("its time was over"),
    "used_up": _("it was used up"),
    "revoked": _("taken away by an officer"),
    "given_back": _("given back"),
    "leaver": _("the account was closed"),
    "roles_changed": _("a role was taken away"),
    "lines_changed": _("a line was taken away"),
    "incident": _("the account was frozen"),
    "refused": _("refused"),
    "withdrawn": _("taken back"),
    "expired": _("nobody decided in time"),
}
TRANSCRIPTS: dict[str, Text] = {"redacted": _("Redacted transcript"), "original": _("Original transcript")}
_SPEAKERS = {"caller": "customer"}
COLUMNS = (
    Column("what", _("What")),
    Column("who", _("Who")),
    Column("purpose", _("Purpose")),
    Column("uses", _("Openings"), end=True),
    Column("left", _("Time left")),
    Column("asked_at", _("Asked"), sortable=True),
    Column("state", _("State")),
)
FILTERS = (
    Filter("state", _("State"), options=[Option(*pair) for pair in State.choices]),
    Filter("action", _("What"), options=[Option(name, ACTIONS[name]) for name in GRANTABLE]),
)
EMPTY = Empty(
    _("No access for a time"),
    _("Where something is refused because it needs leave, the refusal itself offers to ask for it."),
    "lock-open",
)


def badge(grant: AccessGrant) -> Badge:
    label: Text = State(grant.state).label
    if grant.state == State.ASKED and _approved(grant):
        return Badge(_("Approved, not begun"), "pass", "circle-check")
    if grant.state == State.LIVE and not running(grant):
        label, look = State.ENDED.label, State.ENDED
        return Badge(label, *LOOKS[look])
    return Badge(label, *LOOKS[State(grant.state)])


def running(grant: AccessGrant) -> bool:
    """Whether it opens anything now, whatever the clock has come round to writing down."""
    in_time = grant.ends_at is not None and grant.ends_at > clock.now()
    return grant.state == State.LIVE and in_time and grant.uses < grant.max_uses


def _approved(grant: AccessGrant) -> bool:
    found = Approval.objects.filter(pk=grant.approval, state=Approval.State.APPROVED, expires_at__gt=clock.now())
    return found.exists()


def row(grant: AccessGrant) -> Row:
    return Row(
        (
            Link(what(grant), reverse("console:grant", args=[grant.pk]), AccessGrant.Scope(grant.scope).label),
            grant.person.get_full_name(),
            purpose_label(grant.purpose),
            _("%(uses)s of %(most)s") % {"uses": grant.uses, "most": grant.max_uses},
            left(grant) or "",
            grant.asked_at,
            badge(grant),
        )
    )


def what(grant: AccessGrant) -> Text:
    return action_label(grant.action)


def left(grant: AccessGrant) -> Countdown | None:
    return Countdown(grant.ends_at, grant.minutes * 60) if running(grant) and grant.ends_at else None


def facts(grant: AccessGrant, *, may_open: bool) -> Iterator[Fact]:
    yield Fact(_("Who"), grant.person.get_full_name())
    yield Fact(_("What"), what(grant))
    yield Fact(_("Purpose"), purpose_label(grant.purpose))
    yield Fact(_("Records"), grant.count)
    yield Fact(_("People concerned"), grant.subjects)
    if grant.call:
        shown: object = Link(str(grant.call), reverse("console:call", args=[grant.call])) if may_open else grant.call
        yield Fact(_("Call"), shown)
    if grant.ticket:
        yield Fact(_("Ticket"), grant.ticket)
    yield Fact(_("For how long"), _("%(minutes)s minutes") % {"minutes": grant.minutes})
    yield Fact(_("Openings"), _("%(uses)s of %(most)s") % {"uses": grant.uses, "most": grant.max_uses})
    yield Fact(_("Asked"), grant.asked_at)
    if grant.starts_at:
        yield Fact(_("Begun"), grant.starts_at)
        yield Fact(_("Until"), grant.ends_at)
    if grant.ended_at:
        yield Fact(_("Ended"), grant.ended_at)
        yield Fact(_("Why it ended"), WHY.get(grant.why_ended, grant.why_ended))
    yield Fact(_("Digest of the records"), grant.records_digest)


def covered(grant: AccessGrant) -> PlainTable:
    """Which records it covers, by kind: how many, and which fields."""
    rows = {one.record: tuple(one.fields) for one in grant.records.all()}
    with client_scope(grant.client):
        kinds = dict(Record.objects.filter(pk__in=list(rows)).values_list("pk", "category"))
    groups: dict[tuple[str, tuple[str, ...]], int] = {}
    for record, fields in rows.items():
        key = (kinds.get(record, ""), fields)
        groups[key] = groups.get(key, 0) + 1
    labels = dict(Category.choices)
    lines = [
        Row(
            (
                labels.get(kind) or _("Erased meanwhile"),
                ", ".join(str(field_label(name)) for name in fields) or _("all of it"),
                count,
            )
        )
        for (kind, fields), count in sorted(groups.items())
    ]
    return PlainTable(_("What it covers"), (_("Kind of data"), _("Fields"), _("Records")), lines)


@dataclass(frozen=True)
class Files:
    """What can be taken along by a running grant: of which calls the sound, of which the words, and which words."""

    sound: list[Option]
    words: list[Option]
    which: list[Option]


def files(covered: Sequence[Covered]) -> Files:
    """The files there are, for whoever chooses."""
    kinds = {kind for one in covered for kind in one.words}
    return Files(
        sound=[Option(str(one.call.id), call_name(one.call)) for one in covered if one.sound],
        words=[Option(str(one.call.id), call_name(one.call)) for one in covered if one.words],
        which=[Option(kind, label) for kind, label in TRANSCRIPTS.items() if kind in kinds],
    )


def call_name(call: Call) -> str:
    """A call as its list names it: when, and on which line."""
    return f"{timezone.localtime(call.started_at):%Y-%m-%d %H:%M} · {call.line.name}"


def look() -> Look:
    """How a table of transcripts reads, in the viewer's language."""
    headings = [gettext("Call"), gettext("At"), gettext("Who speaks"), gettext("Words")]
    return Look(headings, call_name, lambda speaker: str(SPEAKERS.get(_SPEAKERS.get(speaker, speaker), speaker)))


def told_at_the_top(grant: AccessGrant, user: User) -> list[str]:
    """What stands over an exported table: whose copy it is, of when, what for, and what to do with it."""
    at = timezone.localtime(clock.now()).strftime("%Y-%m-%d %H:%M %Z")
    return [
        gettext("Copy of %(who)s, %(at)s") % {"who": user.get_full_name(), "at": at},
        gettext("Purpose: %(purpose)s") % {"purpose": purpose_label(grant.purpose)},
        gettext("Personal data. Not to be passed on; delete it when it has served. Each row leads back to this copy:"),
    ]
