"""Transfers abroad whose permission ends: told while there is time. Once it has ended nothing is given to them
(`lawful.using`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.lawful.purposes import queries
from callwarden.lawful.purposes.models import Recipient

ACTOR: Final = "job:retention"
# Days before the end in which it is told.
AHEAD: Final = timedelta(days=30)
ENDING = findings.register(
    FindingKind(
        "transfer-ending",
        title=_("What allows a transfer abroad ends within thirty days, or has ended"),
        remedy=_(
            "Register what takes its place, or take the recipient out of the purposes in force. After its last day "
            "nothing is given to them."
        ),
    )
)


def look() -> int:
    """Report recipients abroad to whom no transfer holds for another thirty days. Returns how many those are."""
    ending = list(_ending(clock.now().date()))
    for recipient, place, until in ending:
        findings.report(
            ENDING.name,
            severity=Severity.HIGH,
            actor=ACTOR,
            where=_where(recipient, place),
            data={"recipient": recipient.slug, "jurisdiction": place, "until": until.isoformat() if until else "ended"},
            client=recipient.client_id,
        )
    left = {_where(recipient, place) for recipient, place, _until in ending}
    waiting = Finding.objects.filter(kind=ENDING.name, state=Finding.State.VERIFYING).exclude(where__in=left)
    for finding in waiting:
        findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="transfer:holds")
    return len(ending)


def still_ending(finding: Finding) -> int | None:
    """1 while no transfer of the finding's recipient holds long enough, else 0; None for findings of other kinds."""
    if finding.kind != ENDING.name:
        return None
    return int(finding.where in {_where(one, place) for one, place, _until in _ending(clock.now().date())})


def _where(recipient: Recipient, place: str) -> str:
    return f"recipient:{recipient.pk}:{place}"


def _ending(today: date) -> Iterator[tuple[Recipient, str, date | None]]:
    """Recipients a purpose in force gives data to from a jurisdiction, and the last day on which it may."""
    for recipient, places in queries.given_abroad():
        for place in places:
            holding = [one.valid_until for one in queries.transfers_in_force(recipient, place, today)]
            if None in holding:
                continue
            until = max((day for day in holding if day is not None), default=None)
            if until is None or until < today + AHEAD:
                yield recipient, place, until
