"""Reading lists that have arrived: call detail records become one sealed row each, customer lists become customers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from callwarden.custody import clients, intake
from callwarden.custody.models import IntakeItem, Line
from callwarden.engines.seal import SealError
from callwarden.flows.customers import take_in_customer
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.formats import CdrRow, MappingError, RowError, load_mapping, read_cdr, read_customers
from callwarden.flows.receive import Sender
from callwarden.flows.rows import stem_of, to_payload
from callwarden.flows.take_in import JOB
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event

State, Kind = IntakeItem.State, IntakeItem.Kind
MAX_PROBLEMS = 200


def read_list(item_id: UUID) -> None:
    """Read one list. Rows that were taken in before are recognised, so a second run changes nothing."""
    item = IntakeItem.objects.select_related("line").filter(pk=item_id, state=State.SEALED).first()
    if item is None:
        return
    if clients.is_closed(item.line.client_id):
        _finish([item], State.SET_ASIDE, clients.CLOSED, [])
    elif item.kind == Kind.CDR:
        _read_calls(item)
    elif item.kind == Kind.CUSTOMERS:
        _read_customers(item)


def _open(*items: IntakeItem) -> list[bytes]:
    grant = disclose(
        Ask(
            actor=JOB,
            client=items[0].line.client_id,
            action="admit",
            purpose="intake",
            items=tuple(item.id for item in items),
            lasts=timedelta(minutes=30),
        )
    )
    return [intake.open_item(item, permit=grant.permit, principal=JOB.name).content for item in items]


def _read_calls(item: IntakeItem) -> None:
    from callwarden.flows import jobs  # the jobs are made of this module

    try:
        mapping = load_mapping(item.line.cdr_mapping.encode())
    except MappingError as error:
        _finish([item], State.SET_ASIDE, "mapping_unusable", [{"code": error.code, "field": "", "line": 0}])
        return
    problems: list[dict[str, object]] = []
    lines = {line.slug: line for line in Line.objects.filter(client=item.line.client_id)}
    try:
        (raw,) = _open(item)
    except (FileNotFoundError, SealError):
        _finish([item], State.SET_ASIDE, "spool_damaged", [])
        return
    touched: dict[UUID, int] = {}
    for row in read_cdr(raw, mapping):
        if isinstance(row, RowError):
            problems.append(_problem(row))
        elif row.line not in lines:
            problems.append({"line": row.line_no, "code": "unknown_line", "field": "line"})
        else:
            line = lines[row.line]
            take_in_row(row, Sender(line, item.door, item.batch_id))
            touched[line.id] = touched.get(line.id, 0) + 1
    usable = bool(touched) or not problems
    _finish([item], State.ADMITTED if usable else State.SET_ASIDE, "" if touched else "no_usable_row", problems)
    for line_id in touched:
        jobs.match_later(line_id)


def take_in_row(row: CdrRow, sender: Sender) -> intake.Received:
    """Seal one call detail record until its recording is here. Told twice, it is one row."""
    named = [name for recording in row.recordings for name in (recording, f"stem:{stem_of(recording)}")]
    return intake.receive_inline(
        to_payload(row),
        intake.Arrival(
            line=sender.line,
            kind=Kind.ROW,
            name=row.call_id,
            shown="",
            door=sender.door,
            matches=(*named, f"call:{row.call_id}"),
            needs=len(row.recordings) or int(row.expects_recording),
            batch=sender.batch,
            stays=timedelta(hours=settings.INTAKE_HOURS),
            by=sender.by,
        ),
    )


def _read_customers(item: IntakeItem) -> None:
    # What came in one batch belongs together; what came without one, in the order it came.
    waiting = IntakeItem.objects.filter(line=item.line, batch=item.batch_id, kind=Kind.ORDERS, state=State.SEALED)
    orders = waiting.order_by("arrived_at").first()
    if orders is None and clock.now() - item.arrived_at < timedelta(seconds=settings.LIST_GRACE_SECONDS):
        return  # the clock job comes back for it
    items = [item, orders] if orders else [item]
    try:
        contents = _open(*items)
    except (FileNotFoundError, SealError):
        _finish(items, State.SET_ASIDE, "spool_damaged", [])
        return
    problems: list[dict[str, object]] = []
    taken = 0
    for row in read_customers(contents[0], contents[1] if orders else None):
        if isinstance(row, RowError):
            problems.append(_problem(row))
            continue
        try:
            take_in_customer(item.line, row, actor=JOB.name)
            taken += 1
        except InvalidInput as error:
            problems.append({"line": row.line_no, "code": error.code, "field": "customer_no", "source": "customers"})
    _finish(items, State.ADMITTED if taken else State.SET_ASIDE, "" if taken else "no_usable_row", problems)


def _problem(error: RowError) -> dict[str, object]:
    facts = {name: value if isinstance(value, int) else str(value) for name, value in error.data.items()}
    return {"line": error.line_no, "code": error.code, "field": error.field, "source": error.source, "data": facts}


def _finish(items: Iterable[IntakeItem], state: str, reason: str, problems: list[dict[str, object]]) -> None:
    with transaction.atomic():
        for item in items:
            item.state, item.reason = state, reason
            item.problems = problems[:MAX_PROBLEMS]
            item.save(update_fields=["state", "reason", "problems"])
            journal.record(
                journal.Entry(
                    event=Event.INTAKE_RECONCILED if state == State.ADMITTED else Event.INTAKE_SET_ASIDE,
                    actor=JOB.name,
                    client=item.line.client_id,
                    count=len(problems),
                    data={"item": str(item.id), "kind": item.kind},
                )
            )
    for item in items:
        if state == State.ADMITTED:
            intake.discard(item)
