from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from callwarden.kernel import clock, incidents, journal
from callwarden.kernel.errors import CallwardenError, Conflict, NotFound, Refused, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.machine import Machine, Stated, StateMovedByHand, Step, state_guard
from callwarden.kernel.models import Finding, Incident, Severity
from tests.kernel.conftest import Ledger, refused

State = Incident.State


class Door(models.TextChoices):
    OPEN = "open", "Open"
    SHUT = "shut", "Shut"
    WALLED = "walled", "Walled up"


@pytest.fixture
def incident(db: None) -> Incident:
    return incidents.open("leak", severity=Severity.HIGH, actor="system", summary="A list was mailed out.")


def move(incident: Incident, to: str, **facts: Any) -> Incident:
    return Incident.machine.move(incident, to, actor="system", **facts)


def test_a_step_of_the_table_moves_the_state_and_is_written_down(incident: Incident, ledger: Ledger) -> None:
    move(incident, State.CONFIRMED)
    assert Incident.objects.get().state == incident.state == State.CONFIRMED
    assert ledger[-1].event is Event.INCIDENT_CONFIRMED
    assert ledger[-1].data == {"kind": "incident", "id": str(incident.pk), "from": "suspected", "to": "confirmed"}


def test_a_forbidden_step_is_refused_and_the_error_names_those_allowed(incident: Incident, ledger: Ledger) -> None:
    with pytest.raises(Conflict) as refused:
        move(incident, State.NOTIFIED)
    assert refused.value.data["allowed"] == ["confirmed", "closed"]
    assert "Confirmed" in str(refused.value)
    assert "“Suspected”" in str(refused.value)
    assert Incident.objects.get().state == State.SUSPECTED
    assert ledger.events == [Event.INCIDENT_OPENED]


def test_a_finished_thing_says_that_it_is_finished(incident: Incident) -> None:
    for to in (State.CONFIRMED, State.CONTAINED, State.ERADICATED, State.NOTIFIED, State.CLOSED):
        move(incident, to)
    with refused(Conflict, "no_such_step") as caught:
        move(incident, State.CONFIRMED)
    assert caught.value.data["allowed"] == []


def test_a_guard_that_refuses_changes_nothing(incident: Incident, ledger: Ledger) -> None:
    with refused(Refused, "needs_approval"):
        move(incident, State.CLOSED, changes={"closed_at": clock.now()})
    incident.refresh_from_db()
    assert (incident.state, incident.closed_at) == (State.SUSPECTED, None)
    assert ledger.events == [Event.INCIDENT_OPENED]


def test_a_step_that_cannot_be_written_down_does_not_happen(incident: Incident) -> None:
    journal.set_sink(None)
    with pytest.raises(Unavailable):
        move(incident, State.CONFIRMED)
    assert Incident.objects.get().state == State.SUSPECTED
    assert incident.state == State.SUSPECTED


def test_whoever_looked_at_an_older_state_must_look_again(incident: Incident) -> None:
    stale = Incident.objects.get()
    move(incident, State.CONFIRMED)
    with refused(Conflict, "changed_meanwhile"):
        move(stale, State.CLOSED)
    with refused(Conflict, "changed_meanwhile"):
        move(stale, State.CONFIRMED)


def test_what_is_gone_cannot_move(incident: Incident) -> None:
    Incident.objects.filter(pk=incident.pk).delete()
    with pytest.raises(NotFound):
        move(incident, State.CONFIRMED)


def test_other_fields_change_with_the_step_and_unsaved_ones_do_not(incident: Incident) -> None:
    incident.kind, at = "misuse", clock.now()
    move(incident, State.CONFIRMED, changes={"closed_at": at})
    assert (incident.kind, incident.closed_at) == ("leak", at)


