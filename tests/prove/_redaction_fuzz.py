"""Anything at all into `callwarden redact --jsonl`: one answer a line, no crash, and no error that quotes a line.

Two ways, half of `CALLWARDEN_PROVE_FUZZ_MINUTES` each: documents of the right kinds of parts in wrong places
(hypothesis), and bytes that a fuzzer changes by the branches they reach (atheris, fetched into a folder of its own).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from tests.doors.cli.test_redact_jsonl import CALL, HOSTILE, SECRET, answers, anything
from tests.prove._pytest import Line
from tests.prove._running import ROOT, packages, scratch

MINUTES = float(os.environ.get("CALLWARDEN_PROVE_FUZZ_MINUTES", "10"))
_ROUND = 500
_RUN = 8  # letters of a line in a row that an error may hold only if they are words of its own
_OWN = "".join(
    path.read_text("utf-8")
    for path in [
        ROOT / "src/callwarden/doors/cli/_redact_reasons.py",
        ROOT / "src/callwarden/engines/redact/_transcript.py",
    ]
)


def run() -> Iterator[Line]:
    yield _documents(MINUTES * 30)
    yield _bytes(MINUTES * 30)


def check(lines: list[bytes]) -> str | None:
    """What is wrong with the answers to these lines, without quoting them."""
    try:
        told, fine = answers(*lines)
    except Exception as error:
        return f"stopped with {type(error).__name__}"
    if len(told) != len([line for line in lines if line.strip()]):
        return f"{len(told)} answers to {len(lines)} lines"
    errors = [json.dumps(answer["error"], ensure_ascii=False) for answer in told if "error" in answer]
    if fine == bool(errors):
        return "the end does not say whether all went well"
    if any(SECRET in error or '"internal"' in error for error in errors):
        return "an error that was not foreseen, or that quotes the line"
    text = b"\n".join(lines).decode("utf-8", "replace")
    if any(quoted(error, text) for error in errors):
        return "an error quotes the line"
    return None


def quoted(error: str, text: str) -> bool:
    parts = {error[at : at + _RUN] for at in range(len(error) - _RUN + 1)}
    return any(part in text and part not in _OWN for part in parts if any(map(str.isalnum, part)))


def _documents(seconds: float) -> Line:
    found: list[str] = []
    count = number = 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not found:
        number += 1

        @seed(number)
        @settings(max_examples=_ROUND, deadline=None, database=None, print_blob=False)
        @given(st.lists(_documents_of_parts | st.sampled_from(HOSTILE), max_size=4))
        def fuzz(lines: list[bytes]) -> None:
            nonlocal count
            count += len(lines)
            if wrong := check(lines):
                found.append(wrong)

        fuzz()
    return _line("Documents of right parts in wrong places (hypothesis)", found, f"{count:,} lines", seconds)


_documents_of_parts = anything.map(lambda document: json.dumps(document).encode())


def _bytes(seconds: float) -> Line:
    what = "Bytes that a fuzzer steers by the branches they reach (atheris)"
    with scratch("fuzz") as folder:
        fetched = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder / "atheris"), "atheris"],
            capture_output=True,
        )
        if fetched.returncode != 0:
            return (what, "not measured", "atheris cannot be installed here")
        corpus = folder / "corpus"
        corpus.mkdir()
        for number, line in enumerate([json.dumps(CALL).encode(), *HOSTILE]):
            (corpus / str(number)).write_bytes(line[:4096])
        done = subprocess.run(
            [sys.executable, "-m", "tests.prove._redaction_fuzz", str(corpus),
             f"-max_total_time={round(seconds)}", "-max_len=4096", "-timeout=60", f"-artifact_prefix={folder}/"],
            cwd=ROOT, capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": f"{folder / 'atheris'}:{packages()}"},
        )  # fmt: skip
        runs = next((line for line in done.stderr.splitlines() if line.startswith("Done ")), "")
        wrong = [] if done.returncode == 0 and runs else [_first(done.stderr)]
    return _line(what, wrong, runs.removeprefix("Done ") or "no end", seconds)


def _first(told: str) -> str:
    return next((line for line in told.splitlines() if "wrong:" in line or "ERROR" in line), "ended too early")


def _line(what: str, found: list[Any], count: str, seconds: float) -> Line:
    return (what, "fail" if found else "pass", f"{count}, {seconds / 60:.1f} min; {found[0] if found else 'no fault'}")


def _steered() -> None:
    import atheris

    with atheris.instrument_imports(include=["callwarden.doors.cli", "callwarden.engines.redact"]):
        import callwarden.doors.cli._redact_jsonl  # noqa: F401

    def one(data: bytes) -> None:
        if wrong := check([line for line in data.split(b"\n") if line.strip()]):
            raise RuntimeError(f"wrong: {wrong}")

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    _steered()
