"""Impact assessments: the list with what is due, and the way from the first question to two approvals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.assessments.forms import AnswersForm, RiskForm, risk_forms, weighed
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Crumb, Empty, Fact, Facts, Link, Option, Row
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import DPO, LEADER, OVERSEE, SECURITY
from callwarden.doors.console.registry import words
from callwarden.doors.console.registry.forms import ReasonForm
from callwarden.doors.console.registry.pages import crumbs
from callwarden.doors.console.registry.purposes import find as find_purpose
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.lawful.assessments import actions, rules
from callwarden.lawful.assessments.acts import approval_of
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.purposes.actions import content_of
from callwarden.lawful.purposes.queries import entry_of

WRITE = frozenset({DPO, SECURITY, LEADER})
SOON = timedelta(days=30)
State = Assessment.State
LOOKS = {
    State.DRAFT: ("neutral", "pencil"),
    State.APPROVED: ("pass", "circle-check"),
    State.REPLACED: ("neutral", "history"),
    State.LAPSED: ("fail", "clock"),
    State.ABANDONED: ("neutral", "circle-x"),
}
TONES = {0: "neutral", 1: "pass", 2: "warn", 3: "fail"}
COLUMNS = (
    Column("purpose", _("Purpose"), sortable=True),
    Column("state", _("State"), sortable=True),
    Column("rest", _("Risk that remains")),
    Column("due_on", _("To be done by"), sortable=True),
    Column("valid_until", _("Look at it again by"), sortable=True),
    Column("keep_until", _("Kept until"), sortable=True),
)
FILTERS = (Filter("state", _("State"), options=[Option(*pair) for pair in State.choices]),)
EMPTY = Empty(
    _("No assessment yet"),
    _("What is sensitive, done by AI, shared or sent abroad needs one first. Start it on the page of the purpose."),
    "clipboard-check",
)


def state_badge(one: Assessment) -> Badge:
    tone, icon = LOOKS[State(one.state)]
    return Badge(State(one.state).label, tone, icon)


def risk_badge(level: int) -> Badge:
    return Badge(rules.LEVELS[level] if level else _("Not weighed"), TONES[level])


@for_roles(OVERSEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """All assessments, what is under way first."""
    query = ListQuery.read(request, COLUMNS, FILTERS, sort="-state")
    found = Assessment.objects.select_related("purpose").order_by(query.sort, "purpose", "-number")
    if state := query.values["state"]:
        found = found.filter(state=state)
    rows = [_row(one) for one in found[query.start : query.start + query.size]]
    table = Table("assessments", _("Impact assessments"), COLUMNS, rows, query, found.count(), EMPTY, filters=FILTERS)
    return render_list(request, "console/assessments/page.html", table, {"crumbs": crumbs()})


def _row(one: Assessment) -> Row:
    link = Link(
        named(one.purpose), reverse("console:assessment", args=[one.pk]), _("No. %(number)s") % {"number": one.number}
    )
    return Row(
        (
            link,
            state_badge(one),
            risk_badge(rules.rest(rules.risks_of(one.risks))),
            _due(one),
            _expiry(one),
            one.keep_until.date().isoformat() if one.keep_until else "",
        )
    )


def _due(one: Assessment) -> object:
    if one.state != State.DRAFT or one.due_on is None:
        return ""
    return Badge.of("overdue") if one.due_on < clock.now().date() else one.due_on.isoformat()


def _expiry(one: Assessment) -> object:
    if one.valid_until is None or one.state not in (State.APPROVED, State.LAPSED):
        return ""
    day = one.valid_until.date().isoformat()
    if one.valid_until <= clock.now():
        return Badge(day, "fail", "clock")
    return Badge(day, "warn", "clock") if one.valid_until - clock.now() < SOON else day


def _find(pk: UUID) -> Assessment:
    found = Assessment.objects.select_related("purpose").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_assessment", _("There is no such assessment. Go back to the list."))
    return found


@for_roles(WRITE)
@require_POST
def start(request: ConsoleRequest, slug: str) -> HttpResponse:
    """Begin an assessment of the purpose as it is, or as the newest change that waits would have it."""
    purpose = find_purpose(slug)
    waiting = purpose.revisions.filter(applied_at__isnull=True).order_by("-number").first()
    open_one = purpose.assessments.filter(state=State.DRAFT).first()
    if open_one is not None:
        return HttpResponseRedirect(reverse("console:assessment", args=[open_one.pk]))
    made = actions.start(purpose, actor=request.actor.name, revision=waiting)
    return HttpResponseRedirect(reverse("console:assessment_write", args=[made.pk, rules.STEPS[0].slug]))


@for_roles(OVERSEE)
@require_safe
def assessment(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One assessment read through: answers, risks, what is missing, who approved."""
    one = _find(pk)
    risks = rules.risks_of(one.risks)
    draft = one.state == State.DRAFT
    missing = rules.missing(one.answers, risks, one.consulted, one.jurisdictions) if draft else []
    context = {
        "assessment": one,
        "title": _("%(purpose)s: assessment %(number)s") % {"purpose": named(one.purpose), "number": one.number},
        "badge": state_badge(one),
        "facts": _facts(one, rules.rest(risks)),
        "steps": _way(one, "review"),
        "parts": [
            (
                step.title,
                step.provision,
                [(question.asks, one.answers.get(question.slug, "")) for question in step.questions],
            )
            for step in rules.STEPS
            if step.questions
        ],
        "risks": _risks(risks),
        "missing": [(reverse("console:assessment_write", args=[one.pk, step]), says) for step, says in missing],
        "fresh": one.covers in _contents(one),
        "may_write": draft and holds(request, WRITE),
        "asked": approvals.under_way(approval_of(one)) if draft else None,
        "form": ReasonForm(),
        "crumbs": crumbs(
            Crumb(_("Impact assessments"), reverse("console:assessments")),
            Crumb(f"{named(one.purpose)} · {one.number}"),
        ),
    }
    return render(request, "console/assessments/assessment.html", context)


