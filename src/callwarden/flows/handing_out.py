"""Recordings, words and values handed out as files: by a grant to export, marked so that a copy says whose it is.

    out = handing_out.sound(actor, grant_of_access, reason="...", call=one_of_its_calls)
    for piece in out.pieces: ...

    out = handing_out.transcripts(actor, grant_of_access, reason="...", told=("Ann", "2026-11-29"), look=Look(...))

    out = handing_out.values(actor, grant_of_access, reason="...", told=("Ann", "2026-11-29"), heading=str)

Nothing leaves but by that grant, also where the matrix asks for none: each file is a use of it and ends with it.
The sound is a WAV whose comment names the permit, and through which the same id repeats as tones, over the watermark
of what is played (`engines.mark`): a file for each call, in disguised voices where the exporter asks for it. Words are
a CSV with a row for each turn, values one with a row for each person, and that id in each row. `flows.whose` tells from
a file that was found somewhere who exported it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.control.grants.models import AccessGrant
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Record, SealedField
from callwarden.custody.open import open_fields, open_record
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
_WORDS = {"redacted": Category.TRANSCRIPT_REDACTED, "original": Category.TRANSCRIPT_ORIGINAL}


@dataclass(frozen=True)
class File:
    """What is handed out: the permit it carries, its size in bytes, and its content piece by piece."""

    permit: UUID
    size: int
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class Covered:
    """A call of which a grant to export covers something that is still there: its sound, and which of its words."""

    call: Call
    sound: bool
    words: frozenset[str]


@dataclass(frozen=True)
class Look:
    """How a table of transcripts is written: its headings (call, at, speaker, words), and names for people."""

    headings: Sequence[str]
    call: Callable[[Call], str]
    speaker: Callable[[str], str]


def calls(grant: AccessGrant) -> list[Covered]:
    """The calls of which this grant covers sound or words that could be handed out, the earliest first."""
    if grant.action != "export":
        return []
    named = {category: name for name, category in _WORDS.items()}
    found: dict[UUID, tuple[Call, set[str]]] = {}
    with client_scope(grant.client):
        covered = _covered(grant).filter(call__isnull=False).select_related("call", "call__line")
        heard = covered.filter(Q(category__in=_SOUND, leg__isnull=False) | Q(category__in=list(named)))
        for record in heard.order_by("call__started_at", "call_id"):
            assert record.call is not None
            _call, kinds = found.setdefault(record.call.id, (record.call, set()))
            kinds.add(named.get(Category(record.category), "sound"))
    return [Covered(call, "sound" in kinds, frozenset(kinds - {"sound"})) for call, kinds in found.values()]


def sound(actor: Actor, grant: AccessGrant, *, reason: str, call: UUID | None = None, disguised: bool = False) -> File:
    """The recording of one call that a grant to export covers, marked. Each piece is read against the permit anew.

    Args:
        call: of which call; needed only where the grant covers several.
        disguised: in other voices than those of the people who spoke; a new disguise for each leg of each file.

    Raises:
        InvalidInput: no reason, or not said which call.
        NotFound: the grant covers no recording of it.
        AccessRefused: the grant has ended, is used up, is somebody else's, or the policy says no now.
    """
    _require(reason)
    heard = {one.call.id for one in calls(grant) if one.sound}
    if call is None and len(heard) > 1:
        raise InvalidInput("call_missing", _("This grant covers several calls. Say the recording of which you need."))
    of = call or next(iter(heard), None)
    if of is None or of not in heard:
        raise NotFound("nothing_to_export", _("This grant covers no recording."))
    permit = disclose(_ask(actor, grant, {leg.id: () for leg in _legs(grant, of)}, reason=reason, call=of))
    played = playback.sound_of(permit.permit, grant.client)
    head = _header(played, permit.permit)
    # Slow to load, as numpy is, and most who load this module export no sound.
    from callwarden.engines.redact.audio import Disguise

    voices = Disguise(played.rate, played.channels) if disguised else None
    step = int(mark.PERIOD_S * played.rate)

    def pieces() -> Iterator[bytes]:
        yield head
        for first in range(0, played.frames, step):
            frames = playback.marked(permit, played, first, min(first + step, played.frames), voices)
            yield mark.put(frames, rate=played.rate, identity=permit.permit.bytes).tobytes()

    return File(permit.permit, len(head) + played.frames * played.channels * playback.SAMPLE, pieces())


def transcripts(
    actor: Actor,
    grant: AccessGrant,
    *,
    reason: str,
    told: Sequence[str],
    look: Look,
    which: str = "redacted",
    call: UUID | None = None,
) -> File:
    """What was said in the calls that a grant to export covers, a row for each turn, in one file and one release.

    Args:
        told: what stands at the top for whoever reads it.
        which: "redacted", or "original" where the grant covers these.
        call: only of this call.

    Raises:
        InvalidInput: no reason, or there are no such words.
        NotFound: the grant covers no transcript of this kind.
        AccessRefused: the grant has ended, is used up, is somebody else's, or the policy says no now.
    """
    _require(reason)
    if which not in _WORDS:
        raise InvalidInput("unknown_transcript", _("There are redacted transcripts and original ones. Choose one."))
    with client_scope(grant.client):
        of = _covered(grant).filter(category=_WORDS[which], call__isnull=False, **({"call": call} if call else {}))
        records = newest(of.select_related("call", "call__line").order_by("call__started_at", "call_id"))
    if not records:
        raise NotFound("nothing_to_export", _("This grant covers no transcript."))
    permit = disclose(_ask(actor, grant, {one.id: () for one in records}, reason=reason, call=call or grant.call))

    rows: list[list[str]] = []
    for record in records:
        assert record.call is not None
        name = look.call(record.call)
        for turn in json.loads(open_record(permit, record).readall()).get("turns", ()):
            speaker = look.speaker(str(turn.get("speaker", "")))
            rows.append([name, _minutes(turn.get("start_ms")), speaker, str(turn.get("text", ""))])
    return _table(permit.permit, told, look.headings, rows)


def _minutes(at_ms: object) -> str:
    """A time in the call as minutes and seconds."""
    if not isinstance(at_ms, int | float):
        return ""
    minutes, seconds = divmod(int(at_ms) // 1000, 60)
    return f"{minutes:02d}:{seconds:02d}"


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
    _require(reason)
    wanted = _valued(grant)
    if not wanted:
        raise NotFound("nothing_to_export", _("This grant covers no values."))
    records = {record.id: fields for record, fields in wanted.items()}
    permit = disclose(_ask(actor, grant, records, reason=reason, call=grant.call))
    people: dict[UUID, dict[str, list[str]]] = {}
    with client_scope(grant.client):
        for record in wanted:
            theirs = people.setdefault(record.subject_id, {})
            for name, given in open_fields(permit, record).items():
                theirs.setdefault(name, []).extend(given)
    names = list(dict.fromkeys(name for theirs in people.values() for name in theirs))
    rows = [["; ".join(theirs.get(name, ())) for name in names] for theirs in people.values()]
    return _table(permit.permit, told, [str(heading(name)) for name in names], rows)


def _require(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why, so that the approvers can judge."))


def _ask(
    actor: Actor, grant: AccessGrant, records: Mapping[UUID, tuple[str, ...]], *, reason: str, call: UUID | None
) -> Ask:
    """One release: of these records, by this grant and no other."""
    return Ask(
        actor=actor,
        client=grant.client,
        action="export",
        purpose=grant.purpose,
        records=records,
        reason=reason.strip(),
        call=call,
        by_grant=grant.pk,
        lasts=LASTS,
        max_uses=MANY,
    )


def _table(permit: UUID, told: Sequence[str], headings: Sequence[str], rows: Iterable[Sequence[str]]) -> File:
    pieces = list(mark.as_table(permit.bytes, told, headings, rows))
    return File(permit, sum(map(len, pieces)), iter(pieces))


def _covered(grant: AccessGrant) -> QuerySet[Record]:
    """Records of the grant that are still there. Call it inside `client_scope`."""
    rows = Record.objects.filter(pk__in=list(grant.records.values_list("record", flat=True)))
    return rows.exclude(state=Record.State.DESTROYED)


def _valued(grant: AccessGrant) -> dict[Record, tuple[str, ...]]:
    """Record of the grant -> the fields of it that it covers, where it has fields and they are still there."""
    covered = {one.record: tuple(one.fields) for one in grant.records.all()}
    with client_scope(grant.client):
        found = Record.objects.filter(pk__in=list(covered)).exclude(state=Record.State.DESTROYED)
        with_fields = found.filter(Exists(SealedField.objects.filter(record=OuterRef("pk")))).order_by(
            "subject_id", "id"
        )
        return {record: covered[record.id] for record in with_fields}


def _legs(grant: AccessGrant, call: UUID) -> list[Record]:
    """The legs of the original, else of the redacted recording of a call, among the records of the grant."""
    with client_scope(grant.client):
        for category in _SOUND:
            legs = _covered(grant).filter(call=call, category=category, leg__isnull=False)
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
