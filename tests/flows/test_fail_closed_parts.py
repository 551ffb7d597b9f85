"""What stops when something beside the log breaks: the other rows of DESIGN section 7, at random moments under load.

Five people and programs open personal data without pause (`people_at_work`) and calls arrive, while the keeper, the
store, the disk, the redactor, a worker, the scanner or the clock fails. Each fault is real: a process killed, a folder
taken away, a socket closed, a threshold moved. After every test what got out is compared with what stands in the log.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from callwarden.custody import standstill, times
from callwarden.custody.categories import Category
from callwarden.custody.intake import spool_folder
from callwarden.custody.models import Bucket, Call, ClockLook, DataKey, IntakeItem, LedgerPending, Record, SearchToken
from callwarden.custody.scope import client_scope
from callwarden.doors.api.uploads import SealedSpool
from callwarden.flows import arrivals, jobs, matching, playback, timers, troubles
from callwarden.flows.disclose import AccessRefused
from callwarden.kernel import clock, findings
from callwarden.kernel.clock import SystemClock
from callwarden.kernel.errors import NotFound, Unavailable
from callwarden.kernel.models import Finding, ScanVerdict, User
from callwarden.lawful.retention.models import RetentionRule
from tests.centre import KeeperProcess, database_url
from tests.doors.api.conftest import Program, program_for
from tests.exchange import Exchange
from tests.flows.centre_of_controls import arrival_on, person
from tests.flows.people_at_work import OPENING, SEED, SPOKEN, Centre, at_work, centre_at, moments
from tests.flows.worker_to_kill import Workers, await_gone
from tests.kernel.test_malware import EICAR, clamd, judge, unix_listener

IN_THE_STORE = ("play", "export", "answer")  # the others open values, which lie in the database
PATIENT = SimpleNamespace(job=SimpleNamespace(attempts=0))


@pytest.fixture
def centre(exchange: Exchange, settings, monkeypatch) -> Centre:
    return centre_at(exchange, settings, monkeypatch)


def another(exchange: Exchange, number: int) -> None:
    """Drop a call that is like none before."""
    told = number.to_bytes(2, "little")
    exchange.call(f"N{number}", audio=SPOKEN.audio[:-2] + told, words=SPOKEN.words_json + b" " * number)


def sealed(exchange: Exchange, number: int) -> IntakeItem:
    """Such a call, taken in and not judged yet; its row."""
    another(exchange, number)
    exchange.look()
    for one in IntakeItem.objects.filter(kind="cdr", state="sealed"):
        arrivals.read_list(one.pk)
    (arrived,) = matching.complete_calls(exchange.line)
    return arrived.row


def kept() -> tuple[int, int]:
    """(arrivals on record, sealed files in the spool)."""
    return IntakeItem.objects.count(), len(list(spool_folder().glob("*.cws")))


def stored(centre: Centre) -> tuple[int, Counter[str]]:
    """(calls, records by category), those destroyed left out."""
    with client_scope(centre.client):
        live = Record.objects.exclude(state=Record.State.DESTROYED)
        return Call.objects.count(), Counter(live.values_list("category", flat=True))


def keys(centre: Centre) -> tuple[int, int]:
    """(data keys, buckets that have not ended)."""
    with client_scope(centre.client):
        return DataKey.objects.count(), Bucket.objects.filter(destroyed_at=None).count()


def test_without_the_log_nobody_gets_anything(centre: Centre, monkeypatch):
    with at_work(centre.acts, monkeypatch) as work:
        for _ in moments():
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE custody_ledgerpending RENAME TO custody_ledgerpending_away")
            assert "open" not in work.see(*centre.acts).values()
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE custody_ledgerpending_away RENAME TO custody_ledgerpending")
            work.all_well()


def test_while_the_log_lags_only_masked_views_are_shown(centre: Centre, monkeypatch, settings):
    with at_work(centre.acts, monkeypatch) as work:
        for _ in moments():
            settings.LEDGER_LAG_SECONDS = 0.0
            seen = work.see()
            assert seen.pop("view") == "open"
            assert set(seen.values()) == {"ledger_behind"}
            settings.LEDGER_LAG_SECONDS = 3600
            work.all_well()


def test_without_the_keeper_calls_come_in_sealed_and_nothing_opens(centre: Centre, keeper: KeeperProcess, monkeypatch):
    with at_work(centre.acts, monkeypatch) as work:
        for _ in moments():
            keeper.kill()
            try:
                seen, before = work.see(*centre.acts), kept()
                assert seen.pop("arrive") == work.seen("arrive") == "open"
                assert "open" not in seen.values()
                assert kept() > before
            finally:
                keeper.start()
            work.all_well()


def test_without_the_store_nothing_comes_in_by_halves_and_nothing_plays(centre: Centre, tmp_path: Path, monkeypatch):
    exchange, store, away = centre.exchange, tmp_path / "objects", tmp_path / "away"
    with at_work(centre.acts, monkeypatch) as work:
        for number, _ in enumerate(moments(), start=1):
            row = sealed(exchange, number)
            store.rename(away)
            store.write_text("no folder")
            seen = work.see(*centre.acts)
            before = kept(), stored(centre)
            assert [name for name, outcome in seen.items() if outcome == "open"] == ["view", "reveal"]
            assert {seen[name] for name in ("arrive", *IN_THE_STORE)} == {"storage_unavailable"}
            with pytest.raises(Unavailable):
                jobs.admit.func(str(row.pk))
            nothing_is_taken_in(exchange, number)
            assert (kept(), stored(centre)) == before
            store.unlink()
            away.rename(store)
            work.all_well()
            jobs.admit.func(str(row.pk))
            exchange.look()
            assert exchange.waiting() == []
    assert redacted(centre) == number + 1


def nothing_is_taken_in(exchange: Exchange, number: int) -> None:
    """Neither a file of a watch folder, which stays where it is, nor an upload, of which not a byte is read."""
    waiting = exchange.drop(f"late-{number}.wav", SPOKEN.audio[:-2] + (9999 + number).to_bytes(2, "little"))
    with pytest.raises(Unavailable) as refused:
        exchange.look()
    assert refused.value.retry_after
    assert waiting.exists()
    with pytest.raises(Unavailable):
        SealedSpool()


def redacted(centre: Centre) -> int:
    """How many calls there are; every one of them redacted as the first was."""
    with client_scope(centre.client):
        per_call: dict[Any, Counter[str]] = {}
        live = Record.objects.exclude(state=Record.State.DESTROYED).filter(call__isnull=False)
        for call, category in live.values_list("call", "category"):
            per_call.setdefault(call, Counter())[category] += 1
        assert set(Call.objects.values_list("redaction", flat=True)) == {Call.Redaction.DONE}
    assert all(found == per_call[centre.call.pk] for found in per_call.values())
    return len(per_call)


def test_with_a_full_disk_nothing_comes_in_by_halves_and_only_masked_views_are_shown(
    centre: Centre, settings, monkeypatch
):
    with at_work(centre.acts, monkeypatch) as work:
        for number, _ in enumerate(moments(), start=1):
            settings.DISK_RESERVE = 1.0
            seen = work.see(*centre.acts)
            before = kept(), stored(centre)
            assert (seen.pop("view"), seen.pop("arrive")) == ("open", "spool_full")
            assert set(seen.values()) == {"disk_nearly_full"}
            nothing_is_taken_in(centre.exchange, number)
            a_record_alone_is_refused(centre.exchange)
            assert (kept(), stored(centre)) == before
            settings.DISK_RESERVE = 0.0
            work.all_well()
            centre.exchange.look()
            assert centre.exchange.waiting() == []


def a_record_alone_is_refused(exchange: Exchange) -> None:
    from callwarden.flows.receive import Sender

    row = SPOKEN.cdr
    with pytest.raises(Unavailable):
        arrivals.take_in_row(row, Sender(exchange.line, "api"))


def test_while_the_redactor_crashes_nothing_unredacted_is_shown(centre: Centre, settings, monkeypatch):
    exchange, program = centre.exchange, reader_at(centre)
    with at_work(centre.acts, monkeypatch) as work:
        for number, _ in enumerate(moments(), start=1):
            settings.REDACTION_PROFILE = "gone"
            row = sealed(exchange, number)
            jobs.admit.func(str(row.pk))
            with client_scope(centre.client):
                call = Call.objects.exclude(redaction=Call.Redaction.DONE).get()
            with pytest.raises(Exception):  # noqa: B017 - whatever it crashes with
                jobs.redact.func(PATIENT, call=str(call.pk), client=str(centre.client))
            nothing_shown(centre, call, program, f"N{number}")
            assert set(work.see().values()) == {"open"}
            settings.REDACTION_PROFILE = "all"
            jobs.redact.func(PATIENT, call=str(call.pk), client=str(centre.client))
            assert playback.permit_to_play(centre.reviewer, call, purpose="quality").permit
    assert redacted(centre) == number + 1


def reader_at(centre: Centre) -> Program:
    owner = User.objects.create(username="integrator", roles=["system_administrator"])
    return program_for(centre.exchange.line.client, owner)


def nothing_shown(centre: Centre, call: Call, program: Program, reference: str) -> None:
    """By no way a person or a program has: not played, not found, not told."""
    with pytest.raises(NotFound):
        playback.permit_to_play(centre.reviewer, call, purpose="quality")
    with pytest.raises(AccessRefused):
        playback.permit_to_play(centre.reviewer, call, purpose="quality", which="original")
    with client_scope(centre.client):
        of_it = Record.objects.filter(call=call)
        assert not SearchToken.objects.filter(record__in=of_it).exists()
        assert not of_it.filter(category__in=[Category.RECORDING_REDACTED, Category.TRANSCRIPT_REDACTED]).exists()
        originals = of_it.filter(category__in=[Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL])
        assert originals.exclude(state=Record.State.DESTROYED).count() >= 2
    answer = program.get(f"/calls/{reference}")
    assert set(answer.json()) <= {"state", "reason", "call"}, answer.content


@pytest.fixture
def workers(centre: Centre, settings, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(
        {
            "CALLWARDEN_DATABASE_URL": database_url(),
            "CALLWARDEN_DATA_DIR": str(tmp_path),
            "CALLWARDEN_KEEPER_SOCKET": os.environ["CALLWARDEN_KEEPER_SOCKET"],
            "CALLWARDEN_SECRET_KEY": settings.SECRET_KEY,
            "CALLWARDEN_WORDS_GRACE_SECONDS": "3600",
            "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        }
    )
    yield made
    made.close()


def test_the_job_of_a_killed_worker_is_taken_over_and_its_effects_happen_once(
    centre: Centre, workers: Workers, monkeypatch
):
    exchange, program, chance = centre.exchange, reader_at(centre), random.Random(SEED)
    opening = {name: act for name, act in centre.acts.items() if name in OPENING}
    with at_work(opening, monkeypatch) as work:
        for number, _ in enumerate(moments(), start=1):
            another(exchange, number)
            exchange.look()
            worker = workers.begin()
            await_jobs("doing")
            time.sleep(chance.uniform(0, 1.5))
            os.kill(worker, signal.SIGKILL)
            await_gone(worker)
            with client_scope(centre.client):
                half = list(Call.objects.exclude(redaction=Call.Redaction.DONE))
            for call in half:
                nothing_shown(centre, call, program, f"N{number}")
            assert set(work.see().values()) == {"open"}
            workers.take_over()
        # A worker killed between storing a call and redacting it leaves no job: the clock looks for such calls.
        with clock.frozen(clock.now() + timedelta(minutes=2)):
            jobs.take_up.func(0)
        worker = workers.begin()
        await_jobs()
        os.kill(worker, signal.SIGTERM)
        await_gone(worker)
    assert redacted(centre) == number + 1
    assert IntakeItem.objects.filter(kind="row", state="admitted").count() == number + 1
    assert taken_over() > 0, "every kill came too late"
    assert set(admissions().values()) == {1}


def await_jobs(state: str = "") -> None:
    """Until a job is in this state; without one, until none waits and none runs."""
    deadline = time.monotonic() + 120
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE queue_name = 'default'")
            found = {status for (status,) in cursor.fetchall()} & {"todo", "doing"}
        if (state in found) if state else not found:
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


def taken_over() -> int:
    """Jobs that more than one worker began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'default' AND attempts > 1")
        (jobs_again,) = cursor.fetchone()
    return int(jobs_again)


