"""The start page of whoever oversees, and the evidence behind each control."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.components import Action, Badge, Crumb, Fact, Facts, Text
from callwarden.doors.console.labels import StateLook, look
from callwarden.doors.console.navigation import EVERYBODY, OVERSEE, may_go
from callwarden.doors.console.overview.decisions import for_viewer
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import controls
from callwarden.flows.controls import CHAPTERS, Control, Outcome, Reading

OUTCOMES = (Outcome.FAIL, Outcome.NOT_MEASURED, Outcome.NOT_APPLICABLE, Outcome.PASS)

# Where what a control looked at can be seen in full: name of the page, what to call it.
EVIDENCE: dict[str, tuple[str, Text]] = {
    "notices": ("console:lawful", _("See the notices")),
    "consent": ("console:lawful", _("See consent, line by line")),
    "quarantine": ("console:imports", _("See the quarantine")),
    "retention": ("console:lawful", _("See the retention rules")),
    "destruction": ("console:lawful", _("See the retention rules")),
    "agents": ("console:staff_notices", _("See the notice to staff")),
    "sealed": ("console:keys", _("See the keys")),
    "keeper": ("console:protection", _("See the state of the site")),
    "epochs": ("console:keys", _("See the keys")),
    "backups": ("console:backups", _("See the backups")),
    "day-keys": ("console:protection", _("See the keys")),
    "second-factor": ("console:protection", _("See who is signed in")),
    "matrix": ("console:control", _("See the access matrix")),
    "separation": ("console:control", _("See people and roles")),
    "two-people": ("console:approvals", _("See the requests")),
    "ledger": ("console:audit", _("See the operation log")),
    "verified": ("console:audit", _("Verify the log")),
    "exported": ("console:audit", _("See the signed head")),
    "watch": ("console:findings", _("See the findings")),
    "misuse": ("console:alerts", _("See the alerts")),
    "findings": ("console:findings", _("See the findings")),
    "sharing": ("console:partners", _("See partners")),
    "vetting": ("console:partners", _("See partners")),
    "agreements": ("console:partners", _("See partners")),
    "oversight": ("console:partners", _("See partners")),
}


@dataclass(frozen=True)
class Light:
    """One control as the overview shows it."""

    control: Control
    reading: Reading
    href: str

    @property
    def look(self) -> StateLook:
        return look(self.reading.outcome)


@dataclass(frozen=True)
class Chapter:
    """A chapter with its controls, the worst first, and how many are in which state."""

    number: int
    title: Text
    href: str
    lights: tuple[Light, ...]

    @property
    def counts(self) -> list[tuple[str, StateLook, int]]:
        found = Counter(light.reading.outcome for light in self.lights)
        return [(str(outcome), look(outcome), found[outcome]) for outcome in reversed(OUTCOMES) if found[outcome]]

    @property
    def marks(self) -> list[str]:
        """The tone of each control, what passes first: the strip under the chapter's title."""
        return [light.look.tone for light in reversed(self.lights)]


def chapters(look_: controls.Look) -> list[Chapter]:
    return [
        Chapter(number, title, reverse(f"console:{slug}"), _lights(slug, look_))
        for number, (slug, title) in enumerate(CHAPTERS.items(), start=1)
    ]


def _lights(chapter: str, look_: controls.Look) -> tuple[Light, ...]:
    lights = [
        Light(control, look_.readings[control.slug], reverse("console:evidence", args=[control.slug]))
        for control in controls.of_chapter(chapter)
    ]
    return tuple(sorted(lights, key=lambda light: OUTCOMES.index(light.reading.outcome)))


@for_roles(EVERYBODY)
def overview(request: ConsoleRequest) -> HttpResponse:
    """The four chapters side by side. Whoever handles calls and oversees nothing starts with their calls."""
    if not holds(request, OVERSEE):
        return HttpResponseRedirect(reverse("console:calls"))
    found = controls.look()
    context = {"chapters": chapters(found), "at": found.at, "decisions": for_viewer(request)}
    part = request.headers.get("HX-Target") == "overview-live"
    response = render(request, "console/overview/live.html" if part else "console/overview/page.html", context)
    response["Vary"] = "HX-Target, Cookie"
    return response


@for_roles(OVERSEE)
def evidence(request: ConsoleRequest, slug: str) -> HttpResponse:
    """One control: what it asks, what it found just now, and what it is evidence toward."""
    control = controls.find(slug)
    reading = controls.measure(control)
    more = EVIDENCE.get(slug)
    if more and not may_go(request.user.roles, more[0]):
        more = None
    context = {
        "control": control,
        "reading": reading,
        "badge": Badge.of(reading.outcome),
        "facts": Facts([Fact(fact.label, fact.value) for fact in reading.facts]),
        "crumbs": (
            Crumb(_("Overview"), reverse("console:overview")),
            Crumb(CHAPTERS[control.chapter], reverse(f"console:{control.chapter}")),
            Crumb(control.title),
        ),
        "actions": (Action(more[1], reverse(more[0]), "arrow-right"),) if more else (),
    }
    return render(request, "console/overview/evidence.html", context)
