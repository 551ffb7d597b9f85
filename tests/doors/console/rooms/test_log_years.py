"""The years of the operation log: what each is, how it is taken away, and its end by two people."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.urls import reverse

from callwarden.custody.ledger import expiry, heads, years
from callwarden.custody.models import LedgerEntry, LedgerPending, LedgerYear
from callwarden.engines.ledger import verifier
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval
from tests.custody.ledger.test_expiry import as_sequencer
from tests.doors.console.rooms.conftest import ROLES
from tests.doors.console.rooms.test_two_people import approve, carry_out
from tests.flows.centre_of_controls import sequence

PAGE = "/audit/years/"
SEES = {"data_protection_officer", "security_administrator", "auditor"}
ASKS = {"data_protection_officer", "security_administrator"}
WHY = {"purpose": "audit", "reason": "The yearly audit asked for it."}


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def old(centre, settings, tmp_path, monkeypatch) -> LedgerYear:
    """A year of 300 entries that ended in 2021, and the one that goes on."""
    settings.DATA_DIR, settings.LEDGER_SINKS, settings.LEDGER_RETENTION_DAYS = tmp_path, [], 1
    settings.DEMO = True  # no place for heads is asked for
    settings.LEDGER_LAG_SECONDS = 10**9  # entries wait while nobody sequences
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    LedgerPending.objects.all().delete()
    with clock.frozen(datetime(2021, 12, 31, tzinfo=UTC)) as time:
        with transaction.atomic():
            for number in range(300):
                journal.record(journal.Entry(event=Event.LEDGER_VERIFIED, actor="system", count=number))
        sequence()
        time.set(datetime(2022, 1, 1, tzinfo=UTC))
        with transaction.atomic():
            journal.record(journal.Entry(event=Event.LEDGER_VERIFIED, actor="system"))
        sequence()
    return heads.years()[0]


@pytest.mark.parametrize("role", ROLES)
def test_it_opens_to_those_who_prove_and_only_those_who_decide_ask(person, role, old):
    somebody = person(role)
    assert somebody.get(PAGE).status_code == (200 if role in SEES else 403)
    erase = reverse("console:ledger_year_erase", args=[2021])
    assert somebody.get(erase).status_code == (200 if role in ASKS else 403)
    if role not in ASKS:
        assert somebody.post(erase, {"reason": "Its time is over."}).status_code == 403
        assert erase not in (text(somebody.get(PAGE)) if role in SEES else "")
    assert not Approval.objects.exists()


def test_each_year_says_what_it_is(person, old):
    page = text(person("auditor").get(PAGE))
    head = heads.last_of(old)
    for told in (old.origin, heads.years()[1].origin, old.key, "301", bytes(head.root).hex()):
        assert told in page, told
    assert page.index('id="year-2022"') < page.index('id="year-2021"'), "the newest first"
    assert "Sealed" in page
    assert "Goes on" in page
    assert "its time is over" in page


def test_before_the_first_entry_it_says_what_to_expect(person, centre):
    LedgerYear.objects.all().delete()
    assert "No year has begun yet" in text(person("auditor").get(PAGE))


def test_an_old_year_goes_by_two_people_and_the_page_says_how_far_it_is(person, old):
    officer, security = person("data_protection_officer"), person("security_administrator")
    erase = reverse("console:ledger_year_erase", args=[2021])
    assert "2021" in text(officer.get(erase))
    assert officer.post(erase, {"reason": "  "}).status_code == 422
    officer.post(erase, {"reason": "Its time is over."})
    asked = Approval.objects.get()
    page = text(officer.get(PAGE))
    assert reverse("console:approval", args=[asked.pk]) in page
    assert erase not in page, "asked for once"
    assert LedgerEntry.objects.filter(index__lt=301).count() == 301
    approve(officer, asked)
    carry_out(officer, asked)
    assert LedgerYear.objects.get(pk=2021).erasure_approved_at is None, "nobody does it alone"
    approve(security, asked)
    carry_out(officer, asked)
    assert "Being destroyed" in text(officer.get(PAGE))
    as_sequencer(expiry.carry_out)
    sequence()
    page = text(officer.get(PAGE))
    assert "Destroyed" in page
    assert bytes(heads.last_of(old).root).hex() in page, "its head stays"
    assert erase not in page
    assert reverse("console:ledger_year_export", args=[2021]) not in page


def test_a_year_that_must_be_kept_or_goes_on_or_never_was_is_not_asked_for(person, old, settings):
    officer = person("data_protection_officer")
    settings.LEDGER_RETENTION_DAYS = 36_500
    for year in (2021, 2022):
        erase = reverse("console:ledger_year_erase", args=[year])
        assert erase not in text(officer.get(PAGE))
        assert officer.post(erase, {"reason": "Its time is over."}).status_code in {302, 409, 422}
    assert officer.post(reverse("console:ledger_year_erase", args=[1999]), {"reason": "x"}).status_code == 404
    assert not Approval.objects.exists()


def test_one_year_is_taken_away_on_record_and_verifies_by_its_own_key(person, old, tmp_path):
    auditor = person("auditor")
    export = reverse("console:ledger_year_export", args=[2021])
    assert export in text(auditor.get(PAGE))
    assert auditor.get(export).status_code == 200
    assert auditor.post(export, {"purpose": "audit", "reason": ""}).status_code == 422
    answer = auditor.post(export, WHY)
    with tarfile.open(fileobj=io.BytesIO(b"".join(answer.streaming_content))) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    (folder,) = (tmp_path / "out").iterdir()
    report = verifier.check(folder / "ledger", [(folder / "verifier.key").read_text().strip()])
    assert report.verified, report.faults
    assert (report.origin, report.size) == (old.origin, 301)
    told = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    (entry,) = [one for one in told if one["event"] == "disclose:record:export"]
    assert entry["data"]["ledger"] == "2021"


def test_a_year_without_entries_any_more_is_not_taken_away(person, old):
    LedgerYear.objects.filter(pk=2021).update(erased_at=clock.now())
    answer = person("auditor").post(reverse("console:ledger_year_export", args=[2021]), WHY)
    assert answer.status_code == 404
