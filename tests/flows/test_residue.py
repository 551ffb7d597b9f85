"""After an erasure the product looks for what is left, finds what was left on purpose, and tells no value."""

from __future__ import annotations

import gzip
import json
import tempfile
from datetime import timedelta
from pathlib import Path
from secrets import randbelow, token_hex
from types import SimpleNamespace
from uuid import uuid4

import obstore
import pytest
from django.core.cache import cache
from django.db import connection

from callwarden.custody import destroy, holds, objects
from callwarden.custody.models import (
    Customer,
    IdentifierToken,
    LedgerPending,
    Permit,
    Record,
    ResidueControl,
    ResidueScan,
    SearchToken,
    Subject,
    SubjectKey,
)
from callwarden.custody.scope import client_scope
from callwarden.flows import jobs, residue
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.residue import Reach, ScanReport, controls, places, reach
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.models import Finding
from callwarden.site import copies
from callwarden.site.postgres import EmbeddedPostgres
from tests.work import do_all

NAME, PHONE, CARD = "欧阳长风", "13912345678", "4111111111111111"
WHERE = {"tables", "search_index", "caches", "database_files", "write_ahead_log", "objects", "data_folder", "backups"}


def test_server() -> Reach:
    """The tests' own server, as the site would name it."""
    settings = connection.settings_dict
    folder = Path(settings["HOST"]).parent
    embedded = EmbeddedPostgres(folder if (folder / "cluster").exists() else Path(tempfile.gettempdir()))
    server = copies.server_of(embedded)
    own = type(server)(server.conninfo, settings["NAME"], server.program, server.account, server.spawn)
    return Reach(own, embedded.cluster, embedded.folder / "residue-test")


test_server.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def reaches(line, settings, tmp_path_factory, monkeypatch):
    for part in ("spool", "run", "logs"):
        (Path(settings.DATA_DIR) / part).mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("shared")))
    residue.provide(rows_only)
    yield
    residue.provide(None)


def rows_only() -> Reach:
    return Reach(test_server().server)


@pytest.fixture
def whole_server():
    """The server's files are looked through as well, which takes some seconds."""
    residue.provide(test_server)


@pytest.fixture
def person(line) -> Subject:
    """Somebody with a name, a number and a card, beside somebody else who stays."""
    take_in_customer(
        line, customer_of({"name": "Ann Smith", "phones": ["13800001111"]}, customer_no="K1"), actor="system"
    )
    row = customer_of({"name": NAME, "phones": [PHONE], "card_numbers": [CARD]}, customer_no="K7000001")
    return take_in_customer(line, row, actor="system").customer.subject


@pytest.fixture
def stranger(person, line) -> Subject:
    """Somebody whose values no test has written down: the server's files keep what others leaked into its tables."""
    told = {"name": f"Zoe {token_hex(8)}", "phones": [f"139{randbelow(10**8):08}"], "emails": [f"{token_hex(6)}@x.cn"]}
    row = customer_of(told, customer_no=f"K{token_hex(5)}")
    return take_in_customer(line, row, actor="system").customer.subject


def erase(person: Subject) -> ScanReport:
    _erased, scan = residue.erase(person.client_id, person.id, actor="system", reason="request")
    return ScanReport.from_json(scan.report)


def test_where_everything_was_erased_every_control_is_found_and_nothing_else(stranger, whole_server):
    report = erase(stranger)
    assert [(one.name, one.found) for one in report.replicas if one.found] == []
    assert report.outcome == "pass", report.not_covered
    assert {one.name for one in report.replicas if one.control} >= WHERE
    assert report.values_known
    assert report.marks["value"] >= 3
    assert report.marks["token"] >= 3
    assert all(one.bytes for one in report.replicas if one.name in WHERE - {"search_index", "backups"})
    assert not ResidueControl.objects.exists(), "what was planted was taken away"
    assert not Finding.objects.filter(kind__startswith="residue").exists()


def test_values_come_through_the_door_and_are_written_nowhere(person):
    report = erase(person)
    permit = Permit.objects.get(principal="job:erasure")
    assert (permit.action, permit.purpose) == ("erase", "subject_request")
    row = ResidueScan.objects.get()
    told = json.dumps(row.report, ensure_ascii=False)
    for value in (NAME, PHONE, CARD, PHONE.encode().hex()):
        assert value not in told
    entry = LedgerPending.objects.filter(entry=row.entry).first()
    assert entry is not None
    assert report.digest == row.digest
    assert f"sha256:{row.digest}" in json.dumps(entry.body if hasattr(entry, "body") else str(vars(entry)), default=str)
    assert residue.latest_of(person.id) == report


