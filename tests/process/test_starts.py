"""Starts, stops, changed settings and failing jobs stand in the operation log."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from procrastinate.exceptions import JobAborted
from pytest_django import Settings

from callwarden.custody.models import LedgerPending
from callwarden.site import entries, failing
from callwarden.site.accounts import current
from callwarden.site.layout import Accounts, Layout
from callwarden.site.processes import KEEPER, SYSLOG, WEB, Site
from callwarden.site.starts import FILE, Starting

SECRET = "hunter2-13912345678"


def written() -> list[dict[str, Any]]:
    return [json.loads(bytes(row)) for row in LedgerPending.objects.order_by("id").values_list("body", flat=True)]


def events() -> list[str]:
    return [entry["event"] for entry in written()]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name in [name for name in os.environ if name.startswith("CALLWARDEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CALLWARDEN_METRICS_TOKEN", SECRET)
    return Site(Layout(tmp_path), Accounts(current(), current()), "")


def test_a_first_start_names_every_setting_and_no_value(site: Site) -> None:
    first = Starting.of(site, (KEEPER, WEB, SYSLOG))
    assert not first.known
    assert {"CALLWARDEN_METRICS_TOKEN", "--port", "version"} <= set(first.changed)
    assert first.processes == ("keeper", "web"), "who does not listen does not run"
    first.done()
    kept = (site.layout.data / FILE).read_text()
    assert SECRET not in kept
    assert (site.layout.data / FILE).stat().st_mode & 0o077 == 0
    assert SECRET not in " ".join(first.entry().command(site))


def test_a_start_like_the_last_one_changes_nothing_and_any_other_is_named(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tmp_path / "siem.yaml"
    names.write_text("first")
    monkeypatch.setenv("CALLWARDEN_SIEM_FILE", str(names))
    Starting.of(site, (WEB,)).done()
    assert Starting.of(site, (WEB,)).changed == ()
    monkeypatch.setenv("CALLWARDEN_LEDGER_LAG_SECONDS", "9000")
    assert Starting.of(site, (WEB,)).changed == ("CALLWARDEN_LEDGER_LAG_SECONDS",)
    monkeypatch.delenv("CALLWARDEN_LEDGER_LAG_SECONDS")
    names.write_text("second")
    assert Starting.of(replace(site, port=1234), (WEB,)).changed == ("--port", "CALLWARDEN_SIEM_FILE")
    monkeypatch.delenv("CALLWARDEN_METRICS_TOKEN")
    assert "CALLWARDEN_METRICS_TOKEN" in Starting.of(site, (WEB,)).changed, "taking one away changes it too"


def test_taking_the_file_away_hides_nothing(site: Site) -> None:
    Starting.of(site, (WEB,)).done()
    (site.layout.data / FILE).unlink()
    again = Starting.of(site, (WEB,))
    assert not again.known
    assert "CALLWARDEN_METRICS_TOKEN" in again.changed


def test_the_passphrase_of_the_root_is_not_looked_at(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("one")
    monkeypatch.setenv("CALLWARDEN_PASSPHRASE_FILE", str(secret))
    Starting.of(site, (WEB,)).done()
    secret.write_text("two")
    assert Starting.of(site, (WEB,)).changed == ()


def test_a_run_that_was_cut_off_is_seen_at_the_next_start(site: Site) -> None:
    first = Starting.of(site, (WEB,))
    first.done()
    assert Starting.of(site, (WEB,)).unclean
    first.over()
    assert not Starting.of(site, (WEB,)).unclean


@pytest.mark.django_db
def test_a_start_stands_in_the_log_with_what_changed(settings: Settings) -> None:
    settings.LEDGER_SINKS, settings.CALLWARDEN_SIEM = ["/mnt/elsewhere/heads"], {"watchers": object()}
    entries.started(["keeper", "web"], ["CALLWARDEN_LEDGER_SINKS"], first=False, unclean=True)
    start, configuration, *places = written()
    assert (start["event"], start["data"]["after"]) == ("site:process:started", "cut_off")
    assert (configuration["event"], configuration["fields"]) == (
        "site:configuration:changed",
        ["CALLWARDEN_LEDGER_SINKS"],
    )
    assert [(one["event"], one["data"]["takes"], one["data"]["change"]) for one in places] == [
        ("ledger:sink:changed", "heads", "added"),
        ("ledger:sink:changed", "entries", "added"),
    ]
    assert "elsewhere" not in json.dumps(places), "an address may hold a password"


@pytest.mark.django_db
def test_a_place_that_is_taken_out_of_the_settings_is_told_once(settings: Settings) -> None:
    settings.LEDGER_SINKS, settings.CALLWARDEN_SIEM = ["/mnt/elsewhere/heads"], {"watchers": object()}
    entries.started(["web"], [], first=False, unclean=False)
    settings.CALLWARDEN_SIEM = {}
    for _start in range(2):
        entries.started(["web"], [], first=False, unclean=False)
    changes = [one["data"] for one in written() if one["event"] == "ledger:sink:changed"]
    assert changes[2:] == [{"takes": "entries", "place": "watchers", "change": "removed"}]


@pytest.mark.django_db
def test_a_failing_job_of_the_clock_is_told_once_and_once_that_it_works_again() -> None:
    for _minute in range(3):
        failing.failed("clock.timers")
    for _minute in range(3):
        failing.works("clock.timers")
    assert events() == ["site:job:failed", "site:job:recovered"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kwargs", "again", "error", "expected"),
    [
        ({"timestamp": 1}, None, ValueError, ["site:job:failed"]),
        ({}, None, ValueError, ["site:job:failed"]),
        ({"timestamp": 1}, object(), ValueError, []),  # it is tried again
        ({"timestamp": 1}, None, JobAborted, []),  # the worker stops
        ({"call": "one"}, None, ValueError, []),  # about one thing, which says itself what became of it
    ],
)
def test_what_counts_as_failing(kwargs, again, error, expected) -> None:  # type: ignore[no-untyped-def]
    assert not run(kwargs, again, None), "a job that works is told only after it has failed"
    assert run(kwargs, again, error)
    assert events() == expected
    run(kwargs, again, None)
    assert events() == [*expected, *(["site:job:recovered"] if expected else [])]


def run(kwargs: dict[str, Any], again: object, error: type[Exception] | None) -> bool:
    """Whether a job, run as a worker runs it, has failed."""

    async def work() -> None:
        if error is not None:
            raise error

    job = SimpleNamespace(task_name="clock.timers", task_kwargs=kwargs)
    task = SimpleNamespace(get_retry_exception=lambda _error, _job: again)
    context: Any = SimpleNamespace(job=job, task=task)
    worker: Any = None
    try:
        asyncio.run(failing.watched(work, context, worker))
    except (ValueError, JobAborted):
        return True
    return False
