"""The telephone system's side: a centre whose calls are generated, and the dropping of their files."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import samples
from samples.generate import GeneratedCall, generate_calls
from tests.prove._running import ROOT

LINES = ("service-zh", "outbound", "payment-en")
_TIMES = ("started_at", "answered_at", "ended_at", "notice_at", "consent_at")
_STAGE = '''"""Nothing lies ready: the calls of this centre are dropped later."""
def stage(target, *, now=None):
    for name in {lines!r}:
        (target / name).mkdir(parents=True)
'''


def centre(folder: Path, *, mapping: bytes | None = None) -> Path:
    """A samples folder with the demonstration centre's lines, notices and people, but no calls of its own.

    Args:
        mapping: how call records are read on every line; that of generated calls when not given.
    """
    # Below a folder that every account may list: Python looks for modules by listing.
    made = folder / "centre" / "samples"
    made.mkdir(parents=True)
    made.parent.chmod(0o755)
    for name in ("lines.yaml", "staff.yaml", "customers.csv", "orders.csv"):
        shutil.copyfile(samples.ROOT / name, made / name)
    shutil.copytree(samples.ROOT / "notices", made / "notices")
    (made / "__init__.py").write_text("")
    (made / "stage.py").write_text(_STAGE.format(lines=LINES))
    for line in LINES:
        (made / "spool" / line).mkdir(parents=True)
        text = mapping or (samples.ROOT / "generated-mapping.yaml").read_bytes()
        (made / "spool" / line / "mapping.yaml").write_bytes(text)
    for path in (made, *made.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return made


class Sender:
    """Generated calls, ready to be dropped. `calls` is the truth about them.

    Args:
        seed, count, minutes, refused: see `samples.generate.generate_calls`.
    """

    def __init__(self, folder: Path, *, seed: int, count: int, minutes: float, refused: float) -> None:
        self._ready = folder / "ready"
        self.calls: Sequence[GeneratedCall] = list(
            generate_calls(seed, count, minutes=minutes, refused=refused, out_dir=self._ready, audio="alaw")
        )
        self._rows = _with_fresh_times(list(csv.DictReader((self._ready / "cdr.csv").open(encoding="utf-8"))))

    def audio(self, call: GeneratedCall) -> bytes:
        return (self._ready / call.name).read_bytes()

    def drop(self, first: int, last: int, incoming: Path) -> None:
        """Drop calls `first` to `last` (exclusive) with one list of their records for each line."""
        rows: dict[str, list[dict[str, str]]] = {line: [] for line in LINES}
        for call, row in zip(self.calls[first:last], self._rows[first:last], strict=True):
            target = incoming / call.cdr.line
            words = f"{call.cdr.call_id}.words.json"
            for name in (call.name, words):
                drop((self._ready / name).read_bytes(), target / name)
            rows[call.cdr.line].append(row)
        for line, told in rows.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, list(self._rows[0]))
            writer.writeheader()
            writer.writerows(told)
            if told:
                drop(text.getvalue().encode(), incoming / line / f"cdr-{first:04}.csv")


def drop(data: bytes, target: Path) -> None:
    """As a careful telephone system does: under another name first, given to whoever owns the folder, then renamed."""
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(data)
    owner = target.parent.stat()
    if os.geteuid() == 0:
        os.chown(part, owner.st_uid, owner.st_gid)
    part.rename(target)


def _with_fresh_times(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same calls, moved so that the last ended some minutes ago."""
    latest = max(datetime.fromisoformat(row["ended_at"]) for row in rows)
    shift = timedelta(minutes=(datetime.now(UTC) - timedelta(minutes=10) - latest) // timedelta(minutes=1))
    for row in rows:
        for name in _TIMES:
            if row[name]:
                row[name] = (datetime.fromisoformat(row[name]) + shift).isoformat()
    return rows


__all__ = ["LINES", "ROOT", "Sender", "centre", "drop"]
