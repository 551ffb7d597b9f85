"""`bench redact` and `bench audio` beside what was asked, and Chinese names at a core's pace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from callwarden.engines.redact.evaluation import Case, generate, measure
from tests.prove._figures import Limit, lines
from tests.prove._pytest import Line
from tests.prove._running import ROOT

_LIMITS = {
    "redact": {
        "mb_per_s": Limit(5, None, 12),
        "vs_presidio_no_ner": Limit(20, None, 50),
        "share_of_gate": Limit(0.10, None, 0.2),
        "p99_ms_turn": Limit(None, 2, 1),
    },
    "audio": {
        "dtmf_x_realtime": Limit(500, None, 2000),
        "redact_flac_x_realtime": Limit(500, None, 1500),
        "disguise_x_realtime": Limit(30, None, 60),
    },
}
_CHINESE_CALLS = 400


def run() -> Iterator[Line]:
    for name, limits in _LIMITS.items():
        yield from lines(f"bench {name}", _figures_of(name), limits)
    pace = measure(Case.of(call) for call in generate(61, _CHINESE_CALLS, "zh")).pace
    figures = {"zh_names_chars_s": pace.characters_a_second}
    yield from lines("bench redact", figures, {"zh_names_chars_s": Limit(100_000, None, 200_000)})


def _figures_of(name: str) -> dict[str, float]:
    """In a process of its own: what else this one holds would be in the way of the clock."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", name, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])["figures"]
    return figures
