"""Checking the whole ledger as background work, with its outcome written into the ledger itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from callwarden.custody.models import Checkpoint, LedgerEntry
from callwarden.flows import trail
from callwarden.kernel import journal
from callwarden.kernel.errors import Translatable
from callwarden.kernel.events import Event


@dataclass(frozen=True)
class Verification:
    """One completed check: entries checked, the faults found (none: it holds), and the root it held against."""

    run: str
    at: datetime
    actor: str
    size: int
    root: str
    faults: tuple[str, ...]
    index: int

    @property
    def holds(self) -> bool:
        return not self.faults

    @property
    def told(self) -> Translatable:
        """The faults in words."""
        return format_lazy("; ".join(["{}"] * len(self.faults)), *map(said, self.faults))


_SAID = {
    "row_changed": _("entry {index}: the column “{column}” of its row does not say what the signed entry says"),
    "row_missing": _("entry {index}: its row is missing"),
    "row_extra": _("row {index}: the signed log has no such entry"),
    "head_changed": _("the signed head at {index} entries does not say what its row says, or its key did not sign it"),
    "head_missing": _("the signed head at {index} entries is missing"),
    "year_changed": _("year {index}: the column “{column}” does not say what the log says"),
    "detail_changed": _("entry {index}: what was stated with it is not what was committed to"),
    "detail_extra": _("something was put beside the entry {index}, which the log does not have"),
}


def said(fault: str) -> Translatable:
    """A fault of the tables in words, naming entry and column; of others their code."""
    code, index, column = (*fault.split(":"), "", "")[:3]
    return format_lazy(_SAID[code], index=index, column=column) if code in _SAID else fault


def start(actor: str) -> UUID:
    """Queue a check on behalf of `actor`; the answer names the run to watch."""
    from callwarden.flows import jobs

    run_id = uuid4()
    jobs.later(jobs.verify_ledger, lock=_lock(run_id), run=str(run_id), actor=actor)
    return run_id


def run(run_id: UUID, actor: str) -> None:
    """Check everything now and write down what was found. Run twice for the same run, it is written once."""
    if of_run(run_id) is not None:
        return
    found = trail.verify()
    head = Checkpoint.objects.filter(size=found.size).first()
    with transaction.atomic():
        journal.record(
            journal.Entry(
                event=Event.LEDGER_VERIFIED,
                actor=actor,
                count=found.size,
                reasons=found.faults,
                data={
                    "run": str(run_id),
                    "root": bytes(head.root).hex() if head else "",
                    "outcome": "fail" if found.faults else "pass",
                },
            )
        )


def latest() -> Verification | None:
    """The newest completed check."""
    return _read(LedgerEntry.objects.filter(event=Event.LEDGER_VERIFIED).order_by("-index").first())


def of_run(run_id: UUID) -> Verification | None:
    """What this run found; None while it has not ended (or its entry has no place in the tree yet)."""
    for row in LedgerEntry.objects.filter(event=Event.LEDGER_VERIFIED).order_by("-index")[:50]:
        if (found := _read(row)) and found.run == str(run_id):
            return found
    return None


def has_failed(run_id: UUID) -> bool:
    """Whether the run ended without an outcome."""
    return ProcrastinateJob.objects.filter(queueing_lock=_lock(run_id), status="failed").exists()


def _lock(run_id: UUID) -> str:
    return f"verify:{run_id}"


def _read(row: LedgerEntry | None) -> Verification | None:
    if row is None:
        return None
    body = json.loads(bytes(row.body))
    data = body.get("data", {})
    return Verification(
        run=data.get("run", ""),
        at=row.at,
        actor=row.actor,
        size=body.get("count", 0),
        root=data.get("root", ""),
        faults=tuple(body.get("reasons", ())),
        index=row.index,
    )
