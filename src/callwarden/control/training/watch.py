"""Training that lapsed under a sensitive role, as findings. A review settles them: nobody keeps such a role."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.control.training import queries
from callwarden.kernel import findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity, User

ACTOR: Final = "job:training"
LAPSED = findings.register(
    FindingKind(
        "training-not-current",
        title=_("Somebody holds a sensitive role without current training in security"),
        remedy=_(
            "Have them trained and enter it in the register of training, or take the role back. In a review of rights"
            " such a role cannot be kept."
        ),
    )
)


def settle(person: User, *, actor: str) -> None:
    """Note that a person's training, or the role that rests on it, was put right; the next look checks it."""
    if person.pk in {one.pk for one, _trained in queries.holders_untrained()}:
        return
    found = findings.unsettled().filter(kind=LAPSED.name, where=f"person:{person.actor}").first()
    if found is not None:
        findings.put_right(found, actor=actor)


def look() -> list[Finding]:
    """Report who holds a sensitive role untrained, and check what is said to have been put right."""
    wrong = {f"person:{person.actor}": one for person, one in queries.holders_untrained()}
    for finding in Finding.objects.filter(kind=LAPSED.name, state=Finding.State.VERIFYING):
        if finding.where not in wrong:
            findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
    return [
        findings.report(
            LAPSED.name, severity=Severity.MEDIUM, actor=ACTOR, where=where, data={"training": str(one.standing)}
        )
        for where, one in sorted(wrong.items())
    ]
