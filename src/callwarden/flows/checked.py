"""A redacted call laid open to be checked: its words and marks in force, and whether its original is still kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Record, RedactionCorrection
from callwarden.custody.open import open_record
from callwarden.custody.permits import Grant
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import newest
from callwarden.engines import redact as text
from callwarden.flows import marks as marking
from callwarden.flows import redact_call
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.marks import Mark
from callwarden.kernel.errors import Conflict

PURPOSE: Final = "quality"
JOB: Final = redact_call.JOB
_WORDS = (Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS)


@dataclass(frozen=True)
class Checked:
    """A redacted call laid open to be checked.

    Attributes:
        version: id of the redacted transcript.
        waiting: places that are being given back.
        original_kept: whether the sealed original is there, without which nothing can be given back.
    """

    call: Call
    version: UUID
    transcript: text.Transcript
    marks: tuple[Mark, ...]
    waiting: int
    original_kept: bool
    document: dict[str, Any]


def check(actor: Actor, call: Call) -> Checked:
    """Open a redacted call to check its marks; that it was opened stands in the ledger.

    Raises:
        AccessRefused: this person may not see it for quality.
        Conflict: there is no redacted version.
    """
    with client_scope(call.client_id):
        words, marks = version_of(call)
        waiting = RedactionCorrection.objects.filter(call=call, state=RedactionCorrection.State.WAITING).count()
        kept = original_kept(call)
    grant = _look(actor, call, (words, marks))
    return laid_open(grant, call, words, marks, waiting, kept)


def laid_open(grant: Grant, call: Call, words: Record, marks: Record, waiting: int, kept: bool) -> Checked:
    transcript = text.Transcript.from_json(json.loads(open_record(grant, words).readall()))
    document = json.loads(open_record(grant, marks).readall())
    if not marking.can_read(document):
        if not kept:
            raise Conflict(
                "marks_of_before",
                _("This call was redacted by an earlier version, and its original is not kept any more."),
            )
        _redact_anew(call)
        raise Conflict(
            "marks_of_before",
            _("This call was redacted by an earlier version. It is redacted anew first: look again in a minute."),
        )
    return Checked(call, words.id, transcript, tuple(marking.read(document)), waiting, kept, document)


def _redact_anew(call: Call) -> None:
    from callwarden.flows import jobs  # the jobs are made of this module

    with client_scope(call.client_id):
        done = Call.objects.filter(pk=call.pk, redaction=Call.Redaction.DONE)
        if done.update(redaction=Call.Redaction.PENDING):
            jobs.later(jobs.redact, lock=f"redact:{call.pk}", call=str(call.pk), client=str(call.client_id))


def _look(actor: Actor, call: Call, records: Sequence[Record]) -> Grant:
    return disclose(
        Ask(
            actor=actor,
            client=call.client_id,
            action="view_masked",
            purpose=PURPOSE,
            records={record.id: () for record in records},
            call=call.id,
        )
    )


def work_on(call: Call, records: Sequence[Record]) -> Grant:
    return disclose(
        Ask(
            actor=JOB,
            client=call.client_id,
            action="redact",
            purpose="redaction",
            records={record.id: () for record in records},
            call=call.id,
            lasts=timedelta(minutes=15),
        )
    )


def live(call: Call, *categories: Category) -> list[Record]:
    found = Record.objects.select_related("leg", "leg__subject", "leg__call", "subject", "call", "call__line", "line")
    found = found.filter(call=call, category__in=categories).exclude(state=Record.State.DESTROYED)
    return newest(found.order_by("created_at", "id"))


def version_of(call: Call) -> tuple[Record, Record]:
    """The redacted words in force and their marks. Call it inside `client_scope`."""
    found = {record.category: record for record in live(call, *_WORDS)}
    if call.redaction != Call.Redaction.DONE or len(found) != len(_WORDS):
        raise Conflict("not_redacted", _("This call has no redacted version now. Look at it again later."))
    return found[Category.TRANSCRIPT_REDACTED], found[Category.REDACTION_SPANS]


def original_kept(call: Call) -> bool:
    """Whether the sealed original of everything that was redacted is still kept."""
    live = Record.objects.filter(call=call).exclude(state=Record.State.DESTROYED)
    if not live.filter(category=Category.TRANSCRIPT_ORIGINAL).exists():
        return False
    original = live.filter(category=Category.RECORDING_ORIGINAL, leg=OuterRef("leg"))
    return not live.filter(~Exists(original), category=Category.RECORDING_REDACTED).exists()


def in_force(call: Call, version: UUID) -> Record:
    """The words of this version, still in force. Call it inside `client_scope`.

    Raises:
        Conflict: there is another by now.
    """
    words, _marks = version_of(call)
    if words.id != version:
        raise Conflict("version_changed", _("Somebody has corrected this call meanwhile. Look at it again first."))
    return words


def unchanged(call: Call, version: UUID) -> Record:
    """The same, and nothing of it is being given back.

    Raises:
        Conflict: there is another by now, or one is being made.
    """
    words = in_force(call, version)
    if RedactionCorrection.objects.filter(call=call, state=RedactionCorrection.State.WAITING).exists():
        raise Conflict("being_corrected", _("Something of this call is just being given back. Wait a minute."))
    return words
