"""The demonstration call centre: data, and the programs that make it.

``python -m samples.build`` synthesises the calls of ``scripts/`` (needs espeak-ng) and writes ``spool/`` and
``expected.json``; the results are committed, so that nobody else needs it. `samples.generate` makes any number of
further calls without espeak-ng, and `samples.stage` copies the spool with fresh dates. ``README.md`` tells what
is in it.

Everybody in it is invented, and every number comes from a range that is not in use.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent
SPOOL = ROOT / "spool"


def expected() -> dict[str, Any]:
    """The ground truth: outcome, planted values, keys and payment windows of every call, and what else was prepared."""
    return dict(json.loads((ROOT / "expected.json").read_text("utf-8")))


def lines() -> dict[str, Any]:
    """Client, purposes and lines of the demonstration call centre."""
    return dict(yaml.safe_load((ROOT / "lines.yaml").read_text("utf-8")))


def staff() -> list[dict[str, Any]]:
    """Its people: username, role, names, language, lines, and the login at the telephone system of agents."""
    return list(yaml.safe_load((ROOT / "staff.yaml").read_text("utf-8"))["staff"])
