"""Calls on disk: human-spoken numbers with the words a recogniser would have written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.engines.redact.audio.sounds import SpokenNumber, encoded, say

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_WORDS = dict(zip("0123456789", NAMES, strict=True))
PHONE = "2025550143"  # 555-01xx is reserved for fiction
CARD = "4111111111111111"


def words_of(number: SpokenNumber, before: str = "my number is") -> list[dict[str, Any]]:
    """One word a digit at its exact time, after a few words that were said before."""
    first = number.windows[0][0] / 8000
    spoken = before.split()
    lead = [
        {
            "word": word,
            "start": round(first * n / len(spoken) * 0.6, 3),
            "end": round(first * (n + 0.8) / len(spoken) * 0.6, 3),
        }
        for n, word in enumerate(spoken)
    ]
    return lead + [
        {"word": DIGIT_WORDS[digit], "start": a / 8000, "end": b / 8000}
        for digit, (a, b) in zip(number.digits, number.windows, strict=True)
    ]


def document_of(number: SpokenNumber, name: str | int, before: str = "my number is") -> dict[str, Any]:
    words = words_of(number, before)
    return {
        "id": name,
        "turns": [
            {"speaker": "customer", "channel": 0, "text": " ".join(word["word"] for word in words), "words": words}
        ],
    }


def write_call(
    folder: Path, name: str, digits: str = PHONE, container: str = "WAV", subtype: str = "PCM_16", ending: str = "wav"
) -> SpokenNumber:
    folder.mkdir(parents=True, exist_ok=True)
    number = say(digits)
    before = "my card number is" if len(digits) == 16 else "my phone number is"
    (folder / f"{name}.{ending}").write_bytes(encoded(number.audio.samples, 8000, container, subtype))
    (folder / f"{name}.words.json").write_text(json.dumps(document_of(number, name, before)))
    return number


def redact(*arguments: object) -> Result:
    """The command in this process, with one job."""
    from callwarden.doors.cli.redact import app

    return CliRunner().invoke(app, [*map(str, arguments), "--jobs", "1"])


def program() -> str:
    found = Path(sys.executable).with_name("callwarden")
    if not found.exists():
        pytest.fail("the program callwarden is not installed beside this Python")
    return str(found)


def _heed_interrupts() -> None:
    """Whoever is started in the background has interrupts ignored, and its children too: here they are tried."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*arguments: object, state: Path, **options: Any) -> subprocess.Popen[bytes]:
    """The command as a program of its own."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("CALLWARDEN_", "DJANGO_", "LC_"))},
        "XDG_STATE_HOME": str(state),
        "LANG": "en_GB.UTF-8",
        **options.pop("env", {}),
    }
    return subprocess.Popen(
        [program(), "redact", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=_heed_interrupts,
        **options,
    )


def outputs(out: Path) -> list[str]:
    """What anybody sees in the output folder."""
    return sorted(
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")
    )
