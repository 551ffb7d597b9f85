"""Masked views: many records asked for at once, each opened as far as its own answer goes, in one ledger entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext

from callwarden.control.access.fields import needed
from callwarden.control.grants.rules import LIFTED
from callwarden.custody.models import Record, SealedField
from callwarden.custody.open import open_fields
from callwarden.custody.permits import Grant
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose, explanation, foresee, leave_would_do
from callwarden.flows.masking import mask

NOT_NEEDED = "not_needed"
# Without a task at all nobody is led to ask: the call comes first.
_LEAVE = LIFTED - {"no_task"}


@dataclass(frozen=True)
class MaskedField:
    """The values of one field as they may be seen without revealing them, and whether revealing may be asked for."""

    record: UUID
    name: str
    shown: tuple[str, ...]
    may_reveal: bool
    category: str


@dataclass(frozen=True)
class Withheld:
    """A category of which nothing is shown, and why (codes of `engines.policy.REASONS`, or `NOT_NEEDED`)."""

    category: str
    reasons: tuple[str, ...]

    @property
    def why(self) -> list[str]:
        """The reasons as sentences in the reader's language."""
        if NOT_NEEDED in self.reasons:
            return [gettext("The purpose you chose does not need it.")]
        return explanation(self.reasons)


@dataclass(frozen=True)
class Glimpse:
    """What was opened: a grant for the whole records among `allowed`, the masked fields, and what is withheld."""

    grant: Grant | None
    allowed: tuple[Record, ...]
    fields: tuple[MaskedField, ...]
    withheld: tuple[Withheld, ...]

    def fields_of(self, record: UUID) -> dict[str, MaskedField]:
        return {field.name: field for field in self.fields if field.record == record}


def glimpse(
    actor: Actor,
    client: UUID,
    records: Sequence[Record],
    *,
    purpose: str,
    call: UUID | None = None,
    only: Iterable[str] | None = None,
    must: bool = False,
) -> Glimpse:
    """See these records masked, each as far as this person may and this purpose needs.

    Args:
        call: the call in the person's hands, which they ask about.
        only: narrow further to these fields.
        must: when nothing may be seen, be refused, with that in the ledger, rather than see nothing.

    Raises:
        AccessRefused: with `must`.
    """
    with client_scope(client):
        wanted = _needed_fields(records, purpose, only)
        ask = Ask(actor=actor, client=client, action="view_masked", purpose=purpose, records=wanted, call=call)
        refused = {record: reasons for record, reasons in foresee(ask).items() if reasons}
    withheld = _withheld(records, wanted, refused)
    allowed = tuple(record for record in records if record.id in wanted and record.id not in refused)
    if not allowed and must and wanted:
        disclose(ask)
    if not allowed:
        return Glimpse(None, (), (), withheld)
    ask = replace(ask, records={record.id: wanted[record.id] for record in allowed})
    grant = disclose(ask)
    with client_scope(client):
        reveal = _revealable(replace(ask, action="reveal", reason="asked"))
        fields = tuple(
            MaskedField(
                record.id,
                name,
                tuple(mask(name, value) for value in values),
                record.id in reveal,
                record.category,
            )
            for record in allowed
            if wanted[record.id]
            for name, values in open_fields(grant, record).items()
        )
    return Glimpse(grant, allowed, fields, withheld)


def _revealable(ask: Ask) -> set[UUID]:
    """Records that may be revealed, or that somebody else could give leave to reveal (control/grants)."""
    refused = foresee(ask)
    may = {record for record, reasons in refused.items() if not reasons}
    asked = {record for record, reasons in refused.items() if reasons and _LEAVE.issuperset(reasons)}
    if asked:
        supposed = foresee(replace(ask, records={record: ask.records[record] for record in asked}), with_grant=True)
        may |= {record for record, reasons in supposed.items() if leave_would_do({record: reasons})}
    return may


def _needed_fields(
    records: Sequence[Record], purpose: str, only: Iterable[str] | None
) -> Mapping[UUID, tuple[str, ...]]:
    """Record -> names of its fields the purpose needs; a record without fields is wanted whole; one without any
    needed field is left out."""
    names: dict[UUID, dict[str, None]] = defaultdict(dict)
    stored = SealedField.objects.filter(record__in=list(records)).order_by("position")
    for record, name in stored.values_list("record", "name"):
        names[record][name] = None
    narrowed = None if only is None else frozenset(only)
    wanted: dict[UUID, tuple[str, ...]] = {}
    for item in records:
        if item.object_key:
            wanted[item.id] = ()
            continue
        fields = needed(purpose, names[item.id])
        if fields := tuple(name for name in fields if narrowed is None or name in narrowed):
            wanted[item.id] = fields
    return wanted


def _withheld(
    records: Sequence[Record], wanted: Mapping[UUID, object], refused: Mapping[UUID, tuple[str, ...]]
) -> tuple[Withheld, ...]:
    """Categories of which no record is shown; a refusal tells more than that the purpose would not need it."""
    reasons: dict[str, dict[str, None]] = {}
    shown = {record.category for record in records if record.id in wanted and record.id not in refused}
    for record in records:
        if record.category not in shown:
            why = refused.get(record.id, (NOT_NEEDED,))
            reasons.setdefault(record.category, {}).update(dict.fromkeys(why))
    return tuple(Withheld(category, tuple(why)) for category, why in sorted(reasons.items()))
