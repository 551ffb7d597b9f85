"""Who reads the operation log stands in it: once for an enquiry, before a row is shown, without what was sought."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from callwarden.custody.models import LedgerEntry, LedgerPending
from callwarden.doors.console.audit import enquiry
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Unavailable
from callwarden.kernel.events import Event
from tests.flows.centre_of_controls import sequence

AUDIT = reverse("console:audit")


@pytest.fixture
def entry(person) -> int:
    with transaction.atomic():
        for _each in range(60):
            written = journal.record(journal.Entry(event=Event.HOLD_SET, actor="system"))
    sequence()
    return LedgerEntry.objects.get(entry=written).index


def readings() -> list[dict[str, Any]]:
    bodies = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    return [body for body in bodies if body["event"] == "ledger:log:read"]


def test_an_enquiry_is_entered_with_who_and_which_filters_and_never_what_was_sought(person, entry):
    auditor, sought = person("auditor"), str(uuid4())
    assert auditor.get(AUDIT, {"subject": sought, "decision": "allow"}).status_code == 200
    (read,) = readings()
    assert read["actor"] == auditor.user.actor
    assert read["fields"] == ["decision", "subject"]
    assert (read["count"], read["data"]) == (0, {"part": "list"})
    assert sought not in json.dumps(read)
    assert sought not in json.dumps(dict(auditor.browser.session))


def test_turning_pages_is_the_same_enquiry_and_other_filters_are_another(person, entry):
    auditor = person("auditor")
    for page in (1, 2, 3, 1):
        assert auditor.get(AUDIT, {"event": str(Event.HOLD_SET), "page": page}).status_code == 200
    assert [read["count"] for read in readings()] == [25]
    auditor.get(AUDIT, {"event": str(Event.REDACTION_DONE), "page": 2})
    auditor.get(AUDIT, {"page": 2})
    assert [read.get("fields") for read in readings()] == [["event"], ["event"], None]


def test_a_second_person_and_a_later_hour_are_enquiries_of_their_own(person, entry):
    first, second = person("auditor"), person("auditor")
    for who in (first, second, first):
        who.get(AUDIT)
    assert [read["actor"] for read in readings()] == [first.user.actor, second.user.actor]
    session = first.browser.session
    session[enquiry.NAME] = {code: at - enquiry.LASTS for code, at in session[enquiry.NAME].items()}
    session.save()
    first.get(AUDIT)
    assert len(readings()) == 3


def test_one_entry_and_its_proof_are_entered_with_its_number(person, entry):
    auditor = person("auditor")
    for name in ("entry", "entry", "proof"):
        assert auditor.get(reverse(f"console:{name}", args=[entry])).status_code == 200
    assert [read["data"] for read in readings()] == [
        {"part": "entry", "index": entry},
        {"part": "proof", "index": entry},
    ]


def test_the_review_of_use_is_read_on_record(person, entry):
    officer = person("data_protection_officer")
    assert officer.get(reverse("console:usage")).status_code == 200
    assert [(read["actor"], read["data"]["part"]) for read in readings()] == [(officer.user.actor, "usage")]


@pytest.mark.parametrize("name", ["audit", "entry", "proof", "usage"])
def test_what_cannot_be_entered_is_not_shown(person, entry, name):
    auditor = person("auditor")
    address = reverse(f"console:{name}", args=[entry] if name in ("entry", "proof") else [])

    def broken(_entry: journal.Entry) -> Any:
        raise Unavailable("ledger_unavailable", "Down.")

    with journal.using(broken):
        answer = auditor.get(address)
    assert answer.status_code == 503
    assert str(Event.HOLD_SET) not in answer.content.decode()
    assert auditor.get(address).status_code == 200, "a failed one does not count as entered"
    assert len(readings()) == 1


def test_nobody_asks_so_much_at_once_that_reading_goes_unentered(person, entry):
    auditor = person("auditor")
    for index in range(enquiry.MOST + 2):
        auditor.get(AUDIT, {"subject": str(UUID(int=index + 1))})
    before = len(readings())
    assert before == enquiry.MOST + 2
    auditor.get(AUDIT, {"subject": str(UUID(int=1))})
    assert len(readings()) == before + 1
    assert len(auditor.browser.session[enquiry.NAME]) == enquiry.MOST
    assert clock.now().timestamp() - max(auditor.browser.session[enquiry.NAME].values()) < 60
