"""What is wrong about accounts, as findings: posts held for too long, accounts nobody uses."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.control.accounts import posts, queries
from callwarden.control.accounts.rules import LAST_DAYS, Post, Tenure
from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity, User

ACTOR: Final = "job:watch"

ENDING = findings.register(
    FindingKind(
        "tenure-ending",
        title=_("Somebody holds a sensitive post whose time is nearly over"),
        remedy=_("Choose and train a successor, give the role to them by two people, and take it from the holder."),
    )
)
OVER = findings.register(
    FindingKind(
        "tenure-over",
        title=_("Somebody holds a sensitive post for longer than is allowed here"),
        remedy=_(
            "It was not taken back by itself, because nobody would be left who could give sensitive roles. Give it to a"
            " successor by two people; then it ends."
        ),
    )
)
DORMANT = findings.register(
    FindingKind(
        "account-dormant",
        title=_("Nobody has signed in by an open account for 45 days"),
        remedy=_("Ask the person's team leader. Close the account when it is not needed; it can be reopened."),
    )
)


def look() -> list[Finding]:
    """Take back posts whose time is over, report what is wrong now, check what is said to have been put right."""
    posts.end_due()
    _remind()
    seen = [*_posts(), *_unused()]
    wrong = {(kind, where, role) for kind, _severity, where, role in seen}
    for finding in Finding.objects.filter(
        kind__in=(ENDING.name, OVER.name, DORMANT.name), state=Finding.State.VERIFYING
    ):
        if (finding.kind, finding.where, finding.data.get("role", "")) not in wrong:
            findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
    return [
        findings.report(
            kind,
            severity=severity,
            actor=ACTOR,
            where=where,
            key={"role": role} if role else None,
            data={"role": role} if role else None,
        )
        for kind, severity, where, role in seen
    ]


def _remind() -> None:
    """Remind of a post whose end comes near, twice: when it is first seen, and when few days are left."""
    for one in posts.held():
        if one.tenure.judged(clock.now()) is Post.ENDING:
            known = Finding.objects.filter(
                kind=ENDING.name, where=f"person:{one.person.pseudonym}", data__role=one.tenure.role
            ).exclude(state=Finding.State.CLOSED)
            if not known.filter(severity=_urgency(one.tenure)).exists():
                posts.remind(one.person, one.tenure)


def _urgency(held: Tenure) -> Severity:
    near = held.ends - clock.now() <= timedelta(days=LAST_DAYS)
    return Severity.HIGH if near else Severity.MEDIUM


def _posts() -> list[tuple[str, Severity, str, str]]:
    now, found = clock.now(), []
    names = dict(User.objects.values_list("pk", "pseudonym"))
    for person, held in queries.tenures().items():
        for one in held:
            judged = one.judged(now)
            if judged is not Post.IN_TIME:
                kind, severity = (OVER, Severity.HIGH) if judged is Post.OVER else (ENDING, _urgency(one))
                found.append((kind.name, severity, f"person:{names[person]}", one.role))
    return found


def _unused() -> list[tuple[str, Severity, str, str]]:
    dormant = queries.dormant().values_list("pseudonym", flat=True)
    return [(DORMANT.name, Severity.MEDIUM, f"person:{who}", "") for who in dormant]
