"""Stopped, killed or brought down, a run loses nothing finished and shows nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from callwarden.engines.redact.audio import decode

from .calls import PHONE, outputs, redact, start, write_call

CALLS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("in")
    for number in range(CALLS):
        write_call(made, f"call-{number:03}")
    return made


def finished(out: Path) -> int:
    manifest = out / ".callwarden-redact.jsonl"
    return manifest.read_bytes().count(b"\n") if manifest.exists() else 0


def wait_until_some_are_finished(out: Path, at_least: int = 3) -> None:
    deadline = time.monotonic() + 60
    while finished(out) < at_least:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_everything_visible_is_whole(out: Path) -> None:
    for name in outputs(out):
        content = (out / name).read_bytes()
        if name.endswith(".flac"):
            assert decode(content).frames > 0
        else:
            json.loads(content)
        assert PHONE.encode() not in content


@pytest.mark.slow
def test_killed_and_started_again_every_call_is_there_once(folder: Path, tmp_path: Path, state: Path) -> None:
    out = tmp_path / "out"
    for _ in range(3):
        run = start(folder, "--out", out, "--jobs", 2, state=state)
        try:
            wait_until_some_are_finished(out, min(finished(out) + 3, CALLS - 5))
        finally:
            run.kill()
            run.communicate()
        assert_everything_visible_is_whole(out)
    survivors = {name: (out / name).stat().st_mtime_ns for name in outputs(out)}
    noted = {json.loads(line)["name"] for line in (out / ".callwarden-redact.jsonl").read_text().splitlines()}
    assert 0 < len(noted) < CALLS

    run = start(folder, "--out", out, "--jobs", 2, state=state)
    shown, errors = run.communicate(timeout=120)
    assert run.returncode == 0, shown.decode() + errors.decode()
    assert len(outputs(out)) == 3 * CALLS
    assert_everything_visible_is_whole(out)
    for name, before in survivors.items():
        if name.split(".")[0] in noted:
            assert (out / name).stat().st_mtime_ns == before, "a finished call was done again"
    assert not [path for path in out.rglob("*") if path.name.endswith(".callwarden-part")]


@pytest.mark.slow
def test_workers_end_when_the_program_is_killed(folder: Path, tmp_path: Path, state: Path) -> None:
    run = start(folder, "--out", tmp_path / "out", "--jobs", 2, state=state)
    try:
        wait_until_some_are_finished(tmp_path / "out", 1)
        children = [int(pid) for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
        assert children
    finally:
        run.kill()
        run.communicate()
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def halted(folder: Path, tmp_path: Path, state: Path, jobs: int) -> tuple[Path, subprocess.Popen[bytes]]:
    """A run that stands still with some calls finished and others not, and where it writes."""
    for attempt in range(5):
        out = tmp_path / f"out-{attempt}"
        run = start(folder, "--out", out, "--jobs", jobs, state=state, start_new_session=True)
        wait_until_some_are_finished(out)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGSTOP)
            if finished(out) < CALLS - 2 * jobs:
                return out, run
            os.killpg(run.pid, signal.SIGCONT)
        run.communicate(timeout=60)  # this machine let it finish before it was looked at
    raise AssertionError("it was never found half-way")


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interruption_is_quiet_and_keeps_what_is_finished(
    folder: Path, tmp_path: Path, state: Path, how: signal.Signals, jobs: int
) -> None:
    out, run = halted(folder, tmp_path, state, jobs)
    os.killpg(run.pid, how) if how is signal.SIGINT else run.send_signal(how)
    os.killpg(run.pid, signal.SIGCONT)
    shown, errors = run.communicate(timeout=60)
    assert run.returncode == 130, shown.decode() + errors.decode()
    assert b"Traceback" not in shown + errors
    assert b"go on" in errors
    assert_everything_visible_is_whole(out)
    assert not [path for path in out.rglob("*") if path.name.endswith(".callwarden-part")]
    assert 3 <= finished(out) <= CALLS


@pytest.mark.slow
def test_a_file_that_brings_the_decoder_down_is_set_aside_and_the_rest_is_done(
    folder: Path, tmp_path: Path, state: Path
) -> None:
    write_call(tmp_path / "in", "call-fatal")
    for number in range(6):
        write_call(tmp_path / "in", f"call-{number}")
    with (tmp_path / "in" / "call-fatal.wav").open("ab") as file:
        file.write(b"LIST\x08\x00\x00\x00FATALFLW")
    # Stands for a fault inside a C library: the process is gone, no exception is raised.
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "import callwarden.engines.redact.audio as audio\n"
        "whole = audio.decode\n"
        "def decode(data, **options):\n"
        "    if isinstance(data, bytes) and b'FATALFLW' in data:\n"
        "        os.kill(os.getpid(), 9)\n"
        "    return whole(data, **options)\n"
        "audio.decode = decode\n"
    )
    run = start(tmp_path / "in", "--out", tmp_path / "out", "--jobs", 2, state=state, env={"PYTHONPATH": str(tmp_path)})
    shown, errors = run.communicate(timeout=120)
    assert run.returncode == 1, shown.decode() + errors.decode()
    assert "call-fatal: This file brought the decoder down." in shown.decode()
    assert len(outputs(tmp_path / "out")) == 6 * 3


def test_a_second_run_on_the_same_folder_is_turned_away(tmp_path: Path) -> None:
    from callwarden.doors.cli._redact_manifest import Manifest

    write_call(tmp_path / "in", "call")
    (tmp_path / "out").mkdir()
    with Manifest(tmp_path / "out"):
        result = redact(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "Another run" in result.output


def test_finished_calls_are_skipped_and_changed_ones_are_not(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_call(tmp_path / "in", name)
    arguments = (tmp_path / "in", "--out", tmp_path / "out")

    def again(*more: object) -> tuple[str, str]:
        lines = [line.replace("│", " ").split() for line in redact(*arguments, *more).output.splitlines()]
        numbers = {" ".join(line[:-1]): line[-1] for line in lines if len(line) > 1}
        return numbers["Calls redacted"], numbers["Finished before"]

    assert again() == ("2", "0")
    assert again() == ("0", "2")
    write_call(tmp_path / "in", "b", "2025550199")
    assert again() == ("1", "1")
    assert again("--mode", "tone") == ("2", "0")
    assert again("--mode", "tone", "--policy", "pipl") == ("2", "0")
    (tmp_path / "out" / "a.redacted.flac").write_bytes(b"")
    assert again("--mode", "tone", "--policy", "pipl") == ("1", "1")


def test_a_torn_last_line_of_the_manifest_is_no_obstacle(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_call(tmp_path / "in", name)
    arguments = (tmp_path / "in", "--out", tmp_path / "out")
    assert redact(*arguments).exit_code == 0
    manifest = tmp_path / "out" / ".callwarden-redact.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    assert redact(*arguments).exit_code == 0
    assert "Finished before │ 2" in redact(*arguments).output


def test_the_manifest_cannot_be_used_to_check_a_guess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call under another user's key has another digest."""
    write_call(tmp_path / "in", "call")
    digests = []
    for user in ("one", "other"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / user))
        assert redact(tmp_path / "in", "--out", tmp_path / f"out-{user}").exit_code == 0
        line = (tmp_path / f"out-{user}" / ".callwarden-redact.jsonl").read_text()
        digests.append(json.loads(line)["digest"])
        key = tmp_path / user / "callwarden" / "redact.key"
        assert key.stat().st_mode & 0o777 == 0o600
    assert digests[0] != digests[1]
