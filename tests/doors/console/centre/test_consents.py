"""Consent on the pages of the demonstration: the agent's panel, what a customer allows, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from callwarden.custody.models import Call
from callwarden.custody.scope import client_scope
from callwarden.lawful.consent.models import ConsentEvent, ConsentProposal, ConsentState
from callwarden.lawful.dialling.models import DoNotCall
from callwarden.lawful.purposes.terms import Certainty

pytestmark = pytest.mark.xdist_group("demo centre")

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "formats" / "consent-receipt.schema.json").read_text())


@pytest.fixture
def known(calls, enter) -> Iterator[Call]:
    """A call with a customer, of the Chinese line; what these tests take away is given again afterwards."""
    call = [call for call in calls["service-zh"] if call.customer_id and call.redaction == "done"][-1]
    yield call
    yes = {"purpose": "quality", "state": "given"}
    enter("team_leader").post(reverse("console:consents_say", args=[call.customer_id]), yes)
    enter("team_leader").post(reverse("console:call_consent", args=[call.id]), yes)


def panel(page):
    return page.context["panel"]


def question(page, purpose: str):
    return next(one for one in panel(page).questions if one.purpose == purpose)


def test_an_agent_reads_the_script_in_the_callers_language_and_sees_what_may_be_asked(enter, calls):
    agent = enter("agent")
    mine = next(call for call in calls["service-zh"] if call.agent_id == agent.user.id)
    page = agent.get(reverse("console:call", args=[mine.id]))
    assert panel(page).language == "zh-Hans"
    assert {one.purpose for one in panel(page).questions} == {"recording", "quality"}
    assert panel(enter("quality_reviewer").get(reverse("console:call", args=[mine.id]))) is None


def test_taken_back_by_a_button_it_holds_at_once_and_is_not_asked_for_again(enter, known):
    leader = enter("team_leader")
    address = reverse("console:call", args=[known.id])
    leader.post(reverse("console:call_consent", args=[known.id]), {"purpose": "quality", "state": "given"})
    assert question(leader.get(address), "quality").badge.tone == "pass"
    assert not question(leader.get(address), "quality").may_ask
    assert enter("quality_reviewer").get(address, {"purpose": "quality"}).context["transcript"].turns
    leader.post(reverse("console:call_consent", args=[known.id]), {"purpose": "quality", "state": "withdrawn"})
    assert question(leader.get(address), "quality").badge.tone == "fail"
    shut = enter("quality_reviewer").get(address, {"purpose": "quality"})
    assert not shut.context["transcript"].turns
    with client_scope(known.client_id):
        newest = ConsentEvent.objects.filter(call=known, purpose="quality").latest("recorded_at")
        assert (newest.state, newest.method, newest.evidence.kind) == ("withdrawn", "spoken", "attestation")
        assert newest.notice is not None
    # A refusal is not asked about again for a while, and the panel says until when.
    leader.post(reverse("console:call_consent", args=[known.id]), {"purpose": "quality", "state": "refused"})
    assert question(leader.get(address), "quality").again_at is not None


def test_what_was_heard_waits_for_the_agent_and_keeps_its_sound(enter, known):
    leader = enter("team_leader")
    with client_scope(known.client_id):
        proposal = ConsentProposal.objects.create(
            client_id=known.client_id,
            call=known,
            purpose="quality",
            answer="given",
            turn=1,
            start_ms=2_000,
            end_ms=3_000,
            rule="asked_and_answered",
            made_at=known.admitted_at,
        )
        before = ConsentEvent.objects.filter(call=known).count()
    page = leader.get(reverse("console:call", args=[known.id]))
    assert proposal.id in {one.proposal.id for one in panel(page).heard}
    form = {"proposal": str(proposal.id), "looking_for": "complaint_handling"}
    leader.post(reverse("console:call_consent", args=[known.id]), form)
    with client_scope(known.client_id):
        event = ConsentEvent.objects.filter(call=known, evidence__kind="audio_interval").get()
        assert ConsentEvent.objects.filter(call=known).count() == before + 1
        assert event.evidence.record_id is not None
    leader.post(reverse("console:call_consent", args=[known.id]), form)  # a second press changes nothing
    with client_scope(known.client_id):
        assert ConsentEvent.objects.filter(call=known).count() == before + 1

    officer = enter("data_protection_officer")
    timeline = officer.get(reverse("console:consents", args=[known.customer_id]))
    (listen,) = {one.listen for one in timeline.context["happened"] if one.event.id == event.id}
    sound = officer.get(listen)
    assert (sound.status_code, sound["Content-Type"], sound["Cache-Control"]) == (200, "audio/wav", "no-store")
    assert sound.content.startswith(b"RIFF")
    assert enter("agent").get(listen).status_code in {403, 404}


def test_words_that_were_none_are_dismissed_and_nothing_follows(enter, known):
    leader = enter("team_leader")
    with client_scope(known.client_id):
        proposal = ConsentProposal.objects.create(
            client_id=known.client_id,
            call=known,
            purpose="recording",
            answer="withdrawn",
            turn=0,
            rule="taken_back",
            made_at=known.admitted_at,
        )
    leader.post(reverse("console:call_consent_dismiss", args=[known.id, proposal.id]))
    with client_scope(known.client_id):
        proposal.refresh_from_db()
        assert proposal.state == "dismissed"
        assert not ConsentEvent.objects.filter(call=known, state="withdrawn", purpose="recording").exists()


def test_a_customer_takes_it_back_outside_a_call_and_keeps_a_receipt(enter, known):
    officer = enter("data_protection_officer")
    address = reverse("console:consents", args=[known.customer_id])
    for state in ("given", "withdrawn"):
        officer.post(reverse("console:consents_say", args=[known.customer_id]), {"purpose": "quality", "state": state})
    page = officer.get(address)
    (row,) = [one for one in page.context["standing"] if one.purpose == "quality"]
    assert (row.can_give, row.can_withdraw) == (True, False)
    with client_scope(known.client_id):
        subject = known.customer.subject_id
        assert ConsentState.objects.get(subject=subject, purpose="quality").state == "withdrawn"
    answer = officer.get(reverse("console:consents_receipt", args=[known.customer_id]))
    receipt = json.loads(answer.content)
    jsonschema_rs.validate(SCHEMA, receipt)
    (quality,) = [one for one in receipt["processing"] if one["purpose"]["slug"] == "quality"]
    assert quality["state"] == "dpv:ConsentWithdrawn"
    assert quality["legal_basis"]["certainty"] in Certainty.values
    del quality["legal_basis"]["certainty"]  # as those were that people hold from before
    jsonschema_rs.validate(SCHEMA, receipt)


def test_who_wants_no_calls_is_put_on_the_list_by_nobody_reading_the_number(enter, known, people):
    leader = enter("team_leader")
    page = leader.browser.post(reverse("console:call_no_more_calls", args=[known.id]), follow=True)
    assert "do-not-call" in page.content.decode()
    with client_scope(known.client_id):
        assert DoNotCall.objects.filter(source="caller", removed_at=None).count() == 1


def test_a_list_of_numbers_is_taken_in_and_hours_are_set(enter, calls):
    leader = enter("team_leader")
    client = calls["service-zh"][0].client_id
    with client_scope(client):
        before = DoNotCall.objects.filter(source="import", removed_at=None).count()
    upload = SimpleUploadedFile("list.csv", "号码\n15499990001\n15499990002\n".encode())
    leader.browser.post(reverse("console:calling_numbers"), {"act": "add", "list": upload})
    with client_scope(client):
        assert DoNotCall.objects.filter(source="import", removed_at=None).count() == before + 2
    leader.post(reverse("console:calling_numbers"), {"act": "remove", "numbers": "15499990001", "reason": "asked"})
    with client_scope(client):
        assert DoNotCall.objects.filter(source="import", removed_at=None).count() == before + 1
    form = {"outbound-opens": "10:00", "outbound-closes": "19:00", "outbound-days": ["1", "2"]}
    leader.browser.post(reverse("console:calling_hours", args=["outbound"]), form)
    page = leader.get(reverse("console:calling"))
    (outbound,) = [one for one in page.context["lines"] if one.line.slug == "outbound"]
    assert (outbound.hours.opens.hour, outbound.hours.days) == (10, (1, 2))
    assert enter("agent").get(reverse("console:calling")).status_code == 403
