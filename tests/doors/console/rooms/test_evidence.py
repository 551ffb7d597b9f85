"""Entries taken away as evidence: bounded, on record, and whatever is changed in the bundle afterwards is found."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse
from typer.testing import CliRunner

from callwarden.custody.ledger import heads, years
from callwarden.custody.models import LedgerEntry, LedgerPending
from callwarden.doors.cli.main import app
from callwarden.engines.ledger import evidence_verifier, verifier
from callwarden.engines.ledger.evidence_verifier import LIST, TAKEN, verify_bundle
from callwarden.flows import evidence
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from tests.doors.console.rooms.conftest import ROLES
from tests.flows.centre_of_controls import sequence

PATH = "/audit/evidence/"
WHY = {"purpose": "audit", "reason": "The court asked for it."}
SEES, MAY = {"data_protection_officer", "security_administrator", "auditor"}, {"data_protection_officer", "auditor"}
Files = dict[str, bytes]


@pytest.fixture
def log(centre, settings, tmp_path, monkeypatch) -> Callable[[int], None]:
    """A log of this test's own; its sequencer steps whenever somebody waits for it."""
    settings.DATA_DIR, settings.LEDGER_SINKS = tmp_path, []
    settings.LEDGER_LAG_SECONDS = 10**9
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    waiting = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: sequence())
    monkeypatch.setattr(evidence, "time", waiting)
    LedgerPending.objects.all().delete()

    def write(count: int, **about: object) -> None:
        with transaction.atomic():
            for number in range(count):
                journal.record(journal.Entry(event=Event.HOLD_SET, actor="system", count=number, **about))
        sequence()

    return write


def taken(somebody, **asked: str) -> bytes:
    answer = somebody.post(PATH, {**WHY, **{f"filter-{name}": value for name, value in asked.items()}})
    assert answer.status_code == 200, answer.content.decode()
    assert answer["Content-Type"] == "application/zip"
    return b"".join(answer.streaming_content)


def unpacked(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, to: Path) -> Path:
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return to


def keys() -> list[str]:
    return [heads.verifier_keys()[0]]


def test_what_was_found_is_taken_away_with_a_proof_for_each_and_is_on_record(person, log, tmp_path):
    subject = uuid4()
    log(5)
    log(3, subject=subject, purpose="audit")
    auditor = person("auditor")
    files = unpacked(taken(auditor, subject=str(subject), event=str(Event.HOLD_SET)))
    report = verify_bundle(packed(files, tmp_path / "b.zip"), keys())
    assert report.verified, report.faults
    assert (report.size, report.taken_by) == (3, auditor.user.actor)
    assert report.asked == {"subject": str(subject), "event": str(Event.HOLD_SET)}
    bodies = [json.loads(verifier.verify_proof(files[f"entries/{n:05d}.tlog-proof"], keys()).entry) for n in range(3)]
    assert [body["count"] for body in bodies] == [0, 1, 2]
    entry = json.loads(bytes(LedgerEntry.objects.get(event=Event.LEDGER_EVIDENCE_TAKEN).body))
    assert (entry["count"], entry["fields"], entry["purpose"]) == (3, ["event", "subject"], "audit")
    assert str(subject) not in json.dumps(entry)
    decided = json.loads(bytes(LedgerEntry.objects.get(event=Event.DISCLOSE_EXPORT).body))
    assert (decided["decision"], decided["data"]["ledger"]) == ("allow", "evidence")
    assert WHY["reason"].encode() not in b"".join(files.values())


@pytest.mark.parametrize("role", ROLES)
def test_roles_that_may_not_are_refused_and_that_is_on_record(person, log, role):
    log(2)
    somebody = person(role)
    answer = somebody.post(PATH, WHY)
    assert answer.status_code == (200 if role in MAY else 422 if role in SEES else 403)
    assert somebody.get(PATH).status_code == (200 if role in SEES else 403)
    if role not in MAY:
        sequence()
        assert not LedgerEntry.objects.filter(event=Event.LEDGER_EVIDENCE_TAKEN).exists()


def test_without_purpose_or_reason_and_for_another_purpose_nothing_leaves(person, log):
    log(2)
    auditor = person("auditor")
    for given in ({"purpose": "audit"}, {"reason": "The court asked."}, {**WHY, "purpose": "marketing"}):
        assert auditor.post(PATH, given).status_code == 422
    sequence()
    assert not LedgerEntry.objects.filter(event__in=[Event.LEDGER_EVIDENCE_TAKEN, Event.DISCLOSE_EXPORT]).exists()


def test_more_than_a_bundle_holds_and_nothing_at_all_are_said_before_anything_is_asked(person, log, monkeypatch):
    log(6)
    auditor = person("auditor")
    monkeypatch.setattr("callwarden.flows.evidence.MOST", 5)
    monkeypatch.setattr("callwarden.doors.console.audit.evidence.MOST", 5)
    assert "More than 5 entries fit" in auditor.get(PATH).content.decode()
    assert auditor.post(PATH, WHY).status_code == 422
    assert "No entry fits" in auditor.get(PATH, {"call": str(uuid4())}).content.decode()
    assert auditor.post(PATH, {**WHY, "filter-call": str(uuid4())}).status_code == 404
    assert auditor.post(PATH, {**WHY, "filter-subject": "13800138000"}).status_code == 404
    sequence()
    assert not LedgerEntry.objects.filter(event=Event.LEDGER_EVIDENCE_TAKEN).exists()


