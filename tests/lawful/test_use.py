"""The gate for every later use, and the dialler that asks it: unknown means no, and each ground has its end."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from callwarden.custody import indexes
from callwarden.custody.models import Customer, IdentifierToken, Line
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_customer
from callwarden.flows import dialling
from callwarden.kernel import clock
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent import queries
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.consent.rules import Answer
from callwarden.lawful.dialling import actions as calling
from callwarden.lawful.dialling.models import DoNotCall
from callwarden.lawful.dialling.rules import DEFAULTS, Hours, is_open, opens_at
from callwarden.lawful.gate import Refusal
from callwarden.lawful.purposes.models import Recipient
from callwarden.lawful.purposes.queries import Served
from callwarden.lawful.purposes.rules import OnRecord
from callwarden.lawful.purposes.terms import Ending, Use
from callwarden.lawful.using import Allowed, UseFacts, decide_use, may_use
from tests.purposes import active_purpose, serve

State = ConsentEvent.State
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # Monday, 11:00 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


def served(ground: str, *, ends_with: str = "", separate: bool = False, sensitive: bool = False) -> Served:
    one = Served("quality", Use.QUALITY_REVIEW, ground, False, separate, sensitive, False, ends_with=ends_with)
    return replace(one, on_record=OnRecord(provision="p:1"))


def decide(one: Served, **facts):
    facts = {"answers": {}, "contract": False, "now": NOW} | facts
    return decide_use(UseFacts(served=(one,), **facts))


YES, NO = Answer(State.GIVEN, NOW - timedelta(days=1)), Answer(State.REFUSED, NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("one", "facts", "against"),
    [
        (served("consent"), {}, "consent_unknown"),
        (served("consent"), {"answers": {"quality": NO}}, "consent_refused"),
        (served("consent"), {"answers": {"quality": Answer(State.INVALIDATED, NOW)}}, "consent_invalidated"),
        (served("consent"), {"answers": {"quality": Answer(State.GIVEN, NOW, ends=NOW)}}, "consent_expired"),
        (served("contract"), {}, "no_contract"),
        (served("contract"), {"contract": True, "own": True, "answers": {"quality": NO}}, "consent_refused"),
        (
            served("contract", ends_with=Ending.CONTRACT_END),
            {"contract": True, "ended": frozenset({"contract_end"})},
            "ground_ended",
        ),
        (served("legitimate_interest"), {"answers": {"quality": NO}}, "consent_refused"),  # an objection
        (served("vital_interest"), {}, "ground_not_for_callers"),
        (
            served("consent", sensitive=True),
            {"answers": {"quality": Answer(State.GIVEN, NOW, bundled=True)}},
            "consent_bundled",
        ),
        (served("consent"), {"answers": {"quality": YES}, "minor": True}, "guardian_needed"),
        (served("contract"), {"contract": True, "own": True}, "consent_unknown"),
    ],
)
def test_nothing_is_used_without_a_ground_that_carries_it(one, facts, against):
    assert decide(one, **facts) == Refusal((against,))


@pytest.mark.parametrize("ground", ["contract", "legal_obligation"])
def test_a_no_is_no_end_of_what_does_not_rest_on_consent(ground):
    told = {"contract": True, "answers": {"quality": NO}}
    assert decide(served(ground), **told) == Allowed({"quality": ground})
    objected = served(ground, ends_with=Ending.OBJECTION)
    assert decide(objected, **told) == Refusal(("consent_refused",))
    advertised = replace(served(ground), use=Use.MARKETING)
    assert decide(advertised, **told) == Refusal(("consent_refused",))


def test_each_ground_carries_while_its_condition_holds_and_its_end_has_not_come():
    assert decide(served("consent"), answers={"quality": YES}) == Allowed({"quality": "consent"})
    ending = Answer(State.GIVEN, NOW, ends=NOW + timedelta(days=3))
    assert decide(served("consent"), answers={"quality": ending}).until == NOW + timedelta(days=3)
    assert decide(served("contract", ends_with=Ending.CONTRACT_END), contract=True) == Allowed({"quality": "contract"})
    assert decide(served("legal_obligation")) == Allowed({"quality": "legal_obligation"})
    # What goes to a controller ends with the consent that names them, whatever else it rests on.
    named = decide(served("contract"), contract=True, own=True, answers={"quality": ending})
    assert named.until == NOW + timedelta(days=3)


@pytest.fixture
def shared(line, client) -> Line:
    serve(line, "repairs", "consent")
    maker = Recipient.objects.create(client=client, slug="maker", name="Maker", role="controller", country="CN")
    maker.purposes.add("repairs")
    return line


@pytest.mark.parametrize("late", [False, True])
def test_a_no_to_ourselves_is_one_to_whom_we_give_it_and_a_later_yes_to_us_opens_nothing_to_them(shared, late):
    line, now = shared, clock.now()
    with client_scope(line.client_id):
        customer = customer_with(line)
        told = [
            ("maker", State.GIVEN, now - timedelta(hours=3)),
            ("", State.GIVEN, now - timedelta(hours=3)),
            ("", State.WITHDRAWN, now - timedelta(hours=2)),
        ]
        for recipient, state, at in reversed(told) if late else told:
            say(line, customer, "repairs", state, at, recipient=recipient)

        def given_to(recipient: str):
            return may_use(Use.COLLECTION, line=line, person=customer.person_id, recipient=recipient)

        assert given_to("maker") == Refusal(("consent_withdrawn",))
        say(line, customer, "repairs", State.GIVEN, now - timedelta(hours=1))
        assert isinstance(given_to(""), Allowed)
        assert isinstance(given_to("maker"), Refusal)
        say(line, customer, "repairs", State.GIVEN, now, recipient="maker")
        assert isinstance(given_to("maker"), Allowed)


def test_whoever_joins_somebody_who_said_no_gives_to_nobody_by_name(shared):
    with client_scope(shared.client_id):
        one, other = customer_with(shared), customer_with(shared)
        say(shared, one, "repairs", State.REFUSED, clock.now() - timedelta(hours=2))
        say(shared, other, "repairs", State.GIVEN, clock.now() - timedelta(hours=1), recipient="maker")
        assert consent.let_no_reach([one.subject_id], [other.subject_id], actor="system") == 1


def customer_with(line: Line, *phones: str) -> Customer:
    version, (number,) = indexes.make(line.client_id, indexes.NUMBER, [uuid.uuid4().hex[:12].upper()])
    found = new_customer(line.client_id, number=number, version=version)
    version, tokens = indexes.make(line.client_id, "phone", phones)
    for token in tokens:
        IdentifierToken.objects.create(
            client_id=line.client_id, column="phone", token=token, customer=found, version=version
        )
    return found


def say(line: Line, customer: Customer, purpose: str, state: str, at: datetime, *, recipient: str = "", **how):
    consent.record(
        line,
        reference=queries.person_reference(customer.subject),
        purpose=purpose,
        state=state,
        how=consent.How("web", **how),
        at=at,
        actor="system",
        subject=customer.subject,
        recipient=recipient,
    )


@pytest.fixture
def calling_line(line: Line) -> Line:
    serve(line, "offers", use=Use.MARKETING)
    serve(line, "care", "contract", use=Use.OUTBOUND_CALLING)
    return line


def test_every_use_asks_for_purposes_of_its_own(line):
    serve(line, "insight", use=Use.ANALYTICS)
    with client_scope(line.client_id):
        customer = customer_with(line)
        say(line, customer, "insight", State.GIVEN, clock.now())
        person = customer.person_id
        assert may_use(Use.ANALYTICS, line=line, person=person) == Allowed({"insight": "consent"})
        assert may_use(Use.MARKETING, line=line, person=person) == Refusal(("no_purpose",))
        assert may_use(Use.ANALYTICS, line=line) == Refusal(("consent_unknown",))
        say(line, customer, "insight", State.WITHDRAWN, clock.now())
        assert may_use(Use.ANALYTICS, line=line, subject=customer.subject_id) == Refusal(("consent_withdrawn",))


def test_a_controller_gets_nothing_without_a_consent_that_names_it_a_processor_goes_with_us(line, client):
    purpose = active_purpose("repairs", use=Use.COLLECTION)
    serve(line, "repairs", "consent")
    for slug, role in (("maker", "controller"), ("courier", "processor")):
        Recipient.objects.create(client=client, slug=slug, name=slug, role=role, country="CN").purposes.add(purpose)
    with client_scope(line.client_id):
        customer = customer_with(line)
        person = customer.person_id
        say(line, customer, "repairs", State.GIVEN, clock.now() - timedelta(hours=1))

        def given_to(recipient):
            return may_use(Use.COLLECTION, line=line, person=person, recipient=recipient)

        assert isinstance(given_to("courier"), Allowed)
        assert given_to("maker") == Refusal(("consent_unknown",))
        assert given_to("anybody") == Refusal(("unknown_recipient",))
        say(line, customer, "repairs", State.GIVEN, clock.now(), recipient="maker")
        assert isinstance(given_to("maker"), Allowed)


# Calling out


def verdicts(line: Line, *numbers: str, **more):
    return dialling.check(line, numbers, actor="system", at=more.pop("at", NOW), **more)


def test_nobody_is_called_without_a_yes_whatever_the_hour(calling_line):
    with client_scope(calling_line.client_id):
        known = customer_with(calling_line, "+8615412340001")
        customer_with(calling_line, "+8615412340002")
        say(calling_line, known, "offers", State.GIVEN, NOW - timedelta(days=1))
    found = verdicts(calling_line, "154 1234 0001", "15412340002", "15412340003", "no number", purpose="offers")
    assert [one.reasons for one in found] == [(), ("consent_unknown",), ("consent_unknown",), ("not_a_number",)]
    assert [one.allowed for one in found] == [True, False, False, False]
    # On contract only customers are called; strangers have none.
    found = verdicts(calling_line, "15412340002", "15412340003", purpose="care")
    assert [one.reasons for one in found] == [(), ("no_contract",)]


def test_of_people_who_share_a_number_each_must_have_agreed(calling_line):
    with client_scope(calling_line.client_id):
        first, second = (customer_with(calling_line, "+8615412340009") for _ in range(2))
        say(calling_line, first, "offers", State.GIVEN, NOW - timedelta(days=1))
        say(calling_line, second, "offers", State.REFUSED, NOW - timedelta(days=1))
    (found,) = verdicts(calling_line, "15412340009", purpose="offers")
    assert found.reasons == ("consent_refused",)


def test_a_number_on_the_list_is_not_called_however_it_is_written(calling_line):
    with client_scope(calling_line.client_id):
        known = customer_with(calling_line, "+8615412340001")
        say(calling_line, known, "offers", State.GIVEN, NOW - timedelta(days=1))
    client = calling_line.client_id
    told = ["0086 154-1234-0001", "rubbish"]
    assert dialling.stop_calling(client, told, source=DoNotCall.Source.API, actor="system") == (1, 1)
    assert dialling.stop_calling(client, ["15412340001"], source=DoNotCall.Source.API, actor="system") == (0, 0)
    (found,) = verdicts(calling_line, "+86 154 1234 0001", purpose="offers")
    assert found.reasons == ("do_not_call",)
    with pytest.raises(InvalidInput):
        dialling.may_call_again(client, ["15412340001"], actor="system", reason=" ")
    assert dialling.may_call_again(client, ["15412340001"], actor="system", reason="asked on 2 March") == 1
    (found,) = verdicts(calling_line, "15412340001", purpose="offers")
    assert found.allowed


def test_in_hours_of_rest_nobody_is_called_and_the_answer_says_when(calling_line):
    with client_scope(calling_line.client_id):
        customer_with(calling_line, "+8615412340002")
    night = datetime(2026, 3, 2, 22, 30, tzinfo=SHANGHAI)
    (found,) = verdicts(calling_line, "15412340002", purpose="care", at=night)
    assert found.reasons == ("rest_hours",)
    assert found.again_at == datetime(2026, 3, 3, 9, 0, tzinfo=SHANGHAI)
    (refused,) = verdicts(calling_line, "15412340003", purpose="care", at=night)
    assert (refused.reasons, refused.again_at) == (("no_contract", "rest_hours"), None)


def test_a_line_keeps_hours_of_its_own_by_its_own_clock(calling_line):
    calling_line.time_zone = "Europe/London"
    calling_line.save()
    with client_scope(calling_line.client_id):
        customer_with(calling_line, "+8615412340002")
        calling.set_hours(calling_line, Hours(time(10), time(12), None, (1,)), actor="system")
        with pytest.raises(InvalidInput):
            calling.set_hours(calling_line, Hours(time(12), time(10)), actor="system")
        with pytest.raises(InvalidInput):
            calling.set_hours(calling_line, Hours(time(9), time(20), (time(8), time(9, 30))), actor="system")
    (early,) = verdicts(calling_line, "15412340002", purpose="care", at=NOW)  # 03:00 in London
    assert early.again_at == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    (found,) = verdicts(calling_line, "15412340002", purpose="care", at=NOW + timedelta(hours=7, minutes=30))
    assert found.allowed


def test_a_pause_at_noon_is_rest_too():
    hours = DEFAULTS["cn"]
    noon = datetime(2026, 3, 2, 12, 30, tzinfo=SHANGHAI)
    assert not is_open(hours, noon)
    assert opens_at(hours, noon) == noon.replace(hour=14, minute=0)
    assert opens_at(Hours(time(9), time(10), None, ()), noon) is None


@pytest.mark.parametrize("numbers", [[], ["15412340001"] * 501])
def test_one_to_five_hundred_numbers_are_asked_about_at_once(calling_line, numbers):
    with pytest.raises(InvalidInput):
        dialling.check(calling_line, numbers, actor="system")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"15412340001\n15412340002\n", ["15412340001", "15412340002"]),
        ("姓名,号码\n张三,15412340001\n\n李四,\n".encode(), ["15412340001"]),
        ("号码,备注\n15412340001,勿扰\n".encode("gb18030"), ["15412340001"]),
        (b"", []),
    ],
)
def test_lists_of_numbers_come_as_people_have_them(raw, expected):
    assert dialling.read_list(raw) == expected


def test_a_list_that_is_no_text_is_refused():
    with pytest.raises(InvalidInput):
        dialling.read_list(b"\xff\xfe\x00\x81\xff")
