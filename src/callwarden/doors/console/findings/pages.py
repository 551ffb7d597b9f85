"""What is wrong, by when it must be right, and the steps to there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.bulk.picking import picks, to_bulk
from callwarden.doors.console.components import Badge, Crumb, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.findings import words
from callwarden.doors.console.findings.forms import AcceptForm, CheckForm, TriageForm
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import DECIDE, OVERSEE, PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import many_findings
from callwarden.kernel import clock, findings
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import Check, Finding, Note, Outcome, Severity
from callwarden.kernel.structural import NotStructural

State = Finding.State
COLUMNS = (
    Column("kind", _("What is wrong")),
    Column("where", _("Where")),
    Column("severity", _("Severity")),
    Column("owner", _("Answered for by")),
    Column("due_at", _("Due"), sortable=True),
    Column("state", _("State")),
)
EMPTY = Empty(
    _("No finding"),
    _("What the regular look, a scan or a person finds wrong appears here with what to do about it."),
    "flag",
)


def filters() -> tuple[Filter, ...]:
    kinds = sorted(Finding.objects.order_by().values_list("kind", flat=True).distinct())
    return (
        Filter(
            "state",
            _("State"),
            options=[Option("unsettled", _("Not settled")), *(Option(*pair) for pair in State.choices)],
        ),
        Filter("severity", _("Severity"), options=[Option(*pair) for pair in Severity.choices]),
        Filter("kind", _("Kind"), options=[Option(kind, words.title_of(Finding(kind=kind))) for kind in kinds]),
    )


@for_roles(OVERSEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """Everything that was found, what is due first at the top."""
    shown = filters()
    query = ListQuery.read(request, COLUMNS, shown, sort="due_at")
    found = _narrowed(query)
    page = found[query.start : query.start + query.size]
    table = Table(
        "findings",
        _("Findings"),
        COLUMNS,
        [_row(one) for one in page],
        query,
        found.count(),
        EMPTY,
        filters=shown,
        picks=picks("console:findings_many", request.user.roles, many_findings.ASSIGN),
    )
    return render_list(request, "console/findings/page.html", table, {"actions": (to_bulk(),)})


def _narrowed(query: ListQuery) -> QuerySet[Finding]:
    found = Finding.objects.select_related("owner").order_by(query.sort, "pk")
    state = query.values["state"]
    if state == "unsettled":
        found = found.exclude(state__in=(State.CLOSED, State.ACCEPTED))
    elif state:
        found = found.filter(state=state)
    for name in ("severity", "kind"):
        if value := query.values[name]:
            found = found.filter(**{name: value})
    return found


def _row(finding: Finding) -> Row:
    return Row(
        (
            Link(words.title_of(finding), reverse("console:finding", args=[finding.pk]), _seen(finding)),
            words.where_of(finding),
            words.severity_badge(finding.severity),
            finding.owner.get_full_name() if finding.owner else "",
            _due(finding),
            words.state_badge(finding),
        ),
        pick=str(finding.pk),
        pick_label=words.title_of(finding),
    )


def _seen(finding: Finding) -> Text:
    count = finding.data.get("count") if finding.where.startswith("line:") else None
    return _("%(count)s concerned") % {"count": count} if count else ""


def _due(finding: Finding) -> object:
    late = finding.due_at < clock.now() and finding.state not in (State.CLOSED, State.ACCEPTED)
    return Badge.of("overdue") if late else finding.due_at


@for_roles(OVERSEE)
@require_safe
def finding(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One finding: what to do, who has done what, and the next step."""
    one = _find(pk)
    context = {
        "finding": one,
        "title": words.title_of(one),
        "remedy": words.remedy_of(one),
        "badge": words.state_badge(one),
        "facts": Facts(list(_facts(one))),
        "link": words.link_of(one, request.user.roles),
        "notes": [(note, named_actor(note.by), _index_of(request, note)) for note in one.notes.order_by("-at")],
        "checks": [(check, words.outcome_badge(check.outcome), named_actor(check.by)) for check in _checks(one)],
        "steps": [(state, label, _reached(one, state)) for state, label in _STEPS],
        "forms": _forms(one) if holds(request, DECIDE) else {},
        "crumbs": (Crumb(_("Findings"), reverse("console:findings")), Crumb(words.title_of(one))),
    }
    return render(request, "console/findings/finding.html", context)


_STEPS: tuple[tuple[str, Text], ...] = (
    (State.OPEN, _("Found")),
    (State.TRIAGED, _("Somebody answers for it")),
    (State.REMEDIATING, _("Being remedied")),
    (State.VERIFYING, _("Remedied; somebody else checks")),
    (State.CLOSED, _("Closed by a later check")),
)


def _reached(finding: Finding, state: str) -> str:
    """past, now or ahead, for the strip of steps."""
    order = [step for step, _label in _STEPS]
    here = order.index(finding.state) if finding.state in order else 0
    at = order.index(state)
    return "past" if at < here else "now" if at == here else "ahead"


