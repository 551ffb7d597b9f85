"""Pages people see rarely and in earnest, in a real browser: ending an epoch early, a restored store, what was left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test.utils import override_settings
from django.urls import reverse

from callwarden.custody.models import Client, Epoch, ResidueScan
from callwarden.custody.scope import client_scope
from callwarden.flows.residue import NotCovered, Place, Replica, ScanReport, note
from callwarden.kernel import clock
from callwarden.kernel.models import Outcome
from callwarden.protection.backup.models import Restore
from callwarden.protection.keys import epochs, runs
from tests.doors.console.centre.test_in_browser import served, visit
from tests.doors.console.test_gallery import violations

__all__ = ["served", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo centre")]

KEPT = os.environ.get("CALLWARDEN_TEST_SCREENSHOTS", "")
LOOKS = [(1280, "light", "en"), (390, "dark", "zh-hans")]
OFFICER = "data_protection_officer"


@pytest.fixture
def retired(centre: Client, db: None) -> Epoch:
    """An epoch whose keys have moved on and that is kept for its overlap."""
    with client_scope(centre.id):
        old = Epoch.objects.filter(client=centre, state=Epoch.State.RETIRED).first()
    if old is None:
        run = epochs.start_turn(centre.pk, actor="job:keys")
        runs.carry_on(run.pk, seconds=60)
        with client_scope(centre.id):
            old = Epoch.objects.get(client=centre, state=Epoch.State.RETIRED)
    return old


@pytest.fixture
def restored(db: None) -> Iterator[Restore]:
    row = Restore.objects.create(
        backup="20261128T021500Z-4f1c",
        made_at=clock.now() - timedelta(days=1),
        restored_at=clock.now(),
        ledger_size=40217,
        ledger_root="ab" * 32,
        old_origin="callwarden.example/a",
        new_origin="callwarden.example/b",
    )
    yield row
    row.delete()


@pytest.fixture
def searched(centre: Client, db: None) -> Iterator[ResidueScan]:
    """A search that found something, and could not look everywhere."""
    replicas = (
        Replica("tables", Outcome.PASS, bytes=5_457_198, rows=26_944, traces=11, control=True),
        Replica("search_index", Outcome.PASS, bytes=147, rows=1, control=True),
        Replica(
            "caches", Outcome.PASS, bytes=173, rows=1, control=True,
            not_covered=(NotCovered("memory_of_the_keeper", "forgets_by_itself", 1),),
        ),
        Replica(
            "database_files", Outcome.PASS, bytes=44_607_947, rows=2088, control=True,
            lingering=(Place("cluster:base", "token", "raw", 3), Place("cluster:base", "ciphertext", "raw", 4)),
        ),
        Replica(
            "write_ahead_log", Outcome.NOT_MEASURED, control=None,
            not_covered=(NotCovered("write_ahead_log", "not_readable"),),
        ),
        Replica(
            "temporary", Outcome.FAIL, bytes=1999, rows=4, control=True,
            found=(Place("temporary:tmp", "value", "utf-8 compressed", 1),),
        ),
        Replica("exports", Outcome.NOT_APPLICABLE),
        Replica(
            "backups", Outcome.PASS, rows=3, control=True,
            not_covered=(NotCovered("backups", "end_with_their_keys", 3),),
        ),
    )  # fmt: skip
    now = clock.now()
    report = ScanReport(
        scan=uuid4(),
        client=centre.pk,
        subjects=(uuid4(),),
        started_at=now - timedelta(seconds=7),
        finished_at=now,
        values_known=True,
        marks={"value": 4, "id": 8},
        replicas=replicas,
        ends_on=(now + timedelta(days=40)).date(),
    )
    row = note(report, actor="job:erasure")
    yield row
    row.delete()


def looked_at(watched, path: str, name: str, *, status: int = 200) -> list[str]:
    page = watched.page
    answer = page.goto(watched.address + path, wait_until="networkidle")
    assert answer is not None
    assert answer.status == status
    # The checker itself brings styles that the content policy refuses, so what the page complains of is read first.
    assert watched.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways"
    if KEPT:
        page.screenshot(path=Path(KEPT) / f"{name}.png", full_page=True)
    return violations(page)


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_the_form_that_ends_an_epoch_early_is_clean(visit, retired, width, scheme, language):
    watched = visit(OFFICER, width=width, scheme=scheme, language=language)
    path = reverse("console:keys_end", args=[retired.pk])
    assert looked_at(watched, path, f"end-{width}-{scheme}-{language}") == []
    watched.page.locator("form.card button[type=submit]").click()
    watched.page.wait_for_load_state("networkidle")
    assert violations(watched.page) == [], "with its errors"
    if KEPT:
        watched.page.screenshot(path=Path(KEPT) / f"end-errors-{width}-{scheme}-{language}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_the_notice_of_a_restored_store_is_clean_and_reachable_while_it_is_closed(
    visit, restored, width, scheme, language
):
    watched = visit(OFFICER, width=width, scheme=scheme, language=language)
    with override_settings(CLOSED=True):
        assert looked_at(watched, "/protection/backups/", f"restored-{width}-{scheme}-{language}") == []
        assert watched.page.locator("#unopened-title").count() == 1
        closed = looked_at(watched, "/calls/", f"closed-{width}-{scheme}-{language}", status=503)
        assert closed == []
        watched.page.locator(".error-actions a").first.click()
        assert watched.page.url.endswith("/approvals/")


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_searches_after_erasures_are_clean(visit, searched, width, scheme, language):
    watched = visit(OFFICER, width=width, scheme=scheme, language=language)
    assert looked_at(watched, "/protection/erasures/", f"searches-{width}-{scheme}-{language}") == []
    watched.page.locator(f"a[href*='{searched.pk}']").first.click()
    watched.page.wait_for_load_state("networkidle")
    path = reverse("console:residue_scan", args=[searched.pk])
    assert looked_at(watched, path, f"search-{width}-{scheme}-{language}") == []
