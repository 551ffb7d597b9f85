"""Keys of programs that need somebody: about to end, or used by nobody. As findings, and the end of idle ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.protection.signin import actions, rules
from callwarden.protection.signin.models import ServiceKey

ACTOR: Final = "job:watch"

DUE = findings.register(
    FindingKind(
        "service-key-due",
        title=_("A service key ends within 14 days and no newer one is there"),
        remedy=_("Rotate the key on its page and give the new one to the program; the old one lives on for a week."),
    )
)
IDLE = findings.register(
    FindingKind(
        "service-key-idle",
        title=_("No program has used a service key for three weeks"),
        remedy=_("Ask its owner whether it is needed. End it if not; unused, it is disabled after 30 days."),
    )
)


def look() -> list[Finding]:
    """Disable what has been idle for too long, then report what needs somebody."""
    actions.end_idle(actor=ACTOR)
    seen = list(_wrong())
    told = {(kind.name, where) for kind, _severity, where, _key in seen}
    for finding in Finding.objects.filter(kind__in=(DUE.name, IDLE.name), state=Finding.State.VERIFYING):
        if (finding.kind, finding.where) not in told:
            findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
    return [
        findings.report(
            kind.name, severity=severity, actor=ACTOR, where=where, client=key.client_id, data={"purpose": key.purpose}
        )
        for kind, severity, where, key in seen
    ]


def _wrong() -> Iterator[tuple[FindingKind, Severity, str, ServiceKey]]:
    now = clock.now()
    live = ServiceKey.objects.filter(revoked_at=None, expires_at__gt=now, owner__is_active=True)
    for key in live.order_by("created_at"):
        newer = live.filter(client=key.client_id, purpose=key.purpose, created_at__gt=key.created_at).exists()
        if key.expires_at - now <= rules.DUE and not newer:
            yield DUE, Severity.MEDIUM, f"service_key:{key.pk}", key
        idle = rules.idle_for(created=key.created_at, used=key.last_used_at, now=now)
        if idle >= rules.IDLE_TOLD:
            yield IDLE, Severity.LOW, f"service_key:{key.pk}", key
