"""No personal value reaches a log, by whatever way a program tries."""

from __future__ import annotations

import json
import logging
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from callwarden.site import logs
from callwarden.site.logfiles import Intake, LogFile

PLANTED = "13800138000 张伟 zhang.wei@example.com"


def formatted(record: logging.LogRecord) -> str:
    return logs.AdmittedOnly().format(record)


def record(name: str, message: object, *args: object, error: BaseException | None = None, **extra: object) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, info)  # type: ignore[arg-type]
    made.__dict__.update(extra)
    return formatted(made)


@pytest.mark.parametrize("logger", ["callwarden.web", "django.request", "procrastinate.worker", "x y"])
@pytest.mark.parametrize(
    "attempt",
    [
        lambda name: record(name, PLANTED),
        lambda name: record(name, "called %s", PLANTED),
        lambda name: record(name, "event_name", code=PLANTED, where=PLANTED, says=PLANTED, route=PLANTED),
        lambda name: record(name, "event_name", number=PLANTED, request=PLANTED, args=(PLANTED,)),
        lambda name: record(name, "event_name", count=13800138000, job=13800138000.0),
        lambda name: record(name, "event_name", error=ValueError(PLANTED)),
        lambda name: record(name, {"event": PLANTED}),
        lambda name: record(f"{name}.{PLANTED}", "event_name"),
    ],
)
def test_a_planted_value_does_not_come_through(logger: str, attempt) -> None:  # type: ignore[no-untyped-def]
    line = attempt(logger)
    json.loads(line)
    for part in ["13800138000", "张伟", "zhang.wei", "\\u5f20"]:
        assert part not in line


def test_the_first_partys_event_and_listed_keys_do_come_through() -> None:
    line = json.loads(record("callwarden.keeper", "keeper_seal_error", code="damaged", count=3, status=503))
    assert (line["event"], line["code"], line["count"], line["status"]) == ("keeper_seal_error", "damaged", 3, 503)


def test_a_failed_job_leaves_its_number_and_task_but_not_its_arguments() -> None:
    job = {"id": 7, "task_name": "callwarden.flows.jobs.take_in", "task_kwargs": {"number": PLANTED}}
    line = json.loads(record("procrastinate.worker", f"Job 7 ({PLANTED}) failed", job=job, action="job_error"))
    assert (line["job"], line["task"], line["reason"]) == (7, "callwarden.flows.jobs.take_in", "job_error")
    assert "13800138000" not in json.dumps(line)


def test_an_error_leaves_its_type_code_and_place() -> None:
    class Coded(Exception):
        code = "spool_full"

    try:
        raise Coded(PLANTED)
    except Coded as error:
        line = json.loads(record("callwarden.web", "process_failed", error=error))
    assert line["code"] == "spool_full"
    assert "Coded" in line["error"]
    assert "test_logs.py" in line["where"]


def test_an_error_inside_the_product_is_placed_in_the_product() -> None:
    with pytest.raises(TypeError) as broken:
        logs.admitted([], None)  # type: ignore[arg-type]  # unhashable: breaks inside
    assert logs.describe(broken.value)["where"].startswith("site/logs.py:")


def test_structlog_and_standard_logging_come_out_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logs.AdmittedOnly())
    logger = logging.getLogger("callwarden.sameness")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        logger.warning("provider_slow", extra={"code": "timeout", "name_of_caller": PLANTED})
        logs.configure_structlog()
        with structlog.contextvars.bound_contextvars(request_id="00ff00ff00ff00ff"):
            structlog.get_logger("callwarden.sameness").warning("provider_slow", code="timeout", caller=PLANTED)
    finally:
        logger.removeHandler(handler)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert second.pop("request_id") == "00ff00ff00ff00ff"
    assert {**first, "at": 0} == {**second, "at": 0}


@given(key=st.text(), value=st.from_regex(r"\+?[0-9]{5,19}", fullmatch=True))
def test_no_key_but_the_id_and_the_place_admits_a_run_of_digits(key: str, value: str) -> None:
    keys = {key, "code", "error", "says", "route", "reason", "task", "queue", "method", "check", "process_name"}
    assert not any(logs.admitted(name, value) for name in keys - {"request_id", "where"})


@given(st.binary(max_size=200))
def test_whatever_a_process_prints_only_its_own_events_are_kept(printed: bytes) -> None:
    kept = logs.readmit(printed)
    assert kept is None or set(json.loads(kept)) <= {"at", "level", "logger", "event", *logs._SHAPES}


def test_tracebacks_of_a_process_are_counted_not_kept(tmp_path) -> None:  # type: ignore[no-untyped-def]
    intake = Intake(file := LogFile(tmp_path, "web"), "web")
    good = json.dumps({"event": "request", "status": 200, "level": "info", "query": PLANTED}).encode()
    traceback = f"Traceback:\n  File x\nValueError: {PLANTED}\n".encode()
    for piece in (good[:10], good[10:] + b"\n" + traceback[:20], traceback[20:], b"\n", good + b"\n"):
        intake.feed(piece)
    file.close()
    text = (tmp_path / "web.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == ["request", "output_withheld", "request"]
    assert lines[1]["lines"] == 3
    assert "13800138000" not in text
    assert (tmp_path / "web.log").stat().st_mode & 0o077 == 0


def test_an_endless_line_does_not_fill_the_memory(tmp_path) -> None:  # type: ignore[no-untyped-def]
    intake = Intake(file := LogFile(tmp_path, "web"), "web")
    for _ in range(20):
        intake.feed(b"x" * 60_000)
    assert len(intake._rest) <= 64 * 1024
    intake.flush()
    file.close()
    assert "output_withheld" in (tmp_path / "web.log").read_text()


def test_log_files_turn_over_and_the_oldest_goes(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = LogFile(tmp_path, "web", max_bytes=100)
    for number in range(40):
        file.write(f'{{"event": "turn", "count": {number}}}')
    file.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["web.log", *(f"web.log.{age}" for age in range(1, 6))]
    assert '"count": 39' in (tmp_path / "web.log").read_text() + (tmp_path / "web.log.1").read_text()
