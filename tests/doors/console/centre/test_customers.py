"""Customers: masked in lists, looked up by what they are known by, opened as far as a purpose needs."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.control.access.fields import needed
from callwarden.custody.models import LedgerEntry
from tests.doors.console.centre.conftest import write_ledger

pytestmark = pytest.mark.xdist_group("demo centre")

PLACE = "/customers/"


def test_a_customer_is_found_by_number_address_and_telephone(enter, people):
    leader = enter("team_leader")
    row = people[1]
    for known in (row["customer_no"], row["phones"], f"+86 {row['phones']}", row["emails"].upper(), "  c 2002 "):
        found = leader.post(PLACE, {"q": known}).context["table"]
        assert found.total == 1, known
        assert leader.get(found.rows[0].href).status_code == 200


def test_part_of_a_number_finds_nobody(enter, people):
    leader = enter("team_leader")
    for known in (people[1]["phones"][:8], "C-200", people[1]["name"], people[1]["emails"].partition("@")[0]):
        assert leader.post(PLACE, {"q": known}).context["table"].total == 0


def test_a_number_in_an_address_is_not_looked_up(enter, people):
    page = enter("team_leader").get(PLACE, {"q": people[1]["phones"]})
    assert page.context["table"].total > 1
    assert page.context["table"].query.values == {"vip": ""}


def test_the_look_up_is_on_record_without_what_was_looked_for(enter, people):
    enter("team_leader").post(PLACE, {"q": people[2]["phones"]})
    write_ledger()
    entry = LedgerEntry.objects.filter(event="disclose:record:search").latest("index")
    assert people[2]["phones"] not in bytes(entry.body).decode()


def test_an_agent_sees_those_of_the_calls_in_hand_alone(enter, calls, people):
    agent = enter("agent")
    mine = {call.customer_id for found in calls.values() for call in found if call.agent_id == agent.user.id}
    page = agent.get(PLACE)
    assert {row.href for row in page.context["table"].rows} == {
        reverse("console:customer", args=[customer]) for customer in mine if customer
    }
    stranger = next(call.customer_id for call in calls["payment-en"] if call.customer_id not in mine)
    assert agent.get(reverse("console:customer", args=[stranger])).status_code == 404
    assert agent.post(PLACE, {"q": "C-2014"}).context["table"].total == 0


@pytest.mark.parametrize("role", ["agent", "team_leader", "data_protection_officer", "security_administrator"])
def test_no_page_of_customers_holds_what_identifies_them(enter, secrets, role):
    someone = enter(role)
    listing = someone.get(PLACE)
    pages = [listing, *(someone.get(row.href) for row in listing.context["table"].rows[:5])]
    for page in pages:
        assert page.status_code == 200
        assert [value for value in secrets if value in page.content.decode()] == []


def test_orders_are_shown_as_the_purpose_needs_them(enter, people):
    leader = enter("team_leader")
    href = leader.post(PLACE, {"q": "C-2002"}).context["table"].rows[0].href
    complaint = leader.get(href, {"purpose": "complaint_handling"}).context
    assert len(complaint["orders"]) == 3
    assert all(order.product and order.amount and "•" in order.number.inside.text for order in complaint["orders"])
    payment = leader.get(href, {"purpose": "payment"}).context["orders"]
    assert all(order.amount and not order.product for order in payment)
    marketing = leader.get(href, {"purpose": "marketing"}).context["orders"]
    assert all(not order.amount and order.number is None for order in marketing)


def test_who_looked_at_a_customer_stands_in_their_trail(enter):
    leader = enter("team_leader")
    href = leader.post(PLACE, {"q": "C-2003"}).context["table"].rows[0].href
    leader.get(href)
    write_ledger()
    newest = leader.get(href).context["trail"].shown.entries[0]
    assert str(newest.who) == leader.user.get_full_name()


def test_one_box_searches_both_and_says_what_it_may_not(enter, people):
    both = enter("team_leader").post("/search/", {"q": "C-2002"}).context["found"]
    assert both["customers"].total == 1
    assert both["calls"].total == 0
    reviewer = enter("quality_reviewer").post("/search/", {"q": "投诉"}).context["found"]
    assert reviewer["calls"].total > 0
    assert reviewer["customers"].refused
    auditor = enter("auditor").get("/search/")
    assert auditor.context["purposes"] == []


def test_an_unknown_purpose_needs_no_field():
    assert needed("curiosity", ("name", "phone")) == ()
    assert needed("quality", ("name", "phone", "call_id")) == ("call_id",)


@pytest.mark.parametrize("role", ["system_administrator", "auditor", "partner_manager", "quality_reviewer"])
def test_who_has_no_business_with_customers_is_kept_out(enter, role):
    assert enter(role).get(PLACE).status_code == 403


def test_two_records_are_joined_and_taken_apart_on_the_customers_page(enter, people):
    leader = enter("team_leader")
    one, other = (leader.post(PLACE, {"q": row["customer_no"]}).context["table"].rows[0].href for row in people[8:10])
    said = leader.post(f"{one}same-person/", {"number": people[9]["customer_no"], "reason": "both cards shown"})
    assert said.headers["Location"] == one
    assert not [str(one) for one in leader.get(one).context["messages"] if one.level_tag == "error"]
    page = leader.get(one)
    assert [link.href for link in page.context["same"].joined] == [other]
    leader.post(f"{one}somebody-else/", {"reason": "sisters"})
    assert leader.get(one).context["same"].joined == ()


@pytest.mark.parametrize("role", ["agent", "quality_reviewer", "auditor", "security_administrator"])
def test_only_who_corrects_records_says_who_is_who(enter, people, role):
    one = enter("team_leader").post(PLACE, {"q": people[1]["customer_no"]}).context["table"].rows[0].href
    for act in ("same-person", "somebody-else"):
        assert enter(role).post(f"{one}{act}/", {"number": "C-2001", "reason": "x"}).status_code == 403
