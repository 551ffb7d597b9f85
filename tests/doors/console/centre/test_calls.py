"""The list of calls and one call: who sees what, for which purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from callwarden.custody.models import Call, LedgerEntry, LedgerPending
from callwarden.custody.scope import client_scope
from tests.doors.console.centre.conftest import write_ledger

pytestmark = pytest.mark.xdist_group("demo centre")


def listed(response) -> list[str]:
    """Ids of the calls in a list, in its order."""
    return [row.href.rstrip("/").rsplit("/", 1)[1] for row in response.context["table"].rows]


def ids(found) -> list[str]:
    return [str(call.id) for call in found]


def test_words_find_the_calls_they_were_said_in(enter, calls):
    leader = enter("team_leader")
    found = leader.post(reverse("console:calls"), {"q": "投诉"})
    texts = [leader.get(reverse("console:call", args=[call])).content.decode() for call in listed(found)]
    assert texts
    assert all("投诉" in text for text in texts)


def test_words_in_an_address_are_not_searched_for(enter, calls):
    response = enter("team_leader").get(reverse("console:calls"), {"q": "投诉"})
    assert len(listed(response)) == len(calls["service-zh"]) + len(calls["outbound"])
    assert "投诉" not in response.content.decode()


def test_a_search_stands_in_the_ledger_without_its_words(enter):
    enter("quality_reviewer").post(reverse("console:calls"), {"q": "净化器"})
    write_ledger()
    entry = LedgerEntry.objects.filter(event="disclose:record:search").latest("index")
    assert entry.purpose == "quality"
    assert "净化器" not in bytes(entry.body).decode()


def test_whoever_may_not_search_transcripts_gets_no_box(enter):
    page = enter("auditor").get(reverse("console:calls"))
    assert 'name="q"' not in page.content.decode()
    refused = enter("auditor").post(reverse("console:calls"), {"q": "投诉"})
    assert refused.context["table"].query.values.get("q") is None


def test_filters_narrow_and_the_order_turns(enter, calls):
    leader = enter("team_leader")
    line = str(calls["outbound"][0].line_id)
    newest = leader.get(reverse("console:calls"), {"line": line})
    assert listed(newest) == ids(calls["outbound"])
    oldest = leader.get(reverse("console:calls"), {"line": line, "sort": "started"})
    assert listed(oldest) == ids(reversed(calls["outbound"]))
    english = leader.get(reverse("console:calls"), {"language": "en"})
    assert set(listed(english)) == set(ids(call for call in calls["outbound"] if call.language == "en"))


def test_the_filters_offer_whom_and_what_there_is(enter, calls):
    filters = {one.name: {option.value for option in one.options} for one, _value in
               enter("team_leader").get(reverse("console:calls")).context["table"].controls}  # fmt: skip
    seen = [call for line in ("service-zh", "outbound") for call in calls[line]]
    assert filters["agent"] == {str(call.agent_id) for call in seen if call.agent_id}
    assert filters["language"] == {call.language.partition("-")[0] for call in seen if call.language}


def test_days_are_those_of_the_viewer(enter, calls):
    reviewer = enter("quality_reviewer")  # in Shanghai
    late = calls["service-zh"][0]
    here = late.started_at.replace(hour=16, minute=30)  # half past midnight of the next day in Shanghai
    with client_scope(late.client_id):
        Call.objects.filter(pk=late.pk).update(started_at=here)
    try:
        of_utc, of_viewer = here.date(), here.date() + timedelta(days=1)
        for day, seen in ((of_utc, False), (of_viewer, True)):
            page = reviewer.get(reverse("console:calls"), {"since": str(day), "until": str(day)})
            assert (str(late.id) in listed(page)) is seen
    finally:
        with client_scope(late.client_id):
            Call.objects.filter(pk=late.pk).update(started_at=late.started_at)


def test_only_the_region_comes_back_when_the_script_asks(enter):
    page = enter("team_leader").get(
        reverse("console:calls"), headers={"HX-Request": "true", "HX-Target": "calls-region"}
    )
    assert page.content.decode().lstrip().startswith('<div class="records-region"')


def test_an_agent_sees_the_own_calls_alone(enter, calls):
    agent = enter("agent")
    mine = [call for calls_of in calls.values() for call in calls_of if call.agent_id == agent.user.id]
    assert set(listed(agent.get(reverse("console:calls")))) == set(ids(mine))


def test_a_call_of_another_line_is_not_there_for_an_agent(enter, calls):
    agent = enter("agent")
    other = calls["payment-en"][0]
    for name in ("call", "call_listen", "call_original"):
        assert agent.get(reverse(f"console:{name}", args=[other.id])).status_code == 404


def test_what_the_gate_turned_away_is_told_with_the_way_to_it(enter):
    leader, agent = enter("team_leader").get(reverse("console:calls")), enter("agent").get(reverse("console:calls"))
    assert leader.context["turned_away"]["quarantined"] > 0
    assert f'href="{reverse("console:imports")}"' in leader.content.decode()
    assert f'href="{reverse("console:imports")}"' not in agent.content.decode()


@pytest.mark.parametrize("role", ["agent", "team_leader", "quality_reviewer", "data_protection_officer", "auditor"])
def test_no_page_of_calls_holds_what_identifies_a_caller(enter, calls, secrets, role):
    someone = enter(role)
    listing = someone.get(reverse("console:calls"))
    pages = [listing, *(someone.get(reverse("console:call", args=[call])) for call in listed(listing)[:6])]
    for page in pages:
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store"
        assert [value for value in secrets if value in page.content.decode()] == []


def test_the_purpose_decides_what_is_shown(enter, calls):
    leader = enter("team_leader")
    address = reverse("console:call", args=[calls["service-zh"][0].id])
    complaint = leader.get(address, {"purpose": "complaint_handling"}).context
    quality = leader.get(address, {"purpose": "quality"}).context
    assert {fact.value.inside.reveal_href != "" for fact in complaint["customer"].items} == {True}
    assert quality["customer"].items == []
    assert quality["transcript"].turns
    assert quality["player"] is not None


def test_a_purpose_the_role_has_not_is_not_taken(enter, calls):
    page = enter("quality_reviewer").get(
        reverse("console:call", args=[calls["service-zh"][0].id]), {"purpose": "subject_request"}
    )
    assert page.context["purpose"] == "quality"


def test_the_auditor_is_told_what_is_not_shown_and_why(enter, calls):
    page = enter("auditor").get(reverse("console:call", args=[calls["service-zh"][0].id]))
    assert page.context["transcript"].turns == ()
    assert page.context["player"] is None
    told = {kind for item in page.context["not_shown"] for kind in item.label.split(", ")}
    assert {"Redacted transcript", "Redacted recording", "Original recording", "Identity"} <= told


def test_looking_is_on_record_and_listening_only_once_somebody_listens(enter, calls):
    reviewer = enter("quality_reviewer")
    call = calls["outbound"][1]
    reviewer.get(reverse("console:call", args=[call.id]))
    assert not LedgerPending.objects.filter(body__contains=b"play_redacted").exists()
    assert reviewer.get(reverse("console:call_listen", args=[call.id]) + "?purpose=quality").status_code == 302
    write_ledger()
    shown = reviewer.get(reverse("console:call", args=[call.id])).context["trail"].shown.entries
    played, opened = (str(entry.what) for entry in shown[:2])
    assert played == "Played the redacted recording"
    assert opened.startswith("Opened, values masked")
    assert {str(entry.who) for entry in shown[:2]} == {reviewer.user.get_full_name()}


def test_marks_of_removal_stand_in_text_and_sound_alike(enter, calls):
    context = enter("quality_reviewer").get(reverse("console:call", args=[calls["service-zh"][-1].id])).context
    removed = {part.kind for turn in context["transcript"].turns for part in turn.parts if hasattr(part, "kind")}
    heard = {span.kind for span in context["player"].quiet}
    assert removed
    assert removed <= heard
    words = [part.text for turn in context["transcript"].turns for part in turn.parts if hasattr(part, "text")]
    assert not any("[" in text for text in words)


@pytest.mark.parametrize("role", ["system_administrator", "partner_manager"])
def test_who_has_no_business_with_calls_is_kept_out(enter, calls, role):
    someone = enter(role)
    for path in (reverse("console:calls"), reverse("console:call", args=[calls["outbound"][0].id]), "/search/"):
        assert someone.get(path).status_code == 403


@pytest.mark.parametrize("role", ["agent", "quality_reviewer", "auditor", "security_administrator"])
def test_only_who_corrects_records_takes_a_customer_off_a_call(enter, calls, role):
    call = next(one for one in calls["service-zh"] if one.customer_id)
    answer = enter(role).post(reverse("console:call_not_this_customer", args=[call.id]), {"reason": "another voice"})
    assert answer.status_code == 403
    with client_scope(call.client_id):
        assert Call.objects.get(pk=call.pk).customer_id == call.customer_id


def test_the_form_for_it_is_there_for_them_and_asks_for_a_reason(enter, calls):
    call = next(one for one in calls["service-zh"] if one.customer_id)
    officer = enter("data_protection_officer")
    path = reverse("console:call_not_this_customer", args=[call.id])
    assert path in officer.get(reverse("console:call", args=[call.id])).content.decode()
    officer.post(path, {"reason": " "})
    with client_scope(call.client_id):
        assert Call.objects.get(pk=call.pk).customer_id == call.customer_id
