"""Call records and customers that come as JSON documents instead of rows of a file, read by the same rules as those.

The caller has checked the shape (keys and types); here the values are looked at, cell by cell, as in a CSV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from . import cells
from .cdr import CdrRow, ConsentEvent, NoticePlayed
from .customers import CUSTOMER_COLUMNS, ORDER_COLUMNS, CustomerRow, OrderRow, _customer, _order, _Record
from .errors import Fault, Refused, RowError
from .mapping import Layout

_ASSUMED: Layout = "mono:mixed"
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def call_of(document: Mapping[str, Any], *, line: str) -> CdrRow | RowError:
    """One call record in our canonical shape.

    Args:
        document: the fields of `CdrRow`: times as aware datetimes, ``notice`` and each of ``consents`` a mapping, the
            recordings with one layout each, or none. What is absent or None is not told.
        line: slug of the line the call came on.
    """
    try:
        return _call(document, line)
    except Refused as refused:
        return RowError.of(0, refused.fault)


def customer_of(document: Mapping[str, Any], *, customer_no: str) -> CustomerRow | RowError:
    """One customer with their orders.

    Args:
        document: the fields of `CustomerRow`, lists as lists; ``orders`` is a list of mappings with the fields of
            `OrderRow`, the amount as text, the time as ISO 8601 text.
    """
    try:
        customer = _customer(_Record(0, _cells(document, CUSTOMER_COLUMNS) | {"customer_no": customer_no}))
        orders = tuple(_bought(order, customer_no) for order in document.get("orders") or ())
        numbers = [order.order_no for order in orders]
        for place, number in enumerate(numbers):
            if (first := numbers.index(number)) != place:
                return RowError.of(0, Fault("duplicate_order", "orders", {"first": first + 1}), source="orders")
    except Refused as refused:
        return RowError.of(0, refused.fault, source="customers")
    return replace(customer, orders=orders)


def _call(document: Mapping[str, Any], line: str) -> CdrRow:
    names = tuple(_name(name) for name in document.get("recordings") or ())
    layouts = tuple(document.get("layouts") or ())
    if names and layouts and len(layouts) != len(names):
        raise Refused("unknown_value", "layouts")
    started, answered, ended = (_moment(document, key) for key in ("started_at", "answered_at", "ended_at"))
    if started is None:
        raise Refused("missing_value", "started_at")
    if answered is not None and answered < started:
        raise Refused("times_out_of_order", "answered_at")
    if ended is not None and ended < (answered or started):
        raise Refused("times_out_of_order", "ended_at")
    customer_no, agent = _text(document, "customer_no"), _text(document, "agent")
    return CdrRow(
        call_id=cells.identifier(_text(document, "call_id"), "call_id"),
        line=line,
        direction=document["direction"],
        caller=cells.phone_number(_text(document, "caller"), "caller"),
        callee=cells.phone_number(_text(document, "callee"), "callee"),
        agent=cells.identifier(agent, "agent") if agent else "",
        started_at=started,
        answered_at=answered,
        ended_at=ended,
        recordings=tuple(dict.fromkeys(names)),
        layouts=layouts or (_ASSUMED,) * len(names),
        notice=_notice(document.get("notice")),
        consents=tuple(_consent(said) for said in document.get("consents") or ()),
        customer_no=cells.identifier(customer_no, "customer_no") if customer_no else None,
        payment_windows=tuple(_window(window) for window in document.get("payment_windows") or ()),
    )


def _text(document: Mapping[str, Any], key: str) -> str:
    return str(document.get(key) or "").strip()


def _name(name: str) -> str:
    found = cells.file_names(name, "recordings", separator="")
    if len(found) != 1:
        raise Refused("bad_file_name", "recordings", separator="")
    return found[0]


def _moment(document: Mapping[str, Any], key: str) -> datetime | None:
    told: datetime | None = document.get(key)
    if told is None:
        return None
    if not _FIRST <= told < _LAST:
        raise Refused("bad_time", key, formats="ISO 8601")
    return told.astimezone(UTC)


def _notice(told: Mapping[str, Any] | None) -> NoticePlayed | None:
    if told is None:
        return None
    played_at = _moment(told, "played_at")
    if played_at is None:
        raise Refused("missing_value", "notice_at")
    return NoticePlayed(
        cells.identifier(_text(told, "version"), "notice_version"),
        cells.identifier(_text(told, "language"), "notice_language"),
        played_at,
    )


def _consent(told: Mapping[str, Any]) -> ConsentEvent:
    at = _moment(told, "at")
    if at is None:
        raise Refused("missing_value", "consent_at")
    key = _text(told, "key") if told["method"] == "keypress" else ""
    return ConsentEvent(_text(told, "purpose"), told["state"], told["method"], key or None, at)


def _window(told: Any) -> tuple[int, int]:
    start, end = told
    if not 0 <= start < end:
        raise Refused("bad_window", "payment_windows")
    return (start, end)


def _cells(document: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, str]:
    """The document as the cells of a row: several values joined as a CSV joins them."""
    cells_: dict[str, str] = {}
    for column in columns:
        value = document.get(column)
        if isinstance(value, list | tuple):
            cells_[column] = ";".join(str(part) for part in value)
        elif isinstance(value, bool):
            cells_[column] = "yes" if value else "no"
        elif value is not None:
            cells_[column] = str(value).strip()
    return cells_


def _bought(document: Mapping[str, Any], customer_no: str) -> OrderRow:
    record = _Record(0, _cells(document, ORDER_COLUMNS) | {"customer_no": customer_no})
    return _order(record, None)[1]
