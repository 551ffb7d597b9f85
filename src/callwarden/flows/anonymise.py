"""Counting people for an anonymous release: what is needed of them comes through the door, and only as labels further.

Values are opened field by field, against permits of a job of its own, and made coarse at once. What stays in memory are
labels, and a number drawn for each person; what is written is whole numbers in a temporary table
(`lawful.anonymisation.measuring`). No value of a record reaches a log, an error or a file.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Record, SealedField
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.flows import countable
from callwarden.flows.actors import Actor
from callwarden.flows.countable import PURPOSE, Unit, batches, live
from callwarden.flows.disclose import AccessRefused, Ask, disclose, foresee
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.models import User
from callwarden.lawful.anonymisation import actions, measuring
from callwarden.lawful.anonymisation.actions import Candidate
from callwarden.lawful.anonymisation.fields import Field
from callwarden.lawful.anonymisation.measuring import Gathered, Row
from callwarden.lawful.anonymisation.models import Release
from callwarden.lawful.anonymisation.places import OTHER, UNKNOWN
from callwarden.lawful.anonymisation.rules import SEVERAL, Recipe, Scope

JOB: Final = Actor.job("anonymisation")
AT_ONCE: Final = 50


def count(client: UUID, label: str, recipe: Recipe, scope: Scope, *, most: int | None = None) -> Candidate:
    """What counting finds now, and who could not be part of it. Nothing is kept of it.

    Raises:
        InvalidInput: see `actions.check`; there are more than `most`.
        AccessRefused: the policy in force lets nobody be counted.
    """
    recipe = actions.check(recipe, label)
    gathered = gather(client, recipe, scope, most=most)
    return Candidate(client, label, scope, measuring.measure(recipe, gathered), gathered.left_out)


def propose(
    client: UUID,
    label: str,
    recipe: Recipe,
    scope: Scope,
    *,
    by: User,
    reason: str,
    session: UUID | None = None,
    most: int | None = None,
) -> Release:
    """Count, refuse what is not anonymous, and ask a second person to release exactly this.

    Raises:
        NotReached, Isolates: with the figures; the refusal is in the ledger.
        InvalidInput, AccessRefused: as `count`.
    """
    candidate = count(client, label, recipe, scope, most=most)
    actions.judge(candidate, actor=by.actor, session=session)
    return actions.propose(candidate, by=by, reason=reason, session=session)


def gather(client: UUID, recipe: Recipe, scope: Scope, *, most: int | None = None) -> Gathered:
    """The rows a recipe counts. Call it outside of a transaction: each batch is decided and on record by itself."""
    chosen = [one.of for one in recipe.columns]
    left_out: Counter[str] = Counter()
    with client_scope(client):
        there = countable.count(recipe.source, scope)
        if most is not None and there > most:
            raise InvalidInput(
                "too_many_to_count",
                _("That is %(count)s, and one look counts %(most)s. Choose fewer days, or use the command line."),
                data={"count": there, "most": most},
            )
        units = countable.units(recipe.source, scope, (one.slug for one in chosen), left_out)
    door = _Door(client)
    sealed = [one for one in chosen if one.reads]
    known = door.opened({unit.customer for unit in units if unit.customer}, sealed) if sealed else {}
    units = door.admitted(units, known)
    left_out["refused"] += door.refused
    if door.refused and not units:
        raise AccessRefused.because(door.reasons)
    return Gathered(tuple(one.slug for one in chosen), list(_rows(units, known, chosen)), +left_out)


Labels = dict[str, str]


def _rows(units: Sequence[Unit], known: Mapping[UUID, Labels], chosen: Sequence[Field]) -> Iterable[Row]:
    """Rows in an order, and with numbers of people, that follow nothing."""
    people = list({unit.person for unit in units})
    dice = secrets.SystemRandom()
    dice.shuffle(people)
    number = {person: at for at, person in enumerate(people)}
    rows = [
        Row(number[unit.person], tuple({**unit.labels, **_about(unit, known)}.get(one.slug, UNKNOWN) for one in chosen))
        for unit in units
    ]
    dice.shuffle(rows)
    return rows


def _about(unit: Unit, known: Mapping[UUID, Labels]) -> Labels:
    return known.get(unit.customer, {}) if unit.customer else {}


class _Door:
    """What one count asks of the door: which records may be counted, and the labels of what had to be opened."""

    def __init__(self, client: UUID) -> None:
        self._client = client
        self._withheld: set[UUID] = set()
        self.refused = 0
        self.reasons: tuple[str, ...] = ()

    def opened(self, customers: set[UUID], sealed: Sequence[Field]) -> dict[UUID, Labels]:
        """Customer -> finest labels of what their records say."""
        wanted = {one.reads for one in sealed if one.reads}
        with client_scope(self._client):
            records = list(
                live()
                .filter(
                    customer__in=customers, call__isnull=True, category__in={category for category, _name in wanted}
                )
                .select_related("line", "customer", "call", "bucket", "subject")
                .order_by("customer", "pk")
            )
        found: dict[UUID, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
        for batch in batches(records, AT_ONCE):
            self._open(batch, wanted, found)
        return {
            customer: {one.slug: _label(one, found[customer].get(one.reads, [])) for one in sealed if one.reads}
            for customer in customers
        }

    def _open(
        self,
        batch: Sequence[Record],
        wanted: set[tuple[Category, str]],
        found: dict[UUID, dict[tuple[str, str], list[str]]],
    ) -> None:
        with client_scope(self._client):
            names = {name for _category, name in wanted}
            there = SealedField.objects.filter(record__in=batch, name__in=names).values_list("record", "name")
            asked: dict[UUID, tuple[str, ...]] = {}
            for of, name in there:
                asked[of] = (*asked.get(of, ()), name)
            ask = self._ask(asked)
            refused = {record: why for record, why in foresee(ask).items() if why} if asked else {}
        for record in batch:
            if record.id in refused and record.customer_id:
                self._withheld.add(record.customer_id)
                self.reasons = self.reasons or refused[record.id]
        open_ones = {record: fields for record, fields in asked.items() if record not in refused}
        if not open_ones:
            return
        grant = disclose(self._ask(open_ones))
        with client_scope(self._client):
            for record in batch:
                if record.id in open_ones and record.customer_id:
                    for name, values in open_fields(grant, record).items():
                        found[record.customer_id][record.category, name] += values

    def admitted(self, units: Sequence[Unit], known: Mapping[UUID, Labels]) -> list[Unit]:
        """Those the policy lets be counted. Whose records were opened has been decided about already."""
        admitted: list[Unit] = []
        for batch in batches(units, AT_ONCE):
            asked = {unit.ticket for unit in batch if unit.customer not in known}
            with client_scope(self._client):
                refused = foresee(self._ask(dict.fromkeys(asked, ("call_id",)))) if asked else {}
            for unit in batch:
                why = refused.get(unit.ticket, ())
                if why or (unit.customer and unit.customer in self._withheld):
                    self.refused += 1
                    self.reasons = self.reasons or why
                else:
                    admitted.append(unit)
        return admitted

    def _ask(self, records: Mapping[UUID, tuple[str, ...]]) -> Ask:
        return Ask(
            actor=JOB,
            client=self._client,
            action="export",
            purpose=PURPOSE,
            records=records,
            lasts=timedelta(minutes=5),
        )


def _label(field: Field, values: Iterable[str]) -> str:
    """The finest label of what may be several values; a value that cannot be read is "other", and said nowhere."""
    labels = set()
    for value in values:
        try:
            labels.add(field.finest(value))
        except ValueError:
            labels.add(OTHER)
    return labels.pop() if len(labels) == 1 else SEVERAL if labels else UNKNOWN
