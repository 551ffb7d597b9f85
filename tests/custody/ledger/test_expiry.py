"""An old year of the log goes whole, after its time, when two people have said so; its head stays for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from callwarden.control.log_years import acts
from callwarden.custody.ledger import expiry, heads, sequencer, years
from callwarden.custody.models import Checkpoint, LedgerDetail, LedgerEntry, LedgerYear
from callwarden.engines.ledger import years_verifier
from callwarden.flows import trail
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.errors import CallwardenError, Conflict
from callwarden.kernel.events import Event
from callwarden.kernel.models import User


@pytest.fixture
def old(write, sequence, monkeypatch, log_folder, settings) -> LedgerYear:
    """A year of 300 entries that ended in 2021, and the one that goes on."""
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    settings.LEDGER_RETENTION_DAYS = 1
    with clock.frozen(datetime(2021, 12, 31, tzinfo=UTC)) as time:
        write(300)
        sequence()
        time.set(datetime(2022, 1, 1, tzinfo=UTC))
        write(2)
        sequence()
    return heads.years()[0]


@pytest.fixture
def people(keeper) -> tuple[User, User]:
    return (
        User.objects.create(username="first", roles=["data_protection_officer"]),
        User.objects.create(username="second", roles=["security_administrator"]),
    )


def as_sequencer(act: Callable[[], object]) -> None:
    """By the rights of the sequencer's account alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE cw_sequencer")
        try:
            act()
        finally:
            cursor.execute("RESET ROLE")


def given_up(year: LedgerYear, people: tuple[User, User]) -> None:
    act = acts.erasure(year)
    asked = approvals.request(act, requester=people[0], reason="Its time is over.")
    with pytest.raises(CallwardenError):
        approvals.approve(asked.pk, by=people[0])
    approvals.approve(asked.pk, by=people[1])
    approvals.execute(asked.pk, act, by=people[0])


def test_two_people_destroy_an_old_year_and_its_head_stays(old, people, sequence, tmp_path, settings):
    settings.DEMO = True  # no place for heads is asked for
    before = trail.verify()
    assert before.faults == ()
    LedgerDetail.objects.create(entry=LedgerEntry.objects.get(index=3).entry, commitment_key=b"k" * 32, blob=b"sealed")
    head = heads.last_of(old)
    given_up(old, people)
    assert LedgerEntry.objects.filter(index__lt=301).count() == 301  # decided, and not yet done
    as_sequencer(expiry.carry_out)
    sequence()
    assert not LedgerEntry.objects.filter(index__lt=301).exists()
    assert not LedgerDetail.objects.filter(blob=b"sealed").exists()
    assert not (heads.home(old) / "tiles" / "tile").exists()
    assert heads.last_of(old).note == head.note
    assert trail.verify().faults == ()
    trail.export(tmp_path / "out")
    report = years_verifier.check(tmp_path / "out", [heads.years()[-1].key])
    assert report.verified, report.faults
    assert report.erased == ["2021"]
    assert trail.proof(302)
    with pytest.raises(CallwardenError):
        trail.proof(3)


def test_a_year_that_must_be_kept_or_goes_on_is_not_asked_for(old, settings):
    with pytest.raises(Conflict):
        acts.erasure(heads.years()[-1])
    settings.LEDGER_RETENTION_DAYS = 36_500
    with pytest.raises(Conflict):
        acts.erasure(old)
    settings.LEDGER_RETENTION_DAYS = 1
    with clock.frozen(datetime(2024, 12, 31, tzinfo=UTC)), pytest.raises(Conflict):
        acts.erasure(old)  # less than the law's three years, whatever the setting says


def test_a_decision_that_names_another_head_destroys_nothing(old, people, settings):
    settings.DEMO = True
    act = acts.erasure(old)
    asked = approvals.request(act, requester=people[0], reason="Its time is over.")
    approvals.approve(asked.pk, by=people[1])
    Checkpoint.objects.filter(size=301).update(root=b"x" * 32)
    with pytest.raises(CallwardenError):
        approvals.execute(asked.pk, act, by=people[0])
    assert LedgerYear.objects.get(pk=2021).erasure_approved_at is None


@pytest.mark.parametrize("role", ["cw_app", "cw_sequencer", "cw_keeper"])
def test_the_database_gives_no_row_up_before_that(old, role):
    """Nor one of a young year though somebody marked it."""
    LedgerYear.objects.filter(pk=2022).update(erasure_approved_at=clock.now())
    for where in ("index = 3", "index = 302", "true"):
        with pytest.raises(DatabaseError):
            _delete(role, where)
    assert LedgerEntry.objects.count() == 304


def _delete(role: str, where: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(f"DELETE FROM custody_ledgerentry WHERE {where}")


def test_cut_off_in_the_middle_it_goes_on(old, people, sequence, settings, monkeypatch):
    settings.DEMO = True
    given_up(old, people)
    monkeypatch.setattr(expiry, "PIECE", 50)
    clear, left = expiry.connection.cursor, [4]

    def cursor() -> object:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return clear()

    with monkeypatch.context() as patch:
        patch.setattr(expiry.connection, "cursor", cursor)
        with pytest.raises(KeyboardInterrupt):
            as_sequencer(expiry.carry_out)
    assert 0 < LedgerEntry.objects.filter(index__lt=301).count() < 301 or left[0] < 0
    as_sequencer(expiry.carry_out)
    sequence()
    assert not LedgerEntry.objects.filter(index__lt=301).exists()
    assert LedgerEntry.objects.filter(event="ledger:year:erased").count() == 1
    assert trail.verify().faults == ()


def test_what_tells_of_a_year_that_was_destroyed_by_hand_is_missing(old, sequence):
    """Rows and tiles taken away by whoever rules the database, and no entry of it."""
    LedgerYear.objects.filter(pk=2021).update(erased_at=clock.now())
    expiry.heads.tiles(old).clear()
    assert "year_not_erased" in trail.verify().faults
    journal_entry = journal.Entry(event=Event.LEDGER_VERIFIED, actor="system")
    with transaction.atomic():
        journal.record(journal_entry)
    sequence()
    assert sequencer.verifier_key() == heads.years()[-1].key