def _checks(finding: Finding) -> QuerySet[Check]:
    return finding.checks.order_by("-at")


def _index_of(request: ConsoleRequest, note: Note) -> int | None:
    """Where the words can be read, for those who may."""
    if not holds(request, PROVE):
        return None
    return LedgerEntry.objects.filter(entry=note.entry).values_list("index", flat=True).first()


def _facts(finding: Finding) -> list[Fact]:
    facts = [
        Fact(_("Where"), words.where_of(finding)),
        Fact(_("Severity"), words.severity_badge(finding.severity)),
        Fact(_("Due"), _due(finding) if finding.state != State.CLOSED else finding.due_at),
        Fact(_("First seen"), finding.first_seen_at),
        Fact(_("Seen last"), finding.last_seen_at),
        Fact(_("Times seen"), finding.times_seen),
        Fact(_("Answered for by"), finding.owner.get_full_name() if finding.owner else None),
    ]
    if (count := finding.data.get("count")) is not None:
        facts.insert(1, Fact(_("How many"), count))
    if finding.data.get("cells"):
        facts.insert(1, Fact(_("Rights that lack"), words.lacking(finding)))
    if finding.remediated_at:
        facts.append(Fact(_("Remedied by"), named_actor(finding.remediated_by)))
    if finding.accepted_until:
        facts.append(Fact(_("Accepted until"), finding.accepted_until))
    if finding.recurs_id:
        facts.append(
            Fact(
                _("Was here before"),
                Link(_("See the earlier one"), reverse("console:finding", args=[finding.recurs_id])),
            )
        )
    return facts


def _forms(finding: Finding) -> dict[str, object]:
    """The steps that lead on from here, each with what it asks."""
    ways = Finding.machine.next_states(finding.state)
    forms: dict[str, object] = {}
    if State.TRIAGED in ways:
        forms["triage"] = TriageForm()
    if State.REMEDIATING in ways and finding.state == State.TRIAGED:
        forms["start"] = True
    if State.VERIFYING in ways:
        forms["remedied"] = True
    if finding.state == State.VERIFYING:
        forms["check"] = CheckForm()
    if State.ACCEPTED in ways:
        forms["accept"] = AcceptForm()
    return forms


def _find(pk: UUID) -> Finding:
    found = Finding.objects.select_related("owner").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_finding", _("There is no such finding. Go back to the list."))
    return found


@for_roles(DECIDE)
@require_POST
def move(request: ConsoleRequest, pk: UUID, step: str) -> HttpResponse:
    """Take one step; what the guard says is shown where the person stands."""
    here = reverse("console:finding", args=[pk])
    one = _find(pk)
    try:
        return do(request, _acts(request, one)[step], said=_SAID[step], then=here)
    except (KeyError, NotStructural):
        messages.error(request, str(_UNUSABLE.get(step, _("This step is not known. Look at the finding again."))))
        return HttpResponseRedirect(here)


_SAID: dict[str, Text] = {
    "triage": _("It is on record who answers for this."),
    "start": _("The remedy has begun."),
    "remedied": _("Remedied, you say. Now somebody else checks."),
    "check": _("The check is on record."),
    "accept": _("Acceptance has been asked for. Somebody else decides in the approvals."),
}
_UNUSABLE: dict[str, Text] = {
    "triage": _("Choose who answers for it."),
    "check": _("Evidence is a digest or a number without spaces. The report itself stays where it is."),
    "accept": _("Give a date in the future and a reason."),
}


def _acts(request: ConsoleRequest, one: Finding) -> dict[str, Callable[[], object]]:
    actor = request.actor.name
    return {
        "triage": lambda: findings.triage(one, owner=_filled(TriageForm(request.POST))["owner"], actor=actor),
        "start": lambda: findings.start(one, actor=actor),
        "remedied": lambda: findings.remedied(one, actor=actor),
        "check": lambda: _check(request, one),
        "accept": lambda: _ask_acceptance(request, one),
    }


def _filled(form: TriageForm | CheckForm | AcceptForm) -> dict[str, Any]:
    """What a form holds. Raises KeyError where it cannot be used; `move` then says what it asks for."""
    if not form.is_valid():
        raise KeyError(next(iter(form.errors)))
    return form.cleaned_data


def _check(request: ConsoleRequest, one: Finding) -> None:
    given = _filled(CheckForm(request.POST))
    findings.check(one, outcome=Outcome(given["outcome"]), evidence=str(given["evidence"]), actor=request.actor.name)


def _ask_acceptance(request: ConsoleRequest, one: Finding) -> None:
    form = AcceptForm(request.POST)
    reason = str(_filled(form)["reason"])
    findings.ask_acceptance(one, until=form.end(), requester=request.user, reason=reason)
