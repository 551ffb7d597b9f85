"""Correcting a redaction: one person hides more of a call, two give a place back to be read.

Hiding needs no original: what is published is redacted further, in every form and in the sound. Giving back is approved
by somebody else for exactly these marks of exactly this version, and is then made of the sealed original, as long as
that is kept. Each puts new versions in the place of those before, which are destroyed, and leaves a case by which the
rules are measured, without the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody.bounds import bounds_of
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Leg, Record, RedactionCorrection
from callwarden.custody.open import open_record
from callwarden.custody.put import Place, Shelf
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import hold_still, versions
from callwarden.engines import redact as text
from callwarden.engines.redact import audio as sound
from callwarden.flows import corrections, proofs, redact_call
from callwarden.flows import marks as marking
from callwarden.flows.actors import Actor
from callwarden.flows.checked import (
    JOB,
    Checked,
    check,
    in_force,
    laid_open,
    live,
    original_kept,
    unchanged,
    version_of,
    work_on,
)
from callwarden.flows.marks import Mark
from callwarden.flows.search import index_words
from callwarden.flows.take_in import About, put_audio, put_json
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval
from callwarden.kernel.roles import Role
from callwarden.lawful.gate import renew
from callwarden.lawful.retention.queries import hold_rules

SHOW: Final = "redaction:mark:show"
_MADE = (Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS, Category.RECORDING_REDACTED)
_INSTEAD = {
    "out_of_range": _("These words are not in this version. Open the call again and choose them anew."),
    "nothing_to_hide": _("There is nothing but spaces and punctuation there. Choose words or digits."),
    "hidden_already": _("Part of this is hidden already. Choose only words that can still be read."),
    "kept_by_policy": _("The policy of redaction keeps this kind readable. Choose another kind."),
    "no_such_span": _("This version has no such mark. Open the call again and choose it anew."),
    "dropped_is_gone": _("Security codes, PINs and track data of cards were dropped: nobody can bring them back."),
    "hidden_elsewhere": _("The same digits stay hidden elsewhere in the call. Choose these marks together."),
    "hidden_more_elsewhere": _("In another form of these words more is hidden, so this cannot be given back."),
    "not_in_text": _("The text of this turn has none of these words. Choose the place in the text."),
}


@dataclass(frozen=True)
class Hidden:
    """How many places were hidden, and whether the version before was destroyed: a hold keeps it."""

    count: int
    is_destroyed: bool


@dataclass(frozen=True)
class _Leg:
    """New sound of one leg, what it is made of, and where it is silent."""

    leg: Leg
    made_of: Record
    audio: sound.Audio
    plans: list[sound.MutePlan]


# Hiding ---------------------------------------------------------------------------------------------------------------


def hide(actor: Actor, call: Call, version: UUID, place: tuple[int, int, int], kind: str) -> Hidden:
    """Hide more of a call: a place in the redacted text of this version (turn, start, end), and all that repeats it.

    Raises:
        AccessRefused: this person may not see the call for quality.
        InvalidInput: the place or the kind does not do, and what does.
        Conflict: it is another version by now.
    """
    try:
        wanted = text.Hide(*place, text.EntityType(kind))
    except ValueError:
        raise InvalidInput("unknown_kind", _("Choose what kind of data it is.")) from None
    seen = check(actor, call)
    with client_scope(call.client_id):
        in_force(call, version)
        recordings = live(call, Category.RECORDING_REDACTED)
    try:
        more = text.corrected(seen.transcript, (), [wanted], policy=_policy(), rules=False)
        dropped = _also_from_originals(call, seen, wanted, more)
    except text.CorrectionRefused as error:
        raise InvalidInput(error.code, _INSTEAD[error.code]) from None
    except text.ResidualFound:
        raise _residue() from None
    legs = []
    grant = work_on(call, recordings) if recordings else None
    for record in recordings:
        assert grant is not None
        assert record.leg is not None
        audio = sound.decode(open_record(grant, record).readall())
        legs.append(_silenced(record.leg, record, audio, more.sound, []))
    return Hidden(len(more.spans), _publish_more(actor, seen, more, legs, dropped))


def _policy() -> text.Policy:
    return text.Policy.profile(settings.REDACTION_PROFILE)


def _residue() -> Conflict:
    return Conflict(
        "residual_found", _("Something would still be readable that has to be hidden. Nothing was changed.")
    )


def _silenced(
    leg: Leg, made_of: Record, audio: sound.Audio, spans: Sequence[text.SoundSpan], tones: Sequence[sound.ToneSpan]
) -> _Leg:
    plans = sound.plan(redact_call.spans_of(tuple(spans), leg), tones, audio)
    muted = sound.apply(audio, plans)
    if sound.difference_outside(audio, muted, plans) or sound.residue_inside(muted, plans):
        raise RuntimeError("sound_check_failed")
    return _Leg(leg, made_of, muted, plans)


@dataclass(frozen=True)
class _Dropped:
    """Originals without what may never be kept; without `originals` and `redaction` their words have ended before."""

    records: list[Record]
    originals: redact_call.Originals | None
    redaction: text.Redaction | None
    legs: tuple[tuple[Leg, Record, sound.Audio], ...]
    places: tuple[tuple[float, float], ...]

    @classmethod
    def of(
        cls,
        legs: Sequence[_Leg],
        originals: redact_call.Originals | None = None,
        redaction: text.Redaction | None = None,
    ) -> _Dropped:
        return cls(
            originals.records if originals else [one.made_of for one in legs],
            originals,
            redaction,
            tuple((one.leg, one.made_of, one.audio) for one in legs if one.plans),
            tuple(
                (plan.start * 1000 / one.audio.rate, plan.end * 1000 / one.audio.rate)
                for one in legs
                for plan in one.plans
            ),
        )


def _also_from_originals(call: Call, seen: Checked, wanted: text.Hide, more: text.Redaction) -> _Dropped | None:
    """What a reviewer says is card authentication data may not be kept in the originals either (PCI DSS 3.3.1).

    One person alone says so, and nobody can undo it: so only on a line that takes cards, and only what reads like it.
    """
    said = seen.transcript.turns[wanted.turn].text
    if wanted.type not in text.CARD_AUTHENTICATION or not call.line.takes_cards:
        return None
    if not text.reads_as(wanted.type, said, wanted.start, wanted.end):
        return None
    originals = redact_call.open_originals(call)
    if originals is None:
        return _also_from_recordings(call, more)
    moves = marking.moves_of(seen.marks)
    start, end = moves.back(wanted.turn, wanted.start), moves.back(wanted.turn, wanted.end, end=True)
    only = text.Policy(default=text.Operator.KEEP)
    there = replace(wanted, start=start, end=end)
    kept = text.corrected(originals.transcript, (), [there], policy=only, rules=False)
    legs = [_silenced(leg, record, audio, kept.sound, []) for leg, record, audio in originals.legs]
    return _Dropped.of(legs, originals, kept)


def _also_from_recordings(call: Call, more: text.Redaction) -> _Dropped | None:
    with client_scope(call.client_id):
        recordings = [one for one in live(call, Category.RECORDING_ORIGINAL) if one.leg]
    if not recordings:
        return None
    grant = work_on(call, recordings)
    spans = [span for span in more.sound if span.type in text.CARD_AUTHENTICATION]
    legs = [
        _silenced(record.leg, record, sound.decode(open_record(grant, record).readall()), spans, [])
        for record in recordings
        if record.leg
    ]
    return _Dropped.of(legs)


def _publish_more(
    actor: Actor, seen: Checked, more: text.Redaction, legs: Sequence[_Leg], dropped: _Dropped | None
) -> bool:
    call, marks = seen.call, marking.with_more(seen.marks, more)
    new = [mark for mark in marks if mark.span.rule in (text.REVIEWER, "echo") and mark not in seen.marks]
    before = marking.moves_of(seen.marks)
    said = next(span for span in more.spans if span.rule == text.REVIEWER)
    there = replace(said, start=before.back(said.turn, said.start), end=before.back(said.turn, said.end, end=True))
    turn = seen.transcript.turns[said.turn].text
    quiet = [*seen.document.get("sound", []), *_heard(legs)]
    with client_scope(call.client_id, durable=True):
        hold_rules()
        call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
        words = in_force(call, seen.version)
        old = live(call, *_MADE)
        bound = [*old, *(dropped.records if dropped else ())]
        if not hold_still(bound, replacing=True):
            raise _gone()
        row = RedactionCorrection(
            client_id=call.client_id,
            call=call,
            version=seen.version,
            kind=RedactionCorrection.Kind.MISSED,
            turn=there.turn,
            start=there.start,
            end=there.end,
            length=before.back(said.turn, len(turn), end=True),
            type=there.type.value,
            rule=there.rule,
            evidence=there.evidence.value,
            confidence=there.confidence,
            language=corrections.language_of(call, turn),
            shape=corrections.case_of(turn[said.start : said.end], there, seen.marks),
            actor=actor.name,
            made_at=clock.now(),
        )
        row.save(force_insert=True)
        with versions(renew(words), actor=actor.name) as shelf:
            if dropped is not None:
                marks = _drop(shelf, seen, dropped, marks)
            gone = _put(shelf, call, old, more.transcript, marks, legs, quiet)
        call.spans = len(marks)
        call.save(update_fields=["spans"])
        # Hiding waits for nobody: what was being given back was approved for the version before.
        _not_given_back(call, _waiting(call), "version_changed")
        _tell(Event.REDACTION_HIDDEN, actor, call, [said], count=len(new) or 1)
    return gone


def _drop(shelf: Shelf, seen: Checked, dropped: _Dropped, marks: Sequence[Mark]) -> list[Mark]:
    """Put the originals again without it, and have marks and corrections follow their text."""
    call, kept, originals = seen.call, dropped.redaction, dropped.originals
    proofs.destroy_overlapping(call, dropped.places, actor=JOB.name, reason=redact_call.AUTHENTICATION)
    if originals is None or kept is None:
        redact_call.replace_recordings(shelf, dropped.legs)
        return list(marks)
    moves = text.Moves(kept.spans, kept.places)
    redact_call.replace_originals(shelf, originals, dropped.legs, kept.transcript)
    corrections.moved(call, moves, kept.transcript)
    spans = text.carried([mark.span for mark in marks], moves)
    return [Mark(span, mark.at) for span, mark in zip(spans, marks, strict=True)]


def _gone() -> NotFound:
    return NotFound("call_gone", _("This call has been erased or is being erased. Nothing was changed."))


def _heard(legs: Sequence[_Leg]) -> list[dict[str, Any]]:
    return [row for one in legs for row in marking.heard(one.plans, one.leg.channel, one.audio.rate)]


def _put(
    shelf: Shelf,
    call: Call,
    old: Sequence[Record],
    transcript: text.Transcript,
    marks: Sequence[Mark],
    legs: Sequence[_Leg],
    quiet: Sequence[dict[str, Any]],
) -> bool:
    """The new versions, each bound by what binds what it is made of; then those before are destroyed. Returns whether
    they were: a hold keeps them, for itself alone.
    """
    replaced = {record.leg_id: record for record in old if record.category == Category.RECORDING_REDACTED}
    words = next(record for record in old if record.category == Category.TRANSCRIPT_REDACTED)
    made_of = [*old, *(one.made_of for one in legs)]
    for one in legs:
        before = replaced.get(one.leg.id)
        bounds = bounds_of([one.made_of, *([before] if before else [])])
        about = About.of(one.made_of)
        put_audio(shelf, Category.RECORDING_REDACTED, one.leg, one.audio, about=about, bounds=bounds)
    about, bounds = About.of(words), bounds_of(made_of)
    place = Place(call=call, mentions=about.mentioned)
    category = Category.TRANSCRIPT_REDACTED
    published = put_json(shelf, category, words.subject, transcript.to_json(), place, about=about, bounds=bounds)
    document = {
        "spans": [mark.to_json() for mark in marks],
        "sound": list(quiet),
        "peaks": {str(one.leg.channel): redact_call.outline(one.audio) for one in legs},
    }
    marks_before = next(record for record in old if record.category == Category.REDACTION_SPANS)
    beside = Place(call=call, mentions=About.of(marks_before).mentioned)
    put_json(shelf, Category.REDACTION_SPANS, words.subject, document, beside, bounds=bounds)
    gone = [redact_call.let_go(record) for record in old]
    index_words(published, [turn.text for turn in transcript.turns])
    return all(gone)


def _tell(
    event: Event,
    actor: Actor,
    call: Call,
    spans: Sequence[text.Span],
    *,
    count: int,
    approval: UUID | None = None,
    why: str = "",
) -> None:
    """Kinds, rules and how many; never a place and never a value."""
    journal.record(
        journal.Entry(
            event=event,
            actor=actor.name,
            session=actor.session,
            client=call.client_id,
            call=call.id,
            approval=approval,
            count=count,
            reasons=(why,) if why else (),
            data={
                "types": sorted({span.type.value for span in spans}),
                "rules": sorted({span.rule for span in spans}),
            },
        )
    )


# Giving back ----------------------------------------------------------------------------------------------------------


def ask_to_show(actor: Actor, call: Call, version: UUID, number: int, *, reason: str) -> Approval:
    """Ask somebody else for leave to give a mark back to be read, with all that are of the same value.

    Raises:
        AccessRefused: this person may not see the call for quality.
        Conflict: it is another version by now, or the original is not kept any more.
        InvalidInput: there is no such mark, it can never come back, or no reason was given.
    """
    assert actor.user is not None, "only people ask"
    seen = check(actor, call)
    with client_scope(call.client_id):
        unchanged(call, version)
    if not 0 <= number < len(seen.marks):
        raise InvalidInput("no_such_span", _INSTEAD["no_such_span"])
    group = seen.marks[number].span.group
    marks = [mark for mark in seen.marks if mark.span.group == group]
    if any(mark.is_gone for mark in marks):
        raise InvalidInput("dropped_is_gone", _INSTEAD["dropped_is_gone"])
    if not seen.original_kept:
        raise _original_gone()
    return approvals.request(
        act_of(call, version, marks), requester=actor.user, reason=reason, client=call.client_id, session=actor.session
    )


def _original_gone() -> Conflict:
    return Conflict(
        "original_gone", _("The original is not kept any more, so nothing of it can be given back to be read.")
    )


def act_of(call: Call, version: UUID, marks: Sequence[Mark]) -> Act:
    """Giving exactly these marks of this version back."""
    told = [
        f"{m.span.turn}:{m.span.start}:{m.span.end}:{m.span.type.value}:{m.span.rule}:{m.span.confidence}"
        for m in marks
    ]
    return Act(
        SHOW, {"client": str(call.client_id), "call": str(call.id), "version": str(version), "marks": sorted(told)}
    )


def marks_told(parameters: Sequence[str]) -> list[text.Span]:
    """The marks an act names."""
    spans = []
    for told in parameters:
        turn, start, end, kind, rule, confidence = told.split(":")
        spans.append(text.Span(int(turn), int(start), int(end), text.EntityType(kind), rule, float(confidence), 0))
    return spans


def _show(execution: Execution) -> int:
    """Note what is to be given back; it is made of the original right after this is committed."""
    given = execution.parameters
    marks = given["marks"]
    assert isinstance(marks, list)
    client, version = UUID(str(given["client"])), UUID(str(given["version"]))
    spans = marks_told(marks)
    with client_scope(client):
        call = Call.objects.select_for_update(of=("self",)).filter(pk=str(given["call"])).first()
        if call is None:
            raise _gone()
        unchanged(call, version)
        if not original_kept(call):
            raise _original_gone()
        for span in spans:
            RedactionCorrection.objects.create(
                client_id=client,
                call=call,
                version=version,
                kind=RedactionCorrection.Kind.OVER,
                state=RedactionCorrection.State.WAITING,
                turn=span.turn,
                start=span.start,
                end=span.end,
                length=0,
                type=span.type.value,
                rule=span.rule,
                evidence=span.evidence.value,
                confidence=span.confidence,
                language=call.language,
                actor=execution.by.actor,
                approval=execution.approval,
                made_at=clock.now(),
            )
        from callwarden.flows import jobs  # the jobs are made of this module

        jobs.later(jobs.give_back, lock=f"give_back:{call.pk}", call=str(call.pk), client=str(client))
    return len(spans)


def give_back(call_id: UUID, client: UUID) -> bool:
    """Make the version in which what was approved can be read again. False where there was nothing to do, or it could
    not be made: then everything stays hidden, and the corrections say why.
    """
    with client_scope(client):
        call = Call.objects.select_related("line").filter(pk=call_id).first()
        rows = _waiting(call) if call else []
    if call is None or not rows:
        return False
    try:
        _give_back(call, rows)
    except (text.CorrectionRefused, text.ResidualFound, CallwardenError) as error:
        if isinstance(error, CallwardenError) and error.http_status >= 500:
            raise
        with client_scope(client):
            _not_given_back(call, rows, error.code)
        return False
    return True


def give_up(call_id: UUID, client: UUID) -> None:
    """After the last attempt: everything stays hidden, and the corrections say so."""
    with client_scope(client):
        call = Call.objects.filter(pk=call_id).first()
        if call is not None:
            _not_given_back(call, _waiting(call), "failed")


def _waiting(call: Call) -> list[RedactionCorrection]:
    """What is being given back. Call it inside `client_scope`."""
    rows = RedactionCorrection.objects.filter(call=call, state=RedactionCorrection.State.WAITING)
    return list(rows.order_by("made_at", "id"))


def _give_back(call: Call, rows: Sequence[RedactionCorrection]) -> None:
    with client_scope(call.client_id):
        words, marks = version_of(call)
        kept = original_kept(call)
    if words.id != rows[0].version:
        raise Conflict("version_changed", _("Somebody has corrected this call meanwhile. Look at it again first."))
    originals = redact_call.open_originals(call) if kept else None
    if originals is None:
        raise _original_gone()
    seen = laid_open(work_on(call, (words, marks)), call, words, marks, len(rows), kept)
    wanted = [text.Show(row.turn, row.start, row.end) for row in rows]
    spans = [mark.span for mark in seen.marks]
    redaction = text.corrected(originals.transcript, spans, wanted, originals.known, _policy())
    tones = [sound.find_dtmf(audio.samples, audio.rate) for _leg, _record, audio in originals.legs]
    legs = [
        _silenced(leg, record, audio, redact_call.silent(originals, redaction), keyed)
        for (leg, record, audio), keyed in zip(originals.legs, tones, strict=True)
    ]
    _publish_shown(seen, originals, redaction, legs, rows)


def _publish_shown(
    seen: Checked,
    originals: redact_call.Originals,
    redaction: text.Redaction,
    legs: Sequence[_Leg],
    rows: Sequence[RedactionCorrection],
) -> None:
    marks = marking.of_redaction(redaction)
    with client_scope(seen.call.client_id, durable=True):
        hold_rules()
        call = Call.objects.select_for_update(of=("self",)).get(pk=seen.call.pk)
        words, _marks = version_of(call)
        old = live(call, *_MADE)
        if words.id != seen.version or {row.pk for row in rows} - {row.pk for row in _waiting(call)}:
            raise Conflict("version_changed", _("Somebody has corrected this call meanwhile. Look at it again first."))
        if not hold_still([*old, *originals.records], replacing=True):
            raise _gone()
        with versions(renew(words), actor=JOB.name) as shelf:
            _put(shelf, call, old, redaction.transcript, marks, legs, _heard(legs))
        call.spans = len(marks)
        call.save(update_fields=["spans"])
        for row in rows:
            said = originals.transcript.turns[row.turn].text
            (span,) = [one.span for one in seen.marks if (one.span.turn, one.span.start, one.span.end) == _place(row)]
            row.state, row.length = RedactionCorrection.State.DONE, len(said)
            row.language = corrections.language_of(call, said)
            row.shape = corrections.case_of(said[row.start : row.end], span, seen.marks)
            row.save(update_fields=["state", "length", "language", "shape"])
        shown = [mark.span for mark in seen.marks if (*_where(mark),) in {_place(row) for row in rows}]
        _tell(Event.REDACTION_SHOWN, JOB, call, shown, count=len(rows), approval=rows[0].approval)


def _place(row: RedactionCorrection) -> tuple[int, int, int]:
    return row.turn, row.start, row.end


def _where(mark: Mark) -> tuple[int, int, int]:
    return mark.span.turn, mark.span.start, mark.span.end


def _not_given_back(call: Call, rows: Sequence[RedactionCorrection], code: str) -> None:
    """What still waits of these stays hidden. Call it inside `client_scope`."""
    waiting = RedactionCorrection.objects.filter(
        pk__in=[row.pk for row in rows], state=RedactionCorrection.State.WAITING
    )
    count = waiting.update(state=RedactionCorrection.State.FAILED, why_not=code[:40])
    if count:
        _tell(Event.REDACTION_NOT_SHOWN, JOB, call, [], count=count, approval=rows[0].approval, why=code)


approvals.register(
    ActKind(
        SHOW,
        title=_("Give a redacted place back to be read"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_show,
    )
)
