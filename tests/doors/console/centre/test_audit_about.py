"""The log asked about a customer or a call as people know them: what is typed stays there."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from callwarden.custody.models import Customer, LedgerEntry, LedgerPending
from callwarden.custody.scope import client_scope
from callwarden.flows.take_in import call_reference
from tests.doors.console.centre.conftest import write_ledger

pytestmark = pytest.mark.xdist_group("demo centre")

AUDIT = reverse("console:audit")
FIND = reverse("console:ledger_find")


def written() -> str:
    rows = [*LedgerEntry.objects.values_list("body", flat=True), *LedgerPending.objects.values_list("body", flat=True)]
    return b"\n".join(bytes(body) for body in rows).decode()


def subject_of(centre, number: str, leader) -> Customer:
    href = leader.post("/customers/", {"q": number}).context["table"].rows[0].href
    with client_scope(centre.id):
        return Customer.objects.get(pk=href.strip("/").rpartition("/")[2])


def told(page) -> list[str]:
    return [one.text for one in page.context["about"]()]


@pytest.mark.parametrize("column", ["customer_no", "phones", "emails"])
def test_the_log_is_asked_about_a_customer_as_they_are_known(enter, centre, people, secrets, column):
    officer, row = enter("data_protection_officer"), people[1]
    customer = subject_of(centre, row["customer_no"], enter("team_leader"))
    answer = officer.post(FIND, {"what": "subject", "q": row[column], "purpose": "subject_request"})
    assert answer.status_code == 302
    led = urlsplit(answer["Location"])
    assert (led.path, parse_qs(led.query)) == (AUDIT, {"subject": [str(customer.subject_id)]})
    page = officer.get(answer["Location"].partition("#")[0])
    (text,) = told(page)
    assert "•" in text, "masked"
    assert [value for value in secrets if value in page.content.decode()] == []
    assert row[column] not in written()
    assert row[column] not in json.dumps(dict(officer.browser.session))


def test_a_look_up_is_on_record_with_its_purpose(enter, people):
    officer = enter("data_protection_officer")
    officer.post(FIND, {"what": "subject", "q": people[2]["phones"], "purpose": "complaint_handling"})
    newest = json.loads(bytes(LedgerPending.objects.order_by("-pk").values_list("body", flat=True)[0]))
    assert (newest["event"], newest["purpose"], newest["count"]) == ("disclose:record:search", "complaint_handling", 1)
    assert newest["actor"] == officer.user.actor


def test_the_log_is_asked_about_a_call_by_its_number(enter, centre, calls):
    auditor, call = enter("auditor"), calls["service-zh"][0]
    number = "T-2026-000771"
    with client_scope(centre.id):
        before = bytes(call.reference)
        type(call).objects.filter(pk=call.pk).update(reference=call_reference(call.line, number))
    try:
        answer = auditor.post(FIND, {"what": "call", "q": f" {number} ", "purpose": "audit"})
    finally:
        with client_scope(centre.id):
            type(call).objects.filter(pk=call.pk).update(reference=before)
    assert parse_qs(urlsplit(answer["Location"]).query) == {"call": [str(call.pk)]}
    page = auditor.get(answer["Location"].partition("#")[0])
    (text,) = told(page)
    assert call.agent.get_full_name() in text
    assert number not in written()
    assert page.context["about"]()[0].href == reverse("console:call", args=[call.pk])


@pytest.mark.parametrize("purpose", ["", "{{7*7}}", "13812345678", "marketing"])
def test_a_purpose_nobody_offered_never_stands_on_record(enter, people, purpose):
    """An intruder's text is no purpose: the one of their role counts, as where customers are looked for."""
    officer = enter("data_protection_officer")
    answer = officer.post(FIND, {"what": "subject", "q": people[2]["phones"], "purpose": purpose})
    assert answer.status_code == 302
    newest = json.loads(bytes(LedgerPending.objects.order_by("-pk").values_list("body", flat=True)[0]))
    assert (newest["event"], newest["purpose"]) == ("disclose:record:search", "subject_request")


