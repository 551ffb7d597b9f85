"""Revealing single values: purpose and reason stated, for a short time, in the trail and in the subject's report."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Record
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel.errors import NotFound

SHOWN_SECONDS = 30


def reveal(
    actor: Actor, client: UUID, record_id: UUID, field: str, *, purpose: str, reason: str, call: UUID | None = None
) -> list[str]:
    """The values of one field in clear. The page hides them again after `SHOWN_SECONDS`.

    Raises:
        AccessRefused: with the reasons; a refusal is in the ledger too.
    """
    grant = disclose(
        Ask(
            actor=actor,
            client=client,
            action="reveal",
            purpose=purpose,
            records={record_id: (field,)},
            reason=reason,
            call=call,
            lasts=timedelta(seconds=SHOWN_SECONDS),
        )
    )
    with client_scope(client):
        record = Record.objects.filter(pk=record_id).first()
        if record is None:
            raise NotFound("record_not_found", _("This record does not exist, or it has been erased."))
        return open_fields(grant, record).get(field, [])