class TestMovingByHand:
    def test_assigning_and_saving(self, incident: Incident) -> None:
        incident.state = State.CONFIRMED
        with pytest.raises(StateMovedByHand):
            incident.save()
        with pytest.raises(StateMovedByHand):
            incident.save(update_fields=["state"])
        incident.save(update_fields=["kind"])
        assert Incident.objects.get().state == State.SUSPECTED

    def test_a_partly_loaded_object(self, incident: Incident) -> None:
        partly = Incident.objects.defer("state").get()
        partly.state = State.CONFIRMED
        with pytest.raises(StateMovedByHand):
            partly.save()

    def test_a_refreshed_object(self, incident: Incident) -> None:
        incident.refresh_from_db()
        incident.state = State.CONFIRMED
        with pytest.raises(StateMovedByHand):
            incident.save()

    def test_after_a_lawful_step_there_is_no_leave_for_another(self, incident: Incident) -> None:
        move(incident, State.CONFIRMED)
        incident.state = State.CLOSED
        with pytest.raises(StateMovedByHand):
            incident.save()

    def test_updating_many(self, incident: Incident) -> None:
        with pytest.raises(StateMovedByHand):
            Incident.objects.update(state=State.CLOSED)
        with pytest.raises(StateMovedByHand):
            Incident.objects.filter(pk=incident.pk).update(state=State.CLOSED)
        incident.state = State.CLOSED
        with pytest.raises(StateMovedByHand):
            Incident.objects.bulk_update([incident], ["state"])

    def test_starting_elsewhere(self, incident: Incident) -> None:
        other = Incident(state=State.CLOSED, kind="leak", severity=Severity.LOW, entry=uuid4())
        with pytest.raises(StateMovedByHand):
            other.save()
        with pytest.raises(StateMovedByHand):
            Incident.objects.bulk_create([other])

    @pytest.mark.parametrize("to", ["closed>", "notified", "eradicated"])
    def test_raw_sql(self, incident: Incident, to: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_incident SET state = %s", [to])

    def test_writing_over_an_old_row_as_if_it_were_new(self, incident: Incident) -> None:
        move(incident, State.CONFIRMED)
        twin = Incident.objects.get()
        fields = {field.attname: getattr(twin, field.attname) for field in twin._meta.concrete_fields}
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident(**{**fields, "state": State.SUSPECTED}).save()


def test_the_database_keeps_the_same_table_of_steps_as_the_program(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, encode(t.tgargs, 'escape') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = 'guard_state'"
        )
        kept = {table: tuple(arguments.split("\\000")[:2]) for table, arguments in cursor.fetchall()}
    models_with_states = [m for m in apps.get_app_config("kernel").get_models() if issubclass(m, Stated)]
    assert len(models_with_states) == 6
    for model in models_with_states:
        assert kept[model._meta.db_table] == (model.machine.table, model.machine.initial), model


def test_a_table_with_a_state_nobody_can_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="walled"):
        Machine("door", states=Door, initial=Door.OPEN, transitions={(Door.OPEN, Door.SHUT): Step(Event.HOLD_SET)})


def test_a_table_that_names_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="ajar"):
        Machine("door", states=Door, initial=Door.OPEN, transitions={(Door.OPEN, "ajar"): Step(Event.HOLD_SET)})


@pytest.mark.parametrize("field", ["table", "steps", "initial"])
def test_only_slugs_reach_the_sql_of_a_guard(field: str) -> None:
    good = {"table": "kernel_x", "steps": "a>b", "initial": "a"}
    with pytest.raises(ValueError, match="slugs"):
        state_guard(**{**good, field: "x'; DROP TABLE kernel_user; --"})


class AnyWay(RuleBasedStateMachine):
    """Whatever is tried, by machine or by hand, the row only ever takes steps of the table, each written down."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Entry] = []
        self.sink = journal.set_sink(self._write)
        self.finding = Finding.objects.create(
            kind="x",
            fingerprint=uuid4().hex * 2,
            severity="low",
            first_seen_at=clock.now(),
            last_seen_at=clock.now(),
            due_at=clock.now() + timedelta(days=1),
        )
        self.path = ["open"]

    def _write(self, entry: Entry) -> Any:
        self.written.append(entry)
        return uuid4()

    @rule(to=st.sampled_from(Finding.State.values))
    def through_the_machine(self, to: str) -> None:
        before = self.finding.state
        try:
            with transaction.atomic():
                Finding.machine.move(self.finding, to, actor="system", until=clock.now(), at=clock.now(), check=None)
        except (CallwardenError, AttributeError):
            assert Finding.objects.get(pk=self.finding.pk).state == before
        else:
            self.path.append(to)

    @rule(to=st.sampled_from(Finding.State.values))
    def by_hand(self, to: str) -> None:
        stored = Finding.objects.get(pk=self.finding.pk)
        stored.state = to
        try:
            stored.save()
        except StateMovedByHand:
            assert to != self.path[-1]
        else:
            assert to == self.path[-1]

    @rule(to=st.sampled_from(Finding.State.values))
    def with_sql(self, to: str) -> None:
        allowed = {self.path[-1], *Finding.machine.next_states(self.path[-1])}
        if to in allowed:
            return
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_finding SET state = %s WHERE id = %s", [to, self.finding.pk])

    @invariant()
    def the_row_has_walked_along_the_table(self) -> None:
        assert Finding.objects.get(pk=self.finding.pk).state == self.path[-1]
        steps = list(zip(self.path, self.path[1:], strict=False))
        assert all(step in Finding.machine.transitions for step in steps)
        assert [(entry.data["from"], entry.data["to"]) for entry in self.written] == steps

    def teardown(self) -> None:
        journal.set_sink(self.sink)


@pytest.mark.django_db
def test_no_sequence_of_attempts_leaves_the_table() -> None:
    run_state_machine_as_test(AnyWay, settings=settings(max_examples=25, stateful_step_count=15, deadline=None))
