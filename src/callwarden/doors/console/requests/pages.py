"""Requests of data subjects: what is due, who waits for whom, and the steps to the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.custody.models import Call, Line
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.bulk.picking import picks, to_bulk
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Badge, Crumb, Empty, Fact, Facts, Link, Option, Row, Text, Tile
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import ANSWER, DPO, LEADER, TAKE_IN
from callwarden.doors.console.requests import correct, words
from callwarden.doors.console.requests import report as report_page
from callwarden.doors.console.requests.forms import CodeForm, InCallForm, LiftForm, NewForm, ReasonForm, RejectForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import over_collected, stored_only
from callwarden.flows.calls import find_call
from callwarden.flows.consents import caller_of
from callwarden.flows.facts import in_hand
from callwarden.flows.looking import looked, subject_of
from callwarden.flows.names import named
from callwarden.flows.requests import lifting, report, verify, work
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import Approval
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.requests import actions, acts, limits, queries, statements
from callwarden.lawful.requests import many as many_requests
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from callwarden.lawful.requests.models import RequestTask, SubjectRequest

State = SubjectRequest.State
SEE = ANSWER
WORK = frozenset({DPO, LEADER})
DECIDE = frozenset({DPO})
# How long what was answered stays on the board.
SHOWN = timedelta(days=30)


@dataclass(frozen=True)
class Card:
    """One request on the board."""

    href: str
    icon: str
    kind: Text
    code: str
    where: Text
    due: Badge | None
    state: Badge


@dataclass(frozen=True)
class Lane:
    title: Text
    lead: Text
    states: tuple[str, ...]


LANES = (
    Lane(_("Who asks?"), _("Nothing is told or done before that is known."), (State.RECEIVED, State.VERIFYING)),
    Lane(_("To decide"), _("Find everything, then a second person approves."), (State.ACCEPTED, State.PLANNED)),
    Lane(
        _("Under way"),
        _("Carried out by the program; what must wait is restricted."),
        (State.EXECUTING, State.RESTRICTED),
    ),
    Lane(_("Answered"), _("In the last 30 days."), (State.ANSWERED, State.REJECTED, State.CLOSED)),
)


@for_roles(SEE)
@require_safe
def board(request: ConsoleRequest) -> HttpResponse:
    """Every open request by whose turn it is, the most urgent first."""
    client = client_of(request)
    now = clock.now()
    with client_scope(client.id):
        found = list(
            SubjectRequest.objects.select_related("line")
            .exclude(state__in=(State.ANSWERED, State.REJECTED, State.CLOSED), received_at__lt=now - SHOWN)
            .order_by("due_at")[:500]
        )
        tiles = _tiles(found)
    lanes = [(lane, [_card(one) for one in found if one.state in lane.states]) for lane in LANES]
    context = {"lanes": lanes, "tiles": tiles, "may_take_in": holds(request, TAKE_IN), "crumbs": _crumbs()}
    return render(request, "console/requests/board.html", context)


def _tiles(found: list[SubjectRequest]) -> list[Tile]:
    now = clock.now()
    still = [one for one in found if one.state in queries.OPEN]
    late = [one for one in still if one.due_at < now]
    soon = [one for one in still if now <= one.due_at <= now + queries.SOON]
    waiting = [one for one in still if one.state == State.RESTRICTED]
    return [
        Tile(_("Open"), value=len(still)),
        Tile(_("Overdue"), state="fail" if late else "pass", value=len(late)),
        Tile(_("Due within five days"), value=len(soon)),
        Tile(_("Restricted until something ends"), value=len(waiting)),
    ]


def _card(one: SubjectRequest) -> Card:
    kind = Kind(one.kind)
    return Card(
        href=reverse("console:request", args=[one.pk]),
        icon=words.ICONS[kind],
        kind=kind.label,
        code=one.code,
        where=named(one.line),
        due=words.due_badge(one, clock.now()),
        state=words.state_badge(one),
    )


COLUMNS = (
    Column("code", _("Number")),
    Column("kind", _("What they ask for")),
    Column("channel", _("How it came")),
    Column("received_at", _("Came"), sortable=True),
    Column("due_at", _("Due"), sortable=True),
    Column("state", _("State")),
)
FILTERS = (
    Filter("state", _("State"), options=[Option(*pair) for pair in State.choices]),
    Filter("kind", _("What they ask for"), options=[Option(*pair) for pair in Kind.choices]),
)
EMPTY = Empty(
    _("No request"), _("What data subjects ask for appears here, by telephone, form, letter or API."), "inbox"
)


@for_roles(SEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """All requests there ever were."""
    query = ListQuery.read(request, COLUMNS, FILTERS, sort="-received_at")
    with client_scope(client_of(request).id):
        found = SubjectRequest.objects.select_related("line", "owner").order_by(query.sort, "pk")
        for name in ("state", "kind"):
            if value := query.values[name]:
                found = found.filter(**{name: value})
        rows = [_row(one) for one in found[query.start : query.start + query.size]]
        table = Table(
            "requests",
            _("All requests"),
            COLUMNS,
            rows,
            query,
            found.count(),
            EMPTY,
            filters=FILTERS,
            picks=picks("console:requests_many", request.user.roles, many_requests.ASSIGN),
        )
    return render_list(request, "console/requests/all.html", table, {"actions": (to_bulk(),)})


def _row(one: SubjectRequest) -> Row:
    return Row(
        (
            Link(one.code, reverse("console:request", args=[one.pk]), one.owner.get_full_name() if one.owner else ""),
            Kind(one.kind).label,
            Channel(one.channel).label,
            one.received_at,
            one.due_at,
            words.state_badge(one),
        ),
        pick=str(one.pk) if one.state in queries.OPEN else "",
        pick_label=one.code,
    )


@for_roles(TAKE_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: ConsoleRequest) -> HttpResponse:
    """Take a request in; from a call it is tied to that call, its line and its customer."""
    client = client_of(request)
    call = _call(request, client.id)
    with client_scope(client.id):
        lines = [call.line] if call else list(Line.objects.filter(client=client).order_by("slug"))
        known = call is not None and (call.customer_id is not None or caller_of(call) is not None)
        may_attest = call is not None and known and _in_hand(request, call)
        form = _form(call, may_attest, lines, request.POST or None)
        if request.method == "POST" and form.is_valid():
            return _taken_in(request, call, lines, form)
    context = {
        "form": form,
        "call": call,
        "kinds": [(kind.value, kind.label, words.ICONS[kind]) for kind in Kind],
        "crumbs": (*_crumbs(), Crumb(_("Take in a request"))),
    }
    if call:
        back = Crumb(_("The call"), reverse("console:call", args=[call.pk]))
        context["crumbs"] = (Crumb(_("Calls"), reverse("console:calls")), back, Crumb(_("Take in a request")))
    return render(request, "console/requests/new.html", context)


def _form(call: Call | None, may_attest: bool, lines: list[Line], told: QueryDict | None) -> NewForm | InCallForm:
    if call is None:
        return NewForm(lines, told)
    loses = over_collected.would_end(call.customer.person_id) if call.customer else 0
    known = call.customer_id is not None
    return InCallForm(told, line=call.line, loses=loses, may_attest=may_attest, known=known)


def _taken_in(
    request: ConsoleRequest, call: Call | None, lines: list[Line], form: NewForm | InCallForm
) -> HttpResponse:
    """Write it down and, where the agent has verified the caller, that they attest it."""
    told: dict[str, Any] = form.cleaned_data
    line = call.line if call else next(line for line in lines if str(line.pk) == told["line"])
    taken = actions.receive(
        line,
        kind=Kind(told["kind"]),
        channel=Channel(told["channel"]) if call is None else Channel.PHONE,
        received_at=told.get("received_at"),
        language=request.user.language,
        actor=request.actor.name,
        call=call,
        claimed=call.customer if call else None,
        purposes=form.about(),
        statement=form.said(),
    )
    messages.success(request, str(_("Taken in. Tell the person this number: %(code)s")) % {"code": taken.code})
    if told.get("attested"):
        verify.attest(request.actor, taken.client_id, taken.pk)
        messages.success(request, str(_("It is on record who attested it.")))
    if call and not holds(request, SEE):
        return HttpResponseRedirect(reverse("console:call", args=[call.pk]))
    return HttpResponseRedirect(reverse("console:request", args=[taken.pk]))


def _call(request: ConsoleRequest, client: UUID) -> Call | None:
    """The call it is made in, when the page was opened from one the viewer may see.

    Raises:
        NotFound: there is no such call, or it is not theirs to see.
    """
    given = request.GET.get("call") or request.POST.get("call")
    if not given:
        return None
    try:
        named = UUID(given)
    except ValueError:
        raise NotFound("call_not_found", _("This call does not exist, or it has been erased.")) from None
    return find_call(request.actor, client, named)


def _in_hand(request: ConsoleRequest, call: Call) -> bool:
    return in_hand(request.user).filter(pk=call.pk).exists()


@for_roles(SEE)
@require_safe
def request_page(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One request: who asks, what was found where, what is done, and the next step."""
    client = client_of(request)
    with client_scope(client.id):
        one = verify.find(client.id, pk)
        looked(request.actor, client=client.id, fields=("request",), subject=subject_of(one.person_id), request=one.pk)
        context = {
            "one": one,
            "title": Kind(one.kind).label,
            "badge": words.state_badge(one),
            "due": words.due_badge(one, clock.now()),
            "facts": Facts(_facts(request, one)),
            "tasks": _tasks(one),
            "steps": [(state, label, _reached(one, state)) for state, label in _STEPS],
            "next": _next(request, one),
            "asked": _asked(one),
            "crumbs": (*_crumbs(), Crumb(one.code)),
        }
        return render(request, "console/requests/request.html", context)


