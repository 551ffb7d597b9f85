"""The board of alerts, one alert, and what is set about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.alerts import actions, queries
from callwarden.control.alerts.models import Alert
from callwarden.control.alerts.rules import ALWAYS, EVERY
from callwarden.control.emergency.models import EmergencyAccess
from callwarden.control.neighbours.models import Neighbour
from callwarden.custody.models import LedgerEntry
from callwarden.doors.console import whereabouts
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.alerts import words
from callwarden.doors.console.alerts.charts import Raised, Timeline
from callwarden.doors.console.alerts.forms import CloseForm, WhyForm
from callwarden.doors.console.audit import enquiry
from callwarden.doors.console.audit.words import deed_of
from callwarden.doors.console.components import (
    Action,
    Crumb,
    Empty,
    Fact,
    Facts,
    Link,
    Option,
    Row,
    Text,
    Tile,
    Trail,
    TrailEntry,
)
from callwarden.doors.console.deeds import named_actor, trail_entry
from callwarden.doors.console.findings.words import severity_badge
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import DPO, JUDGE, WATCH
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import accused, trail
from callwarden.flows.names import named
from callwarden.kernel import clock, sessions
from callwarden.kernel.errors import NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.models import Severity, User
from callwarden.protection.signin.models import ServiceKey

State = Alert.State
COLUMNS = (
    Column("kind", _("What was noticed")),
    Column("actor", _("About whom")),
    Column("rank", _("Severity"), sortable=True),
    Column("raised_at", _("Raised"), sortable=True),
    Column("state", _("State")),
)
EMPTY = Empty(
    _("No alert"),
    _("What looks like misuse appears here within seconds, with the reasons. Nothing has to be done now."),
    "shield-check",
)


SHOWN = 10
# Below this share of accesses with a known reason the detectors raise false alerts (docs/guides/alerts.md).
LINKED = 0.95
GONE = Empty(_("No entry is left"), _("What this alert points to has left the log with its year."), "history")


def crumbs(*more: Crumb) -> tuple[Crumb, ...]:
    return (Crumb(_("Alerts"), reverse("console:alerts")), *more)


def _filters() -> tuple[Filter, ...]:
    return (
        Filter(
            "state",
            _("State"),
            options=[Option("unsettled", _("Not settled")), *(Option(*pair) for pair in State.choices)],
        ),
        Filter("severity", _("Severity"), options=[Option(*pair) for pair in Severity.choices]),
        Filter("kind", _("Kind"), options=[Option(kind, words.title_of(kind)) for kind in EVERY]),
        Filter("since", _("Raised since"), "date"),
    )


@for_roles(WATCH)
@require_safe
def board(request: ConsoleRequest) -> HttpResponse:
    """Everything that was raised, the newest first."""
    shown = _filters()
    query = ListQuery.read(request, COLUMNS, shown, sort="-raised_at")
    found = _narrowed(query)
    names = _names(found[query.start : query.start + query.size])
    rows = [_row(one, names) for one in found[query.start : query.start + query.size]]
    table = Table("alerts", _("Alerts"), COLUMNS, rows, query, found.count(), EMPTY, filters=shown)
    context = {
        "tiles": _tiles(),
        "chart": Raised(_("Alerts a day"), queries.raised_by_day(timezone.localdate())),
        "links": [
            Action(_("Usage review"), reverse("console:usage"), "report-search"),
            Action(_("Thresholds"), reverse("console:thresholds"), "scale"),
            Action(_("Suppressions"), reverse("console:suppressions"), "volume-off"),
            *([Action(_("Canaries"), reverse("console:canaries"), "flag")] if holds(request, {DPO}) else []),
        ],
    }
    return render_list(request, "console/alerts/page.html", table, context)


def _narrowed(query: ListQuery) -> QuerySet[Alert]:
    found = queries.board().order_by(query.sort, "-raised_at", "pk")
    state = query.values["state"]
    if state == "unsettled":
        found = found.filter(state__in=queries.UNSETTLED)
    elif state:
        found = found.filter(state=state)
    for name in ("severity", "kind"):
        if value := query.values[name]:
            found = found.filter(**{name: value})
    if since := query.values["since"]:
        found = found.filter(raised_at__date__gte=date.fromisoformat(since))
    return found


def _names(alerts: QuerySet[Alert]) -> dict[str, str]:
    actors = {one.actor for one in alerts if len(one.actor) == 36}
    return {user.actor: user.get_full_name() for user in User.objects.filter(pseudonym__in=actors)}


def _row(alert: Alert, names: dict[str, str]) -> Row:
    return Row(
        (
            Link(words.title_of(alert.kind), reverse("console:alert", args=[alert.pk]), words.noticed(alert)),
            names.get(alert.actor) or named_actor(alert.actor),
            severity_badge(alert.severity),
            alert.raised_at,
            words.state_badge(alert.state),
        )
    )


def _tiles() -> list[Tile]:
    unsettled = queries.unsettled().count()
    severe = queries.unsettled().filter(severity__in=(Severity.CRITICAL, Severity.HIGH)).count()
    month = timezone.localdate() - timedelta(days=30)
    covered = queries.coverage(month)
    lag = queries.lag_p99_s(clock.now() - timedelta(days=30))
    share = covered.share
    linked = "" if share is None else f"{share:.1%}"
    return [
        Tile(
            _("Not settled"),
            "pass" if not unsettled else "",
            unsettled,
            _("%(count)s of them severe") % {"count": severe},
            f"{reverse('console:alerts')}?state=unsettled",
        ),
        Tile(
            _("Agents' accesses with a reason"),
            "not_measured" if share is None else "pass" if share >= LINKED else "fail",
            linked,
            _("of %(count)s in 30 days; below 95 %% alerts get worse") % {"count": covered.accesses},
        ),
        Tile(
            _("From commit to alert"),
            "not_measured" if lag is None else "pass" if lag <= 5 else "fail",
            "" if lag is None else _("%(seconds).1f s") % {"seconds": lag},
            _("99 of 100 alerts, last 30 days"),
        ),
        _pulse(),
    ]


def _pulse() -> Tile:
    now = queries.pulse()
    if now.keeps_up:
        return Tile(_("The watch"), "running", "", _("reads the log as it is written"))
    if not now.beats:
        return Tile(_("The watch"), "failed", "", _("stands still; %(count)s entries wait") % {"count": now.waiting})
    return Tile(
        _("The watch"),
        "failed",
        "",
        _("%(seconds).0f s behind; %(count)s entries wait") % {"seconds": now.lag_s, "count": now.waiting},
    )


@for_roles(WATCH)
@require_safe
def alert(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One alert: why it was raised, with what, what this person usually does, and what can be done now."""
    one = _find(pk)
    person, key = _person(one), accused.key_of(one)
    may = holds(request, JUDGE) and one.actor != request.actor.name
    day = one.raised_at.astimezone(UTC).date()  # as accesses are counted
    enquiry.enter(request, "alert", {"alert": str(one.pk)}, rows=len(one.evidence), alert=str(one.pk))
    entries = _evidence(one)
    others = Alert.objects.filter(actor=one.actor).exclude(pk=one.pk).order_by("-raised_at")
    context = {
        "alert": one,
        "title": words.title_of(one.kind),
        "noticed": words.noticed(one),
        "look_at": words.KINDS[one.kind].look_at if one.kind in words.KINDS else "",
        "badge": words.state_badge(one.state),
        "facts": Facts(_facts(one, person, key)),
        "numbers": Facts([Fact(*words.fact(name, value)) for name, value in one.facts.items()]),
        "timeline": Timeline(
            _("Accesses a day"),
            queries.days_of(one.actor, day),
            [at.astimezone(UTC).date() for at in [one.raised_at, *others.values_list("raised_at", flat=True)[:50]]],
        ),
        "trail": Trail(entries[:SHOWN], GONE),
        "more": Trail(entries[SHOWN:]) if len(entries) > SHOWN else None,
        "left_out": len(one.evidence) - LedgerEntry.objects.filter(index__in=one.evidence).count(),
        "others": [(each, words.title_of(each.kind), words.state_badge(each.state)) for each in others[:8]],
        "forms": _forms(one) if may else {},
        "person": person,
        "key": key,
        "key_lives": key is not None and may and key.revoked_at is None and key.expires_at > clock.now(),
        "live": sessions.live(person).count() if person else 0,
        "may_act": may and person is not None,
        "own": one.actor == request.actor.name,
        "crumbs": crumbs(Crumb(words.title_of(one.kind))),
    }
    return render(request, "console/alerts/alert.html", context)


