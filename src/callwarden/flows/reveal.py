"""Revealing single values: purpose and reason stated, for a short time, in the trail and in the subject's report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from callwarden.control.access.fields import needed
from callwarden.custody.models import Record
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.flows.people import find_record

SHOWN_SECONDS = 30


@dataclass(frozen=True)
class Shown:
    """The values of one field in clear, and the record they are of."""

    record: Record
    values: list[str] = field(repr=False)


def reveal(
    actor: Actor, client: UUID, record_id: UUID, name: str, *, purpose: str, reason: str, call: UUID | None = None
) -> Shown:
    """The values of one field in clear. The page hides them again after `SHOWN_SECONDS`.

    Raises:
        AccessRefused: with the reasons; a refusal is in the ledger too.
        NotFound: the record is of no call or customer this person has to do with, or has no such field.
    """
    record = find_record(actor, client, record_id)
    if not needed(purpose, (name,)):
        raise AccessRefused.because(("not_granted",))
    grant = disclose(
        Ask(
            actor=actor,
            client=client,
            action="reveal",
            purpose=purpose,
            records={record_id: (name,)},
            reason=reason,
            call=call,
            lasts=timedelta(seconds=SHOWN_SECONDS),
        )
    )
    with client_scope(client):
        return Shown(record, open_fields(grant, record).get(name, []))