def leak_into_a_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS made_yesterday (told text)")
        cursor.execute("INSERT INTO made_yesterday VALUES (%s)", [f"call {PHONE} back"])
    return "tables"


def leak_into_the_spool() -> str:
    from django.conf import settings

    (Path(settings.DATA_DIR) / "spool" / "half.part").write_bytes(b"x" * 99 + gzip.compress(NAME.encode("gb18030")))
    return "spool"


def leak_into_a_log() -> str:
    from django.conf import settings

    (Path(settings.DATA_DIR) / "logs" / "web.log").write_text(json.dumps({"error": f"no such caller {NAME}"}))
    return "logs"


def leak_into_a_temporary_file() -> str:
    Path(tempfile.gettempdir(), "tmpabc").write_bytes(PHONE.encode("utf-16-le"))
    return "temporary"


def leak_into_the_data_folder() -> str:
    from django.conf import settings

    (Path(settings.DATA_DIR) / "run" / PHONE).write_bytes(b"")
    return "data_folder"


def leak_into_an_object() -> str:
    obstore.put(objects.store(), "export/customers.csv", f"name,phone\n{NAME},{PHONE}\n".encode())
    return "objects"


def leak_into_the_cache() -> str:
    cache.set("last-caller", {"phone": PHONE})
    return "caches"


LEAKS = (
    leak_into_a_table,
    leak_into_the_spool,
    leak_into_a_log,
    leak_into_a_temporary_file,
    leak_into_the_data_folder,
    leak_into_an_object,
    leak_into_the_cache,
)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_copy_that_was_forgotten_anywhere_fails_the_search_and_files_a_finding(person, leak):
    place = leak()
    try:
        report = erase(person)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS made_yesterday")
        cache.clear()
    found = [one for one in report.replica(place).found if one.what == "value"]
    assert found, report.replicas
    assert report.outcome == "fail"
    assert PHONE not in json.dumps(report.to_json())
    finding = Finding.objects.get(kind="residue-found")
    assert finding.data["scan"] == str(report.scan)


def test_a_data_folder_that_may_be_passed_and_not_listed_is_looked_through_by_name_and_said_to_be(person, monkeypatch):
    real = places._children
    monkeypatch.setattr(places, "_children", lambda folder: [] if _is_data(folder) else real(folder))
    leak_into_the_data_folder()
    seen = erase(person).replica("data_folder")
    assert [one.where for one in seen.found] == ["data_folder:run"]
    assert ("data_folder", "unreadable") in [(one.what, one.why) for one in seen.not_covered]


def _is_data(folder: Path) -> bool:
    from django.conf import settings

    return folder == Path(settings.DATA_DIR)


def test_an_object_that_was_not_deleted_is_found(person, monkeypatch, exchange):
    exchange.call("C1")
    exchange.settle()
    with client_scope(person.client_id):
        record = Record.objects.exclude(object_key="").exclude(state="destroyed").first()
    monkeypatch.setattr(objects, "delete", lambda key: None)
    _erased, scan = residue.erase(record.client_id, record.subject_id, actor="system", reason="request")
    objects_seen = ScanReport.from_json(scan.report).replica("objects")
    assert objects_seen.outcome == "fail"
    assert {one.what for one in objects_seen.found} >= {"row"}


def test_a_recording_and_its_words_are_searched_for_by_what_they_say(person, exchange):
    exchange.call("C1")
    exchange.settle()
    with client_scope(person.client_id):
        record = Record.objects.filter(category="recording_original").exclude(state="destroyed").first()
        subject = record.subject_id
    marks = residue.gather(record.client_id, [subject])
    assert marks.counts().keys() >= {"id", "ciphertext", "sound"}
    assert not marks.unread


@pytest.mark.parametrize("what", [IdentifierToken, Customer])
def test_a_token_that_stays_is_found(person, monkeypatch, what):
    real = destroy.destroy_subject

    def forgetful(subject, **arguments):
        kept = list(what.objects.filter(**{"customer__subject" if what is IdentifierToken else "subject": subject}))
        count = real(subject, **arguments)
        for row in kept:
            row.save(force_insert=what is IdentifierToken)
        return count

    monkeypatch.setattr("callwarden.lawful.retention.erasing.destroy_subject", forgetful)
    report = erase(person)
    assert {one.what for one in report.replica("tables").found} & {"token"}


def test_a_word_of_theirs_in_the_search_index_is_found(person, monkeypatch):
    with client_scope(person.client_id):
        record = Record.objects.filter(subject=person).first()
    erase(person)
    with client_scope(person.client_id):
        SearchToken.objects.create(client_id=person.client_id, record=record, token=uuid4().bytes)
    scan = residue.search_again(person.client_id, [person.id])
    index = ScanReport.from_json(scan.report).replica("search_index")
    assert [(one.what, one.count) for one in index.found] == [("row", 1)]