_STEPS: tuple[tuple[str, Text], ...] = (
    (State.RECEIVED, _("Came in")),
    (State.ACCEPTED, _("Known who asks")),
    (State.PLANNED, _("Everything found")),
    (State.EXECUTING, _("Carried out")),
    (State.ANSWERED, _("Answered")),
)
_AT = {
    State.RECEIVED: 0,
    State.VERIFYING: 0,
    State.ACCEPTED: 1,
    State.PLANNED: 2,
    State.EXECUTING: 3,
    State.RESTRICTED: 3,
    State.ANSWERED: 4,
    State.CLOSED: 5,
    State.REJECTED: 5,
}


def _reached(one: SubjectRequest, state: str) -> str:
    at = next(number for number, (step, _label) in enumerate(_STEPS) if step == state)
    here = _AT[State(one.state)]
    return "past" if at < here else "now" if at == here else "ahead"


def _facts(request: ConsoleRequest, one: SubjectRequest) -> list[Fact]:
    due: object = one.due_at
    facts = [
        Fact(_("Number"), one.code),
        Fact(_("Line"), named(one.line)),
        Fact(_("How it came"), Channel(one.channel).label),
        Fact(_("Came"), one.received_at),
        Fact(_("Due"), due),
        Fact(_("Computed from"), _provision(one)),
        Fact(_("Worked on by"), one.owner.get_full_name() if one.owner else None),
        Fact(_("Who asks"), words.how_verified(one.verified_how) if one.verified_at else _("Not known yet")),
    ]
    if Kind(one.kind) in verify.AT_ONCE:
        facts += _what_ends(one)
    if one.kind == Kind.CORRECTION:
        facts += correct.facts(request, one)
    if one.kind == Kind.EXPLANATION and statements.holds(one, statements.FIELD):
        facts.append(Fact(_("What they ask besides"), correct.said(request, one)))
    if one.customer_id:
        facts.append(
            Fact(_("Customer"), Link(_("Open the customer"), reverse("console:customer", args=[one.customer_id])))
        )
    if one.call_id:
        facts.append(Fact(_("Call"), Link(_("Open the call"), reverse("console:call", args=[one.call_id]))))
    if one.waits_until:
        facts.append(Fact(_("Looked at again"), one.waits_until))
    if one.rejected_for:
        facts.append(Fact(_("Not met because"), RejectionReason(one.rejected_for).label))
    if one.answered_at:
        facts.append(Fact(_("Answered"), one.answered_at))
    return facts


