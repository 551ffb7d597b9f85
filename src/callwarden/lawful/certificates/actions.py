"""Issuing a certificate: one immutable row and the ledger entry that carries its digest, or neither."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction

from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.certificates.rules import Statement, canonical, check, content, digest


@transaction.atomic
def issue(
    statement: Statement, *, actor: str, session: UUID | None = None, approval: UUID | None = None
) -> Certificate:
    """Certify what `statement` says; for the same matter there is one certificate, and asking again returns it.

    The log's next signed checkpoint (about a second later) signs it; `flows.certificates.document` then gives the file
    that `callwarden verify` checks without this system.

    Raises:
        Refused: see `rules.check`.
    """
    check(statement)
    about = {"kind": statement.kind, "about_kind": statement.about[0], "about_id": statement.about[1]}
    known = Certificate.objects.filter(**about).first()
    if known:
        return known
    number, now = uuid4(), clock.now()
    body = canonical(content(statement, number=number, issued_at=now))
    entry = journal.record(
        journal.Entry(
            event=Event.ERASURE_CERTIFIED,
            actor=actor,
            session=session,
            client=statement.client,
            approval=approval,
            data={
                "certificate": str(number),
                "digest": digest(body),
                "kind": statement.kind,
                "about": f"{statement.about[0]}:{statement.about[1]}",
                "not_covered": sorted({one.what for one in statement.not_covered}),
            },
        )
    )
    return Certificate.objects.create(
        id=number, client_id=statement.client, body=body, digest=digest(body), entry=entry, issued_at=now, **about
    )
