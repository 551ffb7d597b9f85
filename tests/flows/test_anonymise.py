"""Anonymous releases from sealed records: who is counted, who never is, and that nothing leads back."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from callwarden.control.access.actions import activate
from callwarden.custody import holds
from callwarden.custody.destroy import buckets_over, destroy_buckets, destroy_subject
from callwarden.custody.models import Call, Customer, Leg, Line, PermitRecord, Record, Subject
from callwarden.custody.put import Place, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.engines.policy import Cell, Matrix
from callwarden.flows import anonymise, counted_ends
from callwarden.flows.consents import Told, say_for_person
from callwarden.flows.customers import take_in_customer
from callwarden.flows.disclose import AccessRefused
from callwarden.flows.formats import CustomerRow, OrderRow
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput, Refused, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.lawful.anonymisation import actions as releases
from callwarden.lawful.anonymisation import acts, rules
from callwarden.lawful.anonymisation.actions import Isolates, NotReached
from callwarden.lawful.anonymisation.fields import fields
from callwarden.lawful.anonymisation.models import BucketCounted, EndRecipe, Release
from callwarden.lawful.anonymisation.rules import Column, Recipe, Scope
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.lawful.retention.models import RetentionRule
from tests.centre import basis_for
from tests.purposes import serve

BIRTH = Column("birth", "quasi", "10y")
REGION = Column("region", "quasi", "province")
PRODUCT = Column("product", "sensitive", "each")
RECIPE = Recipe("customers", (BIRTH, REGION, PRODUCT), k=3)
EVERYTHING = Scope()
ADDRESS = "杭州市西湖区眠鹤路210号2单元301"


def customer(line: Line, at: int, *, born: int = 1988, product: str = "", address: str = ADDRESS) -> Customer:
    order = OrderRow(f"SO-{at}", clock.now(), product or "AB"[at % 2], Decimal("10.00"), "CNY", "paid")
    row = CustomerRow(
        customer_no=f"C-{at}",
        name=f"沈知秋{at}",
        phones=(),
        emails=(f"n{at}@example.com",),
        id_number="",
        card_numbers=(),
        address=address,
        plate="",
        birth_date=date(born, 4, 16),
        language="zh-CN",
        vip=False,
        orders=(order,),
    )
    return take_in_customer(line, row, actor="system").customer


@pytest.fixture
def people(line: Line, settings) -> list[Customer]:
    """Six people of one decade and city, three of either product."""
    settings.ANONYMITY_LEAST_K = 2
    return [customer(line, at) for at in range(6)]


@pytest.fixture
def officer(db) -> User:
    return person()


def person(role: str = "data_protection_officer") -> User:
    return User.objects.create(username=uuid4().hex, roles=[role])


def propose(line: Line, by: User, recipe: Recipe = RECIPE, scope: Scope = EVERYTHING, label: str = "ages") -> Release:
    return anonymise.propose(line.client_id, label, recipe, scope, by=by, reason="A study.")


def released(line: Line, by: User, recipe: Recipe = RECIPE, scope: Scope = EVERYTHING) -> Release:
    made = propose(line, by, recipe, scope)
    approvals.approve(made.approval, by=person("security_administrator"))
    approvals.execute(made.approval, acts.releasing(made), by=by)
    return Release.objects.get(pk=made.pk)


def counted(line: Line, recipe: Recipe = RECIPE, scope: Scope = EVERYTHING) -> tuple[int, dict[str, int]]:
    found = anonymise.gather(line.client_id, recipe, scope)
    return len(found.rows), dict(found.left_out)


@pytest.fixture
def entries() -> Iterator[list[journal.Entry]]:
    """What is written to the ledger meanwhile."""
    written: list[journal.Entry] = []
    before = journal.set_sink(None)
    assert before is not None

    def both(entry: journal.Entry) -> UUID:
        written.append(entry)
        return before(entry)

    journal.set_sink(both)
    yield written
    journal.set_sink(before)


def test_counts_are_released_by_two_people_and_by_nobody_alone(people, line, officer):
    made = propose(line, officer)
    assert made.state == "proposed"
    with pytest.raises(Refused):
        approvals.approve(made.approval, by=officer)
    with pytest.raises(Conflict):
        approvals.execute(made.approval, acts.releasing(made), by=officer)
    approvals.approve(made.approval, by=person("security_administrator"))
    approvals.execute(made.approval, acts.releasing(made), by=officer)
    made.refresh_from_db()
    assert made.state == "released"
    content = rules.dataset(made.made_of, made.groups)
    assert rules.dataset_digest(content) == made.digest
    assert list(csv.reader(io.StringIO(content.decode()))) == [
        ["birth", "region", "product", "people"],
        ["1980-1989", "浙江", "A", "3"],
        ["1980-1989", "浙江", "B", "3"],
    ]


def test_what_was_approved_is_what_is_released_to_the_byte(people, line, officer):
    made, other = propose(line, officer), propose(line, officer, label="others")
    approvals.approve(made.approval, by=person("security_administrator"))
    with pytest.raises(Conflict):
        approvals.execute(made.approval, acts.releasing(other), by=officer)
    assert acts.releasing(made).parameters["dataset"] == made.digest


def test_a_release_keeps_no_way_back_to_anybody(people, line, officer):
    made = released(line, officer)
    stored = json.dumps({field.name: str(getattr(made, field.attname)) for field in Release._meta.concrete_fields})
    with client_scope(line.client_id):
        ids = [*Customer.objects.values_list("id", flat=True), *Subject.objects.values_list("id", flat=True)]
        ids += [*Record.objects.values_list("id", flat=True), *Customer.objects.values_list("person_id", flat=True)]
    assert not [one for one in ids if str(one) in stored]
    assert "1988" not in json.dumps(made.rows)
    assert "西湖" not in stored


def test_the_database_itself_changes_no_release_and_removes_none(people, line, officer):
    made = released(line, officer)
    for change in (
        lambda: Release.objects.filter(pk=made.pk).update(rows=[]),
        lambda: Release.objects.filter(pk=made.pk).update(digest="0" * 64),
        lambda: Release.objects.filter(pk=made.pk).delete(),
        lambda: connection.cursor().execute("UPDATE lawful_release SET state = 'proposed'"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_somebody_who_stands_alone_is_refused_with_figures_and_the_refusal_is_on_record(people, line, officer, entries):
    customer(line, 7, born=1950)
    with pytest.raises(NotReached) as refused:
        propose(line, officer)
    assert refused.value.data["smallest"] == 1
    assert refused.value.data["against"] == ["k_not_reached"]
    assert "birth" in refused.value.data["coarser"][0]
    assert not Release.objects.exists()
    refusal = [entry for entry in entries if entry.event == Event.ANONYMISATION_REFUSED]
    assert [(one.reasons, one.data["smallest"], one.count) for one in refusal] == [(("k_not_reached",), 1, 7)]


def test_a_group_that_bought_one_thing_is_refused(line, officer, settings):
    settings.ANONYMITY_LEAST_K = 2
    for at in range(6):
        customer(line, at, product="A")
    with pytest.raises(NotReached) as refused:
        propose(line, officer)
    assert refused.value.data["against"] == ["nothing_left", "l_not_reached"]


def test_a_second_release_that_differs_by_one_person_is_refused(people, line, officer):
    released(line, officer)
    customer(line, 7)
    with pytest.raises(Isolates) as refused:
        propose(line, officer)
    assert refused.value.data["few"] == 1
    for at in (8, 9, 10):
        customer(line, at)
    assert released(line, officer).found.people == 10


def test_of_two_proposals_the_second_is_judged_by_what_was_released_meanwhile(people, line, officer):
    first = propose(line, officer)
    customer(line, 7)
    second = propose(line, officer)
    approvals.approve(first.approval, by=person("security_administrator"))
    approvals.approve(second.approval, by=person("security_administrator"))
    approvals.execute(first.approval, acts.releasing(first), by=officer)
    with pytest.raises(Isolates):
        approvals.execute(second.approval, acts.releasing(second), by=officer)
    second.refresh_from_db()
    assert second.state == "proposed"


def test_the_same_release_again_is_the_same_bytes_whoever_lies_where(people, line, officer):
    first = propose(line, officer)
    with client_scope(line.client_id):
        for one in Customer.objects.all():
            destroy_subject(one.subject, actor="system", reason="erasure_requested")
    for at in reversed(range(20, 26)):
        customer(line, at)
    assert propose(line, officer).digest == first.digest


def held(one: Customer) -> None:
    with client_scope(one.client_id):
        record = Record.objects.filter(customer=one, category="contact").get()
        holds.hold(record, matter=uuid4(), actor="system")


def restricted(one: Customer) -> None:
    with client_scope(one.client_id):
        Record.objects.filter(customer=one, category="purchase_history").update(state=Record.State.RESTRICTED)


def waiting_for_a_floor(one: Customer) -> None:
    with client_scope(one.client_id):
        Record.objects.filter(customer=one, category="identity").update(erase_at=clock.now() + timedelta(days=3))


def objecting(one: Customer, *, kind: Kind = Kind.OBJECTION) -> None:
    with client_scope(one.client_id):
        SubjectRequest.objects.create(
            client_id=one.client_id,
            line=Line.objects.get(),
            jurisdiction="cn",
            kind=kind,
            channel="phone",
            claimed=one,
            code=uuid4().hex[:8],
            received_at=clock.now(),
            due_at=clock.now() + timedelta(days=15),
            provision="pipl@2021:44",
            actor="system",
        )


def withdrawn(one: Customer, purpose: str = "service") -> None:
    say_for_person(Line.objects.get(), one.subject, Told(purpose, "withdrawn", "web", clock.now()), actor="system")


def unwilling(one: Customer) -> None:
    serve(Line.objects.get(), "anonymisation", "public_interest")
    withdrawn(one, "anonymisation")


def erased(one: Customer) -> None:
    with client_scope(one.client_id):
        destroy_subject(one.subject, actor="system", reason="erasure_requested")


def overdue(one: Customer) -> None:
    with client_scope(one.client_id):
        Record.objects.filter(customer=one).update(due_at=clock.now() - timedelta(days=1))


@pytest.mark.parametrize(
    "happens", [held, restricted, waiting_for_a_floor, objecting, withdrawn, unwilling, erased, overdue]
)
def test_who_must_not_be_counted_is_not(people, line, happens):
    assert counted(line)[0] == 6
    happens(people[0])
    rows, left_out = counted(line)
    assert rows == 5
    # Of what has no record any more nobody can say why it is missing.
    assert sum(left_out.values()) == (happens not in (erased, overdue))


def test_a_request_that_was_rejected_lets_its_person_be_counted_again(people, line):
    objecting(people[0])
    assert counted(line)[0] == 5
    with client_scope(line.client_id):
        request = SubjectRequest.objects.get()
        changes = {"rejected_for": "taken_back"}
        SubjectRequest.machine.move(request, "rejected", actor="system", changes=changes, reason="taken_back")
    assert counted(line)[0] == 6


def test_only_the_fields_that_are_counted_are_opened(people, line, officer):
    made = propose(line, officer)
    assert made.state == "proposed"
    opened = PermitRecord.objects.filter(permit__principal="job:anonymisation")
    assert {name for one in opened for name in one.fields} == {"birth_date", "address", "product"}
    assert all(one.fields for one in opened)


def test_without_a_cell_of_the_matrix_nobody_is_counted(people, line, officer):
    cell = Cell("job:anonymisation", "anonymisation", "contact", "export")
    activate(Matrix.default().with_cell(cell, False), actor="system")
    with pytest.raises(AccessRefused):
        propose(line, officer)
    assert counted(line, Recipe("customers", (BIRTH,), k=3)) == (6, {})


def test_no_value_reaches_a_log_an_error_or_a_file(people, line, officer, caplog, tmp_path, entries):
    caplog.set_level(logging.DEBUG)
    customer(line, 7, born=1950, address="拉萨市某某弄1号", product="一人定制")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(NotReached) as refused:
        propose(line, officer)
    told = [*(record.getMessage() for record in caplog.records), str(refused.value), repr(refused.value.data)]
    told += [repr(entry) for entry in entries]
    told += [path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
    for value in ("1950", "拉萨", "西藏", "一人定制", "沈知秋", "西湖"):
        assert not [one for one in told if value in one], value


def test_a_stored_value_nobody_can_read_is_other_and_breaks_nothing():
    assert anonymise._label(fields()["orders"], ["no number"]) == "other"
    assert anonymise._label(fields()["birth"], ["soon", "later"]) == "other"


@pytest.mark.parametrize("name", ["c0", "birth; DROP TABLE lawful_release", 'birth" --', "name", "phone", "id_number"])
def test_a_name_that_is_no_column_never_comes_near_the_database(people, line, officer, name):
    with pytest.raises(InvalidInput):
        propose(line, officer, Recipe("customers", (Column(name, "quasi", "any"),), k=3))


def test_nobody_without_the_duty_proposes_or_takes(people, line, officer):
    for role in ("agent", "team_leader", "auditor"):
        with pytest.raises(Refused):
            propose(line, person(role))
    made = released(line, officer)
    with pytest.raises(Refused):
        releases.hand_out(made, by=person("auditor"))
    with pytest.raises(Conflict):
        releases.hand_out(propose(line, officer), by=officer)


def test_a_label_or_reason_that_says_too_much_is_refused(people, line, officer):
    with pytest.raises(InvalidInput):
        propose(line, officer, label="about 沈知秋")
    with pytest.raises(InvalidInput):
        anonymise.propose(line.client_id, "ages", RECIPE, EVERYTHING, by=officer, reason=" ")
    assert not Release.objects.exists()


def test_what_nobody_decided_in_a_day_is_dropped_and_counted_anew(people, line, officer):
    made = propose(line, officer)
    assert releases.drop_undecided() == 0
    with clock.frozen(clock.now() + acts.LASTS):
        assert releases.drop_undecided() == 1
    made.refresh_from_db()
    assert made.state == "dropped"
    # What nobody ever got is nothing to compare with.
    customer(line, 7)
    assert propose(line, officer).state == "proposed"


def test_more_than_one_look_counts_is_refused_before_anything_is_opened(people, line):
    with pytest.raises(InvalidInput) as refused:
        anonymise.count(line.client_id, "ages", RECIPE, EVERYTHING, most=5)
    assert refused.value.data == {"count": 6, "most": 5}
    assert not PermitRecord.objects.filter(permit__principal="job:anonymisation").exists()


def call(line: Line, at: int, *, of: Customer | None = None, minutes: int = 4, days: int = 0) -> Call:
    began = clock.now() - timedelta(days=days)
    with client_scope(line.client_id):
        subject = of.subject if of else new_subject(line.client_id, Subject.Kind.CALLER)
        made = Call.objects.create(
            client_id=line.client_id,
            line=line,
            reference=uuid4().bytes * 2,
            direction="inbound",
            started_at=began,
            admitted_at=began,
            duration_ms=minutes * 60_000,
            customer=of,
        )
        Leg.objects.create(client_id=line.client_id, call=made, party=Leg.Party.CALLER, subject=subject)
        put_fields(
            basis_for(line),
            category="call_metadata",
            subject=subject,
            fields=[("caller", "1"), ("call_id", f"A{at}")],
            place=Place(call=made),
        )
    return made


CALLS = Recipe("calls", (Column("direction", "quasi", "each"), Column("duration", "sensitive", "bands")), k=3)


def test_calls_count_people_and_not_calls(people, line, officer):
    for at in range(4):
        call(line, at, of=people[0])
    with pytest.raises(NotReached) as refused:
        propose(line, officer, CALLS)
    assert (refused.value.data["people"], refused.value.data["smallest"]) == (1, 1)
    for at, one in enumerate(people[1:4]):
        call(line, 10 + at, of=one, minutes=30)
    call(line, 20)
    made = released(line, officer, CALLS)
    assert rules.dataset(made.made_of, made.groups).decode().splitlines()[1:] == ["inbound,20+,3", "inbound,<5,2"]


def test_calls_of_other_days_are_another_release_and_of_the_same_days_are_compared(people, line, officer):
    today = clock.now().date()
    early = Scope(today - timedelta(days=9), today - timedelta(days=3))
    late = Scope(today - timedelta(days=3), today + timedelta(days=1))
    asked = Recipe("calls", (Column("direction", "quasi", "each"),), k=3)
    for at, one in enumerate(people[:4]):
        call(line, at, of=one, days=5)
        call(line, 10 + at, of=one, days=1)
    call(line, 30, days=1)
    released(line, officer, asked, early)
    assert released(line, officer, asked, late).found.people == 5
    with pytest.raises(Isolates):
        propose(line, officer, asked, Scope(today - timedelta(days=9), today + timedelta(days=1)))


def test_a_call_of_somebody_on_hold_is_not_counted(people, line):
    for at, one in enumerate(people):
        call(line, at, of=one)
    call(line, 9)
    assert counted(line, CALLS) == (7, {})
    held(people[0])
    assert counted(line, CALLS) == (6, {"on_hold": 1})


# At the end of a retention rule


def at_end(line: Line, by: User, recipe: Recipe = RECIPE, *, category: str = "identity") -> EndRecipe:
    rule = RetentionRule.objects.get(line=line, category=category, purpose="service")
    one = releases.ask_at_end(line.client_id, rule, recipe, "ages", by=by, reason="Figures for planning.")
    approvals.approve(one.approval, by=person("security_administrator"))
    approvals.execute(one.approval, acts.standing(one), by=by)
    return EndRecipe.objects.get(pk=one.pk)


@pytest.fixture
def near(monkeypatch) -> Callable[[], None]:
    """`near()` brings the end of every bucket near."""
    return lambda: monkeypatch.setattr(counted_ends, "AHEAD", timedelta(days=400))


def end_buckets(line: Line) -> None:
    with client_scope(line.client_id):
        far = clock.now().date() + timedelta(days=400)
        assert destroy_buckets(buckets_over(line.client_id, today=far), actor="system")


def test_what_is_about_to_end_is_counted_once_and_ends_as_it_would_have(people, line, officer, near):
    one = at_end(line, officer)
    assert counted_ends.look() == 0
    near()
    assert counted_ends.look() == 1
    assert counted_ends.look() == 0
    made = Release.objects.get()
    assert (made.state, made.at_end_id, made.found.people) == ("released", one.pk, 6)
    end_buckets(line)
    assert counted_ends.look() == 0
    told = BucketCounted.objects.get()
    assert (told.release_id, told.against) == (made.pk, [])


def test_the_look_comes_before_the_first_record_of_a_bucket_ends(people, line, officer):
    """A bucket's records are due within the week before its key ends."""
    at_end(line, officer)
    with client_scope(line.client_id):
        record = Record.objects.select_related("bucket").filter(category="identity").order_by("due_at").first()
    week = timedelta(days=7)
    assert record.due_at.date() > record.bucket.expires_on - week - timedelta(days=1)
    assert week < counted_ends.AHEAD


