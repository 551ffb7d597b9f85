"""The backups' page tells what stands and what does not, and lets those who keep the site practise a restore."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from callwarden.doors.console.backups.charts import HEIGHT, Columns
from callwarden.kernel import clock
from callwarden.kernel.models import Approval
from callwarden.protection.backup.models import Backup, Drill, Restore

PAGE = "/protection/backups/"


def text(answer) -> str:
    return answer.content.decode()


def copied(kind: str = Backup.Kind.DATA, *, ago: timedelta = timedelta(hours=1), **more: object) -> Backup:
    at = clock.now() - ago
    given = {"state": Backup.State.DONE, "name": "copy-1", "size": 5 << 20, "finished_at": at + timedelta(seconds=9)}
    return Backup.objects.create(kind=kind, started_at=at, **{**given, **more})


def drilled(*, passed: bool = True, rpo: float = 1.5, rto: float = 40.0) -> Drill:
    at = clock.now() - timedelta(hours=2)
    outcome = "pass" if passed else "fail"
    return Drill.objects.create(
        state=Drill.State.PASSED if passed else Drill.State.FAILED,
        by="job:drill",
        asked_at=at,
        started_at=at,
        finished_at=at + timedelta(minutes=1),
        rpo_seconds=rpo,
        rto_seconds=rto,
        backup="copy-1",
        checks=[{"check": "ledger", "outcome": outcome, "measured": {"size": 41, "root": "ab" * 32}}],
        evidence="sha256:" + "cd" * 32,
    )


def test_a_site_without_a_copy_says_so_and_shows_no_pass(person):
    page = text(person("auditor").get(PAGE))
    assert page.count("None was made yet.") == 3
    assert "tone-pass" not in page.split('class="tiles"')[1].split("<section")[0]


def test_fresh_copies_and_a_passed_drill_are_shown_as_such(person):
    copied()
    copied(Backup.Kind.KEYS)
    drilled()
    tiles = text(person("auditor").get(PAGE)).split('class="tiles"')[1].split("<section")[0]
    assert tiles.count("tile tone-pass") == 3
    assert "5.0\xa0MB" in tiles


def test_a_copy_of_yesterday_is_overdue_and_a_failed_one_counts_for_nothing(person):
    copied(ago=timedelta(hours=30))
    copied(state=Backup.State.FAILED, reason="verify_failed", ago=timedelta(hours=1))
    page = text(person("auditor").get(PAGE))
    tiles = page.split('class="tiles"')[1].split("<section")[0]
    assert "Overdue" in tiles
    assert "tone-pass" not in tiles
    assert "PostgreSQL found the copied database damaged" in page


def test_an_error_that_needs_details_is_never_shown_with_holes(person):
    copied(state=Backup.State.FAILED, reason="backup_damaged")
    assert "%(part)s" not in text(person("auditor").get(PAGE))


def test_a_drill_is_asked_for_once_and_its_evidence_can_be_read(person):
    keeper = person("system_administrator")
    path = reverse("console:drill_start")
    assert "has been asked for" in text(keeper.post(path, follow=True))
    assert Drill.objects.get().by == keeper.user.actor
    assert "waits or runs already" in text(keeper.post(path, follow=True))
    Drill.objects.all().delete()
    page = text(keeper.get(reverse("console:drill", args=[drilled(passed=False).pk])))
    assert "The operation log has the root that was signed" in page
    assert "sha256:" + "cd" * 32 in page
    assert "Failed" in page


def test_an_auditor_looks_and_does_not_practise(person):
    assert reverse("console:drill_start") not in text(person("auditor").get(PAGE))
    assert person("auditor").post(reverse("console:drill_start")).status_code == 403
    assert not Drill.objects.exists()


def test_a_restored_store_is_told_and_its_opening_asked_for_with_a_reason(person):
    Restore.objects.create(
        backup="copy-1",
        made_at=clock.now() - timedelta(days=1),
        restored_at=clock.now(),
        ledger_size=41,
        ledger_root="ab" * 32,
        old_origin="ledger-a",
        new_origin="ledger-b",
    )
    officer = person("data_protection_officer")
    assert "is not open yet" in text(officer.get(PAGE))
    assert "Say why" in text(officer.post(reverse("console:restore_ask"), {"reason": " "}, follow=True))
    assert not Approval.objects.exists()
    officer.post(reverse("console:restore_ask"), {"reason": "the host was lost"})
    assert Approval.objects.get().parameters["ledger_size"] == 41
    assert Restore.objects.get().opened_at is None


def test_there_is_nothing_to_open_where_nothing_was_restored(person):
    answer = person("security_administrator").post(reverse("console:restore_ask"), {"reason": "so"}, follow=True)
    assert "Nothing restored waits" in text(answer)


@pytest.mark.parametrize("seconds", [[0.0], [0.5, 4.0, 5.0, 9.0], [3.0] * 60])
def test_columns_stay_within_the_drawing_and_keep_their_proportions(seconds):
    chart = Columns("rpo", "Lost at most", [(clock.now(), one) for one in seconds], limit=5.0)
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 1e-9 for bar in chart.bars)
    assert chart.bars[-1].x + 6 <= chart.width
    assert 0 < chart.line < HEIGHT
    for bar in chart.bars:
        assert bar.seconds <= 5.0 or bar.y < chart.line
