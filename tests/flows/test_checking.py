"""One person may hide more of a call, two may give a place back; the version before opens for nobody any more."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from uuid import uuid4

import numpy as np
import pytest
import soundfile

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.keeper.client import KeyDestroyed, NotPermitted
from callwarden.custody.models import Call, LedgerPending, Line, Record, RedactionCorrection, SearchToken
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import newest
from callwarden.flows import cases, checking, jobs, redact_call
from callwarden.flows.actors import Actor
from callwarden.flows.checked import Checked
from callwarden.flows.disclose import AccessRefused
from callwarden.flows.search import find
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, Refused
from callwarden.kernel.models import Approval
from tests.custody.test_locks import grant_for, login
from tests.exchange import Exchange, words_of
from tests.flows.centre_of_controls import login_of, person
from tests.flows.test_mentions import live, noise
from tests.work import do_all

__all__ = ["login"]
SECRET = "nettie"
SAID = (
    ("agent", "how can i help you today", 0),
    ("customer", "the keys are with old nettie at the mill my number is 415 885 2987 today", 4_000),
    ("agent", "okay so nettie has them and what does the label show", 12_000),
    ("customer", "it shows zulu 4 7 9 3 i think", 18_000),
)
MADE = (Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS, Category.RECORDING_REDACTED)


def turns() -> list[dict[str, object]]:
    made = []
    for who, text, start in SAID:
        words = [
            {"text": word, "start_ms": start + 500 * n, "end_ms": start + 500 * n + 400}
            for n, word in enumerate(text.split())
        ]
        made.append(
            {
                "speaker": who,
                "text": text,
                "channel": 1 if who == "agent" else 0,
                "start_ms": start,
                "end_ms": words[-1]["end_ms"],
                "words": words,
                "nbest": [text.replace("nettie", "netty")],
            }
        )
    return made


@pytest.fixture
def call(exchange: Exchange) -> Call:
    exchange.call("C1", audio=noise(2, 24), words=words_of(turns()))
    exchange.settle()
    (found,) = exchange.calls()
    assert found.redaction == "done"
    return found


@pytest.fixture
def reviewer(call: Call) -> Actor:
    user = person("rosa", "quality_reviewer")
    return Actor.person(user, login_of(user))


@pytest.fixture
def officer(call: Call) -> Actor:
    user = person("odile", "data_protection_officer")
    return Actor.person(user, login_of(user))


def seen(actor: Actor, call: Call) -> Checked:
    return checking.check(actor, call)


def place_of(checked: Checked, words: str, turn: int = 1) -> tuple[int, int, int]:
    start = checked.transcript.turns[turn].text.index(words)
    return turn, start, start + len(words)


def hide(actor: Actor, call: Call, words: str = SECRET, kind: str = "PERSON", turn: int = 1) -> int:
    checked = seen(actor, call)
    return checking.hide(actor, call, checked.version, place_of(checked, words, turn), kind).count


def plain(record: Record, login) -> bytes:
    return open_record(grant_for(record, login), record).readall()


def words_now(call: Call, login) -> list[dict]:
    """The turns of the redacted transcript that counts."""
    with client_scope(call.client_id):
        (record,) = newest(live(call, Category.TRANSCRIPT_REDACTED))
    return json.loads(plain(record, login))["turns"]


def heard(record: Record, login) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(plain(record, login)), dtype="int16")


def number_of(checked: Checked, kind: str) -> int:
    return next(number for number, mark in enumerate(checked.marks) if mark.span.type.value == kind)


def entries(event: str) -> list[dict]:
    bodies = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    return [body for body in bodies if body["event"] == event]


def code_of(error: pytest.ExceptionInfo[CallwardenError]) -> str:
    return error.value.code


# Hiding ---------------------------------------------------------------------------------------------------------------


def test_one_person_hides_more_in_words_and_sound_and_the_version_before_opens_for_nobody(call, reviewer, login):
    old = live(call, *MADE)
    assert SECRET in plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()
    assert hide(reviewer, call) == 1
    new = live(call, *MADE)
    assert {one.category for one in new} == set(MADE)
    assert not {one.id for one in old} & {one.id for one in new}
    words = plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()
    turn = json.loads(words)["turns"][1]
    for text in (turn["text"], *turn["nbest"], " ".join(word["text"] for word in turn["words"])):
        assert "nett" not in text
        assert "[PERSON" in text
    for record in old:
        with pytest.raises((KeyDestroyed, NotPermitted)):
            plain(record, login)
    (sound,) = [one for one in live(call, Category.RECORDING_REDACTED) if one.leg and one.leg.channel == 0]
    samples, rate = heard(sound, login)
    assert not np.any(samples[int(6.5 * rate) : int(6.9 * rate)]), "where the name is said"
    assert np.any(samples[int(4.1 * rate) : int(4.6 * rate)]), "where nothing was to be hidden"


def test_what_was_hidden_is_not_found_by_search_any_more(call, reviewer):
    with client_scope(call.client_id):
        assert find(call.client_id, "mill")
    hide(reviewer, call, "old nettie at the mill", "ADDRESS")
    with client_scope(call.client_id):
        assert not find(call.client_id, "mill")
        assert find(call.client_id, "help")


def test_the_log_tells_type_rule_and_count_and_no_word(call, reviewer):
    hide(reviewer, call)
    (entry,) = entries("redaction:span:hidden")
    assert entry["actor"] == reviewer.name
    assert (entry["count"], entry["data"]) == (1, {"types": ["PERSON"], "rules": ["reviewer"]})
    assert SECRET not in json.dumps(entries("redaction:span:hidden"))


def test_the_case_holds_the_shape_and_no_value_and_outlives_its_call(call, reviewer):
    hide(reviewer, call)
    with client_scope(call.client_id):
        row = RedactionCorrection.objects.get()
        (line,) = cases.lines()
        told = json.loads(line)
        assert (told["phenomenon"], told["type"], told["rule"]) == ("missed", "PERSON", "reviewer")
        assert (told["shape"]["letters"], told["shape"]["digits"]) == (6, 0)
        assert told["shape"]["beside"] == {"0": ["cue"]}
        assert SECRET not in line
        assert str(call.id) not in line
        assert cases.summary().missed == 1
        Call.objects.filter(pk=call.pk).delete()
        row.refresh_from_db()
        assert row.call_id is None


def test_marks_know_where_they_stand_in_either_text(call, reviewer):
    hide(reviewer, call)
    checked = seen(reviewer, call)
    for mark in checked.marks:
        said = SAID[mark.span.turn][1][mark.span.start : mark.span.end]
        shown = checked.transcript.turns[mark.span.turn].text[slice(*mark.at)]
        assert shown.startswith("[")
        assert said in ("nettie", "415 885 2987")


def test_hidden_stays_hidden_when_the_call_is_redacted_anew(call, reviewer, login):
    hide(reviewer, call)
    with client_scope(call.client_id):
        Call.objects.filter(pk=call.pk).update(redaction="pending")
    assert redact_call.redact_call(call.pk, call.client_id)
    assert SECRET not in words_now(call, login)[1]["text"]
    assert "old" in words_now(call, login)[1]["text"]


def test_hidden_stays_hidden_under_a_policy_that_keeps_its_kind(call, reviewer, login, settings):
    hide(reviewer, call)
    settings.REDACTION_PROFILE = "pci"
    with client_scope(call.client_id):
        Call.objects.filter(pk=call.pk).update(redaction="pending")
    assert redact_call.redact_call(call.pk, call.client_id)
    assert SECRET not in words_now(call, login)[1]["text"]
    assert "2987" in words_now(call, login)[1]["text"], "what nobody hid is as the policy has it"


def test_a_correction_that_cannot_be_made_any_more_says_so_and_keeps_nothing_up(call, reviewer, login, monkeypatch):
    hide(reviewer, call)
    hide(reviewer, call, "label", "ADDRESS", turn=2)
    true = redact_call.text.corrected

    def corrected(transcript, spans, wanted, *given, **named):
        if any(one.turn == 2 for one in wanted):
            raise redact_call.text.CorrectionRefused("nothing_to_hide")
        return true(transcript, spans, wanted, *given, **named)

    monkeypatch.setattr(redact_call.text, "corrected", corrected)
    with client_scope(call.client_id):
        Call.objects.filter(pk=call.pk).update(redaction="pending")
    assert redact_call.redact_call(call.pk, call.client_id)
    assert SECRET not in words_now(call, login)[1]["text"]
    assert state_of_corrections(call) == [("done", ""), ("failed", "nothing_to_hide")]


def as_written_before(monkeypatch) -> None:
    """Marks as earlier versions wrote them: without their place in the redacted text and without their group."""
    written = redact_call.spans_document

    def spans_document(*given):
        document = written(*given)
        for row in document["spans"]:
            del row["at"], row["group"]
        return document

    monkeypatch.setattr(redact_call, "spans_document", spans_document)


def test_marks_of_an_earlier_version_are_not_misread_but_made_anew(call, reviewer, login, monkeypatch):
    with monkeypatch.context() as before:
        as_written_before(before)
        with client_scope(call.client_id):
            Call.objects.filter(pk=call.pk).update(redaction="pending")
        assert redact_call.redact_call(call.pk, call.client_id)
    old = live(call, *MADE)
    assert len(old) == len({(one.category, one.leg_id) for one in old}), "what was there before has gone"
    version = next(one.id for one in old if one.category == Category.TRANSCRIPT_REDACTED)
    for act in (
        lambda: seen(reviewer, call),
        lambda: checking.hide(reviewer, call, version, (3, 14, 21), "CARD_CVV"),
    ):
        with pytest.raises(Conflict) as error:
            act()
        assert code_of(error) in ("marks_of_before", "not_redacted")
    assert "4 7 9 3" in plain(live(call, Category.TRANSCRIPT_ORIGINAL)[0], login).decode()
    do_all()
    checked = seen(reviewer, call)
    for mark in checked.marks:
        assert checked.transcript.turns[mark.span.turn].text[slice(*mark.at)].startswith("[")
    assert not {one.id for one in old} & {one.id for one in live(call, *MADE)}
    assert hide(reviewer, call) == 1


def test_marks_of_an_earlier_version_without_an_original_are_refused(call, reviewer, login, monkeypatch):
    with monkeypatch.context() as before:
        as_written_before(before)
        with client_scope(call.client_id):
            Call.objects.filter(pk=call.pk).update(redaction="pending")
        assert redact_call.redact_call(call.pk, call.client_id)
    with client_scope(call.client_id):
        for record in live(call, Category.TRANSCRIPT_ORIGINAL):
            destroy_record(record, actor="system", reason="erased")
    with pytest.raises(Conflict) as error:
        seen(reviewer, call)
    assert code_of(error) == "marks_of_before"
    do_all()
    with client_scope(call.client_id):
        assert Call.objects.get(pk=call.pk).redaction == "done"


def test_where_the_words_have_changed_since_the_whole_turn_is_hidden(call, reviewer, login):
    hide(reviewer, call)
    with client_scope(call.client_id):
        RedactionCorrection.objects.update(length=3)
        Call.objects.filter(pk=call.pk).update(redaction="pending")
    assert redact_call.redact_call(call.pk, call.client_id)
    assert "old" not in words_now(call, login)[1]["text"]
    assert "help" in words_now(call, login)[0]["text"]


@pytest.fixture
def takes_cards(call: Call) -> None:
    Line.objects.filter(pk=call.line_id).update(takes_cards=True)
    call.line.refresh_from_db()


def original_words(call: Call, login) -> str:
    (original,) = newest(live(call, Category.TRANSCRIPT_ORIGINAL))
    return plain(original, login).decode()


def test_a_line_that_takes_no_cards_loses_nothing_of_its_original(call, reviewer, login):
    before = {one.id for one in live(call, Category.TRANSCRIPT_ORIGINAL, Category.RECORDING_ORIGINAL)}
    hide(reviewer, call, "4 7 9 3", "CARD_CVV", turn=3)
    assert "4 7 9 3" not in words_now(call, login)[3]["text"]
    assert {one.id for one in live(call, Category.TRANSCRIPT_ORIGINAL, Category.RECORDING_ORIGINAL)} == before


@pytest.mark.usefixtures("takes_cards")
def test_what_does_not_read_as_a_security_code_stays_in_the_original(call, reviewer, login):
    hide(reviewer, call, "old nettie at the mill", "CARD_CVV")
    assert SECRET not in words_now(call, login)[1]["text"]
    assert "old nettie at the mill" in original_words(call, login)


@pytest.mark.usefixtures("takes_cards")
def test_a_code_that_cannot_be_dropped_is_refused_in_words(call, reviewer, monkeypatch):
    before = {one.id for one in live(call, *MADE)}
    true = checking.text.corrected

    def corrected(*given, **named):
        if named["policy"].default == checking.text.Operator.KEEP:
            raise checking.text.ResidualFound(1, 0)
        return true(*given, **named)

    monkeypatch.setattr(checking.text, "corrected", corrected)
    with pytest.raises(Conflict) as error:
        hide(reviewer, call, "4 7 9 3", "CARD_CVV", turn=3)
    assert code_of(error) == "residual_found"
    assert {one.id for one in live(call, *MADE)} == before


@pytest.mark.usefixtures("takes_cards")
def test_a_code_goes_from_the_recording_when_its_words_have_ended(call, reviewer, login):
    with client_scope(call.client_id):
        for record in live(call, Category.TRANSCRIPT_ORIGINAL):
            destroy_record(record, actor="system", reason="erased")
    hide(reviewer, call, "4 7 9 3", "CARD_CVV", turn=3)
    (sound,) = [one for one in live(call, Category.RECORDING_ORIGINAL) if one.leg and one.leg.channel == 0]
    samples, rate = heard(sound, login)
    assert not np.any(samples[int(19.6 * rate) : int(21.3 * rate)])
    assert np.any(samples[int(4.1 * rate) : int(4.6 * rate)])


def test_a_version_on_hold_is_found_by_nobody_and_said_to_be_kept(call, reviewer, login):
    old = live(call, *MADE)
    with client_scope(call.client_id):
        for record in old:
            holds.hold(record, matter=uuid4(), actor="system")
    checked = seen(reviewer, call)
    hidden = checking.hide(reviewer, call, checked.version, place_of(checked, "old nettie at the mill"), "ADDRESS")
    assert not hidden.is_destroyed
    with client_scope(call.client_id):
        assert not find(call.client_id, "mill")
        assert find(call.client_id, "help")
        kept = Record.objects.filter(pk__in=[one.pk for one in old])
        assert set(kept.values_list("state", "erase_reason")) == {("restricted", "corrected")}
        assert not SearchToken.objects.filter(record__in=kept).exists()
    told = [one for one in entries("custody:record:restricted") if one["reasons"] == ["corrected"]]
    assert {record for one in told for record in one["records"]} == {str(one.pk) for one in old}
    assert hide(reviewer, call, "label", "ADDRESS", turn=2) == 1, "what is made of it can be worked with"


@pytest.mark.usefixtures("takes_cards")
def test_a_security_code_goes_from_the_original_too(call, reviewer, login):
    hide(reviewer, call, "4 7 9 3", "CARD_CVV", turn=3)
    (original,) = live(call, Category.TRANSCRIPT_ORIGINAL)
    assert "4 7 9 3" not in plain(original, login).decode()
    assert "zulu" in plain(original, login).decode()
    (sound,) = [one for one in live(call, Category.RECORDING_ORIGINAL) if one.leg and one.leg.channel == 0]
    samples, rate = heard(sound, login)
    assert not np.any(samples[int(19.6 * rate) : int(21.3 * rate)])


def test_another_version_nonsense_and_strangers_are_refused_and_nothing_changes(call, reviewer):
    before = {one.id for one in live(call, *MADE)}
    checked = seen(reviewer, call)
    with pytest.raises(Conflict) as error:
        checking.hide(reviewer, call, call.pk, place_of(checked, SECRET), "PERSON")
    assert code_of(error) == "version_changed"
    for place, kind, code in (
        ((1, 0, 9_999), "PERSON", "out_of_range"),
        ((77, 0, 1), "PERSON", "out_of_range"),
        (place_of(checked, SECRET), "SPELL", "unknown_kind"),
        ((1, 3, 4), "PERSON", "nothing_to_hide"),
    ):
        with pytest.raises(InvalidInput) as wrong:
            checking.hide(reviewer, call, checked.version, place, kind)
        assert code_of(wrong) == code
    keeper = person("sam", "system_administrator")
    with pytest.raises(AccessRefused):
        checking.hide(
            Actor.person(keeper, login_of(keeper)), call, checked.version, place_of(checked, SECRET), "PERSON"
        )
    assert {one.id for one in live(call, *MADE)} == before


def test_more_can_be_hidden_when_the_original_is_gone(call, reviewer, login):
    with client_scope(call.client_id):
        for record in live(call, Category.TRANSCRIPT_ORIGINAL, Category.RECORDING_ORIGINAL):
            destroy_record(record, actor="system", reason="erased")
    assert hide(reviewer, call) == 1
    assert SECRET not in json.loads(plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login))["turns"][1]["text"]


# Giving back ----------------------------------------------------------------------------------------------------------


def asked(actor: Actor, call: Call, kind: str = "PHONE") -> Approval:
    checked = seen(actor, call)
    number = number_of(checked, kind)
    return checking.ask_to_show(actor, call, checked.version, number, reason="A test number of ours.")


def test_one_person_alone_gives_nothing_back(call, reviewer, officer, login):
    approval = asked(reviewer, call)
    act = approvals.act_of(approval)
    with pytest.raises(Refused):
        approvals.approve(approval.pk, by=reviewer.user)
    with pytest.raises(Conflict):
        approvals.execute(approval.pk, act, by=reviewer.user)
    assert not checking.give_back(call.pk, call.client_id)
    mine = asked(officer, call)
    with pytest.raises(Refused) as error:
        approvals.approve(mine.pk, by=officer.user)
    assert code_of(error) == "own_request"
    assert "2987" not in plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()


def test_two_people_give_a_place_back_in_words_and_sound_and_only_once(call, reviewer, officer, login):
    old = live(call, *MADE)
    approval = asked(reviewer, call)
    approvals.approve(approval.pk, by=officer.user)
    act = approvals.act_of(Approval.objects.get(pk=approval.pk))
    approvals.execute(approval.pk, act, by=reviewer.user)
    do_all()
    words = json.loads(plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login))
    assert "415 885 2987" in words["turns"][1]["text"]
    (sound,) = [one for one in live(call, Category.RECORDING_REDACTED) if one.leg and one.leg.channel == 0]
    samples, rate = heard(sound, login)
    assert np.any(samples[int(10.1 * rate) : int(11.3 * rate)])
    for record in old:
        with pytest.raises((KeyDestroyed, NotPermitted)):
            plain(record, login)
    with client_scope(call.client_id):
        row = RedactionCorrection.objects.get()
        assert (row.kind, row.state, row.type, row.approval) == ("over", "done", "PHONE", approval.pk)
        assert row.shape["digits"] == 10
    (entry,) = entries("redaction:span:shown")
    assert entry["approval"] == str(approval.pk)
    assert entry["data"]["types"] == ["PHONE"]
    kept = {one.id for one in live(call, *MADE)}
    assert not checking.give_back(call.pk, call.client_id)
    with pytest.raises(Conflict):
        approvals.execute(approval.pk, act, by=reviewer.user)
    assert {one.id for one in live(call, *MADE)} == kept


def test_an_approval_for_another_version_gives_nothing_back(call, reviewer, officer, login):
    approval = asked(reviewer, call)
    approvals.approve(approval.pk, by=officer.user)
    hide(reviewer, call)
    act = approvals.act_of(Approval.objects.get(pk=approval.pk))
    with pytest.raises(Conflict) as error:
        approvals.execute(approval.pk, act, by=reviewer.user)
    assert code_of(error) == "version_changed"
    changed = approvals.Act(act.kind, {**act.parameters, "version": str(seen(reviewer, call).version)})
    with pytest.raises(Conflict) as other:
        approvals.execute(approval.pk, changed, by=reviewer.user)
    assert code_of(other) == "act_changed"
    do_all()
    assert "2987" not in plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()


def test_card_authentication_data_is_never_asked_back(call, reviewer):
    hide(reviewer, call, "4 7 9 3", "CARD_CVV", turn=3)
    with pytest.raises(InvalidInput) as error:
        asked(reviewer, call, "CARD_CVV")
    assert code_of(error) == "dropped_is_gone"
    assert not Approval.objects.exists()


def test_without_the_original_nothing_is_given_back(call, reviewer, officer, login):
    approval = asked(reviewer, call)
    approvals.approve(approval.pk, by=officer.user)
    with client_scope(call.client_id):
        for record in live(call, Category.RECORDING_ORIGINAL):
            destroy_record(record, actor="system", reason="erased")
    with pytest.raises(Conflict) as error:
        approvals.execute(approval.pk, approvals.act_of(Approval.objects.get()), by=reviewer.user)
    assert code_of(error) == "original_gone"
    with pytest.raises(Conflict) as again:
        asked(reviewer, call)
    assert code_of(again) == "original_gone"
    assert "2987" not in plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()


def test_the_original_that_goes_before_the_job_runs_leaves_all_hidden(call, reviewer, officer, login):
    approval = asked(reviewer, call)
    approvals.approve(approval.pk, by=officer.user)
    approvals.execute(approval.pk, approvals.act_of(Approval.objects.get()), by=reviewer.user)
    with pytest.raises(Conflict) as error:
        asked(reviewer, call)
    assert code_of(error) == "being_corrected"
    with client_scope(call.client_id):
        for record in live(call, Category.TRANSCRIPT_ORIGINAL):
            destroy_record(record, actor="system", reason="erased")
    do_all()
    with client_scope(call.client_id):
        assert list(RedactionCorrection.objects.values_list("state", "why_not")) == [("failed", "original_gone")]
    assert "2987" not in plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()
    (entry,) = entries("redaction:span:not_shown")
    assert entry["reasons"] == ["original_gone"]


def approved(reviewer, officer, call) -> None:
    approval = asked(reviewer, call)
    approvals.approve(approval.pk, by=officer.user)
    approvals.execute(approval.pk, approvals.act_of(Approval.objects.get(pk=approval.pk)), by=reviewer.user)


def state_of_corrections(call) -> list[tuple[str, str]]:
    with client_scope(call.client_id):
        return list(RedactionCorrection.objects.order_by("made_at").values_list("state", "why_not"))


def test_hiding_waits_for_nothing_that_is_being_given_back(call, reviewer, officer, login):
    approved(reviewer, officer, call)
    assert hide(reviewer, call) == 1
    assert state_of_corrections(call) == [("failed", "version_changed"), ("done", "")]
    do_all()
    words = plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()
    assert "2987" not in words
    assert SECRET not in json.loads(words)["turns"][1]["text"]
    assert len(entries("redaction:span:not_shown")) == 1


def test_giving_back_that_fails_every_time_is_given_up_and_stays_hidden(call, reviewer, officer, login, monkeypatch):
    approved(reviewer, officer, call)

    def broken(*_given):
        raise RuntimeError("broken")

    monkeypatch.setattr(checking, "_give_back", broken)
    for attempts, state in ((0, ("waiting", "")), (jobs.ATTEMPTS - 1, ("failed", "failed"))):
        context = SimpleNamespace(job=SimpleNamespace(attempts=attempts))
        with pytest.raises(RuntimeError):
            jobs.give_back(context, str(call.pk), str(call.client_id))
        assert state_of_corrections(call) == [state]
    (entry,) = entries("redaction:span:not_shown")
    assert entry["reasons"] == ["failed"]
    assert asked(reviewer, call), "it can be asked for again"
    assert "2987" not in plain(live(call, Category.TRANSCRIPT_REDACTED)[0], login).decode()
