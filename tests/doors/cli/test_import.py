"""`callwarden import`: whole folders taken in like watch folders, followed to the end, and told plainly."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callwarden.custody.models import Call, IntakeBatch, IntakeItem
from callwarden.custody.scope import client_scope
from callwarden.doors.cli import import_
from callwarden.doors.cli.main import app
from callwarden.doors.spool import watcher
from samples.generate import GeneratedCall, generate_call
from tests.doors.api.conftest import _keeper, client, keeper, keeper_folder, line, owner
from tests.work import do_all

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "owner"]

MAPPING = """
version: 1
columns:
  call_id: id
  line: {constant: service-zh}
  direction: {constant: inbound}
  started_at: start
  answered_at: start
  ended_at: end
  caller: from
  recordings: file
notice: {version: {constant: "2026-1"}, language: {constant: zh-CN}, at: start}
consents:
  - {purposes: [recording], answer: {column: ok, values: {"1": given, "2": refused}}}
recordings: {layout: "stereo:caller,agent"}
"""


@pytest.fixture
def ready(line, monkeypatch, settings):
    """A line with a mapping, and a worker that does its work whenever the command waits."""
    line.cdr_mapping = MAPPING
    line.save()
    settings.WORDS_GRACE_SECONDS = 0
    monkeypatch.setattr(import_, "_worker_alive", lambda: True)
    monkeypatch.setattr(import_, "_pause", do_all)
    return line


def calls(count: int, seed: int = 21) -> list[GeneratedCall]:
    made = [generate_call(seed, number, minutes=0.2, line="service-zh") for number in range(count)]
    # Recorders put the caller's number into the name of the file.
    return [replace(call, name=f"{call.cdr.caller.lstrip('+')}_{number}.wav") for number, call in enumerate(made)]


def lay_out(folder: Path, made: list[GeneratedCall], *, refused: frozenset[int] = frozenset()) -> Path:
    rows = ["id,start,end,from,file,ok"]
    for number, call in enumerate(made):
        sub = folder / f"day-{number % 2}"
        sub.mkdir(parents=True, exist_ok=True)
        (sub / call.name).write_bytes(call.audio)
        (sub / f"{call.name[:-4]}.words.json").write_bytes(call.words_json)
        row = call.cdr
        times = f"{row.answered_at.isoformat()},{row.ended_at.isoformat()}"
        rows.append(f"{row.call_id},{times},{row.caller},{call.name},{2 if number in refused else 1}")
    (folder / "cdr-all.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["import", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def told(*arguments: str) -> tuple[int, dict]:
    code, output = run(*arguments, "--json")
    return code, json.loads(next(text for text in output.splitlines() if text.startswith("{")))


def kept(line) -> int:
    with client_scope(line.client_id):
        return Call.objects.filter(line=line).count()


def test_a_folder_is_taken_in_and_followed_to_the_end(ready, tmp_path):
    made = calls(3)
    folder = lay_out(tmp_path / "in", made, refused=frozenset({2}))
    code, tally = told(str(folder), "--line", "service-zh")
    assert code == 0
    assert (tally["sealed"], tally["duplicates"], tally["refused"]) == (7, 0, [])
    assert tally["calls"] == {"redacted": 2, "quarantined": 1}
    assert tally["quarantined"] == {"consent_refused": 1}
    assert kept(ready) == 2
    assert sum(path.is_file() for path in folder.rglob("*")) == 7  # sources stay unless --remove is given


def test_nothing_it_says_holds_a_number_of_a_caller(ready, tmp_path, capfd):
    made = calls(2)
    folder = lay_out(tmp_path / "in", made)
    (folder / "day-0" / made[0].name).write_bytes(made[0].audio[:5000])
    code, output = run(str(folder), "--line", "service-zh")
    said = output + "".join(capfd.readouterr())
    assert code == 1
    assert "Calls redacted" in said
    assert "cut short" in said
    digits = [call.cdr.caller.lstrip("+") for call in made]
    planted = [plant["value"] for call in made for plant in call.planted]
    assert not [value for value in digits + planted if value in said]
    assert "*" in said  # the file is still told, with its long number starred


def test_the_second_time_everything_is_known(ready, tmp_path):
    folder = lay_out(tmp_path / "in", calls(2))
    told(str(folder), "--line", "service-zh")
    code, tally = told(str(folder), "--line", "service-zh")
    assert code == 0
    assert (tally["sealed"], tally["duplicates"]) == (0, 5)
    assert kept(ready) == 2


def test_sources_are_removed_only_when_asked_and_only_what_was_sealed(ready, tmp_path):
    folder = lay_out(tmp_path / "in", calls(1))
    (folder / "notes.txt").write_text("not a recording")
    code, tally = told(str(folder), "--line", "service-zh", "--remove")
    assert code == 1
    assert [file for file, _why in tally["refused"]] == ["notes.txt"]
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["notes.txt"]
    assert kept(ready) == 1


def test_what_is_missing_on_either_side_is_told(ready, tmp_path):
    made = calls(3)
    folder = lay_out(tmp_path / "in", made)
    (folder / "day-0" / made[0].name).unlink()
    listed = (folder / "cdr-all.csv").read_text(encoding="utf-8").splitlines()
    (folder / "cdr-all.csv").write_text("\n".join(listed[:-1]) + "\n", encoding="utf-8")
    code, tally = told(str(folder), "--line", "service-zh")
    assert code == 1
    assert tally["calls"] == {"redacted": 1}
    assert (tally["missing_recordings"], tally["recordings_without_record"]) == (1, 1)


def test_bad_rows_are_told_with_line_field_and_remedy(ready, tmp_path):
    folder = lay_out(tmp_path / "in", calls(1))
    with (folder / "cdr-all.csv").open("a", encoding="utf-8") as file:
        file.write("C-9,yesterday,,13900001111,x.wav,1\n")
    code, output = run(str(folder), "--line", "service-zh")
    assert code == 1
    assert "cdr, line 3, started_at: The time fits none of the formats" in output
    assert "13900001111" not in output


def test_stopped_in_the_middle_the_same_command_goes_on(ready, tmp_path, monkeypatch):
    folder = lay_out(tmp_path / "in", calls(3))
    real, count = watcher.take, iter(range(100))

    def interrupted(*arguments, **named):
        if next(count) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(watcher, "take", interrupted)
    code, output = run(str(folder), "--line", "service-zh", "--remove")
    assert code == 130
    assert "go on" in output
    monkeypatch.setattr(watcher, "take", real)
    code, tally = told(str(folder), "--line", "service-zh", "--remove")
    assert code == 0
    assert kept(ready) == 3
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert tally["calls"].get("duplicate", 0) == 0


def test_a_full_disk_stops_it_with_everything_in_place(ready, tmp_path, settings):
    folder = lay_out(tmp_path / "in", calls(1))
    settings.SPOOL_MAX_BYTES = 1
    code, tally = told(str(folder), "--line", "service-zh", "--remove")
    assert code == 1
    assert (folder / "cdr-all.csv").exists()
    assert tally["sealed"] <= 1
    settings.SPOOL_MAX_BYTES = 10**12
    assert told(str(folder), "--line", "service-zh", "--remove")[0] == 0
    assert kept(ready) == 1


def test_without_a_worker_it_says_so_and_keeps_what_it_sealed(ready, tmp_path, monkeypatch):
    monkeypatch.setattr(import_, "_worker_alive", lambda: False)
    monkeypatch.setattr(import_, "_pause", lambda: None)
    monkeypatch.setattr(import_, "NO_WORKER_AFTER_S", -1.0)
    folder = lay_out(tmp_path / "in", calls(1))
    code, output = run(str(folder), "--line", "service-zh")
    assert code == 1
    assert "No worker is running" in output
    assert IntakeItem.objects.count() == 3


def test_a_worker_counts_by_its_heartbeat(line):
    from django.db import connection

    assert not import_._worker_alive()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 minutes')")
        assert not import_._worker_alive()
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        assert import_._worker_alive()
        cursor.execute("TRUNCATE procrastinate_workers CASCADE")


def test_without_watching_it_only_seals(ready, tmp_path):
    folder = lay_out(tmp_path / "in", calls(1))
    code, tally = told(str(folder), "--line", "service-zh", "--no-watch")
    assert (code, tally["sealed"], tally["watched"]) == (0, 3, False)
    assert kept(ready) == 0
    do_all()
    assert kept(ready) == 1


def test_an_import_stands_as_a_batch_with_its_counts(ready, tmp_path):
    folder = lay_out(tmp_path / "in", calls(1))
    (folder / "notes.txt").write_text("not a recording")
    _code, tally = told(str(folder), "--line", "service-zh")
    batch = IntakeBatch.objects.get(pk=tally["batch"])
    assert (batch.total, batch.read, batch.refused, batch.door) == (4, 3, 1, "cli")
    assert batch.finished_at is not None


def test_links_hidden_and_unfinished_files_are_passed_over(ready, tmp_path):
    folder = lay_out(tmp_path / "in", calls(1))
    secret = tmp_path / "elsewhere.wav"
    shutil.copy(next(folder.rglob("*.wav")), secret)
    (folder / "link.wav").symlink_to(secret)
    (folder / ".hidden.wav").write_bytes(b"x")
    (folder / "a.wav.part").write_bytes(b"x")
    (folder / "mapping.yaml").write_text(MAPPING)
    _code, tally = told(str(folder), "--line", "service-zh", "--remove")
    assert tally["sealed"] == 3
    assert secret.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere", "--line", "service-zh"), "does not exist"),
        (("{empty}", "--line", "service-zh"), "nothing to import"),
        (("{full}", "--line", "sales"), "Lines: service-zh"),
        (("{full}", "--line", "service-zh", "--client", "other"), "Lines: service-zh"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_right(ready, tmp_path, arguments, says):
    (tmp_path / "empty").mkdir()
    folders = {"empty": tmp_path / "empty", "full": lay_out(tmp_path / "in", calls(1))}
    code, output = run(*(argument.format(**folders) for argument in arguments))
    assert code == 2
    assert says in output
    assert not IntakeItem.objects.exists()


def test_a_line_name_that_two_clients_have_needs_the_client(ready, tmp_path):
    from callwarden.custody.epochs import open_client
    from tests.doors.api.conftest import open_line

    open_line(open_client(slug="other", name="Other", actor="system"), "service-zh")
    folder = lay_out(tmp_path / "in", calls(1))
    assert "--client" in run(str(folder), "--line", "service-zh")[1]
    code, tally = told(str(folder), "--line", "service-zh", "--client", "acme", "--no-watch")
    assert (code, tally["sealed"]) == (0, 3)


def test_it_speaks_chinese_on_a_chinese_terminal(ready, tmp_path, monkeypatch):
    """The words come from the catalogue; here it is enough that every sentence asks it."""
    asked: list[str] = []
    for module in (import_, "callwarden.doors.cli._import_screen", "callwarden.doors.cli._import_reasons"):
        name = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{name}._", lambda text: asked.append(text) or text)
    told_code, _output = run(str(lay_out(tmp_path / "in", calls(1))), "--line", "service-zh")
    assert told_code == 0
    assert {"Import", "Files sealed", "Calls redacted", "Sealing"} <= set(asked)