def _what_ends(one: SubjectRequest) -> list[Fact]:
    """What is taken back and, as long as it is not, what goes with it: whoever attests or proves it sees that first."""
    purposes = Purpose.objects.filter(pk__in=one.purposes).order_by("pk")
    what: Text = ", ".join(named(row) for row in purposes) or _("Everything they may")
    facts = [Fact(_("Purposes"), what)]
    whose = one.claimed or (one.call.customer if one.call else None)
    if whose is not None and one.kind == Kind.WITHDRAWAL and one.state in {State.RECEIVED, State.VERIFYING}:
        loses = over_collected.would_end(whose.person_id, one.purposes)
        facts += [Fact(_("Goes with it"), words.also_ends(loses))] if loses else []
    return facts


def _provision(one: SubjectRequest) -> Text:
    limit = limits.limit_for(Kind(one.kind), one.jurisdiction)
    mark = _(" (clause cited from memory, to be confirmed)") if limit.certainty == "M" else ""
    provisional = _(" · provisional: next year's working days are not announced yet") if one.provisional else ""
    return f"{one.provision}{mark}{provisional}"


def _tasks(one: SubjectRequest) -> PlainTable | None:
    tasks = list(one.tasks.order_by("replica"))
    if not tasks:
        return None
    headings = (_("Where"), _("Found"), _("Left"), _("How"), _("State"))
    return PlainTable(_("Where the person's data lies"), headings, [_task_row(task) for task in tasks])


