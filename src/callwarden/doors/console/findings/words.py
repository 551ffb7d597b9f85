"""Findings in words: how each state looks, what each kind is called, and where the thing concerned can be seen."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.doors.console.chapters.words import action_label, category_label, role_label
from callwarden.doors.console.components import Badge, Link, Text
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.navigation import may_go
from callwarden.flows.names import named
from callwarden.kernel import findings
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.lawful.purposes.models import Purpose

STATES: dict[str, tuple[str, str]] = {
    Finding.State.OPEN: ("warn", "flag"),
    Finding.State.TRIAGED: ("info", "user"),
    Finding.State.REMEDIATING: ("info", "refresh"),
    Finding.State.VERIFYING: ("warn", "clipboard-check"),
    Finding.State.CLOSED: ("pass", "check"),
    Finding.State.ACCEPTED: ("neutral", "clock"),
}
SEVERITIES: dict[str, tuple[str, str]] = {
    Severity.LOW: ("neutral", "info-circle"),
    Severity.MEDIUM: ("warn", "alert-triangle"),
    Severity.HIGH: ("fail", "alert-triangle"),
    Severity.CRITICAL: ("fail", "alert-octagon"),
}
PLACES: dict[str, Text] = {
    "site:ledger": _("Operation log"),
    "site:uploads": _("Uploads"),
    "site:spool": _("Watch folders"),
}
# Where each kind is put right.
LISTS: dict[str, str] = {
    "recording-missing": "?list=rows",
    "call-record-missing": "?list=recordings",
    "files-set-aside": "?list=set_aside",
    "refusal-rate-high": "?list=quarantined",
    "files-left": "",
}


def state_badge(finding: Finding) -> Badge:
    tone, icon = STATES[finding.state]
    return Badge(Finding.State(finding.state).label, tone, icon)


def severity_badge(severity: str) -> Badge:
    tone, icon = SEVERITIES[severity]
    return Badge(Severity(severity).label, tone, icon)


def outcome_badge(outcome: str) -> Badge:
    return Badge.of(Outcome(outcome).value)


def title_of(finding: Finding) -> Text:
    """What the kind is called; one nobody registers any more is called by its slug."""
    try:
        return findings.kind_of(finding.kind).title
    except InvalidInput:
        return finding.kind


def remedy_of(finding: Finding) -> Text:
    try:
        return findings.kind_of(finding.kind).remedy
    except InvalidInput:
        return ""


def where_of(finding: Finding) -> Text:
    """The line or part of the site concerned, by its name."""
    kind, _colon, key = finding.where.partition(":")
    if kind == "line":
        line = Line.objects.filter(pk=key).first()
        return named(line) if line else finding.where
    if kind == "purpose":
        purpose = Purpose.objects.filter(pk=key).first()
        return named(purpose) if purpose else finding.where
    if kind == "job":
        return role_label(finding.where)
    return PLACES.get(finding.where, finding.where)


def lacking(finding: Finding) -> str:
    """Rights that a program lacks, each as purpose, kind of data and what is done."""
    cells = [cell.split("/") for cell in finding.data.get("cells", ())]
    told = (f"{purpose_label(one)} · {category_label(kind)} · {action_label(act)}" for one, kind, act in cells)
    return "; ".join(told)


def link_of(finding: Finding, roles: Collection[str]) -> Link | None:
    """Where what is wrong can be seen, for somebody with these roles."""
    if finding.kind in LISTS and may_go(roles, "console:imports"):
        return Link(_("See the list"), f"{reverse('console:imports')}{LISTS[finding.kind]}")
    if finding.kind == "assessment-lapsed":
        return Link(_("See the purpose"), reverse("console:purpose", args=[finding.where.partition(":")[2]]))
    if finding.kind == "program-lacks-rights" and may_go(roles, "console:control"):
        return Link(_("See the access matrix"), reverse("console:access"))
    if finding.kind == "checkpoint-sink-missing" and may_go(roles, "console:audit"):
        return Link(_("See the signed head"), reverse("console:audit"))
    return None
