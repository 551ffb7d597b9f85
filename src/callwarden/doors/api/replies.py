"""Answers to requests that changed something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse

from callwarden.custody.intake import Received
from callwarden.doors.api.idempotency import Answer


def reply(answer: Answer) -> HttpResponse:
    """The response for an answer, marked when it was given before."""
    # Sorted, because the database keeps no order of names: a repeated answer is the same to the byte.
    response = JsonResponse(answer.body, status=answer.status, json_dumps_params={"sort_keys": True})
    response["Cache-Control"] = "no-store"
    if answer.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def received(kept: Iterable[Received], *, batch: UUID | None = None) -> dict[str, Any]:
    """What was taken in, as ids and kinds."""
    items = [{"id": str(one.item.id), "kind": str(one.item.kind), "duplicate": one.duplicate} for one in kept]
    return {"items": items, "batch": str(batch) if batch else None}