def _task_row(task: RequestTask) -> Row:
    how: Text = task.exception or words.METHODS.get(task.method, task.method)
    after = "" if task.after is None else task.after
    return Row((RequestTask.Replica(task.replica).label, task.before, after, how, words.task_badge(task)))


def _asked(one: SubjectRequest) -> Approval | None:
    """The approval that is asked for, or was given and waits to be carried out, for exactly this plan."""
    if one.state != State.PLANNED:
        return None
    act = acts.carrying_out(one)
    return (
        Approval.objects.filter(kind=act.kind, digest=act.digest, state__in=["pending", "approved"])
        .order_by("-requested_at")
        .first()
    )


def _next(request: ConsoleRequest, one: SubjectRequest) -> dict[str, object]:
    """The forms of the steps that lead on from here, for those who may take them."""
    if not holds(request, WORK):
        return {}
    steps: dict[str, object] = {}
    if one.state in {State.RECEIVED, State.VERIFYING}:
        steps["prove"] = CodeForm() if one.claimed_id else None
        steps["attest"] = one.call_id is not None
    if holds(request, DECIDE):
        under_way = one.state == State.EXECUTING and Kind(one.kind).undone_until_answered
        if one.state in {State.RECEIVED, State.VERIFYING, State.ACCEPTED, State.PLANNED} or under_way:
            steps["reject"] = RejectForm()
        if one.person_id is not None and stored_only.standing(one.person_id).filter(pk=one.pk).exists():
            steps["lift"] = LiftForm()
        if one.state in {State.ACCEPTED, State.PLANNED}:
            steps["plan"] = True
        if one.state == State.PLANNED:
            kind = Kind(one.kind)
            steps["ask"] = ReasonForm() if kind.destroys or kind.hands_out else None
            steps["begin"] = not kind.destroys
        if Kind(one.kind).hands_out and one.state in {State.EXECUTING, State.ANSWERED}:
            steps["report"] = ReasonForm()
            steps["passphrase"] = report.passphrase(one)
        if one.state in queries.OPEN and not one.extended_at:
            steps["extend"] = limits.may_extend(Kind(one.kind), one.jurisdiction)
        if Kind(one.kind) in work.BY_HAND and one.state == State.EXECUTING:
            steps["correct"] = one.customer_id is not None
            steps["done"] = bool(one.corrected)
        if one.kind == Kind.EXPLANATION:
            steps["explain"] = one.state == State.EXECUTING
            steps["explained"] = ReasonForm() if statements.answered(one) else None
            steps["passphrase"] = report.passphrase(one)
        if one.state in {State.ANSWERED, State.REJECTED}:
            steps["close"] = True
    return steps


