"""The watch folders: what is taken, what is left alone, and that no file stands in another's way."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from callwarden.custody import intake
from callwarden.custody.models import Client, IntakeItem
from callwarden.doors.spool import watcher as spool
from callwarden.doors.spool.models import LeftFile
from callwarden.doors.spool.watcher import AGAIN_SECONDS, Watcher, take
from callwarden.kernel import clock, findings
from callwarden.kernel.models import Finding
from callwarden.site.logs import AdmittedOnly
from tests.exchange import OTHER, SPOKEN, Exchange, open_line, spool_files

WAV = SPOKEN.audio


@pytest.fixture
def patient(exchange: Exchange) -> Watcher:
    return Watcher(exchange.folder.parent, stable_seconds=5)


def test_a_file_is_taken_only_after_it_has_stopped_growing(exchange, patient):
    with clock.frozen(clock.now()) as time:
        path = exchange.drop("C1.wav", WAV[:1000])
        assert patient.look().sealed == 0
        time.advance(seconds(4))
        path.write_bytes(WAV[:2000])
        assert patient.look().sealed == 0
        time.advance(seconds(4))
        assert patient.look().sealed == 0, "eight seconds old, but unchanged for four only"
        time.advance(seconds(1))
        assert patient.look().sealed == 1
    assert exchange.waiting() == []


def test_a_file_of_the_same_size_that_is_written_anew_is_not_stable(exchange, patient):
    with clock.frozen(clock.now()) as time:
        path = exchange.drop("C1.wav", WAV)
        patient.look()
        time.advance(seconds(6))
        os.utime(path, (1, 1))
        assert patient.look().sealed == 0


def test_a_recorder_that_pauses_longer_than_the_stability_time_loses_nothing(exchange):
    """A system with silence suppression writes nothing while nobody speaks, but it holds the file open."""
    path = exchange.folder / "C1.wav"
    with path.open("wb") as recorder:
        recorder.write(WAV[:100_000])
        recorder.flush()
        assert exchange.look().sealed == 0
        assert exchange.look().refused == []
        recorder.write(WAV[100_000:])
    assert exchange.look().sealed == 1
    assert exchange.item().size == len(WAV)


def test_a_writer_in_another_process_counts_too(exchange):
    path = exchange.drop("C1.wav", WAV)
    program = "import sys; held = open(sys.argv[1], 'ab'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert exchange.look().sealed == 0
        writer.communicate()
    assert exchange.look().sealed == 1


def test_a_source_that_changes_while_it_is_sealed_is_not_removed(exchange, monkeypatch):
    path = exchange.drop("C1.wav", WAV)
    real = spool.receive_file

    def and_then_it_grows(*arguments, **names):
        received = real(*arguments, **names)
        with path.open("ab") as late:
            late.write(b"the rest")
        return received

    monkeypatch.setattr(spool, "receive_file", and_then_it_grows)
    exchange.look()
    assert path.read_bytes() == WAV + b"the rest"


def test_a_source_that_is_replaced_while_it_is_sealed_is_not_removed(exchange, monkeypatch):
    path = exchange.drop("C1.wav", WAV)
    real = spool.receive_file

    def and_then_another_comes(*arguments, **names):
        received = real(*arguments, **names)
        path.unlink()
        path.write_bytes(OTHER.audio)
        return received

    monkeypatch.setattr(spool, "receive_file", and_then_another_comes)
    exchange.look()
    monkeypatch.undo()
    assert path.read_bytes() == OTHER.audio
    exchange.look()
    assert IntakeItem.objects.filter(kind="audio").count() == 2


@pytest.mark.parametrize("name", ["C1.wav.part", "C1.wav.tmp", "C1.wav.PARTIAL", ".C1.wav", "C1.wav~", "mapping.yaml"])
def test_unfinished_and_hidden_files_are_left_alone(exchange, name):
    exchange.drop(name, WAV)
    done = exchange.look()
    assert (done.sealed, done.refused) == (0, [])
    assert exchange.waiting() == [name]


def test_a_link_takes_nothing_from_elsewhere(exchange, tmp_path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(WAV)
    (exchange.folder / "C1.wav").symlink_to(secret)
    assert exchange.look().sealed == 0
    with pytest.raises(Exception, match="cannot be read"):
        take(exchange.folder / "C1.wav", exchange.line)
    assert secret.exists()
    assert not IntakeItem.objects.exists()


@pytest.mark.timeout(60)
def test_a_pipe_in_the_folder_stops_nobody(exchange):
    os.mkfifo(exchange.folder / "C1.wav")
    exchange.drop("C2.wav", WAV)
    assert exchange.look().sealed == 1
    take(exchange.folder / "C1.wav", exchange.line, remove=False)  # put in place between look and opening


def test_a_file_that_cannot_be_read_is_reported_and_stops_no_other(exchange, monkeypatch):
    exchange.drop("A1.wav", WAV)
    exchange.drop("B1.wav", OTHER.audio)
    real = os.open

    def refusing(path, *arguments, **names):
        if str(path).endswith("A1.wav"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **names)

    with monkeypatch.context() as foreign:
        foreign.setattr(os, "open", refusing)
        done = exchange.look()
    assert done.sealed == 1
    assert [name for name, _why in done.refused] == ["A1.wav"]
    assert "read access" in done.refused[0][1]
    assert exchange.waiting() == ["A1.wav"]


def test_a_source_that_breaks_off_while_it_is_read_is_no_full_disk(exchange, settings, monkeypatch):
    exchange.drop("A1.wav", WAV)
    exchange.drop("B1.wav", OTHER.audio)
    broken = (exchange.folder / "A1.wav").stat().st_ino
    real = os.read

    def failing(descriptor, size):
        if os.fstat(descriptor).st_ino == broken and os.lseek(descriptor, 0, os.SEEK_CUR) > 0:
            raise OSError(5, "Input/output error")
        return real(descriptor, size)

    monkeypatch.setattr(intake, "PIECE", 64 * 1024)
    monkeypatch.setattr(os, "read", failing)
    done = exchange.look()
    assert done.sealed == 1
    assert "cannot be read" in done.refused[0][1]
    assert len(spool_files(settings.DATA_DIR)) == 1
    assert exchange.waiting() == ["A1.wav"]


def test_a_source_that_may_not_be_removed_is_sealed_reported_and_not_sealed_every_second(exchange, monkeypatch):
    path = exchange.drop("C1.wav", WAV)
    exchange.drop("C2.wav", OTHER.audio)
    real = Path.unlink

    def refusing(self, missing_ok=False):
        if self == path:
            raise PermissionError(13, "Permission denied")
        real(self, missing_ok=missing_ok)

    with monkeypatch.context() as foreign, clock.frozen(clock.now()) as time:
        foreign.setattr(Path, "unlink", refusing)
        done = exchange.look()
        assert done.sealed == 1
        assert "still lies there in clear" in done.refused[0][1]
        assert exchange.look().refused == [], "left alone for a while"
        time.advance(seconds(AGAIN_SECONDS))
        assert len(exchange.look().refused) == 1
    assert IntakeItem.objects.filter(kind="audio").count() == 2


def test_a_refused_file_is_looked_at_again_as_soon_as_it_changes(exchange, settings):
    settings.INTAKE_MAX_BYTES = 1000
    path = exchange.drop("C1.wav", WAV)
    assert exchange.look().refused
    assert exchange.look().refused == []
    settings.INTAKE_MAX_BYTES = 10**9
    os.utime(path, (5, 5))
    assert exchange.look().sealed == 1


@pytest.mark.parametrize("name", ["notes.docx", "unnamed", "list.csv", "C1.exe"])
def test_a_file_whose_name_says_nothing_is_named_with_its_remedy_and_left(exchange, name):
    exchange.drop(name, b"whatever")
    ((shown, why),) = exchange.look().refused
    assert shown == name
    assert "Recordings end in" in why
    assert exchange.waiting() == [name]


def test_files_outside_every_line_are_reported(exchange):
    stray = exchange.folder.parent
    (stray / "servce-zh").mkdir()
    (stray / "servce-zh" / "C1.wav").write_bytes(WAV)
    (stray / "C2.wav").write_bytes(WAV)
    (stray / "empty").mkdir()
    (stray / ".staged-1").mkdir()
    (stray / ".staged-1" / "x.wav").write_bytes(WAV)
    assert sorted(name for name, _why in exchange.look().refused) == ["C2.wav", "servce-zh"]


def test_with_several_clients_each_has_folders_of_its_own(exchange, line):
    other = Client.objects.create(slug="other", name="Other")
    open_line(other, "service-zh")
    parent = exchange.folder.parent
    own = parent / line.client.slug / line.slug
    own.mkdir(parents=True)
    (own / "C1.wav").write_bytes(WAV)
    exchange.drop("C9.wav", OTHER.audio)
    done = exchange.look()
    assert done.sealed == 1
    assert IntakeItem.objects.get().line == line
    assert [name for name, _why in done.refused] == ["service-zh"], "the old folder is nobody's now; somebody must know"


def test_no_file_name_reaches_a_log(exchange, caplog):
    exchange.drop("15412345678 陆听雨.docx", b"whatever")
    with caplog.at_level(logging.INFO):
        exchange.look()
    assert caplog.records
    for record in caplog.records:
        line = AdmittedOnly().format(record)
        assert "5678" not in line
        assert "陆听雨" not in line


def test_a_lost_connection_to_the_folder_is_no_crash(exchange):
    (exchange.folder.parent / exchange.line.slug).rename(exchange.folder.parent / ".gone")
    assert exchange.look().sealed == 0


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# What is left behind


def left_behind() -> list[tuple[str, str]]:
    return sorted(LeftFile.objects.values_list("shown", "code"))


def test_what_is_left_is_listed_until_it_is_gone_and_is_a_finding_meanwhile(exchange):
    stray = exchange.drop("notes.txt", b"x")
    exchange.look()
    assert left_behind() == [("notes.txt", "unknown_file_type")]
    assert LeftFile.objects.get().line == exchange.line
    finding = Finding.objects.get(kind="files-left")
    assert finding.data["count"] == 1
    findings.triage(finding, actor="system")
    findings.start(finding, actor="system")
    findings.remedied(finding, actor="system")
    stray.unlink()
    exchange.look()
    assert left_behind() == []
    finding.refresh_from_db()
    assert finding.state == Finding.State.CLOSED


def test_a_folder_by_date_inside_a_line_is_not_passed_over_in_silence(exchange):
    deep = exchange.folder / "2026" / "11"
    deep.mkdir(parents=True)
    (deep / "13800138000.wav").write_bytes(WAV)
    refused = exchange.look().refused
    assert [file for file, _why in refused] == ["2026"]
    assert left_behind() == [("2026", "not_a_file")]


def test_an_empty_folder_inside_a_line_is_nothing_to_speak_of(exchange):
    (exchange.folder / "later").mkdir()
    assert exchange.look().refused == []
    assert left_behind() == []


def test_a_link_is_not_followed_and_not_passed_over_in_silence(exchange, tmp_path):
    (tmp_path / "elsewhere.wav").write_bytes(WAV)
    (exchange.folder / "C1.wav").symlink_to(tmp_path / "elsewhere.wav")
    exchange.look()
    assert left_behind() == [("C1.wav", "not_a_file")]
    assert (tmp_path / "elsewhere.wav").exists()


def test_the_list_of_what_is_left_is_written_only_when_it_changes(exchange):
    exchange.drop("notes.txt", b"x")
    exchange.look()
    seen = Finding.objects.get(kind="files-left").times_seen
    for _time in range(3):
        exchange.look()
    assert Finding.objects.get(kind="files-left").times_seen == seen


def test_what_was_left_and_is_taken_after_all_leaves_the_list(exchange, settings):
    settings.INTAKE_MAX_BYTES = 100
    with clock.frozen(clock.now()) as time:
        exchange.drop("C1.wav", WAV)
        exchange.look()
        assert left_behind() == [("C1.wav", "file_too_large")]
        settings.INTAKE_MAX_BYTES = 10**9
        time.advance(seconds(AGAIN_SECONDS + 1))
        assert exchange.look().sealed == 1
    assert left_behind() == []


def test_no_number_of_a_file_name_stands_in_the_list(exchange):
    exchange.drop("13800138000.txt", b"x")
    exchange.look()
    ((shown, _code),) = left_behind()
    assert "13800138000" not in shown


def test_every_code_of_a_file_that_is_left_has_words():
    from callwarden.doors.console.imports.reasons import REASONS

    codes = {"unknown_file_type", "file_unreadable", "file_too_large", "source_not_removed", "read_back_failed"}
    assert codes | {"no_line_of_this_name", "not_a_file"} <= set(REASONS)