def test_what_is_not_anonymous_just_ends_and_that_is_said(people, line, officer, entries, near):
    customer(line, 7, born=1950)
    at_end(line, officer)
    near()
    assert counted_ends.look() == 0
    assert counted_ends.look() == 0
    assert not Release.objects.exists()
    assert BucketCounted.objects.get().against == ["k_not_reached"]
    said = [entry for entry in entries if entry.event == Event.ANONYMISATION_BUCKET_COUNTED]
    assert [(entry.decision, entry.reasons) for entry in said] == [("refuse", ("k_not_reached",))]


def test_what_ended_before_it_could_be_counted_is_said_too(people, line, officer):
    at_end(line, officer)
    end_buckets(line)
    assert counted_ends.look() == 0
    assert {tuple(one.against) for one in BucketCounted.objects.all()} == {("ended_uncounted",)}


def test_no_key_no_count_and_the_next_look_tries_again(people, line, officer, monkeypatch, near):
    at_end(line, officer)
    near()

    def down(*_args, **_more):
        raise Unavailable("keeper_unavailable", "The keeper does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(anonymise, "gather", down)
        assert counted_ends.look() == 0
    assert not BucketCounted.objects.exists()
    assert counted_ends.look() == 1


def test_a_recipe_counts_nothing_before_two_have_decided_and_after_it_was_ended(people, line, officer, near):
    near()
    rule = RetentionRule.objects.get(line=line, category="identity", purpose="service")
    asked = releases.ask_at_end(line.client_id, rule, RECIPE, "ages", by=officer, reason="Figures.")
    with pytest.raises(Conflict):
        releases.ask_at_end(line.client_id, rule, RECIPE, "ages", by=officer, reason="Figures.")
    with pytest.raises(Refused):
        approvals.approve(asked.approval, by=officer)
    assert counted_ends.look() == 0
    releases.end_at_end(asked, actor=officer.actor)
    one = at_end(line, officer)
    releases.end_at_end(one, actor=officer.actor)
    assert counted_ends.look() == 0


def test_a_recipe_fits_its_rule(people, line, officer):
    rule = RetentionRule.objects.get(line=line, category="recording_original", purpose="service")
    with pytest.raises(InvalidInput):
        releases.ask_at_end(line.client_id, rule, RECIPE, "ages", by=officer, reason="Figures.")