def test_where_the_sequencer_does_not_come_nothing_is_handed_out(person, log, monkeypatch):
    log(2)
    monkeypatch.setattr(evidence, "PATIENCE", 0.0)
    monkeypatch.setattr(evidence, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda _s: None))
    answer = person("auditor").post(PATH, WHY)
    assert answer.status_code == 503
    assert b"PK" not in answer.content


def _drop(files: Files) -> Files:
    return {name: data for name, data in files.items() if not name.endswith("00001.tlog-proof")}


def _drop_and_rewrite(files: Files) -> Files:
    told = json.loads(files[LIST])
    told["entries"].pop()
    told["count"] -= 1
    kept = {name: data for name, data in files.items() if not name.endswith("00002.tlog-proof")}
    return {**kept, LIST: json.dumps(told, separators=(",", ":"), sort_keys=True).encode()}


def _swap(files: Files) -> Files:
    one, two = "entries/00000.tlog-proof", "entries/00001.tlog-proof"
    return {**files, one: files[two], two: files[one]}


def _edit(files: Files) -> Files:
    name = "entries/00000.tlog-proof"
    return {**files, name: files[name].replace(b"extra e", b"extra f", 1)}


def _add(files: Files) -> Files:
    return {**files, "entries/00003.tlog-proof": files["entries/00000.tlog-proof"]}


def _asked(files: Files) -> Files:
    return {**files, LIST: files[LIST].replace(b'"asked":{', b'"asked":{"x":"y",')}


def _unrecorded(files: Files) -> Files:
    return {**files, TAKEN: files["entries/00000.tlog-proof"]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_drop, "bundle_entry_missing"), (_drop_and_rewrite, "bundle_differs"), (_swap, "bundle_entry_other"),
        (_edit, "bundle_entry_wrong"), (_add, "bundle_entry_extra"), (_asked, "bundle_differs"),
        (_unrecorded, "bundle_not_taken"),
    ],
)  # fmt: skip
def test_whatever_is_changed_in_a_bundle_is_found(person, log, tmp_path, change, code):
    log(3)
    files = unpacked(taken(person("auditor"), event=str(Event.HOLD_SET)))
    report = verify_bundle(packed(change(files), tmp_path / "b.zip"), keys())
    assert not report.verified
    assert code in {fault.code for fault in report.faults}
    for fault in report.faults:
        assert fault.text("en") != fault.text("zh")


def test_a_bundle_over_the_years_is_checked_by_the_newest_key_or_the_oldest(person, log, tmp_path):
    with clock.frozen(datetime(2026, 11, 1, tzinfo=UTC)) as now:
        log(3)
        for year in (2027, 2028):
            now.set(datetime(year, 6, 1, tzinfo=UTC))
            log(2)
        now.set(datetime.now(UTC))  # people sign in now; the year of the log goes on
    files = unpacked(taken(person("auditor"), event=str(Event.HOLD_SET)))
    bundle = packed(files, tmp_path / "b.zip")
    for year in heads.years():
        report = verify_bundle(bundle, [year.key])
        assert report.verified, (year.year, report.faults)
        assert report.size == 7
    without = {name: data for name, data in files.items() if not name.startswith("years/")}
    assert not verify_bundle(packed(without, tmp_path / "c.zip"), [heads.years()[0].key]).verified
    stranger = "other.example/log+2a2c9d6b+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
    assert not verify_bundle(bundle, [stranger]).verified


def test_no_file_brings_the_verifier_down(person, log, tmp_path):
    log(2)
    bundle = taken(person("auditor"), event=str(Event.HOLD_SET))
    place = tmp_path / "b.zip"
    for cut in range(0, len(bundle), max(1, len(bundle) // 60)):
        place.write_bytes(bundle[:cut])
        assert not verify_bundle(place, keys()).verified
        place.write_bytes(bundle[:cut] + bytes([bundle[cut] ^ 0xFF]) + bundle[cut + 1 :])
        verify_bundle(place, keys())
    files = unpacked(bundle)
    for name in (LIST, TAKEN):
        for content in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b"{" * 10):
            assert not verify_bundle(packed({**files, name: content}, place), keys()).verified
        assert not verify_bundle(packed({k: v for k, v in files.items() if k != name}, place), keys()).verified


def test_the_command_line_checks_it_in_words(person, log, tmp_path):
    log(3)
    files = unpacked(taken(person("auditor"), event=str(Event.HOLD_SET)))
    good, bad = packed(files, tmp_path / "good.zip"), packed(_drop(files), tmp_path / "bad.zip")
    told = CliRunner().invoke(app, ["verify", str(good), "--key", keys()[0]])
    assert told.exit_code == 0, told.output
    assert "Entries proved: 3" in told.output
    assert CliRunner().invoke(app, ["verify", str(bad), "--key", keys()[0]]).exit_code == 1
    assert evidence_verifier.main([str(good), "--key", keys()[0], "--json"]) == 0


def test_the_list_offers_it_to_those_who_may(person, log):
    log(1)
    page = person("auditor").get(reverse("console:audit")).content.decode()
    assert PATH in page
    shown = person("auditor").get(PATH, {"event": str(Event.HOLD_SET)}).content.decode()
    assert f'name="filter-event" value="{Event.HOLD_SET}"' in shown