def _contents(one: Assessment) -> set[str]:
    """Digests of what the purpose is, and of the changes that wait."""
    waiting = one.purpose.revisions.filter(applied_at__isnull=True)
    return {entry_of(one.purpose).digest, *(content_of(revision).digest for revision in waiting)}


def _facts(one: Assessment, rest: int) -> Facts:
    return Facts(
        [
            Fact(_("Purpose"), named(one.purpose)),
            Fact(_("Answers to the law of"), words.places(one.jurisdictions)),
            Fact(_("Risk that remains"), risk_badge(rest)),
            Fact(_("Begun by"), named_actor(one.started_by)),
            Fact(_("Begun"), one.started_at),
            Fact(_("Approved by"), words.chips(named_actor(who) for who in one.approved_by) if one.approved_by else ""),
            Fact(_("Approved"), one.approved_at or ""),
            Fact(_("Look at it again by"), one.valid_until or ""),
            Fact(_("Kept until"), one.keep_until or ""),
            Fact(_("Written advice"), one.consulted),
        ]
    )


def _risks(risks: list[rules.Risk]) -> PlainTable:
    rows = [
        Row((rules.RISKS[risk.risk], risk_badge(risk.before), risk.measure, risk_badge(risk.after)))
        for risk in sorted(risks, key=lambda one: -one.before)
    ]
    empty = Empty(_("No risk is weighed yet"), _("At least three are."), "alert-triangle")
    return PlainTable(
        _("Risks"),
        (_("Risk"), pgettext_lazy("risk", "Before"), _("Measure"), pgettext_lazy("risk", "After")),
        rows,
        empty,
    )


def _way(one: Assessment, here: str) -> list[tuple[str, object, str]]:
    """(address, title, past/now/ahead) of each step."""
    risks = rules.risks_of(one.risks)
    open_steps = {step for step, _says in rules.missing(one.answers, risks, one.consulted, one.jurisdictions)}
    way: list[tuple[str, object, str]] = []
    for step in rules.STEPS:
        review = step.slug == "review"
        href = (
            reverse("console:assessment", args=[one.pk])
            if review
            else reverse("console:assessment_write", args=[one.pk, step.slug])
        )
        done = one.state != State.DRAFT if review else step.slug not in open_steps
        way.append((href, step.title, "now" if step.slug == here else "past" if done else "ahead"))
    return way


@for_roles(WRITE)
def write(request: ConsoleRequest, pk: UUID, step: str) -> HttpResponse:
    """One step of the guided workflow; what was filled in is kept before the next."""
    one = _find(pk)
    found = next((known for known in rules.STEPS if known.slug == step and step != "review"), None)
    if found is None or one.state != State.DRAFT:
        return HttpResponseRedirect(reverse("console:assessment", args=[pk]))
    weighing = risk_forms(request.POST or None, one) if step == "risks" else []
    start_with = {**one.answers, "consulted": one.consulted, "review_months": one.review_months}
    form = AnswersForm(found, request.POST or None, initial=start_with)
    if request.method == "POST" and form.is_valid() and all(risk.is_valid() for _slug, _label, risk in weighing):
        try:
            _keep(one, found, form.cleaned_data, weighing)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            return HttpResponseRedirect(_after(one, step))
    context = {
        "assessment": one,
        "step": found,
        "steps": _way(one, step),
        "form": form,
        "weighing": weighing,
        "facts": _facts(one, rules.rest(rules.risks_of(one.risks))),
        "title": found.title,
        "crumbs": crumbs(
            Crumb(_("Impact assessments"), reverse("console:assessments")),
            Crumb(f"{named(one.purpose)} · {one.number}", reverse("console:assessment", args=[pk])),
            Crumb(found.title),
        ),
    }
    return render(request, "console/assessments/write.html", context, status=422 if form.errors else 200)


def _keep(
    one: Assessment, step: rules.Step, given: Mapping[str, Any], weighing: list[tuple[str, object, RiskForm]]
) -> None:
    if step.slug == "risks":
        actions.write(one, risks=weighed(weighing))
        return
    answers = {question.slug: str(given[question.slug]) for question in step.questions}
    more = {name: given[name] for name in ("consulted", "review_months") if name in given}
    actions.write(one, answers=answers, **more)


def _after(one: Assessment, step: str) -> str:
    slugs = [known.slug for known in rules.STEPS]
    following = slugs[slugs.index(step) + 1]
    if following == "review":
        return reverse("console:assessment", args=[one.pk])
    return reverse("console:assessment_write", args=[one.pk, following])


@for_roles(WRITE)
@require_POST
def ask(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask two people to approve exactly this text. A draft whose purpose changed is brought up to date first."""
    one = _find(pk)

    def act() -> object:
        current = _find(pk)
        actions.require_complete(current)
        if current.covers not in _contents(current):
            current = actions.bring_up_to_date(current, entry_of(current.purpose))
        return approvals.request(
            approval_of(current),
            requester=request.user,
            reason=request.POST.get("reason", "")[:1000],
            session=request.actor.session,
        )

    return do(
        request,
        act,
        said=_("Approval has been asked for. Two other people decide in the approvals."),
        then=reverse("console:assessment", args=[one.pk]),
    )


@for_roles(WRITE)
@require_POST
def abandon(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Give up a draft."""
    one = _find(pk)
    return do(
        request,
        lambda: actions.abandon(one, actor=request.actor.name),
        said=_("The draft was given up."),
        then=reverse("console:assessments"),
    )
