"""What an agent records of a caller's answer: by their word, or by confirming what was heard, with the sound of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Call
from callwarden.custody.scope import client_scope
from callwarden.engines.redact import Turn
from callwarden.flows import proofs
from callwarden.flows.actors import Actor
from callwarden.flows.consents import Told, say_in_call
from callwarden.flows.proofs import LONGEST_MS
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.events import Event
from callwarden.lawful.consent.actions import Shown
from callwarden.lawful.consent.listening import Said, Topic, listen
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence, ConsentProposal
from callwarden.lawful.notices.queries import told_at
from callwarden.lawful.purposes import queries as registry

# Sound before and after the words, so that the question and the whole answer can be heard.
BEFORE_MS, AFTER_MS = 8_000, 1_500


def propose(call: Call, turns: Iterable[Turn]) -> int:
    """Note where the redacted words of a call sound like an answer. Call it inside `client_scope`.

    Nothing follows from a proposal but a question to the agent. Returns how many are new.
    """
    said = list(turns)
    topics = [Topic(one.purpose, one.use) for one in registry.grounds(call.line) if one.by_consent]
    heard = listen([Said(_side(turn.speaker), turn.text) for turn in said], topics)
    now = clock.now()
    made = ConsentProposal.objects.bulk_create(
        (
            ConsentProposal(
                client_id=call.client_id,
                call=call,
                purpose=one.purpose,
                answer=one.answer,
                turn=one.turn,
                start_ms=_ms(said[one.turn].start_ms),
                end_ms=_ms(said[one.turn].end_ms),
                rule=one.rule,
                made_at=now,
            )
            for one in heard
        ),
        ignore_conflicts=True,
    )
    return len(made)


def _side(speaker: str) -> str:
    return "agent" if speaker == "agent" else "caller"


def _ms(at: float | None) -> int | None:
    return None if at is None else max(0, round(at))


def confirm(actor: Actor, call: Call, proposal: UUID, *, purpose: str) -> ConsentEvent:
    """Record what was heard, as the agent confirms it; where its place in the recording is known, with its sound.

    Args:
        purpose: for which the agent listens to the recording.

    Raises:
        NotFound: no such proposal in this call.
        Conflict: somebody has decided it.
        AccessRefused: the agent may not hear the recording.
    """
    found = _find(call, proposal)
    at = _said_at(call, found.start_ms)
    version = _version(call, at)
    told = Told(found.purpose, found.answer, ConsentEvent.Method.SPOKEN, at, notice=version, script=version)
    if found.start_ms is None or found.end_ms is None or found.end_ms <= found.start_ms:
        event = say_in_call(actor, call, told)
    else:
        start = max(0, found.start_ms - BEFORE_MS)
        interval = (start, min(found.end_ms + AFTER_MS, start + LONGEST_MS))
        piece = proofs.cut_by_ear(actor, call, interval, purpose=purpose)
        shown = Shown(ConsentEvidence.Kind.AUDIO, interval=interval, script=told.script)
        event = say_in_call(actor, call, told, proof=shown, piece=piece)
    _decide(call, found, ConsentProposal.State.CONFIRMED, actor)
    return event


def attest(
    actor: Actor, call: Call, purpose: str, state: str, *, recipient: str = "", by: str = ConsentEvent.By.SUBJECT
) -> ConsentEvent:
    """Record what the caller said, on the agent's word and with the version of the script they read from.

    Args:
        recipient: slug of whom the data would go to; "" is ourselves.
    """
    now = clock.now()
    version = _version(call, now)
    told = Told(
        purpose,
        state,
        ConsentEvent.Method.SPOKEN,
        now,
        recipient=recipient,
        by=by,
        notice=version,
        script=version,
    )
    return say_in_call(actor, call, told)


def dismiss(actor: Actor, call: Call, proposal: UUID) -> None:
    """Say that the words were no answer."""
    found = _find(call, proposal)
    _decide(call, found, ConsentProposal.State.DISMISSED, actor)


def _find(call: Call, proposal: UUID) -> ConsentProposal:
    with client_scope(call.client_id):
        found = ConsentProposal.objects.filter(pk=proposal, call=call).first()
    if found is None:
        raise NotFound("no_such_proposal", _("There is nothing of the kind to confirm in this call."))
    if found.state != ConsentProposal.State.OPEN:
        raise Conflict("proposal_decided", _("Somebody has decided this already. Look at the call again."))
    return found


def _decide(call: Call, proposal: ConsentProposal, state: str, actor: Actor) -> None:
    with client_scope(call.client_id):
        moved = ConsentProposal.objects.filter(pk=proposal.pk, state=ConsentProposal.State.OPEN).update(
            state=state, decided_by=actor.name, decided_at=clock.now()
        )
        if moved and state == ConsentProposal.State.DISMISSED:
            journal.record(
                journal.Entry(
                    event=Event.CONSENT_PROPOSAL_DISMISSED,
                    actor=actor.name,
                    session=actor.session,
                    client=call.client_id,
                    call=call.id,
                    purpose=proposal.purpose,
                    data={"rule": proposal.rule, "answer": proposal.answer},
                )
            )


def _said_at(call: Call, start_ms: int | None) -> datetime:
    return min(clock.now(), call.started_at + timedelta(milliseconds=start_ms or call.duration_ms))


def _version(call: Call, at: datetime) -> str:
    """The version of the notice callers were told at that time; "" where none was published yet."""
    with client_scope(call.client_id):
        told = told_at(call.line, at)
        return told.version if told else ""
