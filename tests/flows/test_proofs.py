"""The sound of a consent: kept apart, played anew after the recording is gone, and worthless when it is another."""

from __future__ import annotations

import hashlib
import io
import uuid
import wave
from datetime import timedelta

import numpy as np
import pytest

from callwarden.custody.categories import Category
from callwarden.custody.holds import hold
from callwarden.custody.keeper.client import NotPermitted
from callwarden.custody.models import Call, Line, Record
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.engines.redact.audio import Audio, decode
from callwarden.flows import proofs
from callwarden.flows.actors import Actor
from callwarden.flows.consents import Told, say_in_call, take_in_consent
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound
from callwarden.kernel.models import Session, User
from callwarden.lawful.consent.actions import Shown
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import Use
from tests.exchange import SPOKEN, Exchange, words_of
from tests.flows.conftest import *  # noqa: F403
from tests.purposes import bind

INTERVAL = (1_000, 3_000)


def person(*roles: str) -> Actor:
    user, now = User.objects.create(username=uuid.uuid4().hex, roles=list(roles)), clock.now()
    login = Session.objects.create(
        user=user,
        key=uuid.uuid4().bytes,
        created_at=now,
        last_seen_at=now,
        mfa_at=now,
        expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )
    return Actor.person(user, login)


def digest(interval: tuple[int, int] = INTERVAL) -> bytes:
    audio = decode(SPOKEN.audio)
    first, last = (at * audio.rate // 1000 for at in interval)
    return hashlib.sha256(np.ascontiguousarray(audio.samples[first:last]).astype("<i2").tobytes()).digest()


def reported(line: Line, call_id: str, claimed: bytes, state: str = "given") -> None:
    at = clock.now() - timedelta(minutes=5)
    told = Told("recording", state, "spoken", at, interval=INTERVAL, digest=claimed)
    take_in_consent(line, call_id, told, actor="system")


def kept(exchange: Exchange) -> tuple[Call, ConsentEvent]:
    (call,) = exchange.calls()
    with client_scope(call.client_id):
        event = ConsentEvent.objects.select_related("evidence", "line").get(evidence__kind="audio_interval")
        return Call.objects.select_related("line").get(pk=call.pk), event


def test_the_reported_interval_is_cut_out_kept_and_played_with_its_digest(exchange):
    reported(exchange.line, "C1", digest())
    exchange.call("C1", consent="")
    exchange.settle()
    call, event = kept(exchange)
    assert event.evidence.record_id
    assert not event.evidence.mismatch
    grant, shown = proofs.permit_to_hear(person("data_protection_officer"), call.client_id, event.id, purpose="audit")
    with wave.open(io.BytesIO(proofs.wav_of(grant, shown))) as wav:
        assert hashlib.sha256(wav.readframes(wav.getnframes())).digest() == digest()
        assert wav.getnframes() == wav.getframerate() * 2
    with pytest.raises(AccessRefused):
        proofs.permit_to_hear(person("agent"), call.client_id, event.id, purpose="service")


@pytest.mark.parametrize(("said", "stays"), [("安全码三二幺", False), ("好的我同意录音", True)])
def test_a_proof_in_which_a_security_code_is_said_does_not_outlive_the_redaction(exchange, said, stays):
    reported(exchange.line, "C1", digest())
    turn = {"speaker": "customer", "channel": 1, "text": said, "start_ms": 1_200, "end_ms": 2_800}
    exchange.call("C1", consent="", words=words_of([turn]))
    exchange.settle()
    call, event = kept(exchange)
    assert call.redaction == Call.Redaction.DONE
    assert not event.evidence.mismatch
    assert bool(exchange.records(Category.CONSENT_PROOF)) is stays
    if not stays:
        with pytest.raises(NotFound):
            proofs.permit_to_hear(person("data_protection_officer"), call.client_id, event.id, purpose="audit")


@pytest.mark.parametrize("claimed", [b"\1" * 32, digest((1_000, 2_999))])
def test_evidence_that_does_not_match_its_digest_is_marked_and_never_played(exchange, claimed):
    reported(exchange.line, "C1", claimed)
    exchange.call("C1", consent="")
    exchange.settle()
    call, event = kept(exchange)
    assert event.evidence.mismatch
    assert event.evidence.record_id is None
    assert bytes(event.evidence.digest) == digest()
    with pytest.raises(NotFound):
        proofs.permit_to_hear(person("data_protection_officer"), call.client_id, event.id, purpose="audit")


def test_sound_that_is_not_the_one_whose_digest_was_taken_is_not_played(exchange, monkeypatch):
    reported(exchange.line, "C1", b"")
    exchange.call("C1", consent="")
    exchange.settle()
    call, event = kept(exchange)
    grant, shown = proofs.permit_to_hear(person("data_protection_officer"), call.client_id, event.id, purpose="audit")
    shown.digest = b"\2" * 32
    with pytest.raises(Conflict):
        proofs.wav_of(grant, shown)


def test_taken_back_in_the_call_the_next_read_is_refused_and_the_proof_outlives_the_recording(exchange):
    Purpose.objects.filter(slug="recording").update(use=Use.RECORDING)
    exchange.call("C1")
    exchange.settle()
    (call,) = exchange.calls()
    with client_scope(call.client_id):
        call = Call.objects.select_related("line").get(pk=call.pk)
    agent = person("team_leader")
    piece = proofs.cut_by_ear(agent, call, INTERVAL, purpose="complaint_handling")
    told = Told("recording", "withdrawn", "spoken", clock.now())
    event = say_in_call(agent, call, told, proof=Shown(ConsentEvidence.Kind.AUDIO, interval=INTERVAL), piece=piece)

    assert not exchange.records(Category.RECORDING_ORIGINAL)  # what nobody allows any more is gone
    assert not exchange.records(Category.RECORDING_REDACTED)
    with pytest.raises(NotFound):
        proofs.cut_by_ear(agent, call, INTERVAL, purpose="complaint_handling")
    officer = person("data_protection_officer")
    grant, shown = proofs.permit_to_hear(officer, call.client_id, event.id, purpose="complaint_handling")
    assert len(proofs.wav_of(grant, shown)) > 44
    assert bytes(shown.digest) == piece.digest


def test_inside_its_floor_the_recording_stays_and_is_restricted(exchange):
    Purpose.objects.filter(slug="recording").update(use=Use.RECORDING)
    exchange.line.retention.filter(category=Category.RECORDING_ORIGINAL).update(floor_days=30)
    exchange.call("C1")
    exchange.settle()
    (call,) = exchange.calls()
    take_in_consent(exchange.line, "C1", Told("recording", "withdrawn", "web", clock.now()), actor="system")
    originals = exchange.records(Category.RECORDING_ORIGINAL)
    assert originals
    assert {record.state for record in originals} == {Record.State.RESTRICTED}
    assert not exchange.records(Category.RECORDING_REDACTED)
    with client_scope(call.client_id):
        assert Call.objects.filter(pk=call.pk).exists()


@pytest.mark.parametrize("kept_by", ["floor", "hold"])
def test_who_listens_for_another_purpose_stops_when_the_recording_is_only_stored(exchange, kept_by):
    """A view opened for the service itself ends with the yes to recording, whatever keeps the recording stored."""
    Purpose.objects.filter(slug="recording").update(use=Use.RECORDING)
    rules = exchange.line.retention.filter(category=Category.RECORDING_REDACTED)
    rules.update(floor_days=30 if kept_by == "floor" else 0)
    exchange.call("C1")
    exchange.settle()
    (call,) = exchange.calls()
    redacted, *_others = exchange.records(Category.RECORDING_REDACTED)
    if kept_by == "hold":
        with client_scope(call.client_id):
            hold(redacted, matter=uuid.uuid4(), actor="system")
    ask = Ask(
        actor=person("team_leader"), client=call.client_id, action="play_redacted", purpose="complaint_handling",
        records={redacted.pk: ()}, call=call.pk, lasts=timedelta(minutes=30), max_uses=9,
    )  # fmt: skip
    grant = disclose(ask)
    with client_scope(call.client_id):
        assert open_record(grant, Record.objects.get(pk=redacted.pk)).read()
    take_in_consent(exchange.line, "C1", Told("recording", "withdrawn", "web", clock.now()), actor="system")
    with client_scope(call.client_id):
        stored = Record.objects.get(pk=redacted.pk)
        assert stored.state == Record.State.RESTRICTED
        with pytest.raises(NotPermitted):
            open_record(grant, stored).read()
    with pytest.raises(AccessRefused):
        disclose(ask)


def test_a_recording_nobody_allowed_is_not_kept_though_the_call_is(exchange):
    """The recorder heard more than was allowed: only the details of the call stay."""
    Purpose.objects.filter(slug="recording").update(use=Use.RECORDING)
    exchange.line.purposes.filter(purpose="recording").update(core=False)
    exchange.line.purposes.filter(purpose="service").update(ground="legal_obligation", core=True)
    bind("service", exchange.line.jurisdiction)
    exchange.call("C1", consent="no", key="2")
    exchange.settle()
    (call,) = exchange.calls()
    assert {record.category for record in exchange.records()} == {Category.CALL_METADATA}
    assert call.redaction == Call.Redaction.DONE
    assert {state for kind in ("audio", "words") for state, _why in exchange.states(kind)} == {"admitted"}
    assert not exchange.waiting()


@pytest.mark.parametrize("interval", [(0, 61_000), (5, 5), (9_000_000, 9_001_000)])
def test_only_a_short_stretch_of_what_there_is_is_cut(interval):
    leg = Audio(np.zeros((8_000 * 10, 1), dtype=np.int16), 8_000)
    with pytest.raises(InvalidInput):
        proofs.cut([leg], uuid.uuid4(), interval)
