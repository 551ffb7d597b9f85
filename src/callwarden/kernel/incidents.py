"""Opening incidents. Anyone may: a person, an alert, a partner. Handling them belongs to the chapter on control."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal, notify, structural
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Incident, Severity
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import Role

# Who has to know at once, whoever opened it.
ROLES: Final = (Role.DPO, Role.SECURITY_ADMIN)
OPENED = notify.register(
    Template(
        "incident-opened",
        subject=_("An incident was reported"),
        body=_(
            "An incident of severity “%(severity)s” was reported. The clocks of the law may be running: look at it."
        ),
        parameters=frozenset({"severity"}),
    )
)


def open(
    kind: str,
    *,
    severity: Severity,
    actor: str,
    summary: str,
    discovered_at: datetime | None = None,
    client: UUID | None = None,
    session: UUID | None = None,
) -> Incident:
    """Open a suspected incident.

    Args:
        kind: slug (`leak`, `loss`, `tampering`, `misuse`).
        summary: what was noticed, in words; kept sealed beside the ledger.
        discovered_at: when somebody first knew (default now); every legal clock runs from it.

    Raises:
        InvalidInput: no summary, or discovered in the future.
    """
    structural.check_text(kind, where="kind")
    now = clock.now()
    discovered = discovered_at or now
    if not summary.strip():
        raise InvalidInput("summary_missing", _("Say what was noticed, in a sentence."))
    if discovered > now:
        raise InvalidInput("discovered_later", _("The time of discovery lies in the future. Correct it."))
    key = uuid4()
    with transaction.atomic():
        entry = journal.record(
            Entry(
                event=Event.INCIDENT_OPENED,
                actor=actor,
                session=session,
                client=client,
                data={
                    "kind": "incident",
                    "id": str(key),
                    "incident_kind": kind,
                    "severity": str(severity),
                    "discovered": discovered.isoformat(timespec="seconds"),
                },
                detail={"summary": summary.strip()},
            )
        )
        incident = Incident.objects.create(
            id=key,
            kind=kind,
            severity=severity,
            client=client,
            discovered_at=discovered,
            opened_at=now,
            opened_by=actor,
            entry=entry,
        )
        notify.tell(
            OPENED,
            roles=ROLES,
            parameters={"severity": str(severity)},
            link=f"/incidents/{key}/",
        )
    return incident