def _emergency(one: Alert) -> UUID | None:
    """The emergency access an alert tells of, by the entries that are its evidence."""
    entries = LedgerEntry.objects.filter(index__in=one.evidence).values("entry")
    return EmergencyAccess.objects.filter(entry__in=entries).values_list("pk", flat=True).first()


def _facts(one: Alert, person: User | None, key: ServiceKey | None) -> list[Fact]:
    name = named_actor(one.actor)
    facts = [
        Fact(_("About whom"), Link(name, reverse("console:program", args=[key.pk])) if key else name),
        Fact(_("Severity"), severity_badge(one.severity)),
        Fact(_("From"), one.since),
        Fact(_("Until"), one.at),
        Fact(_("Raised"), one.raised_at),
        Fact(_("After the last act"), _("%(seconds).1f s") % {"seconds": one.lag_ms / 1000}),
        Fact(_("Detector"), one.detector),
    ]
    facts.extend(Fact(_("Signed in from"), whereabouts.badge(place)) for place in _places(one))
    if person is not None and person.frozen_at is not None:
        facts.append(Fact(_("Account frozen since"), person.frozen_at))
    if one.kind in ALWAYS and (taken := _emergency(one)):
        facts.append(
            Fact(_("Emergency access"), Link(_("See and review it"), reverse("console:emergency", args=[taken])))
        )
    if one.incident_id:
        facts.append(
            Fact(_("Incident"), Link(_("See the incident"), reverse("console:incident", args=[one.incident_id])))
        )
    if one.closed_at:
        facts.append(Fact(_("Closed"), one.closed_at))
    return facts


