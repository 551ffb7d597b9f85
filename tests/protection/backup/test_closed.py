"""A restored store that waits for two people answers sign-in and approvals, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client


@pytest.fixture
def closed(settings, db: None) -> Client:  # type: ignore[no-untyped-def]
    settings.CLOSED = True
    return Client()


@pytest.mark.parametrize(
    "path", ["/calls/", "/customers/", "/api/v1/calls", "/audit/", "/findings/", "/demo/x/", "/keys/"]
)
def test_nothing_that_could_show_a_record_answers(closed: Client, path: str) -> None:
    assert closed.get(path).status_code == 503
    assert closed.post(path).status_code == 503


def test_people_can_sign_in_and_reach_approvals(closed: Client) -> None:
    assert closed.get("/accounts/login/").status_code == 200
    assert closed.get("/approvals/").status_code in (200, 302)
    assert closed.get("/").headers["Location"] == "/approvals/"


def test_a_browser_is_told_where_to_go_and_a_program_in_a_line(closed: Client) -> None:
    page = closed.get("/calls/", headers={"accept": "text/html"})
    assert 'href="/approvals/"' in page.content.decode()
    assert page.headers["Content-Security-Policy"]
    line = closed.get("/api/v1/calls", headers={"accept": "*/*"})
    assert line.headers["Content-Type"].startswith("text/plain")


def test_what_it_was_restored_from_can_be_looked_at_and_no_drill_or_copy_beneath(closed: Client) -> None:
    assert closed.get("/protection/backups/").status_code == 302, "to sign in"
    assert closed.get("/protection/backups/drills/0b1e0f7e-0000-4000-8000-000000000000/").status_code == 503
    assert closed.post("/protection/backups/drill/").status_code == 503


def test_an_open_store_is_not_held_up(settings, db: None) -> None:  # type: ignore[no-untyped-def]
    settings.CLOSED = False
    assert Client().get("/calls/").status_code != 503


def test_a_half_restored_folder_is_not_started(tmp_path: Path) -> None:
    (tmp_path / "restored.json").write_text(json.dumps({"state": "restoring"}))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CALLWARDEN_")}
    done = subprocess.run(
        [sys.executable, "-m", "callwarden", "up", "--data-dir", str(tmp_path)],
        env=clean | {"LANG": "C.UTF-8"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "was not finished" in done.stderr
    assert not (tmp_path / "db").exists()
