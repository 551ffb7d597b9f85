"""Guarded states: the only way a `state` moves.

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    def closing_is_evidenced(case: Case, *, evidence: str | None = None, **_facts: object) -> None:
        if evidence is None:
            raise Refused("no_evidence", _("Attach the evidence, then close."))

    class Case(Stated):
        state = models.CharField(max_length=10, choices=State, default=State.OPEN)
        machine = Machine("case", states=State, initial=State.OPEN, transitions={
            (State.OPEN, State.CLOSED): Step(Event.FINDING_CLOSED, closing_is_evidenced),
        })

    Case.machine.move(case, State.CLOSED, actor=actor, evidence="sha256:...")

A move locks the row, checks the table and the guard against the locked row, saves, and writes the ledger entry, in one
transaction. Assigning `state` and saving is refused; so is `update(state=...)`. `state_guard` puts the same table into
the database, so that raw SQL cannot take a forbidden step either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypedDict, TypeVar
from uuid import UUID

from django.db import migrations, models, transaction
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import journal
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.rows import Row
from callwarden.kernel.structural import Value

# Called with the locked object, `actor` and the facts of the move; raises a CallwardenError to refuse.
Guard = Callable[..., None]


def no_guard(*_args: object, **_facts: object) -> None:
    """The step is always allowed."""


@dataclass(frozen=True)
class Step:
    """One allowed step: what the ledger calls it and who may refuse it."""

    event: Event
    guard: Guard = no_guard


class About(TypedDict, total=False):
    """What the ledger entry of a move says besides the step itself (fields of `journal.Entry`)."""

    session: UUID | None
    client: UUID | None
    subject: UUID | None
    call: UUID | None
    purpose: str | None
    policy: str | None
    reasons: tuple[str, ...]
    approval: UUID | None
    count: int | None
    data: Mapping[str, Value]
    detail: Mapping[str, object] | None


class StateMovedByHand(RuntimeError):
    """Code changed a state without its machine. A fault of the program, not of a person."""


S = TypeVar("S", bound="Stated")


class Machine:
    """The table of allowed steps of one kind of entity.

    Args:
        name: slug of the entity, as errors and ledger entries call it.
        states: all states.
        initial: where every object starts.
        transitions: (from, to) -> Step. States without a way out are final.

    Raises:
        ValueError: the table names unknown states, or leaves one unreachable.
    """

    def __init__(
        self,
        name: str,
        *,
        states: type[models.TextChoices],
        initial: str,
        transitions: Mapping[tuple[str, str], Step],
    ) -> None:
        self.name = name
        self.states = states
        self.initial = str(initial)
        self.transitions = {(str(a), str(b)): step for (a, b), step in transitions.items()}
        known = set(states.values)
        named = {self.initial, *(state for pair in self.transitions for state in pair)}
        if unknown := named - known:
            raise ValueError(f"{name}: unknown states {sorted(unknown)}")
        if lost := known - self._reachable():
            raise ValueError(f"{name}: no way leads to {sorted(lost)}")

    def _reachable(self) -> set[str]:
        reached, ahead = {self.initial}, [self.initial]
        while ahead:
            for state in self.next_states(ahead.pop()):
                if state not in reached:
                    reached.add(state)
                    ahead.append(state)
        return reached

    def next_states(self, state: str) -> tuple[str, ...]:
        """Where one step leads from `state`; empty when it is final."""
        return tuple(b for a, b in self.transitions if a == state)

    def is_final(self, state: str) -> bool:
        return not self.next_states(state)

    @property
    def table(self) -> str:
        """The steps as `open>closed,...`, sorted: what the database enforces."""
        return ",".join(sorted(f"{a}>{b}" for a, b in self.transitions))

    def move(
        self,
        obj: S,
        to: str,
        *,
        actor: str,
        changes: Mapping[str, object] | None = None,
        about: About | None = None,
        **facts: Any,
    ) -> S:
        """Take one step and write it into the ledger.

        Args:
            obj: brought up to date from the locked row; its own unsaved changes are discarded.
            to: the state wanted.
            changes: other fields that change with the step.
            about: further fields of the ledger entry.
            facts: what the guard needs to know.

        Raises:
            Conflict: not a step from the present state (`data["allowed"]` lists those that are), or the object
                changed since it was read.
            NotFound: the object is gone.
            CallwardenError: the guard refused.
        """
        with transaction.atomic():
            locked = type(obj)._base_manager.select_for_update().filter(pk=obj.pk).first()
            if locked is None:
                raise NotFound("gone", _("This no longer exists. Go back to the list."), data={"kind": self.name})
            if locked.state != obj._loaded_state:
                raise Conflict(
                    "changed_meanwhile",
                    _("Somebody else changed this meanwhile. Look at it again, then decide."),
                    data={"kind": self.name, "id": str(obj.pk), "state": locked.state},
                )
            step = self.transitions.get((locked.state, str(to)))
            if step is None:
                raise self._not_a_step(locked, str(to))
            step.guard(locked, actor=actor, **facts)
            self._write(locked, str(to), changes or {})
            journal.record(self._entry(step.event, locked, obj._loaded_state or "", actor, about or {}))
        for field in locked._meta.concrete_fields:
            setattr(obj, field.attname, getattr(locked, field.attname))
        obj._loaded_state = locked.state
        return obj

    def _not_a_step(self, obj: Stated, to: str) -> Conflict:
        allowed = list(self.next_states(obj.state))
        labels = {to: to, **dict(self.states.choices)}
        state = obj.state  # the sentence is built later, when the object may have moved on

        def sentence() -> str:
            if not allowed:
                return str(_("This is finished and cannot change any more."))
            return str(_("This cannot go from “%(state)s” to “%(to)s”. Possible now: %(names)s.")) % {
                "state": labels[state],
                "to": labels[to],
                "names": ", ".join(str(labels[one]) for one in allowed),
            }

        return Conflict(
            "no_such_step",
            lazy(sentence, str)(),
            data={"kind": self.name, "id": str(obj.pk), "state": obj.state, "to": to, "allowed": allowed},
        )

    def _write(self, locked: Stated, to: str, changes: Mapping[str, object]) -> None:
        for name, value in changes.items():
            setattr(locked, name, value)
        locked.state = to
        locked._permitted_state = to
        fields: list[str] = ["state", *changes]
        locked.save(update_fields=fields)

    def _entry(self, event: Event, obj: Stated, before: str, actor: str, about: About) -> journal.Entry:
        fields: dict[str, Any] = {"client": getattr(obj, "client_id", getattr(obj, "client", None)), **about}
        step = {"kind": self.name, "id": str(obj.pk), "from": before, "to": obj.state}
        return journal.Entry(event=event, actor=actor, **{**fields, "data": {**(about.get("data") or {}), **step}})


class StatedQuerySet(models.QuerySet[S]):
    """Refuses to change or invent states in bulk."""

    def update(self, **values: Any) -> int:
        if "state" in values:
            raise StateMovedByHand(f"{self.model._meta.label}: states move one by one through the machine.")
        return super().update(**values)

    def bulk_update(self, objs: Iterable[S], fields: Iterable[str], batch_size: int | None = None) -> int:
        names = list(fields)
        if "state" in names:
            raise StateMovedByHand(f"{self.model._meta.label}: states move one by one through the machine.")
        return super().bulk_update(objs, names, batch_size)

    def bulk_create(self, objs: Iterable[S], *args: Any, **kwargs: Any) -> list[S]:
        rows = list(objs)
        for row in rows:
            row._check_state_before_saving(None)
        if "state" in (kwargs.get("update_fields") or ()):
            raise StateMovedByHand(f"{self.model._meta.label}: states move one by one through the machine.")
        return super().bulk_create(rows, *args, **kwargs)


class Stated(Row):
    """A model whose field `state` moves only through its `machine`."""

    machine: ClassVar[Machine]
    state: models.CharField[str, str]

    _loaded_state: str | None = None
    _permitted_state: str | None = None

    objects: ClassVar[models.Manager[Self]] = StatedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._check_state_before_saving(kwargs.get("update_fields"))
        super().save(*args, **kwargs)
        self._permitted_state = None
        self._loaded_state = self.__dict__.get("state", self._loaded_state)

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any) -> Self:
        obj = super().from_db(db, field_names, values, **kwargs)
        obj._loaded_state = obj.__dict__.get("state")
        return obj

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._loaded_state = self.__dict__.get("state")

    def _check_state_before_saving(self, update_fields: Iterable[str] | None) -> None:
        state = self.__dict__.get("state")
        if self._state.adding:
            if state != self.machine.initial:
                raise StateMovedByHand(f"{self._meta.label} starts as {self.machine.initial!r}.")
            return
        written = state is not None and (update_fields is None or "state" in update_fields)
        if written and state not in (self._loaded_state, self._permitted_state):
            raise StateMovedByHand(f"{self._meta.label}: state changed without machine.move().")


# The function is the same for every table; a trigger hands it the table of steps and the first state.
STATE_GUARD_FUNCTION = """
CREATE FUNCTION kernel_guard_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> TG_ARGV[1] THEN
      RAISE EXCEPTION '% must start as %', TG_TABLE_NAME, TG_ARGV[1] USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NEW.state <> OLD.state
        AND NOT (OLD.state || '>' || NEW.state) = ANY (string_to_array(TG_ARGV[0], ',')) THEN
    RAISE EXCEPTION '%: no step from % to %', TG_TABLE_NAME, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
"""


def state_guard(table: str, *, steps: str, initial: str) -> migrations.RunSQL:
    """Migration operation: the database itself refuses steps that `steps` (as `Machine.table`) does not list.

    Needs the kernel's first migration, which makes the function.
    """
    for text in (table, steps, initial):
        if not text.replace(">", "").replace(",", "").replace("_", "").isalnum():
            raise ValueError("Only slugs may stand in a state guard.")
    drop = f"DROP TRIGGER IF EXISTS guard_state ON {table}"
    create = (
        f"CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION kernel_guard_state('{steps}', '{initial}')"
    )
    return migrations.RunSQL(sql=[drop, create], reverse_sql=drop)
