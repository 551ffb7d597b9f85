"""Where reviews of rights meet other chapters: keys of programs are reviewed with whoever answers for them, and a
report becomes a file that is checked without this system.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts.models import UsageReport
from callwarden.control.reviews import things
from callwarden.control.reviews.models import Campaign
from callwarden.control.reviews.things import Right, Thing
from callwarden.custody.models import LedgerEntry
from callwarden.engines.ledger.certificate_verifier import FORMAT
from callwarden.flows import trail
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import User
from callwarden.protection.signin import actions, rules
from callwarden.protection.signin.models import ServiceKey

SUFFIX: Final = ".cw-certificate.json"


def _keys(persons: list[User], roles: list[str]) -> Iterable[Right]:
    now = clock.now()
    live = ServiceKey.objects.filter(owner__in=persons, revoked_at=None, expires_at__gt=now).order_by("created_at")
    for key in live:
        idle = rules.idle_for(created=key.created_at, used=key.last_used_at, now=now)
        yield Right(
            key.owner_id,
            str(key.pk),
            {
                "since": key.created_at.isoformat(timespec="seconds"),
                "seen": key.last_used_at.isoformat(timespec="seconds") if key.last_used_at else "",
                "never_used": key.last_used_at is None,
                "dormant": idle >= rules.IDLE_TOLD,
                "purpose": key.purpose,
                "scopes": list(key.scopes),
            },
        )


def _end_key(person: User, key: str, actor: str) -> bool:
    found = ServiceKey.objects.filter(pk=UUID(key), owner=person).first()
    return found is not None and actions.revoke(found, actor=actor, reason="review")


KEY = things.register(Thing("service_key", _keys, _end_key))


def index_of(report: Campaign | UsageReport) -> int | None:
    """Number of the ledger entry that carries the report's digest; None while there is none in the tree."""
    if report.entry is None:
        return None
    return LedgerEntry.objects.filter(entry=report.entry).values_list("index", flat=True).first()


def document(report: Campaign | UsageReport) -> bytes:
    """The signed report: `callwarden verify FILE --key KEY` checks text, digest, entry, tree and signature.

    Raises:
        NotFound: the review is not over, or the log has not signed it yet (it takes about a second).
    """
    index = index_of(report)
    if index is None or report.body is None:
        raise NotFound("no_proof_yet", _("The proof is not ready yet. Try again in a few seconds."))
    whole = {"format": FORMAT, "certificate": json.loads(bytes(report.body)), "proof": trail.proof(index).decode()}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()