def test_the_auditor_looks_up_calls_alone_and_is_shown_no_profile(enter, centre, people):
    auditor = enter("auditor")
    assert [one.what for one in auditor.get(AUDIT).context["look_ups"]] == ["call"]
    refused = auditor.post(FIND, {"what": "subject", "q": people[1]["phones"], "purpose": "audit"})
    assert refused["Location"] == AUDIT
    customer = subject_of(centre, people[1]["customer_no"], enter("team_leader"))
    page = auditor.get(AUDIT, {"subject": str(customer.subject_id)})
    (one,) = page.context["about"]()
    assert "•" not in one.text
    assert one.href == "", "no way to where they may not go"


def test_nobody_known_is_said_and_nothing_is_filtered(enter):
    officer = enter("data_protection_officer")
    answer = officer.post(FIND, {"what": "subject", "q": "C-999999", "purpose": "subject_request"})
    assert answer["Location"] == AUDIT
    (said,) = [str(one) for one in officer.get(AUDIT).context["messages"]]
    assert "on record" in said
    assert officer.post(FIND, {"what": "call", "q": "", "purpose": "audit"})["Location"] == AUDIT


def test_a_filter_is_taken_off_alone(enter, centre, calls, people):
    officer, call = enter("data_protection_officer"), calls["service-zh"][0]
    customer = subject_of(centre, people[1]["customer_no"], enter("team_leader"))
    page = officer.get(
        AUDIT, {"subject": str(customer.subject_id), "call": str(call.pk), "decision": "allow", "sort": ""}
    )
    without = [parse_qs(urlsplit(one.without).query) for one in page.context["about"]()]
    assert without == [
        {"call": [str(call.pk)], "decision": ["allow"]},
        {"subject": [str(customer.subject_id)], "decision": ["allow"]},
    ]
    assert f'<input type="hidden" name="call" value="{call.pk}">' in page.content.decode(), "other filters keep it"


def test_what_is_typed_into_the_address_in_place_of_an_id_is_dropped_and_fits_nothing(enter, people):
    page = enter("auditor").get(AUDIT, {"subject": people[1]["phones"], "call": people[1]["customer_no"]})
    assert page.context["table"].rows == []
    assert f'name="subject" value="{people[1]["phones"]}"' not in page.content.decode()
    assert people[1]["phones"] not in "".join(told(page))


def test_a_call_and_a_customer_lead_whoever_may_read_the_log_to_who_looked(enter, calls, people):
    call = next(call for call in calls["service-zh"] if call.customer_id)
    officer, leader = enter("data_protection_officer"), enter("team_leader")
    for path, asked in (
        (reverse("console:call", args=[call.pk]), {"call": str(call.pk)}),
        (reverse("console:customer", args=[call.customer_id]), {"subject": str(call.customer.subject_id)}),
    ):
        officer.get(path)
        write_ledger()
        searched = officer.get(path).context["trail"].searched
        assert {name: one for name, (one,) in parse_qs(urlsplit(searched).query).items()} == asked
        page = officer.get(searched)
        assert officer.user.get_full_name() in {str(row.cells[3]) for row in page.context["table"].rows}
        assert not leader.get(path).context["trail"].searched


def test_where_several_fit_one_is_chosen(enter, monkeypatch, centre, people):
    leader, officer = enter("team_leader"), enter("data_protection_officer")
    two = [subject_of(centre, row["customer_no"], leader) for row in people[1:3]]
    monkeypatch.setattr(
        "callwarden.flows.people.find_by_identifier", lambda *_args, **_more: tuple(one.pk for one in two)
    )
    page = officer.post(FIND, {"what": "subject", "q": "13800000000", "purpose": "subject_request"})
    assert page.status_code == 200
    hrefs = {href for href, _told in page.context["choice"]}
    assert hrefs == {f"{AUDIT}?subject={one.subject_id}#entries" for one in two}
    assert "13800000000" not in page.content.decode()