def admissions() -> Counter[str]:
    """How often the log says of each call that it was admitted."""
    bodies = LedgerPending.objects.order_by("id").values_list("body", flat=True)
    told = [one for one in (json.loads(bytes(body)) for body in bodies) if one["event"] == "admission:call:admitted"]
    return Counter(one["call"] for one in told)


@contextmanager
def scanner_at(path: Path) -> Iterator[list[bytes]]:
    with clamd(unix_listener(path), judge) as heard:
        yield heard
    path.unlink()


def test_without_the_scanner_no_upload_comes_in_and_none_counts_as_clean(
    centre: Centre, settings, tmp_path: Path, monkeypatch
):
    settings.CALLWARDEN_MALWARE_SCANNER = f"unix:{tmp_path / 'clamd'}"
    program, numbers = reader_at(centre), count(1)

    def upload() -> None:
        number = next(numbers)
        audio = SPOKEN.audio[:-3] + number.to_bytes(3, "little")
        answer = program.post("/recordings", {"audio": SimpleUploadedFile(f"u{number}.wav", audio)})
        if answer.status_code != 202:
            raise Unavailable(answer.json()["code"], "not taken in", retry_after=int(answer["Retry-After"]))

    with at_work({**centre.acts, "upload": upload}, monkeypatch) as work:
        for _ in moments():
            assert work.seen("upload") == "scanner_unavailable"
            before = of_uploads()
            assert work.seen("upload") == "scanner_unavailable"
            assert of_uploads() == before
            with scanner_at(tmp_path / "clamd"):
                work.all_well()
                bad = program.post("/recordings", {"audio": SimpleUploadedFile("bad.wav", SPOKEN.audio + EICAR)})
                assert bad.status_code == 403
        assert set(work.see().values()) == {"open"}
    items, verdicts = of_uploads()
    assert items == verdicts == work.outcomes["upload"].count("open") > 0