def test_a_key_that_was_left_is_found_as_what_backups_could_be_opened_with(person, monkeypatch):
    monkeypatch.setattr(destroy, "SubjectKey", SimpleNamespace(objects=SubjectKey.objects.none()))
    backups = erase(person).replica("backups")
    assert backups.outcome == "fail"
    assert [one.where for one in backups.found] == ["custody_subjectkey"]


def test_a_search_that_cannot_find_its_control_is_not_measured(person, monkeypatch):
    real = controls.Controls.marks
    monkeypatch.setattr(
        controls.Controls, "marks", lambda self: [one for one in real(self) if one.label != "control:objects"]
    )
    report = erase(person)
    assert report.replica("objects").outcome == "not_measured"
    assert report.outcome == "not_measured"
    assert "objects" in Finding.objects.get(kind="residue-not-measured").data["not_measured"]


def test_without_the_servers_files_rows_are_searched_all_the_same_and_the_rest_is_not_measured(person):
    residue.provide(None)
    leak_into_a_table()
    try:
        report = erase(person)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE made_yesterday")
    assert report.replica("tables").control
    assert [one.where for one in report.replica("tables").found] == ["made_yesterday.told"]
    assert report.replica("database_files").outcome == "not_measured"
    assert report.replica("write_ahead_log").outcome == "not_measured"


def test_what_is_on_hold_is_said_to_be_and_not_searched_for(stranger, whole_server):
    with client_scope(stranger.client_id):
        record = Record.objects.filter(subject=stranger, category="identity").get()
        holds.hold(record, matter=uuid4(), actor="system")
    report = erase(stranger)
    assert report.held == 1
    assert ("record", "on_hold", 1) in [(one.what, one.why, one.count) for one in report.not_covered]
    assert report.outcome == "pass", [one for one in report.replicas if one.outcome == "fail"]


def test_killed_after_the_erasure_it_searches_for_ids_and_says_so(person):
    with client_scope(person.client_id):
        destroy.destroy_subject(Subject.objects.get(pk=person.pk), actor="system", reason="request")
    jobs.erase(str(person.client_id), str(person.id), "system", "request")
    report = residue.latest_of(person.id)
    assert report is not None
    assert not report.values_known
    assert ("values", "gone_before_the_search") in [(one.what, one.why) for one in report.not_covered]
    assert report.marks.keys() == {"id"}


def test_who_was_erased_without_a_search_is_searched_for_within_the_hour(person):
    with client_scope(person.client_id):
        destroy.destroy_subject(Subject.objects.get(pk=person.pk), actor="system", reason="request")
        Subject.objects.filter(pk=person.pk).update(destroyed_at=clock.now() - timedelta(hours=2))
    assert residue.waiting() == [(person.client_id, [person.id])]
    jobs.search_what_was_not_searched(0)
    do_all()
    assert residue.latest_of(person.id) is not None
    assert residue.waiting() == []


def test_who_lives_is_not_searched_for(person):
    with pytest.raises(Conflict):
        residue.search_again(person.client_id, [person.id])
    with pytest.raises(NotFound):
        residue.search_again(person.client_id, [uuid4()])


def test_a_certificate_takes_the_search_with_all_it_does_not_cover(person):
    report = erase(person)
    scan = residue.scan_of(report)
    assert (set(scan.covered), scan.found, scan.report) == ({*report.covered, "rows", "keys"}, 0, report.digest)
    assert {one.what for one in residue.not_covered_of(report)} >= {"backups", "database_files", "write_ahead_log"}
    assert "database_files" not in scan.covered


def test_a_report_comes_back_from_its_json_as_it_was(person):
    report = erase(person)
    again = ScanReport.from_json(json.loads(json.dumps(report.to_json())))
    assert again == report
    assert again.digest == report.digest


def test_a_finding_closes_on_a_later_search_that_finds_nothing(person, whole_server):
    from callwarden.kernel import findings

    leak_into_a_log()
    erase(person)
    finding = Finding.objects.get(kind="residue-found")
    findings.triage(finding, actor="system")
    findings.start(finding, actor="system")
    findings.remedied(finding, actor="system")
    from django.conf import settings

    (Path(settings.DATA_DIR) / "logs" / "web.log").unlink()
    residue.search_again(person.client_id, [person.id])
    finding.refresh_from_db()
    assert finding.state == "closed"
    assert reach.reach().server is not None
