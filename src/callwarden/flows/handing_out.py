"""Recordings and values handed out as a file: by a grant of access to export, marked so that a copy says whose it is.

    out = handing_out.sound(actor, grant_of_access, reason="...")
    for piece in out.pieces: ...

    out = handing_out.values(actor, grant_of_access, reason="...", told=("Ann", "2026-11-29"), heading=str)

Nothing leaves but by that grant, also where the matrix asks for none: each file is a use of it and ends with it.
The sound is a WAV whose comment names the permit, and through which the same id repeats as tones, over the watermark
of what is played (`engines.mark`). Values are a CSV with a row for each person and that id in each row. `flows.whose`
tells from a file that was found somewhere who exported it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from callwarden.control.grants.models import AccessGrant
from callwarden.custody.categories import Category
from callwarden.custody.models import Record, SealedField
from callwarden.custody.open import open_fields
from callwarden.custody.permits import MANY
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import newest
from callwarden.engines import mark
from callwarden.flows import playback
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel.errors import InvalidInput, NotFound

LASTS = timedelta(minutes=5)
_SOUND = (Category.RECORDING_ORIGINAL, Category.RECORDING_REDACTED)


@dataclass(frozen=True)
class File:
    """What is handed out: the permit it carries, its size in bytes, and its content piece by piece."""

    permit: UUID
    size: int
    pieces: Iterator[bytes]


def has_sound(grant: AccessGrant) -> bool:
    """Whether this grant covers a recording of one call that could be handed out."""
    return grant.action == "export" and grant.call is not None and bool(_legs(grant))


def sound(actor: Actor, grant: AccessGrant, *, reason: str) -> File:
    """The recording that a grant to export covers, marked. Each piece is read against the permit anew.

    Raises:
        InvalidInput: no reason.
        NotFound: the grant covers no recording.
        AccessRefused: the grant has ended, is used up, is somebody else's, or the policy says no now.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why, so that the approvers can judge."))
    legs = _legs(grant)
    if not legs or grant.call is None:
        raise NotFound("nothing_to_export", _("This grant covers no recording."))
    permit = disclose(
        Ask(
            actor=actor,
            client=grant.client,
            action="export",
            purpose=grant.purpose,
            records={leg.id: () for leg in legs},
            reason=reason.strip(),
            call=grant.call,
            by_grant=grant.pk,
            lasts=LASTS,
            max_uses=MANY,
        )
    )
    played = playback.sound_of(permit.permit, grant.client)
    head = _header(played, permit.permit)
    step = int(mark.PERIOD_S * played.rate)

    def pieces() -> Iterator[bytes]:
        yield head
        for first in range(0, played.frames, step):
            frames = playback.marked(permit, played, first, min(first + step, played.frames))
            yield mark.put(frames, rate=played.rate, identity=permit.permit.bytes).tobytes()

    return File(permit.permit, len(head) + played.frames * played.channels * playback.SAMPLE, pieces())


def has_values(grant: AccessGrant) -> bool:
    """Whether this grant covers values that could be handed out."""
    return grant.action == "export" and any(_valued(grant))


def values(
    actor: Actor, grant: AccessGrant, *, reason: str, told: Sequence[str], heading: Callable[[str], object]
) -> File:
    """The values that a grant to export covers, a row for each person. The keeper checks each record's release anew.

    Args:
        told: what stands at the top for whoever reads it.
        heading: the name of a field for people.

    Raises:
        InvalidInput: no reason.
        NotFound: the grant covers no values.
        AccessRefused: the grant has ended, is used up, is somebody else's, or the policy says no now.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why, so that the approvers can judge."))
    wanted = _valued(grant)
    if not wanted:
        raise NotFound("nothing_to_export", _("This grant covers no values."))
    permit = disclose(
        Ask(
            actor=actor,
            client=grant.client,
            action="export",
            purpose=grant.purpose,
            records={record.id: fields for record, fields in wanted.items()},
            reason=reason.strip(),
            call=grant.call,
            by_grant=grant.pk,
            lasts=LASTS,
            max_uses=MANY,
        )
    )
    people: dict[UUID, dict[str, list[str]]] = {}
    with client_scope(grant.client):
        for record in wanted:
            theirs = people.setdefault(record.subject_id, {})
            for name, given in open_fields(permit, record).items():
                theirs.setdefault(name, []).extend(given)
    names = list(dict.fromkeys(name for theirs in people.values() for name in theirs))
    rows = [["; ".join(theirs.get(name, ())) for name in names] for theirs in people.values()]
    pieces = list(mark.as_table(permit.permit.bytes, told, [str(heading(name)) for name in names], rows))
    return File(permit.permit, sum(map(len, pieces)), iter(pieces))


def _valued(grant: AccessGrant) -> dict[Record, tuple[str, ...]]:
    """Record of the grant -> the fields of it that it covers, where it has fields and they are still there."""
    covered = {one.record: tuple(one.fields) for one in grant.records.all()}
    with client_scope(grant.client):
        found = Record.objects.filter(pk__in=list(covered)).exclude(state=Record.State.DESTROYED)
        with_fields = found.filter(Exists(SealedField.objects.filter(record=OuterRef("pk")))).order_by(
            "subject_id", "id"
        )
        return {record: covered[record.id] for record in with_fields}


def _legs(grant: AccessGrant) -> list[Record]:
    """The legs of the original, else of the redacted recording, among the records of the grant."""
    with client_scope(grant.client):
        covered = Record.objects.filter(pk__in=list(grant.records.values_list("record", flat=True)), call=grant.call)
        for category in _SOUND:
            legs = covered.filter(category=category, leg__isnull=False).exclude(state=Record.State.DESTROYED)
            if found := newest(legs.order_by("leg__channel")):
                return found
    return []


def _header(played: playback.Sound, permit: UUID) -> bytes:
    """RIFF with a comment that names the permit, then the samples."""
    told = f"callwarden permit {permit}".encode() + b"\0"
    told += b"\0" * (len(told) % 2)
    info = b"INFOICMT" + struct.pack("<I", len(told)) + told
    width = played.channels * playback.SAMPLE
    data = played.frames * width
    body = (
        b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, played.channels, played.rate, played.rate * width, width, 16)
        + b"LIST"
        + struct.pack("<I", len(info))
        + info
        + b"data"
        + struct.pack("<I", data)
    )
    return b"RIFF" + struct.pack("<I", len(body) + data) + body