def of_uploads() -> tuple[int, int]:
    """(uploads that came in, verdicts that say a file is clean)."""
    clean = ScanVerdict.objects.filter(outcome=ScanVerdict.Outcome.CLEAN)
    assert not ScanVerdict.objects.filter(outcome=ScanVerdict.Outcome.NOT_SCANNED).exists()
    return IntakeItem.objects.filter(door="api").count(), clean.count()


class Shifted(SystemClock):
    """This host's clock, wrong by so much."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return super().now() + self._by


def looked(*, steady: bool, mark: datetime | None = None) -> None:
    """What the looks at the clocks have come to by now."""
    now = datetime.now(UTC)
    since = now - timedelta(hours=2 if steady else 0)
    ClockLook.objects.update_or_create(id=1, defaults={"at": now, "steady_since": since, "mark": mark})


def end_all() -> int:
    """Everything that time alone would destroy now; how much that was."""
    return timers.end_quarantine() + timers.end_retention() + timers.end_unredacted() + timers.end_day_keys()


def test_a_clock_that_jumps_destroys_nothing_and_what_was_due_stays_closed(centre: Centre, settings, monkeypatch):
    settings.LEDGER_LAG_SECONDS = 1e9  # else entries of another time would refuse everything anyway
    monkeypatch.setattr(times, "_before", None)
    with client_scope(centre.client):
        due = Record.objects.order_by("-due_at").values_list("due_at", flat=True)[0]
    opening = {name: act for name, act in centre.acts.items() if name in OPENING}
    with at_work(opening, monkeypatch) as work:
        for number, _ in enumerate(moments()):
            looked(steady=True)
            before = keys(centre)
            with clock.using(Shifted(timedelta(days=-2) if number % 2 else timedelta(days=120))):
                assert end_all() == 0, "before anybody has looked"
                assert times.look() is not None
                assert end_all() == 0
                assert "open" not in work.see().values()
                assert end_all() == 0
            looked(steady=False, mark=due + timedelta(days=8))  # it had come, by time that passed evenly
            assert "open" not in work.see().values()
            assert end_all() == 0
            assert keys(centre) == before
            looked(steady=True)
            work.all_well()
    with clock.using(Shifted(timedelta(days=120))):
        now = clock.now()
        ClockLook.objects.update(at=now, steady_since=now - timedelta(hours=2), mark=now)
        assert timers.end_retention() > 0, "the clocks agree"
    assert keys(centre)[1] == 0
    for name in OPENING:
        with pytest.raises(Exception):  # noqa: B017 - each in its own way
            centre.acts[name]()


def test_while_the_gate_refuses_much_no_timer_of_the_line_deletes_anything(centre: Centre, settings, monkeypatch):
    line = centre.exchange.line
    operator, settings.REFUSALS_AT_LEAST = person("operator", "system_administrator").actor, 3
    with at_work(centre.acts, monkeypatch) as work:
        for _ in moments():
            for _refused in range(settings.REFUSALS_AT_LEAST + IntakeItem.objects.filter(state="admitted").count()):
                arrival_on(line, delete_at=clock.now() - timedelta(seconds=1))
            before = keys(centre)
            with all_due(centre):
                assert "open" not in work.see().values()
                assert end_all() == 0
                assert keys(centre) == before
            assert standstill.lines() == {line.pk}
            told = Finding.objects.exclude(state="closed").get(kind="refusal-rate-high")
            IntakeItem.objects.filter(state="quarantined").update(arrived_at=clock.now() - timedelta(hours=2))
            assert end_all() == 0, "a quiet hour alone starts nothing"
            for step in (findings.triage, findings.start, findings.remedied):
                told = step(told, actor=operator)
            troubles.look()
            assert end_all() > 0
            assert standstill.lines() == set()
            work.all_well()


@contextmanager
def all_due(centre: Centre) -> Iterator[None]:
    """The time of everything that is kept has come, and no rule says otherwise."""
    rules = list(RetentionRule.objects.all())
    RetentionRule.objects.all().delete()
    with client_scope(centre.client):
        dates = dict(Record.objects.values_list("pk", "due_at"))
        weeks = dict(Bucket.objects.values_list("pk", "expires_on"))
        Record.objects.update(due_at=clock.now() - timedelta(days=9))
        Bucket.objects.update(expires_on=clock.now().date() - timedelta(days=8))
    try:
        yield
    finally:
        RetentionRule.objects.bulk_create(rules)
        with client_scope(centre.client):
            for pk, at in dates.items():
                Record.objects.filter(pk=pk).update(due_at=at)
            for pk, on in weeks.items():
                Bucket.objects.filter(pk=pk).update(expires_on=on)
