"""Kinds of acts on many rows, and what each is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import ActKind
from callwarden.kernel.errors import CallwardenError, InvalidInput, Translatable, Unavailable
from callwarden.kernel.models import BulkAct, User
from callwarden.kernel.structural import Value

# Why a row is skipped, whatever the act. Kinds add their own.
REASONS: Final[Mapping[str, Translatable]] = {
    "gone": _("It is not there any more."),
    "changed": _("It has changed since the set was drawn."),
    "changed_meanwhile": _("Somebody else changed it at the same moment."),
    "ended_early": _("The act was ended before it came to this."),
    "no_such_step": _("Its state does not allow this."),
}


@dataclass(frozen=True)
class Found:
    """A row as it is now.

    Args:
        sort: slug the preview counts by.
        mark: see `mark_of`.
        why: slug; why the act leaves it alone, empty when it does not.
    """

    target: UUID
    sort: str
    mark: str
    why: str = ""


@dataclass(frozen=True)
class Doing:
    """What an act is looked up and carried out with.

    Args:
        by: who asks while the set is drawn, who carries it out later.
        act: the act itself, once it is drawn.
    """

    parameters: Mapping[str, Value]
    client: UUID | None
    by: User
    act: BulkAct | None = None

    @property
    def chosen(self) -> list[str]:
        """Ids of some of what matches, where a person chose them; empty: all."""
        named = self.parameters.get("chosen")
        return list(named) if isinstance(named, list) else []

    @property
    def approval(self) -> UUID | None:
        return self.act.approval if self.act else None


Find = Callable[[Doing, "Sequence[UUID] | None"], Iterable[Found]]
Apply = Callable[[Doing, Sequence[Found]], Mapping[UUID, str]]
Hook = Callable[[Doing], None]


def nothing(_doing: Doing) -> None:
    """The act has nothing to do at this point."""


@dataclass(frozen=True)
class BulkKind:
    """An act that can be done on many rows.

    Args:
        title: what lists and the inbox call it.
        roles: who may do it; asked again before every batch.
        find: the rows of a filter as they are now; with ids, exactly those that still exist, whatever the filter says.
            Raises InvalidInput where the parameters cannot be used.
        apply: acts on rows of one batch, in its transaction; returns for each the reason it was skipped for, or "".
        deciders: who may approve, where a second person must; empty where one person is enough.
        words: whether the person must say why (sealed beside the ledger).
        asked, begun, finished: what else happens at these points, in their transactions.
        reasons: what the reasons of `find` and `apply` mean.
        lasts: how long a request for approval stays open.
    """

    name: str
    title: Translatable
    roles: tuple[str, ...]
    find: Find
    apply: Apply
    deciders: tuple[str, ...] = ()
    words: bool = False
    asked: Hook = nothing
    begun: Hook = nothing
    finished: Hook = nothing
    reasons: Mapping[str, Translatable] = field(default_factory=dict)
    lasts: timedelta = approvals.LASTS

    @property
    def by_two(self) -> bool:
        return bool(self.deciders)

    def why(self, reason: str) -> Translatable:
        """A reason in words; one that nobody wrote words for is named."""
        return self.reasons.get(reason) or REASONS.get(reason) or reason.replace("_", " ")


_kinds: dict[str, BulkKind] = {}


def register(kind: BulkKind) -> BulkKind:
    """Make a kind known, and the act a second person approves where one must."""
    from callwarden.kernel.bulk.running import begin

    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"Two acts are called {kind.name!r}.")
    if kind.by_two:
        approvals.register(
            ActKind(kind.name, title=kind.title, roles=kind.deciders, quorum=1, run=begin, lasts=kind.lasts)
        )
    return kind


def kind_of(name: str) -> BulkKind:
    """The registered kind.

    Raises:
        InvalidInput: there is none of this name.
    """
    try:
        return _kinds[name]
    except KeyError:
        raise InvalidInput("unknown_act", _("This act is not known here."), data={"kind": name}) from None


def kinds() -> list[BulkKind]:
    """All registered kinds, by name."""
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def mark_of(*parts: object) -> str:
    """128 bits over what of a row the decision rests on. Another mark: it is not what people decided on."""
    told = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def one_by_one(do: Callable[[Doing, Found], str | None]) -> Apply:
    """An `Apply` that does one row after the other; one that is refused undoes nothing of the others.

    What may work later (a part that does not answer) breaks the batch off instead: skipping it would be for ever.
    """

    def apply(doing: Doing, found: Sequence[Found]) -> dict[UUID, str]:
        outcomes: dict[UUID, str] = {}
        for one in found:
            try:
                with transaction.atomic():
                    outcomes[one.target] = do(doing, one) or ""
            except Unavailable:
                raise
            except CallwardenError as error:
                outcomes[one.target] = error.code
        return outcomes

    return apply
