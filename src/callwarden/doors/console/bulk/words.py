"""Acts on many rows in words: what each kind counts by, what a row of it is called, what it does.

Nothing here shows personal data: rows are named by what they are and by ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Customer, IntakeItem, Line, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console.components import Badge, Fact, Link, Text
from callwarden.doors.console.findings import words as finding_words
from callwarden.doors.console.holds import tables as hold_tables
from callwarden.doors.console.imports.reasons import reason_for
from callwarden.doors.console.navigation import may_go
from callwarden.doors.console.notices.words import purpose_names
from callwarden.flows import many_arrivals, many_findings
from callwarden.flows.names import named
from callwarden.flows.requests import many as counting_requests
from callwarden.kernel import bulk
from callwarden.kernel.models import Approval, BulkAct, BulkRow, Finding, Severity, User
from callwarden.lawful.consent import many as many_consents
from callwarden.lawful.consent.models import ConsentState
from callwarden.lawful.holds import many as many_holds
from callwarden.lawful.holds import queries as hold_queries
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.requests import many as many_requests
from callwarden.lawful.requests.kinds import Kind, RejectionReason
from callwarden.lawful.requests.models import SubjectRequest

State, Outcome = BulkAct.State, BulkRow.Outcome
STATES: Final[Mapping[str, tuple[str, str]]] = {
    State.DRAWN: ("neutral", "search"),
    State.ASKED: ("warn", "hourglass"),
    State.RUNNING: ("info", "refresh"),
    State.STOPPED: ("warn", "player-pause"),
    State.DONE: ("pass", "check"),
    State.ENDED: ("neutral", "circle-minus"),
    State.DROPPED: ("neutral", "circle-x"),
}
OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    Outcome.WAITING: ("neutral", "hourglass"),
    Outcome.DONE: ("pass", "check"),
    Outcome.SKIPPED: ("warn", "circle-minus"),
    Outcome.LEFT_OUT: ("neutral", "circle-minus"),
}
WHY_STOPPED: Final[Mapping[str, Text]] = {
    "asked": _("Somebody stopped it."),
    "access_lost": _("Whoever carried it out may not do so any more. Somebody who may can let it go on."),
    "failed": _("Several batches in a row broke off. Look at the program's log, then let it go on."),
}


@dataclass(frozen=True)
class Telling:
    """How one kind of act reads.

    Args:
        sorts: what the preview counts by; `sort` says one of them.
        rows: what each of these rows is called, for somebody with these roles. Rows that are gone are not in it.
        about: what is done, from what filter.
        lists: address name of the list the act starts from.
        words: what the field for words is called; empty for a reason.
    """

    sorts: Text
    sort: Callable[[str], Text]
    rows: Callable[[BulkAct, Sequence[UUID], Sequence[str]], Mapping[UUID, object]]
    about: Callable[[BulkAct], list[Fact]]
    lists: str
    words: Text = ""


def badge(act: BulkAct) -> Badge:
    return Badge(State(act.state).label, *STATES[act.state])


def outcome_badge(outcome: str) -> Badge:
    return Badge(Outcome(outcome).label, *OUTCOMES[outcome])


def telling(act: BulkAct) -> Telling:
    return TELLINGS[act.kind]


def title(act: BulkAct) -> Text:
    return bulk.kind_of(act.kind).title


def kinds_told(act: BulkAct) -> str:
    """How many of which kinds, in one line."""
    told = telling(act)
    return " · ".join(f"{told.sort(sort)}: {count}" for sort, count in bulk.sorts_of(act))


def why(act: BulkAct, reason: str) -> Text:
    return bulk.kind_of(act.kind).why(reason)


def _severity(sort: str) -> Text:
    return Severity(sort).label


def _findings(_act: BulkAct, ids: Sequence[UUID], _roles: Sequence[str]) -> dict[UUID, object]:
    return {
        one.pk: Link(
            finding_words.title_of(one), reverse("console:finding", args=[one.pk]), finding_words.where_of(one)
        )
        for one in Finding.objects.filter(pk__in=ids)
    }


def _about_findings(act: BulkAct) -> list[Fact]:
    given = act.parameters
    facts = [Fact(_("Which"), ", ".join(map(str, finding_filter(given))))]
    if owner := given.get("owner"):
        person = User.objects.filter(pk=owner).first()
        facts.append(Fact(_("Answered for by"), person.get_full_name() if person else None))
    if due := given.get("due"):
        facts.append(Fact(_("Due"), parse_datetime(str(due))))
    return facts


def finding_filter(given: Mapping[str, object]) -> list[Text]:
    """A filter of the list of findings in words."""
    if chosen := given.get("chosen"):
        return [chosen_told(chosen)]
    told: list[Text] = []
    if state := given.get("state"):
        told.append(_("Not settled") if state == "unsettled" else Finding.State(str(state)).label)
    if severity := given.get("severity"):
        told.append(Severity(str(severity)).label)
    if kind := given.get("kind"):
        told.append(finding_words.title_of(Finding(kind=str(kind))))
    return told or [_("All of them")]


def chosen_told(chosen: object) -> Text:
    return _("%(count)s chosen one by one") % {"count": len(chosen) if isinstance(chosen, list) else 0}


THINGS: Final[Mapping[str, Text]] = {
    "records": _("Records"),
    "calls": _("Calls, with everything of them"),
    "customers": _("Customers, with everything of them"),
}


def _held_sort(sort: str) -> Text:
    if sort == "customer":
        return _("Customers")
    return dict(Category.choices).get(sort) or _line_named(sort)


def _line_named(slug: str) -> Text:
    line = Line.objects.filter(slug=slug).first()
    return named(line) if line else slug


def _things(act: BulkAct, ids: Sequence[UUID], roles: Sequence[str]) -> dict[UUID, object]:
    of = str(act.parameters["of"])
    with client_scope(_client(act)):
        return _THINGS[of](ids, roles)


def _records(ids: Sequence[UUID], roles: Sequence[str]) -> dict[UUID, object]:
    labels = dict(Category.choices)
    opens = may_go(roles, "console:calls")
    told: dict[UUID, object] = {}
    for one in Record.objects.select_related("line").filter(pk__in=ids):
        label, note = labels.get(one.category, one.category), f"{named(one.line)} · {one.created_at:%Y-%m-%d}"
        href = reverse("console:call", args=[one.call_id]) if one.call_id and opens else ""
        told[one.pk] = Link(label, href, note) if href else f"{label} · {note}"
    return told


def _calls(ids: Sequence[UUID], roles: Sequence[str]) -> dict[UUID, object]:
    opens = may_go(roles, "console:calls")
    told: dict[UUID, object] = {}
    for one in Call.objects.select_related("line").filter(pk__in=ids):
        label = _("Call %(number)s") % {"number": str(one.pk)[:8]}
        note = f"{named(one.line)} · {one.started_at:%Y-%m-%d}"
        told[one.pk] = Link(label, reverse("console:call", args=[one.pk]), note) if opens else f"{label} · {note}"
    return told


def _customers(ids: Sequence[UUID], roles: Sequence[str]) -> dict[UUID, object]:
    opens = may_go(roles, "console:customers")
    told: dict[UUID, object] = {}
    for pk in Customer.objects.filter(pk__in=ids).values_list("pk", flat=True):
        label = _("Customer %(number)s") % {"number": str(pk)[:8]}
        told[pk] = Link(label, reverse("console:customer", args=[pk])) if opens else label
    return told


_THINGS: Final = {"records": _records, "calls": _calls, "customers": _customers}


def _about_hold(act: BulkAct) -> list[Fact]:
    given = act.parameters
    parts = [str(part) for part in hold_tables.parts_of(Query.of(given))]
    if chosen := given.get("chosen"):
        parts.append(str(chosen_told(chosen)))
    facts = [
        Fact(_("Matter"), _matter_link(act) or str(given["label"])),
        Fact(_("Ground"), Matter.Ground(str(given["ground"])).label),
        Fact(_("Held are"), THINGS[str(given["of"])]),
        Fact(_("Which"), "; ".join(parts)),
        Fact(_("Looked at again on"), str(given["review_on"])),
    ]
    if given.get("provisional"):
        facts.append(Fact(_("Meanwhile"), _("held provisionally from the moment it is asked for")))
    return facts


def _matter_link(act: BulkAct) -> Link | None:
    matter = Matter.objects.filter(scope=Matter.Scope.SET, target=act.pk).first()
    return Link(matter.label, reverse("console:hold", args=[matter.pk])) if matter else None


def _ground(sort: str) -> Text:
    return Matter.Ground(sort).label


def _matters(_act: BulkAct, ids: Sequence[UUID], _roles: Sequence[str]) -> dict[UUID, object]:
    told: dict[UUID, object] = {}
    for one in Matter.objects.filter(pk__in=ids):
        with client_scope(one.client_id):
            now = hold_queries.standing(one)
        note = _("%(held)s on hold, %(deferred)s erasures waiting") % {"held": now.held, "deferred": now.deferred}
        told[one.pk] = Link(one.label, reverse("console:hold", args=[one.pk]), note)
    return told


def _about_release(act: BulkAct) -> list[Fact]:
    return [Fact(_("Which"), ", ".join(map(str, matter_filter(act.parameters))))]


def matter_filter(given: Mapping[str, object]) -> list[Text]:
    """A filter of the list of holds in words."""
    if chosen := given.get("chosen"):
        return [chosen_told(chosen)]
    state = str(given.get("state") or "in_force")
    told: list[Text] = [_("Holding records") if state == "in_force" else Matter.State(state).label]
    if ground := given.get("ground"):
        told.append(Matter.Ground(str(ground)).label)
    return told


def _request_kind(sort: str) -> Text:
    return Kind(sort).label


def _requests(act: BulkAct, ids: Sequence[UUID], _roles: Sequence[str]) -> dict[UUID, object]:
    with client_scope(_client(act)):
        found = SubjectRequest.objects.select_related("line").filter(pk__in=ids)
        return {one.pk: Link(one.code, reverse("console:request", args=[one.pk]), named(one.line)) for one in found}


def _approved(_act: BulkAct, ids: Sequence[UUID], _roles: Sequence[str]) -> dict[UUID, object]:
    told: dict[UUID, object] = {}
    for one in Approval.objects.filter(pk__in=ids):
        number = _("Request %(number)s") % {"number": str(one.parameters["request"])[:8]}
        told[one.pk] = Link(number, reverse("console:approval", args=[one.pk]), Approval.State(one.state).label)
    return told


def _about_requests(act: BulkAct) -> list[Fact]:
    facts = [Fact(_("Which"), ", ".join(map(str, request_filter(act.parameters))))]
    if owner := act.parameters.get("owner"):
        person = User.objects.filter(pk=str(owner)).first()
        facts.append(Fact(_("Worked on by"), person.get_full_name() if person else None))
    if reason := act.parameters.get("reason"):
        facts.append(Fact(_("Not met because"), RejectionReason(str(reason)).label))
    return facts


def _about_carrying_out(_act: BulkAct) -> list[Fact]:
    return [Fact(_("Which"), _("Requests whose own approval stands"))]


def request_filter(given: Mapping[str, object]) -> list[Text]:
    """A filter of the list of requests in words."""
    if chosen := given.get("chosen"):
        return [chosen_told(chosen)]
    told: list[Text] = []
    if state := given.get("state"):
        told.append(SubjectRequest.State(str(state)).label)
    if kind := given.get("kind"):
        told.append(Kind(str(kind)).label)
    return told or [_("All of them")]


def _purpose(sort: str) -> Text:
    return purpose_names().get(sort, sort)


def _consents(act: BulkAct, ids: Sequence[UUID], roles: Sequence[str]) -> dict[UUID, object]:
    names = purpose_names()
    told: dict[UUID, object] = {}
    with client_scope(_client(act)):
        found = ConsentState.objects.select_related("event__line", "subject__customer").filter(pk__in=ids)
        for one in found:
            label = names.get(one.purpose, one.purpose)
            note = f"{named(one.event.line)} · {one.said_at:%Y-%m-%d}"
            customer = getattr(one.subject, "customer", None)
            opens = customer is not None and may_go(roles, "console:customers")
            href = reverse("console:consents", args=[customer.pk]) if customer and opens else ""
            told[one.pk] = Link(label, href, note) if href else f"{label} · {note}"
    return told


def _about_renewal(act: BulkAct) -> list[Fact]:
    given = act.parameters
    line = Line.objects.filter(pk=str(given["line"])).first() if given.get("line") else None
    notice = (
        Notice.objects.select_related("line").filter(pk=str(given["before"])).first() if given.get("before") else None
    )
    version = f"{named(notice.line)} · {notice.version}" if notice else _("Whatever version")
    return [
        Fact(_("Purpose"), _purpose(str(given["purpose"])) if given.get("purpose") else _("Every purpose")),
        Fact(_("Line"), named(line) if line else _("Every line")),
        Fact(_("Given before this version of the notice"), version),
        Fact(_("Takes effect"), _("the purpose is refused until they say yes again")),
    ]


def _arrival_kind(sort: str) -> Text:
    return IntakeItem.Kind(sort).label


def _arrivals(_act: BulkAct, ids: Sequence[UUID], roles: Sequence[str]) -> dict[UUID, object]:
    opens = may_go(roles, "console:imports")
    told: dict[UUID, object] = {}
    for one in IntakeItem.objects.select_related("line").filter(pk__in=ids):
        label = one.shown or IntakeItem.Kind(one.kind).label
        note = f"{named(one.line)} · {reason_for(one.reason).says}" if one.reason else named(one.line)
        told[one.pk] = (
            Link(label, reverse("console:import_item", args=[one.pk]), note) if opens else f"{label} · {note}"
        )
    return told


def _about_arrivals(act: BulkAct) -> list[Fact]:
    return [Fact(_("Which"), ", ".join(map(str, arrival_filter(act.parameters))))]


def arrival_filter(given: Mapping[str, object]) -> list[Text]:
    """A filter of the lists of what was turned away in words."""
    if chosen := given.get("chosen"):
        return [chosen_told(chosen)]
    told: list[Text] = [IntakeItem.State(str(state)).label] if (state := given.get("list")) else []
    if line := Line.objects.filter(pk=str(given["line"])).first() if given.get("line") else None:
        told.append(named(line))
    if kind := given.get("kind"):
        told.append(_arrival_kind(str(kind)))
    return told or [_("All of them")]


def _client(act: BulkAct) -> UUID:
    assert act.client is not None
    return act.client


_OF_FINDINGS: Final = Telling(_("Severity"), _severity, _findings, _about_findings, "console:findings")
_OF_REQUESTS: Final = Telling(_("What they ask for"), _request_kind, _requests, _about_requests, "console:requests_all")
_OF_ARRIVALS: Final = Telling(_("What"), _arrival_kind, _arrivals, _about_arrivals, "console:imports")
TELLINGS: dict[str, Telling] = {
    many_arrivals.READ: _OF_ARRIVALS,
    many_arrivals.DESTROY: _OF_ARRIVALS,
    many_findings.ASSIGN: _OF_FINDINGS,
    many_findings.SCHEDULE: _OF_FINDINGS,
    many_findings.CLOSE: _OF_FINDINGS,
    many_findings.COMMENT: Telling(
        _("Severity"), _severity, _findings, _about_findings, "console:findings", _("Comment")
    ),
    many_holds.SET: Telling(_("What"), _held_sort, _things, _about_hold, "console:holds"),
    many_holds.RELEASE: Telling(_("Ground"), _ground, _matters, _about_release, "console:holds"),
    many_requests.ASSIGN: _OF_REQUESTS,
    counting_requests.PLAN: _OF_REQUESTS,
    many_requests.EXTEND: _OF_REQUESTS,
    many_requests.REJECT: _OF_REQUESTS,
    many_requests.CLOSE: _OF_REQUESTS,
    many_requests.CARRY_OUT: Telling(
        _("What they ask for"), _request_kind, _approved, _about_carrying_out, "console:requests_all"
    ),
    many_consents.RENEW: Telling(_("Purpose"), _purpose, _consents, _about_renewal, "console:consents_renew"),
}
