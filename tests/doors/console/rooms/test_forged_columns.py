"""The columns people find entries by, forged by the owner of the database past the trigger: each is found and named."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from callwarden.custody.ledger import columns
from callwarden.custody.models import LedgerEntry
from callwarden.flows import jobs, trail, verification
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from tests.flows.centre_of_controls import sequence
from tests.forging import another, forged
from tests.work import do_all

SUBJECT = UUID("11111111-2222-4333-8444-555555555555")


@pytest.fixture
def opened(person) -> int:
    """Position of an entry that fills every column."""
    with transaction.atomic():
        entry = journal.record(
            journal.Entry(
                event=Event.DISCLOSE_REVEAL, actor=str(uuid4()), client=uuid4(), call=uuid4(), subject=SUBJECT,
                purpose="service", decision="allow",
            )
        )  # fmt: skip
    sequence()
    return LedgerEntry.objects.get(entry=entry).index


def test_every_column_of_the_table_is_read_from_the_entry():
    """A column added later and left out here could be forged again."""
    assert {field.name for field in LedgerEntry._meta.fields} == {"index", "body", *columns.READ}


@pytest.mark.parametrize("column", columns.READ)
def test_a_forged_column_is_found_by_whoever_verifies_by_the_button_and_by_night(person, opened, column):
    auditor, fault = person("auditor"), f"row_changed:{opened}:{column}"
    sequence()
    assert trail.verify().faults == ()
    with forged(opened, column, another(getattr(LedgerEntry.objects.get(index=opened), column))):
        assert trail.verify().faults == (fault,)
        progress = auditor.post(reverse("console:verify"), headers={"HX-Request": "true"}).context["it"]
        jobs.verify_every_night.func(0)
        do_all()
    sequence()
    by_button, by_night = LedgerEntry.objects.filter(event=Event.LEDGER_VERIFIED).order_by("index")
    assert (by_button.actor, by_night.actor) == (auditor.user.actor, "job:watch")
    assert verification.latest().faults == (fault,)
    page = auditor.get(progress.href).content.decode()
    assert "The log does not hold" in page
    assert f"entry {opened}: the column “{column}”" in page


@pytest.mark.parametrize("column", ["call", "client", "subject"])
def test_an_entry_that_was_made_to_name_nobody_is_found(person, opened, column):
    with forged(opened, column, None):
        assert trail.verify().faults == (f"row_changed:{opened}:{column}",)


def test_evidence_found_by_a_forged_column_is_not_handed_out(person, opened):
    auditor = person("auditor")
    asked = {"purpose": "audit", "reason": "The court asked.", "filter-subject": str(SUBJECT)}
    with forged(opened, "actor", "system"):
        answer = auditor.post(reverse("console:ledger_evidence"), asked)
        assert answer.status_code == 409
        assert f"entry {opened} says something else than the entry in the column “actor”" in answer.content.decode()
    sequence()
    assert not LedgerEntry.objects.filter(event=Event.LEDGER_EVIDENCE_TAKEN).exists()
