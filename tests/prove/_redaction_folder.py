"""A folder of calls, killed again and again and resumed: the end is the very same as of a run that nobody stopped."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from callwarden.doors.cli._redact_manifest import _LOCK, NAME
from tests.doors.cli.calls import CARD, PHONE, document_of, program
from tests.engines.redact.audio.sounds import PROMPTS, SpokenNumber, encoded, prompt, say
from tests.prove._pytest import Line
from tests.prove._running import scratch

MEGABYTES = float(os.environ.get("CALLWARDEN_PROVE_FOLDER_MB", "1024"))
_CALL_MEGABYTES = 2.0
_KILLS = (0.15, 0.4, 0.7)  # of all calls
_WAIT_SECONDS = 3600.0


def run() -> Iterator[Line]:
    try:
        with scratch("redaction") as folder:
            yield from _killed_and_resumed(folder)
    except pytest.skip.Exception as missing:
        yield ("A folder killed and resumed", "not measured", str(missing))


def _killed_and_resumed(folder: Path) -> Iterator[Line]:
    calls = lay(folder / "in", MEGABYTES)
    size = sum(file.stat().st_size for file in (folder / "in").rglob("*") if file.is_file()) / 2**20
    began = time.monotonic()
    whole = _Run(folder, "whole")
    whole.await_end()
    seconds = time.monotonic() - began
    told = f"{calls} calls, {size:.0f} MB, {seconds:.0f} s, {size / seconds:.1f} MB/s"
    finished = len(_files(folder / "whole")) == 3 * calls and whole.code == 0
    yield ("A folder is redacted", "pass" if finished else "fail", told)
    steps = whole.progress
    rising = len(set(steps)) > 2 and steps == sorted(steps)
    yield ("It shows how far it is", "pass" if rising else "fail", f"{len(set(steps))} different states shown")

    killed = []
    for share in _KILLS:
        stopped = _Run(folder, "killed")
        killed.append(stopped.kill_at(round(share * calls)))
    resumed = _Run(folder, "killed")
    resumed.await_end()
    one, other = _files(folder / "whole"), _files(folder / "killed")
    differing = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    same = not differing and resumed.code == 0
    yield (
        "Killed with SIGKILL and resumed: every file is the same as of the run that nobody stopped",
        "pass" if same else "fail",
        f"killed at {', '.join(map(str, killed))} of {calls}; {len(differing)} of {len(one)} files differ",
    )
    again = _noted(folder / "killed")
    yield (
        "No finished call was done again",
        "pass" if len(again) == len(set(again)) == calls else "fail",
        f"{len(again)} entries for {calls} calls",
    )


def lay(into: Path, megabytes: float) -> int:
    """Recordings of two minutes, each with a number said by a person somewhere and its words. Returns how many."""
    into.mkdir()
    chance = np.random.default_rng(20261130)
    names = sorted(file.stem for file in PROMPTS.glob("*.wav"))
    numbers = [say(digits) for digits in (PHONE, CARD)]
    calls = max(20, round(megabytes / _CALL_MEGABYTES))
    for number in range(calls):
        said = numbers[number % 2]
        parts, frames = [said.audio.samples[:, 0]], said.audio.frames
        while frames < min(_CALL_MEGABYTES, megabytes / calls) * 2**20 / 2:
            parts.append(prompt(names[chance.integers(len(names))]))
            frames += len(parts[-1])
        inside = into / f"{number % 10}"
        inside.mkdir(exist_ok=True)
        (inside / f"call-{number}.wav").write_bytes(encoded(np.concatenate(parts)[:, None], 8000, "WAV", "PCM_16"))
        before = "my card number is" if said.digits == CARD else "my phone number is"
        words = document_of(SpokenNumber(said.audio, said.digits, said.windows), number, before)
        (inside / f"call-{number}.words.json").write_text(json.dumps(words))
    return calls


class _Run:
    """The command as a person types it, before a terminal of its own."""

    def __init__(self, folder: Path, out: str) -> None:
        self._manifest = folder / out / NAME
        ours, theirs = pty.openpty()
        environment = os.environ | {"XDG_STATE_HOME": str(folder / "state"), "LANG": "en_GB.UTF-8", "COLUMNS": "120"}
        self._process = subprocess.Popen(
            [program(), "redact", str(folder / "in"), "--out", str(folder / out)],
            stdout=subprocess.DEVNULL, stderr=theirs, env=environment | {"TERM": "xterm"},
        )  # fmt: skip
        os.close(theirs)
        self._shown = b""
        self._reader = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._reader.start()

    def _read(self, terminal: int) -> None:
        # The kernel says EIO when the last process has closed its side.
        try:
            while piece := os.read(terminal, 65536):
                self._shown += piece
        except OSError:
            pass
        finally:
            os.close(terminal)

    @property
    def code(self) -> int | None:
        return self._process.poll()

    @property
    def progress(self) -> list[int]:
        """How many calls it said were finished, as often as it said so."""
        return [int(done) for done in re.findall(rb"(\d+)/\d+", self._shown)]

    def await_end(self) -> None:
        self._process.wait(_WAIT_SECONDS)
        self._reader.join(30)

    def kill_at(self, finished: int) -> int:
        """Kill it once so many calls are noted as finished. Returns how many were."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while _lines(self._manifest) < finished and self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        helpers = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        # They look for their parent twice a second and end; only then is the folder nobody's.
        while any(map(_lives, helpers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return _lines(self._manifest)


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _lines(manifest: Path) -> int:
    return manifest.read_bytes().count(b"\n") if manifest.exists() else 0


def _noted(out: Path) -> list[str]:
    return [json.loads(line)["name"] for line in (out / NAME).read_bytes().splitlines() if line.endswith(b"}")]


def _files(out: Path) -> dict[str, str]:
    """What lies in the folder beside the manifest, half-written files included, by name with its digest."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*")
        if path.is_file() and path.name not in (NAME, _LOCK)
    }
