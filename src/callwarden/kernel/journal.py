"""The port through which everyone writes the ledger. Custody connects it; without a connection nothing may be done.

    with transaction.atomic():
        ...                                             # the act
        journal.record(Entry(event=Event.HOLD_SET, actor=str(user.pseudonym), client=client, subject=subject,
                             detail={"reason": text}))  # and its entry, or neither

An entry tells nothing of a person by itself: random ids, slugs, field names, counts. Whatever a human typed goes into
`detail`, which is sealed and kept outside the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, structural
from callwarden.kernel.errors import CallwardenError, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value

Decision = Literal["allow", "refuse"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What happened, in structure.

    Args:
        actor: a person's pseudonym, `job:NAME`, `door:NAME`, `service:UUID` or `system`.
        records: ids of the records concerned; for large sets give `count` and a digest in `data`.
        fields: names of fields, never values.
        policy: version of the policy set that decided.
        data: further structural facts.
        detail: free text and search terms; sealed outside the tree under a keyed commitment.

    Raises:
        NotStructural: a value that could tell something of a person stands outside `detail`.
    """

    event: Event
    actor: str
    session: UUID | None = None
    client: UUID | None = None
    subject: UUID | None = None
    call: UUID | None = None
    records: tuple[UUID, ...] = ()
    purpose: str | None = None
    decision: Decision | None = None
    reasons: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    policy: str | None = None
    permit: UUID | None = None
    approval: UUID | None = None
    count: int | None = None
    data: Mapping[str, Value] = field(default_factory=dict)
    detail: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        structural.check_actor(self.actor)
        structural.check_all(self.reasons, where="reasons")
        structural.check_all(self.fields, where="fields")
        structural.check(self.purpose, where="purpose")
        structural.check(self.policy, where="policy")
        structural.check_mapping(self.data, where="data")


Sink = Callable[[Entry], UUID]

_sink: Sink | None = None


def set_sink(sink: Sink | None) -> Sink | None:
    """Connect the ledger (None disconnects) and return what was connected before."""
    global _sink
    before, _sink = _sink, sink
    return before


@contextmanager
def using(sink: Sink) -> Iterator[None]:
    """Write to another sink until the block ends (tests, rebuilding)."""
    before = set_sink(sink)
    try:
        yield
    finally:
        set_sink(before)


def record(entry: Entry) -> UUID:
    """Write the entry in the open transaction and return its id. What cannot be written may not happen.

    Raises:
        Unavailable: no ledger is connected, it failed, or took longer than `CALLWARDEN_LEDGER_DEADLINE` seconds (2).
            The caller's transaction must end without a commit; letting the error pass does that.
        RuntimeError: no transaction is open, so act and entry could part.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{entry.event} must be recorded in the transaction of its act.")
    if _sink is None:
        raise _unavailable("not_connected")
    started = clock.monotonic()
    try:
        written = _sink(entry)
    except CallwardenError:
        raise
    except Exception as error:
        # The database's own message repeats values of the row, so it is not chained.
        raise _unavailable(type(error).__name__) from None
    if clock.monotonic() - started > getattr(settings, "CALLWARDEN_LEDGER_DEADLINE", 2.0):
        raise _unavailable("slow")
    return written


def _unavailable(cause: str) -> Unavailable:
    return Unavailable(
        "ledger_unavailable",
        _("The audit ledger cannot be written, so nothing was done. Try again, then tell the administrator."),
        data={"cause": cause},
    )