@for_roles(WORK)
@require_POST
def move(request: ConsoleRequest, pk: UUID, step: str) -> HttpResponse:
    """Take one step; what does not work is said where the person stands."""
    here = reverse("console:request", args=[pk])
    client = client_of(request).id
    steps = _steps(request, client, pk)
    if step not in steps:
        raise NotFound("no_such_step", _("This step is not known. Look at the request again."))
    act, said, roles = steps[step]
    if not holds(request, roles):
        messages.error(request, str(_("The data protection officer takes this step.")))
        return HttpResponseRedirect(here)
    return do(request, act, said=said, then=here)


Step = tuple[Callable[[], object], Text, frozenset[str]]


@for_roles(DECIDE)
@require_POST
def answer(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Hand the sealed report to the person who answers; every time is an export in the log."""
    client = client_of(request).id
    form = ReasonForm(request.POST)
    try:
        if not form.is_valid():
            raise CallwardenError("reason_missing", _("Say why: it is kept sealed beside the log."))
        made = report.prepare(request.actor, client, pk, reason=form.cleaned_data["reason"], page=report_page.page)
    except CallwardenError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("console:request", args=[pk]))
    return report_page.sealed_file(made)


def _steps(request: ConsoleRequest, client: UUID, pk: UUID) -> dict[str, Step]:
    actor = request.actor

    def scoped(change: Callable[[SubjectRequest], object]) -> Callable[[], object]:
        def act() -> object:
            with client_scope(client):
                return change(verify.find(client, pk))

        return act

    def filled(form: forms.Form, name: str) -> str:
        if not form.is_valid():
            raise CallwardenError("form_incomplete", _("Fill in what the form asks for, then send it again."))
        return str(form.cleaned_data[name])

    def ask() -> object:
        reason = filled(ReasonForm(request.POST), "reason")
        with client_scope(client):
            act = acts.carrying_out(verify.find(client, pk))
        return approvals.request(act, requester=request.user, reason=reason, client=client)

    def lift() -> object:
        form = LiftForm(request.POST)
        reason = filled(form, "reason")
        with client_scope(client):
            one = verify.find(client, pk)
            told_on = form.cleaned_data["told_on"]
            return lifting.ask(one, told_on=told_on, by=request.user, reason=reason, session=actor.session)

    return {
        "prove": (
            lambda: verify.prove(actor, client, pk, filled(CodeForm(request.POST), "code")),
            _("The code is right. It is known now who asks."),
            WORK,
        ),
        "attest": (lambda: verify.attest(actor, client, pk), _("It is on record who attested it."), WORK),
        "reject": (
            scoped(
                lambda one: actions.reject(
                    one, reason=RejectionReason(filled(RejectForm(request.POST), "reason")), actor=actor.name
                )
            ),
            _("The request is not met. The answer names the reason and where to complain."),
            DECIDE,
        ),
        "plan": (
            scoped(lambda one: work.plan(one, actor=actor.name)),
            _("Every place the person's data lies is counted."),
            DECIDE,
        ),
        "ask": (ask, _("Approval has been asked for. Somebody else decides in the approvals."), DECIDE),
        "begin": (scoped(lambda one: work.begin(one, actor=actor.name)), _("It is being carried out."), DECIDE),
        "extend": (
            scoped(lambda one: actions.extend(one, actor=actor.name)),
            _("The time is longer now. Tell the person before the first period ends."),
            DECIDE,
        ),
        "done": (
            scoped(lambda one: work.done_by_hand(one, actor=actor.name)),
            _("It is done. Tell the person, and name the number of the request."),
            DECIDE,
        ),
        "lift": (lift, _("Approval has been asked for. Somebody else decides in the approvals."), DECIDE),
        "close": (scoped(lambda one: actions.close(one, actor=actor.name)), _("Closed."), DECIDE),
    }


def _crumbs() -> tuple[Crumb, ...]:
    return (Crumb(_("Lawful handling"), reverse("console:lawful")), Crumb(_("Requests"), reverse("console:requests")))
