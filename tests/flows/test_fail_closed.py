"""The fail-closed table of DESIGN section 7: each row several times, at random moments, while people disclose.

Two people disclose without pause, one opens masked views, one reads what was sealed beside the log. Whatever got out
is compared with what stands committed: nothing may be disclosed that is not on record.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction

from callwarden.control.access.actions import draft, ensure_default, put_into_force
from callwarden.control.access.queries import active
from callwarden.custody.categories import Category
from callwarden.custody.ledger import sequencer
from callwarden.custody.ledger.health import health, require_current_ledger
from callwarden.custody.models import Checkpoint, LedgerEntry, LedgerPending, SequencerState, Subject
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.doors.console.audit import sinks
from callwarden.engines import policy
from callwarden.engines.ledger._tiles import tile_path
from callwarden.flows import disclose as door
from callwarden.flows import ledger_details, troubles
from callwarden.flows.actors import Actor
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.approvals import Act, ActKind
from callwarden.kernel.errors import CallwardenError, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding
from callwarden.kernel.roles import Role
from callwarden.site.layout import Layout
from tests.centre import basis_for
from tests.flows.centre_of_controls import login_of, person, sequence

# `make prove NAME=audit` asks for twenty.
TIMES = int(os.environ.get("CALLWARDEN_TEST_TIMES", "4"))
SEED = 20261129
STATED = "She asked what we know of her."


@dataclass
class Load:
    """Two threads that disclose without pause, and what came of it."""

    views: Callable[[], UUID]
    reads: Callable[[], UUID]
    opened: list[UUID] = field(default_factory=list)
    outcomes: dict[str, list[str]] = field(default_factory=lambda: {"view": [], "read": []})
    faults: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop, self._turn = threading.Event(), threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=pair, daemon=True)
            for pair in (("view", self.views), ("read", self.reads))
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, name: str, act: Callable[[], UUID]) -> None:
        try:
            while not self._stop.is_set():
                try:
                    entry, outcome = act(), "open"
                except CallwardenError as refused:
                    entry, outcome = None, refused.code
                except Exception as error:
                    entry, outcome = None, type(error).__name__
                with self._turn:
                    self.outcomes[name].append(outcome)
                    if entry is not None:
                        self.opened.append(entry)
                    self._turn.notify_all()
        except BaseException as fault:  # a thread that dies would let the test pass by silence
            self.faults.append(fault)
        finally:
            connections.close_all()

    def seen(self, name: str, *, after_next: bool = True) -> str:
        """The outcome of an attempt that began after this was asked: the next may have begun before, so one later."""
        with self._turn:
            start = len(self.outcomes[name]) + int(after_next)
            assert self._turn.wait_for(lambda: len(self.outcomes[name]) > start, timeout=60), name
            return self.outcomes[name][start]

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert not self.faults
        assert not any(thread.is_alive() for thread in self._threads)

    def unlogged(self) -> list[UUID]:
        """What was opened and is on record nowhere."""
        known = set(LedgerPending.objects.values_list("entry", flat=True))
        known |= set(LedgerEntry.objects.values_list("entry", flat=True))
        return [entry for entry in self.opened if entry not in known]


@pytest.fixture
def load(transactional_db, keeper, line, settings, monkeypatch) -> Iterator[Load]:
    settings.LEDGER_LAG_SECONDS = 3600  # nothing is sequenced unless a test does
    settings.LEDGER_TIMEOUT_MS, settings.CALLWARDEN_LEDGER_DEADLINE = 1000, 1.0
    ensure_default()
    user = person("anna", "auditor")
    auditor = Actor.person(user, login_of(user))
    program = Actor.service(uuid4(), client=line.client_id, lines=None)
    with client_scope(line.client_id):
        record = put(
            basis_for(line),
            category=Category.CONTACT,
            subject=new_subject(line.client_id, Subject.Kind.CALLER),
            write=lambda out: out.write(b"contact"),
            place=Place(),
        ).id
    with transaction.atomic():
        entry = journal.record(journal.Entry(event=Event.HOLD_SET, actor="system", detail={"reason": STATED}))

    def view() -> UUID:
        ask = door.Ask(program, line.client_id, "view_masked", "service", records={record: ()})
        return door.disclose(ask).entry

    def read() -> UUID:
        detail = ledger_details.read(auditor, entry, purpose="audit", reason="Checking the trail of March.")
        assert detail.values == {"reason": STATED}
        return reading[-1]

    # Which entry a reading was under: the door is asked through a wrapper in this thread alone.
    reading: list[UUID] = []
    disclose = ledger_details.disclose

    def followed(ask: door.Ask) -> object:
        grant = disclose(ask)
        reading.append(grant.entry)
        return grant

    monkeypatch.setattr(ledger_details, "disclose", followed)
    running = Load(view, read)
    try:
        yield running
    finally:
        running.stop()


def moments() -> Iterator[None]:
    """Some random moments."""
    chance, wait = random.Random(SEED), threading.Event()
    for _ in range(TIMES):
        wait.wait(chance.uniform(0, 0.05))
        yield


def test_an_entry_that_cannot_be_written_lets_nothing_out(load: Load):
    for _ in moments():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE custody_ledgerpending RENAME TO custody_ledgerpending_away")
        assert load.seen("view") != "open"
        assert load.seen("read") != "open"
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE custody_ledgerpending_away RENAME TO custody_ledgerpending")
        assert load.seen("view") == load.seen("read") == "open"
    load.stop()
    assert load.unlogged() == []
    assert len(load.opened) >= 2 * TIMES


def test_an_entry_that_takes_too_long_lets_nothing_out(load: Load):
    for _ in moments():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE custody_ledgerpending IN EXCLUSIVE MODE")  # reads go on, inserts wait
            assert load.seen("view") == load.seen("read") == "ledger_unavailable"
        assert load.seen("view") == load.seen("read") == "open"
    load.stop()
    assert load.unlogged() == []


def test_a_commit_that_takes_too_long_lets_nothing_out(load: Load, settings):
    """The entry is on record then, and nothing was opened under it."""
    for _ in moments():
        settings.CALLWARDEN_LEDGER_DEADLINE = -1.0
        before = len(load.opened)
        assert load.seen("view") == load.seen("read") == "ledger_unavailable"
        assert len(load.opened) - before <= 2  # those that had begun before
        settings.CALLWARDEN_LEDGER_DEADLINE = 1.0
        assert load.seen("view") == load.seen("read") == "open"
    load.stop()
    assert load.unlogged() == []


def test_while_the_sequencer_lags_only_masked_views_are_shown(load: Load, settings):
    for _ in moments():
        settings.LEDGER_LAG_SECONDS = 0.0  # what waits has waited longer
        assert load.seen("read") == "ledger_behind"
        assert load.seen("view") == "open"
        settings.LEDGER_LAG_SECONDS = 3600
        assert load.seen("read") == "open"
    load.stop()
    assert load.unlogged() == []


def test_while_the_log_does_not_hold_only_masked_views_are_shown(load: Load, tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(sequencer, "AGAIN", 0.05)
    sequencer.Sequencer().step()  # one round: under load there is always something to sequence
    size = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first()
    tile = tmp_path / "ledger/tiles" / tile_path(0, size // 256, size % 256)
    whole = tile.read_bytes()
    chance = random.Random(SEED)
    for _ in moments():
        at = chance.randrange(len(whole))
        tile.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        found = threading.Event()
        assert sequencer._started(lambda found=found: found.is_set() or _fault(found), lambda: None) is None
        assert load.seen("read") == "ledger_damaged"
        assert load.seen("view") == "open"
        tile.write_bytes(whole)
        assert sequencer._started(lambda: False, lambda: None) is not None
        assert load.seen("read") == "open"
    load.stop()
    assert load.unlogged() == []


def _fault(found: threading.Event) -> bool:
    if SequencerState.objects.exclude(fault="").exists():
        found.set()
    return found.is_set()


def test_while_the_disk_is_nearly_full_only_masked_views_are_shown(load: Load, settings):
    for _ in moments():
        settings.DISK_RESERVE = 1.0
        assert load.seen("read") == "disk_nearly_full"
        assert load.seen("view") == "open"
        settings.DISK_RESERVE = 0.0
        assert load.seen("read") == "open"
    load.stop()
    assert load.unlogged() == []


@pytest.mark.parametrize("broken", ["decide_many", "decide"])
def test_a_policy_engine_that_breaks_lets_nothing_out(load: Load, monkeypatch, broken):
    name = "view" if broken == "decide_many" else "read"
    whole = getattr(policy, broken)

    def fails(*_given: object) -> object:
        raise RuntimeError("the engine broke")

    for _ in moments():
        monkeypatch.setattr(policy, broken, fails)
        assert load.seen(name) != "open"
        monkeypatch.setattr(policy, broken, whole)
        assert load.seen(name) == "open"
    load.stop()
    assert load.unlogged() == []


KIND = approvals.register(
    ActKind("test:fail-closed", title="Try", roles=(Role.DPO,), quorum=1, run=lambda execution: execution.approval)
)
TAKES_AWAY = approvals.register(
    ActKind("test:takes-away", title="Try", roles=(Role.DPO,), quorum=1, run=lambda execution: "done", always=True)
)


def approved(kind: ActKind, number: int) -> tuple[UUID, Act]:
    act = Act(kind.name, {"number": number})
    asked = approvals.request(act, requester=person(f"a{uuid4().hex[:6]}", "agent"), reason="Because.")
    approvals.approve(asked.pk, by=person(f"d{uuid4().hex[:6]}", Role.DPO))
    return asked.pk, act


def test_while_no_head_leaves_this_host_acts_of_two_people_are_refused(load: Load, settings, tmp_path):
    """Only these: who discloses meanwhile goes on, and stays on record."""
    settings.DATA_DIR, settings.DEMO = tmp_path, False
    settings.LEDGER_SINKS = [str(tmp_path / "elsewhere")]
    for number, _ in enumerate(moments()):
        asked, act = approved(KIND, number)
        other, taking = approved(TAKES_AWAY, number)
        by = approvals.Approval.objects.get(pk=asked).requester
        (tmp_path / "elsewhere").rename(tmp_path / "gone") if (tmp_path / "elsewhere").exists() else None
        (tmp_path / "elsewhere").write_text("no folder")
        sequencer.Sequencer().step()  # one round: under load there is always something to sequence
        settings.LEDGER_SINK_SILENCE_SECONDS = 0.0
        with pytest.raises(Unavailable) as refused:
            approvals.execute(asked, act, by=by)
        assert refused.value.code == "ledger_unwitnessed"
        taker = approvals.Approval.objects.get(pk=other).requester
        assert approvals.execute(other, taking, by=taker) == "done"
        assert load.seen("view") == load.seen("read") == "open"
        (tmp_path / "elsewhere").unlink()
        (tmp_path / "gone").rename(tmp_path / "elsewhere") if (tmp_path / "gone").exists() else None
        with clock.frozen(clock.now() + timedelta(seconds=301)):
            sequencer.Sequencer().step()
        assert health().silent_seconds == 0
        assert approvals.execute(asked, act, by=by) == asked
    load.stop()
    assert load.unlogged() == []


@pytest.mark.django_db(transaction=True)
def test_a_new_site_that_names_no_place_carries_acts_of_two_out_and_says_that_heads_stay_here(
    keeper, settings, tmp_path
):
    data = tmp_path / "data"
    data.mkdir()
    settings.DATA_DIR, settings.DEMO, settings.LEDGER_SINKS = data, False, [Layout(data).heads_address()]
    asked, act = approved(KIND, 1)
    sequence()
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert sinks.warning()[0] == "warn"
        by = approvals.Approval.objects.get(pk=asked).requester
        assert approvals.execute(asked, act, by=by) == asked
        troubles.look()
        assert "checkpoint-sink-missing" in set(Finding.objects.values_list("kind", flat=True))
    assert list((tmp_path / "data-heads").glob("checkpoint-*"))


@pytest.mark.django_db(transaction=True)
def test_the_silence_is_an_alarm_and_so_are_lag_and_damage(keeper, settings, tmp_path):
    settings.DATA_DIR, settings.LEDGER_SINKS = tmp_path, ["/proc/nowhere"]
    person("anna", "auditor")
    sequence()
    person("bert", "auditor")
    settings.LEDGER_SINK_SILENCE_SECONDS = settings.LEDGER_LAG_SECONDS = 0.0
    SequencerState.objects.update_or_create(id=1, defaults={"fault": "tree.root_mismatch"})
    troubles.look()
    found = set(Finding.objects.values_list("kind", flat=True))
    assert {"checkpoint-sink-missing", "ledger-behind", "ledger-damaged"} <= found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("row", ["lag", "fault", "disk"])
def test_no_policy_comes_into_force_while_the_log_cannot_follow(keeper, settings, row):
    ensure_default()
    if row == "lag":
        settings.LEDGER_LAG_SECONDS = 0.0
    elif row == "fault":
        SequencerState.objects.update_or_create(id=1, defaults={"fault": "tree.root_mismatch"})
    else:
        settings.DISK_RESERVE = 1.0
    changed = draft(active().matrix, actor="system")
    with pytest.raises(Unavailable):
        put_into_force(changed, actor=str(uuid4()))


@pytest.mark.django_db(transaction=True)
def test_a_clock_set_back_hides_no_lag(keeper, settings):
    person("anna", "auditor")
    with clock.frozen(clock.now() - timedelta(hours=2)), pytest.raises(Unavailable):
        require_current_ledger()
