"""The controls of the four chapters, each with a check that looks at what is really there.

    reading = measure(find("notices"))      # Reading(outcome=Outcome.PASS, says="Every line has …", facts=…)

A check with nothing to look at answers "not measured". One that breaks has measured nothing either, and says so. What
a control is evidence toward stands in `provisions.yaml`, with marks of certainty; it is not legal advice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.flows.controls import asked, control, lawful, partners, protection, staff
from callwarden.flows.controls.reading import Control, Fact, Provision, Reading, Text, unmeasured
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import Outcome

__all__ = [
    "CHAPTERS",
    "CONTROLS",
    "Control",
    "Fact",
    "Look",
    "Outcome",
    "Provision",
    "Reading",
    "find",
    "measure",
    "of_chapter",
]

log = logging.getLogger("callwarden.controls")

LAWFUL, PROTECTION, CONTROL, PARTNERS = "lawful", "protection", "control", "partners"
CHAPTERS: dict[str, Text] = {
    LAWFUL: _("Lawful handling"),
    PROTECTION: _("Technical protection"),
    CONTROL: _("Internal control"),
    PARTNERS: _("Partners and sharing"),
}

CONTROLS: tuple[Control, ...] = (
    # Chapter 1
    Control("notices", LAWFUL, _("Notices"), _("Is every caller told, in both languages?"), ("A1",), lawful.notices),
    Control(
        "consent",
        LAWFUL,
        _("Consent before keeping"),
        _("Was any call kept without the consent its line needs?"),
        ("A2", "A3"),
        lawful.consent_gate,
    ),
    Control(
        "quarantine",
        LAWFUL,
        _("Quarantine ends"),
        _("Does what was refused go away by itself?"),
        ("A6",),
        lawful.quarantine,
    ),
    Control(
        "retention",
        LAWFUL,
        _("Retention rules"),
        _("Does everything in store have an end?"),
        ("A7", "A8"),
        lawful.retention_rules,
    ),
    Control(
        "destruction",
        LAWFUL,
        _("Destruction in time"),
        _("Is what is due really gone?"),
        ("A7", "B15"),
        lawful.destruction,
    ),
    Control(
        "requests",
        LAWFUL,
        _("Requests of callers"),
        _("Are withdrawal, access, correction and erasure answered in time?"),
        ("A4", "A10", "A11", "A12"),
        asked.requests,
    ),
    Control(
        "agents",
        LAWFUL,
        _("Agents told"),
        _("Do agents whose voices are recorded know it, and does something lawful carry it?"),
        ("A1", "A2"),
        staff.agents,
    ),
    # Chapter 2
    Control(
        "sealed",
        PROTECTION,
        _("Sealed at rest"),
        _("Does every record have its own key and its ciphertext?"),
        ("B3", "B6"),
        protection.sealed,
    ),
    Control(
        "redaction",
        PROTECTION,
        _("Redacted"),
        _("Is every admitted call redacted, in text and sound?"),
        ("B7", "B9"),
        protection.redaction,
    ),
    Control(
        "keeper",
        PROTECTION,
        _("Keeper and key provider"),
        _("Do those answer who alone can open?"),
        ("B5",),
        protection.answering,
    ),
    Control("epochs", PROTECTION, _("Key epochs"), _("Are the keys turned in time?"), ("B5",), protection.epochs),
    Control(
        "day-keys", PROTECTION, _("Day keys"), _("Do the keys of arrivals die in a week?"), ("B5",), protection.day_keys
    ),
    Control(
        "row-security",
        PROTECTION,
        _("Second wall"),
        _("Does the database keep clients apart by itself?"),
        ("B2",),
        protection.row_security,
    ),
    Control(
        "second-factor",
        PROTECTION,
        _("Second factor"),
        _("Does everybody sign in with two factors?"),
        ("B1",),
        protection.second_factor,
    ),
    Control(
        "sign-in-rules",
        PROTECTION,
        _("Rules of signing in"),
        _("Do passwords, lock-out and sessions follow the profile of this site?"),
        ("B1",),
        protection.sign_in_rules,
    ),
    Control(
        "identity-providers",
        PROTECTION,
        _("Identity providers"),
        _("Do only registered people enter by single sign-on?"),
        ("B1",),
        protection.identity_providers,
    ),
    Control("tls", PROTECTION, _("TLS"), _("Do browsers come over TLS alone?"), ("B4",), protection.transport),
    Control(
        "malware", PROTECTION, _("Malware scanner"), _("Is every upload scanned first?"), ("B11",), protection.malware
    ),
    Control("firewall", PROTECTION, _("Firewall"), _("Is only what must be open?"), ("B12",), protection.firewall),
    Control(
        "vulnerabilities",
        PROTECTION,
        _("Vulnerabilities"),
        _("Are known weaknesses mended in time?"),
        ("B13",),
        protection.vulnerabilities,
    ),
    Control(
        "backups",
        PROTECTION,
        _("Backups"),
        _("Can it all be restored, and was that tried?"),
        ("B14",),
        protection.backups,
    ),
    # Chapter 3
    Control(
        "matrix",
        CONTROL,
        _("Access matrix"),
        _("Are decisions taken by the matrix that was activated?"),
        ("C1",),
        control.matrix,
    ),
    Control(
        "separation",
        CONTROL,
        _("Separate administrators"),
        _("Are system, security and audit different people?"),
        ("C2",),
        control.separation,
    ),
    Control(
        "two-people",
        CONTROL,
        _("Two-person acts"),
        _("Did every act that needs two people have them?"),
        ("C2",),
        control.two_people,
    ),
    Control(
        "ledger",
        CONTROL,
        _("Operation log"),
        _("Is every act on record within a minute?"),
        ("C4",),
        control.ledger_current,
    ),
    Control(
        "verified", CONTROL, _("Log verified"), _("Does the whole log hold?"), ("C4", "B6"), control.ledger_verified
    ),
    Control(
        "exported",
        CONTROL,
        _("Log leaves this host"),
        _("Would a change by this host's administrator show?"),
        ("C4",),
        control.ledger_exported,
    ),
    Control(
        "watch", CONTROL, _("Failures noticed"), _("Does anybody look for failures?"), ("B18", "C5"), control.watch
    ),
    Control(
        "misuse",
        CONTROL,
        _("Misuse noticed"),
        _("Is the log watched for misuse, and how far behind?"),
        ("B18",),
        control.misuse,
    ),
    Control(
        "findings",
        CONTROL,
        _("Findings in time"),
        _("Is what is wrong put right in time?"),
        ("B18",),
        control.open_findings,
    ),
    Control(
        "deadlines",
        CONTROL,
        _("Legal deadlines"),
        _("Is what has a deadline filed in time?"),
        ("C6", "C7"),
        control.clocks,
    ),
    Control(
        "reviews", CONTROL, _("Access reviews"), _("Was it reviewed who holds which role?"), ("C3",), control.reviews
    ),
    Control("training", CONTROL, _("Training"), _("Was everybody trained?"), ("B17",), control.training),
    # Chapter 4
    Control("vetting", PARTNERS, _("Vetting"), _("Was every partner vetted first?"), ("D1",), partners.vetting),
    Control(
        "agreements", PARTNERS, _("Agreements"), _("Is an agreement in force with each?"), ("D2",), partners.agreements
    ),
    Control(
        "sharing",
        PARTNERS,
        _("Sharing gateway"),
        _("Did only agreed data go out, for the agreed purpose?"),
        ("D4",),
        partners.sharing,
    ),
    Control(
        "oversight",
        PARTNERS,
        _("Oversight"),
        _("Is every partner looked at again in time?"),
        ("D5",),
        partners.oversight,
    ),
)


def find(slug: str) -> Control:
    """The control of this name.

    Raises:
        NotFound: there is none.
    """
    for control_ in CONTROLS:
        if control_.slug == slug:
            return control_
    raise NotFound("no_such_control", _("There is no such control. Go back to the overview."))


def of_chapter(chapter: str) -> tuple[Control, ...]:
    return tuple(control_ for control_ in CONTROLS if control_.chapter == chapter)


def measure(control_: Control) -> Reading:
    """Look now. A check that breaks has measured nothing."""
    try:
        with transaction.atomic():
            return control_.check()
    except Exception as error:
        log.error("control_not_measured", extra={"control": control_.slug, "kind": type(error).__name__})
        says = _("The check itself failed ({kind}). Tell your administrator.")
        return unmeasured(format_lazy(says, kind=type(error).__name__))


@dataclass(frozen=True)
class Look:
    """What all controls found at one moment, by slug."""

    at: datetime
    monotonic: float
    readings: dict[str, Reading]


_newest: Look | None = None


def look(*, no_older_than_s: float = 10.0) -> Look:
    """What all controls find; within these seconds the same answer for everybody who watches."""
    global _newest
    kept = _newest
    if kept is None or clock.monotonic() - kept.monotonic > no_older_than_s:
        kept = Look(clock.now(), clock.monotonic(), {control_.slug: measure(control_) for control_ in CONTROLS})
        _newest = kept
    return kept
