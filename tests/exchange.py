"""A telephone system for tests: drops calls into a watch folder; what the product does with them can be asked."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from callwarden.control.access.actions import ensure_default
from callwarden.custody.categories import Category
from callwarden.custody.intake import ensure_day_keys
from callwarden.custody.models import Call, Client, IntakeItem, Line, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.spool.watcher import Round, Watcher
from callwarden.kernel import clock
from callwarden.lawful.retention.models import RetentionRule
from samples.generate import GeneratedCall, generate_call
from tests.notices import tell
from tests.purposes import serve
from tests.work import do_all, forget_jobs

GROUNDS = {"recording": "consent", "quality": "consent", "service": "contract"}
RETENTION_DAYS = 90
MAPPING = """
version: 1
columns:
  call_id: id
  line: line
  direction: direction
  started_at: start
  answered_at: answered
  ended_at: end
  caller: caller
  callee: callee
  recordings: file
  customer_no: customer
times: {formats: [iso], zone: UTC}
recordings: {layout: "stereo:caller,agent"}
notice: {version: notice, language: language, at: notice_at}
consents:
  - purposes: [recording, quality]
    answer: {column: consent, values: {yes: given, no: refused, "": none}}
    method: {constant: keypress}
    key: key
    at: consent_at
"""
CALLER = "15412345678"


class Exchange:
    """Drops files for one line and lets the product work on them, here and now."""

    def __init__(self, line: Line, incoming: Path) -> None:
        self.line = line
        self.folder = incoming / line.slug
        self.folder.mkdir(parents=True, exist_ok=True)
        self.watcher = Watcher(incoming, stable_seconds=0)
        self._lists = 0

    def drop(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def record(self, call_id: str, **told: str) -> None:
        """Drop a list with one call detail record. The call ended five minutes ago; told cells replace the usual."""
        self._lists += 1
        self.drop(f"cdr-{self._lists}.csv", self.list_of(call_id, **told))

    def list_of(self, call_id: str, *, encoding: str = "utf-8", **told: str) -> bytes:
        started = clock.now().replace(microsecond=0) - timedelta(minutes=6)
        cells = {
            "id": call_id,
            "line": self.line.slug,
            "direction": "inbound",
            "start": started.isoformat(),
            "answered": (started + timedelta(seconds=20)).isoformat(),
            "end": (started + timedelta(minutes=1)).isoformat(),
            "caller": CALLER,
            "callee": "8001",
            "file": f"{call_id}.wav",
            "customer": "",
            "notice": "2026-1",
            "language": "zh-CN",
            "notice_at": (started + timedelta(seconds=3)).isoformat(),
            "consent": "yes",
            "key": "1",
            "consent_at": (started + timedelta(seconds=9)).isoformat(),
        } | told
        text = io.StringIO()
        writer = csv.DictWriter(text, list(cells))
        writer.writeheader()
        writer.writerow(cells)
        return text.getvalue().encode(encoding)

    def call(self, call_id: str, *, audio: bytes | None = None, words: bytes | None = None, **told: str) -> None:
        """Drop a whole call: recording, words and record."""
        self.drop(told.get("file", f"{call_id}.wav"), SPOKEN.audio if audio is None else audio)
        self.drop(f"{call_id}.words.json", SPOKEN.words_json if words is None else words)
        self.record(call_id, **told)

    def look(self) -> Round:
        return self.watcher.look()

    def settle(self) -> Round:
        """Look once, then do all the work that this brings about."""
        done = self.look()
        do_all()
        return done

    def item(self, kind: str = "audio") -> IntakeItem:
        return IntakeItem.objects.get(line=self.line, kind=kind)

    def states(self, kind: str = "audio") -> list[tuple[str, str]]:
        found = IntakeItem.objects.filter(line=self.line, kind=kind).order_by("arrived_at")
        return list(found.values_list("state", "reason"))

    def calls(self) -> list[Call]:
        with client_scope(self.line.client_id):
            return list(Call.objects.filter(line=self.line))

    def records(self, category: Category | None = None) -> list[Record]:
        with client_scope(self.line.client_id):
            live = Record.objects.select_related("line").exclude(state=Record.State.DESTROYED)
            return list(live.filter(category=category) if category else live)

    def waiting(self) -> list[str]:
        """Names of the files that are still in the watch folder."""
        return sorted(path.name for path in self.folder.iterdir())


SPOKEN: GeneratedCall = generate_call(91, 0, minutes=0.35, line="service-zh")
OTHER: GeneratedCall = generate_call(91, 3, minutes=0.35, line="service-zh")


@pytest.fixture
def line(client: Client) -> Line:
    """A line that may take calls in: a notice is published, purposes have grounds, every category a retention."""
    forget_jobs()
    ensure_default()
    ensure_day_keys()
    return open_line(client, "service-zh")


def open_line(client: Client, slug: str, *, direction: str = "inbound") -> Line:
    line = Line.objects.create(
        client=client, slug=slug, name=slug, languages=["zh"], direction=direction, cdr_mapping=MAPPING
    )
    for purpose, ground in GROUNDS.items():
        serve(line, purpose, ground, core=purpose == "recording")
        for category in Category:
            RetentionRule.objects.create(line=line, category=category, purpose_id=purpose, ceiling_days=RETENTION_DAYS)
    tell(line)
    return line


@pytest.fixture
def exchange(line: Line, settings, tmp_path: Path) -> Exchange:  # type: ignore[no-untyped-def]
    settings.SPOOL_INCOMING = tmp_path / "incoming"
    settings.WORDS_GRACE_SECONDS = 3600
    return Exchange(line, settings.SPOOL_INCOMING)


def spool_files(data: Path) -> list[str]:
    """What lies in the spool beside its token key."""
    folder = data / "spool"
    return sorted(path.name for path in folder.iterdir() if path.name != ".token-key") if folder.is_dir() else []


def words_of(turns: list[dict[str, object]]) -> bytes:
    return json.dumps({"id": "x", "language": "zh-CN", "turns": turns}).encode()
