"""A month of a centre's life, in which personal values are typed into every field there is; then its leaves are read.

`make prove NAME=audit` lives thirty days (`CALLWARDEN_TEST_DAYS`), of so many clicks each; a test run lives one.
"""

from __future__ import annotations

import csv
import json
import os
import uuid
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from callwarden.custody.models import Call, Client, Customer, LedgerDetail, LedgerEntry, Line, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.doors.console.demo import ERRANDS
from callwarden.flows import mentions
from callwarden.flows.requests import erase, proving
from callwarden.kernel.columns import Column
from callwarden.kernel.models import User
from callwarden.lawful.requests.models import SubjectRequest
from tests.doors.console.centre.conftest import CUSTOMERS, write_ledger

from .leaves import guessed, ids_of, written_out
from .visitors import Visitor

pytestmark = pytest.mark.usefixtures("db")
DAYS = int(os.environ.get("CALLWARDEN_TEST_DAYS", "1"))
CLICKS = int(os.environ.get("CALLWARDEN_TEST_CLICKS", "20"))
SEED = 20261129
PERSONAL = ("name", "phones", "emails", "id_number", "card_numbers", "address", "plate", "birth_date")


def known() -> list[str]:
    with CUSTOMERS.open(encoding="utf-8-sig") as rows:
        found = {one.strip() for row in csv.DictReader(rows) for name in PERSONAL for one in row[name].split(";")}
    return sorted(one for one in found if len(one.encode()) >= 7)


@pytest.fixture(scope="module")
def lived(centre: Client) -> tuple[list[bytes], set[str]]:
    """The leaves after the last day, and everything personal that was typed or taken in."""
    values = known()
    people = [Visitor(role, values, SEED + number) for number, role in enumerate(ERRANDS)]
    for _day in range(DAYS):
        for person in people:
            for _click in range(CLICKS):
                person.step()
    write_ledger()
    bodies = [bytes(body) for body in LedgerEntry.objects.order_by("index").values_list("body", flat=True)]
    typed = {value for person in people for value in person.typed} | set(values)
    told = {status: sum(person.statuses.count(status) for person in people) for status in (200, 302, 403, 422)}
    print(f"{len(bodies)} leaves, {len(typed)} values, answers {told}")
    return bodies, typed


def test_something_was_typed_and_something_put_on_record(lived):
    bodies, typed = lived
    assert len(typed) > 60
    events = {json.loads(body)["event"] for body in bodies}
    assert len(events) > 15, events
    assert any(json.loads(body).get("decision") == "refuse" for body in bodies)
    assert LedgerDetail.objects.exists()  # reasons were stated, and lie outside


def test_no_leaf_holds_a_personal_value_in_any_encoding(lived):
    bodies, typed = lived
    assert written_out(bodies, typed) == []


def test_no_leaf_holds_a_hash_that_a_list_of_numbers_undoes(lived):
    bodies, typed = lived
    assert guessed(bodies, typed, _salts()) == []


def test_the_search_finds_what_is_there(lived):
    """Without this, that nothing is found would say nothing."""
    import base64
    import hashlib
    import hmac

    bodies, typed = lived
    number = "13912345678"
    client = str(Client.objects.get().id).encode()
    planted = {
        "clear": b'{"count":1,"data":{"x":"' + number.encode() + b'"}}',
        "encoded": b'{"data":{"x":"' + base64.b64encode(number.encode()) + b'"}}',
    }
    for body in planted.values():
        assert written_out([*bodies, body], {*typed, number})
    for digest in (
        hashlib.md5(number.encode()).hexdigest(),
        hashlib.sha256(b"+86" + number.encode()).hexdigest()[:16],
        base64.b64encode(hashlib.sha1(number.encode()).digest()).decode(),
        hmac.new(client, number.encode(), "sha256").hexdigest(),
        str(uuid.uuid5(uuid.NAMESPACE_URL, number)),
    ):
        assert guessed([*bodies, json.dumps({"x": digest}).encode()], {number}, _salts()), digest


def _salts() -> list[bytes]:
    """What anybody who has the database may know of: ids and names of clients, lines and the log."""
    client = Client.objects.get()
    lines = Line.objects.values_list("id", "slug")
    return [
        str(client.id).encode(), client.id.bytes, client.slug.encode(),
        *(word.encode() for line in lines for word in map(str, line)),
    ]  # fmt: skip


def test_after_an_erasure_nothing_leads_from_a_leaf_to_the_person(lived, centre):
    bodies, _typed = lived
    with client_scope(centre.id):
        customer = Customer.objects.filter(subject__destroyed_at=None).order_by("subject__created_at").first()
        assert customer is not None
        subjects = set(Subject.objects.filter(links__person=customer.person_id).values_list("id", flat=True))
        theirs = {str(one) for one in subjects | {customer.id, customer.person_id}}
        theirs |= {str(one) for one in Record.objects.filter(subject__in=subjects).values_list("id", flat=True)}
        theirs |= {str(one) for one in Call.objects.filter(customer=customer).values_list("id", flat=True)}
        assert ids_of(bodies) & theirs, "the leaves speak of this person, or there would be nothing to show"
    for subject in subjects:
        mentions.erase_subject(centre.id, subject, actor="system", reason="request")
    with client_scope(centre.id):
        asked = SubjectRequest(client=centre, person_id=customer.person_id, customer=customer)
        erase._forget(asked, list(Subject.objects.filter(id__in=subjects)))
        proving._part(asked)
    write_ledger()
    after = [bytes(body) for body in LedgerEntry.objects.order_by("index").values_list("body", flat=True)]
    assert after[: len(bodies)] == bodies
    with client_scope(centre.id):
        emptied = Customer.objects.get(pk=customer.pk)
        assert bytes(emptied.number) != bytes(customer.number), "the number still leads to the person"
        # What stands there now is random: no number makes it.
        joined = {one for one in _joins(ids_of(after) & theirs) if one != "custody.Customer: number"}
        assert "; ".join(sorted(joined)) == ""


# Keyed tokens that stand for no person: of the call's own number, of a file that was handed in.
OF_NOBODY = {"custody.Call", "lawful.ConsentEvent", "custody.IntakeItem"}


def _joins(ids: set[str]) -> Iterator[str]:
    """Rows that hold one of these ids beside a token of a value, by which a number or a name leads to them."""
    wanted = {uuid.UUID(one) for one in ids}
    for model in apps.get_models():
        columns = getattr(model, "columns", None)
        if not isinstance(columns, dict) or model in {LedgerEntry, User} or model._meta.label in OF_NOBODY:
            continue
        telling = [name for name, kind in columns.items() if kind is Column.TOKEN]
        if not telling:
            continue
        named = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.UUIDField | models.ForeignKey)
        ]
        for row in model._default_manager.all():
            held = {getattr(row, name) for name in named} | {row.pk}
            if held & wanted and any(getattr(row, name) for name in telling):
                yield f"{model._meta.label}: {', '.join(name for name in telling if getattr(row, name))}"
