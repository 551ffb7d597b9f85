"""Calls that were redacted before anybody looked up whom they speak of: done now, from the words that were heard.

Where these have ended, or may not be opened, only who was marked by hand is known. Such calls are not looked at again
and are counted on the certificates of whoever is erased (see `requests.certify`), until they are redacted anew.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from callwarden.custody.categories import Category
from callwarden.custody.keeper.client import ObjectDamaged
from callwarden.custody.models import Call, Record
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.engines import redact as text
from callwarden.flows import redact_call, spoken_of
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel.errors import CallwardenError, LaterError

BATCH: Final = 50


def waiting(client: UUID) -> QuerySet[Call]:
    """Calls not looked through whose heard words may still be opened. Call it inside `client_scope`."""
    words = Record.objects.filter(call=OuterRef("pk"), category=Category.TRANSCRIPT_ORIGINAL)
    readable = Exists(words.filter(state=Record.State.STORED))
    return Call.objects.filter(
        readable, client_id=client, sought_at__isnull=True, redaction=Call.Redaction.DONE
    ).order_by("id")


def seek_some(client: UUID, *, most: int = BATCH) -> int:
    """Try so many of them, one after another; how many were looked through. Killed anywhere, the next run goes on.

    What is refused or damaged is tried once: each try is an entry in the ledger.

    Raises:
        LaterError: a part this depends on does not answer. Nothing more was tried; the call waits with the others.
    """
    done, last = 0, UUID(int=0)
    for _attempt in range(most):
        with client_scope(client):
            call = waiting(client).filter(id__gt=last).select_related("customer").first()
        if call is None:
            break
        last = call.id
        try:
            done += _seek(call)
        except CallwardenError as error:
            if isinstance(error, LaterError) and not isinstance(error, ObjectDamaged):
                raise
            _give_up(call)
    return done


def _give_up(call: Call) -> None:
    """Leave it out of later runs; certificates go on counting it."""
    with client_scope(call.client_id):
        still = Call.objects.filter(pk=call.pk, redaction=Call.Redaction.DONE, sought_at__isnull=True)
        still.update(sought_at=spoken_of.IN_VAIN)


def _seek(call: Call) -> bool:
    records = [one for one in redact_call.records_of(call) if one.category != Category.RECORDING_ORIGINAL]
    words = next((one for one in records if one.category == Category.TRANSCRIPT_ORIGINAL), None)
    if words is None:
        _give_up(call)
        return False
    grant = disclose(
        Ask(
            actor=redact_call.JOB,
            client=call.client_id,
            action="redact",
            purpose="redaction",
            records={record.id: () for record in records},
            call=call.id,
            lasts=timedelta(minutes=15),
        )
    )
    known = redact_call.known_values(grant, records)
    said = spoken_of.heard(text.Transcript.from_json(json.loads(open_record(grant, words).readall())), known)
    with client_scope(call.client_id):
        held = Call.objects.select_for_update(of=("self",)).select_related("customer").get(pk=call.pk)
        if held.redaction != Call.Redaction.DONE or held.sought_at is not None:
            return False  # it was redacted again meanwhile, which looks it up as well
        spoken_of.seek(held, said, known)
    return True
