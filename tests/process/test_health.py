"""Addresses for machines say what they must and nothing else."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from callwarden.custody.keeper import client as keeper_client
from callwarden.doors.cli import checks
from callwarden.doors.cli.checks import CHECKS, Outcome, outcome_of

pytestmark = pytest.mark.django_db


def test_alive_asks_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", unreachable)
    assert client.get("/healthz").status_code == 200


def test_ready_is_refused_while_the_keeper_is_away(client: Client, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    # Other tests of this process may have a keeper running; here nobody listens.
    monkeypatch.setenv("CALLWARDEN_KEEPER_SOCKET", str(tmp_path / "nobody.sock"))
    keeper_client._forget()
    answer = client.get("/readyz")
    body = answer.json()
    assert answer.status_code == 503
    assert body["ready"] is False
    assert body["checks"]["keeper"] == "fail"
    assert body["checks"]["database"] == "pass"


def test_ready_names_outcomes_only(client: Client) -> None:
    body = client.get("/readyz").json()
    assert set(body) == {"ready", "checks"}
    assert set(body["checks"].values()) <= {outcome.value for outcome in Outcome}


def test_metrics_are_for_this_machine_or_the_bearer_of_the_token(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.7").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1", HTTP_FORWARDED="for=192.0.2.7").status_code == 403
    settings.METRICS_TOKEN = "a-token"
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION="Bearer a-token").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION="Bearer another").status_code == 403


def test_metric_labels_are_routes_and_known_methods_never_paths(client: Client) -> None:
    client.get("/healthz")
    client.get("/nowhere/13800138000?q=13800138000")
    client.generic("P13800138000", "/healthz")
    text = client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    assert 'route="healthz"' in text
    assert 'method="OTHER"' in text
    assert "13800138000" not in text


def test_every_answer_carries_an_id_of_our_own(client: Client) -> None:
    first, second = (client.get("/healthz", HTTP_X_REQUEST_ID="13800138000")["X-Request-ID"] for _ in range(2))
    assert first != second
    assert "13800138000" not in first + second


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_machines_may_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_a_check_that_breaks_has_measured_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> checks.Result:
        raise OSError("13800138000")

    result = outcome_of(checks.Check("breaking", "Breaking", breaks))
    assert result.outcome is Outcome.NOT_MEASURED
    assert "13800138000" not in result.says


def test_every_check_ends_in_one_of_four_outcomes_and_a_sentence() -> None:
    for check in CHECKS:
        result = outcome_of(check)
        assert result.outcome in Outcome
        assert result.says.endswith((".", "。"))


def test_a_nearly_full_disk_fails(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.DATA_DIR = tmp_path
    settings.DISK_RESERVE = 0.0
    assert checks.disk().outcome is Outcome.PASS
    settings.DISK_RESERVE = 1.0
    assert checks.disk().outcome is Outcome.FAIL


def test_a_folder_open_to_others_fails_and_is_named(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o700)
    (tmp_path / "objects").mkdir(mode=0o700)
    assert checks.folders().outcome is Outcome.PASS
    (tmp_path / "objects").chmod(0o755)
    result = checks.folders()
    assert result.outcome is Outcome.FAIL
    assert "objects" in result.says


def test_the_database_of_the_tests_would_lose_commits_and_the_check_says_so() -> None:
    result = checks.database_settings()
    assert result.outcome is Outcome.FAIL
    assert "fsync" in result.says
    assert "log_min_messages" not in result.says


def test_the_summary_of_doctor_is_json_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    import typer

    from callwarden.doors.cli import doctor

    with pytest.raises(typer.Exit) as left:
        doctor.command(data_dir=None, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert left.value.exit_code == 1
    assert set(printed["checks"]) == {check.name for check in CHECKS}