def _places(one: Alert) -> list[str]:
    """Where the sign-ins among the evidence came from, in order, each once; none where no place is told."""
    opened = LedgerEntry.objects.filter(index__in=one.evidence, event=Event.SESSION_OPENED).order_by("index")
    told = (json.loads(bytes(body)).get("data", {}).get("region", "") for body in opened.values_list("body", flat=True))
    return [place for place in dict.fromkeys(told) if place]


def _evidence(one: Alert) -> list[TrailEntry]:
    """The entries, the latest first, each leading to its page in the audit."""
    rows = list(LedgerEntry.objects.filter(index__in=one.evidence).order_by("-index"))
    entries, systems = [], _systems(rows)
    for line in trail.lines(rows):
        entry, deed = trail_entry(line, linked=True), deed_of(line.event)
        what: Text = deed.label
        if line.decision == "refuse":
            what = gettext("Refused: %(deed)s") % {"deed": deed.label}
        if line.index in systems:
            what = f"{deed.label} · {systems[line.index]}"
        entries.append(replace(entry, what=what))
    return entries


def _systems(rows: Iterable[LedgerEntry]) -> dict[int, str]:
    """Of entries about another system, its name."""
    slugs = {
        row.index: str(json.loads(bytes(row.body)).get("data", {}).get("slug", ""))
        for row in rows
        if row.event == Event.NEIGHBOUR_JUDGED
    }
    names = {one.slug: named(one) for one in Neighbour.objects.filter(slug__in=set(slugs.values()))}
    return {index: names[slug] for index, slug in slugs.items() if slug in names}


def _forms(one: Alert) -> dict[str, object]:
    ways = Alert.machine.next_states(one.state)
    forms: dict[str, object] = {}
    if State.ACKNOWLEDGED in ways:
        forms["acknowledge"] = True
    if State.SUSPECTED in ways:
        forms["suspect"] = True
    if State.TRUE in ways:
        forms["close"] = CloseForm()
    if one.incident_id is None:
        forms["incident"] = WhyForm(prefix="incident")
    forms["freeze"] = WhyForm(prefix="freeze")
    forms["unfreeze"] = WhyForm(prefix="unfreeze")
    return forms


def _person(one: Alert) -> User | None:
    return User.objects.filter(pseudonym=one.actor).first() if len(one.actor) == 36 else None


def _find(pk: UUID) -> Alert:
    found = Alert.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_alert", _("There is no such alert. Go back to the board."))
    return found


SAID: dict[str, Text] = {
    "acknowledge": _("You look at it; the others see that."),
    "suspect": _("Misuse is suspected. Consider an incident."),
    "close": _("Closed. What you said counts for the thresholds."),
    "end_sessions": _("Every session of this person has ended, and every permit with it."),
    "freeze": _("The account is frozen. Two people can unfreeze it."),
    "end_key": _("The key has ended, and with it every permit it held."),
    "unfreeze": _("Asked. Somebody else has to approve it; then you carry it out under Approvals."),
    "incident": _("An incident is open. Those who have to know have been told."),
}


@for_roles(JUDGE)
@require_POST
def act(request: ConsoleRequest, pk: UUID, step: str) -> HttpResponse:
    """Do one thing about an alert; what is refused is said where the person stands."""
    one, here = _find(pk), reverse("console:alert", args=[pk])
    if step not in SAID:
        raise NotFound("unknown_act", _("This act is not known here."))
    form = _form_of(step, request)
    if form is not None and not form.is_valid():
        messages.error(request, str(_("Say why, so that others can follow it.")))
        return HttpResponseRedirect(here)
    given = form.cleaned_data if form is not None else {}
    return do(request, _deed(request, one, step, given), said=SAID[step], then=here)


def _form_of(step: str, request: ConsoleRequest) -> django_forms.Form | None:
    if step == "close":
        return CloseForm(request.POST)
    return WhyForm(request.POST, prefix=step) if step in ("freeze", "unfreeze", "incident") else None


def _deed(request: ConsoleRequest, one: Alert, step: str, given: dict[str, Any]) -> Callable[[], object]:
    by, session = request.user, request.actor.session
    deeds: dict[str, Callable[[], object]] = {
        "acknowledge": lambda: actions.acknowledge(one, by=by, session=session),
        "suspect": lambda: actions.suspect(one, by=by, session=session),
        "close": lambda: actions.close(
            one, misuse=given["was"] == "misuse", by=by, reason=given["reason"], session=session
        ),
        "end_sessions": lambda: actions.end_sessions(one, by=by, session=session),
        "freeze": lambda: actions.freeze(one, by=by, reason=given["reason"], session=session),
        "end_key": lambda: accused.end_key(one, by=by, session=session),
        "unfreeze": lambda: actions.ask_to_unfreeze(one, by=by, reason=given["reason"], session=session),
        "incident": lambda: actions.open_incident(one, by=by, summary=given["reason"], session=session),
    }
    return deeds[step]
