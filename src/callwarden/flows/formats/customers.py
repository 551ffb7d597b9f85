"""Customer records and their orders from two CSV files with the columns of the guide on spool formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeVar, get_args
from zoneinfo import ZoneInfo

from . import cells
from .errors import Fault, Redacted, Refused, RowError
from .tables import place_columns, read_rows

CUSTOMER_COLUMNS = (
    "customer_no", "name", "phones", "emails", "id_number", "card_numbers", "address", "plate", "birth_date",
    "language", "vip",
)  # fmt: skip
ORDER_COLUMNS = ("order_no", "customer_no", "placed_at", "product", "amount", "currency", "status")

OrderStatus = Literal["placed", "paid", "shipped", "delivered", "returned", "refunded", "cancelled"]
_STATUSES: tuple[str, ...] = get_args(OrderStatus)
_FLAGS = {
    "yes": True,
    "true": True,
    "1": True,
    "是": True,
    "no": False,
    "false": False,
    "0": False,
    "否": False,
    "": False,
}
_MAX_VALUES = 20
_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,190}")
_ID_NUMBER = re.compile(r"[0-9A-Za-z]{4,32}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,4})?")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class OrderRow(Redacted):
    """One order of a customer: an aware time in UTC, the amount as a Decimal, the currency by ISO 4217."""

    order_no: str
    placed_at: datetime
    product: str
    amount: Decimal
    currency: str
    status: str
    line_no: int = 0

    _shown = ("line_no", "currency", "status")


@dataclass(frozen=True, slots=True, repr=False)
class CustomerRow(Redacted):
    """One customer. Texts are empty and tuples are empty where the file says nothing.

    Args:
        phones: cleaned numbers, digits with an optional plus.
        id_number: letters and digits, upper case, blanks and hyphens removed. Checksums are not enforced.
        card_numbers: 12 to 19 digits each. Checksums are not enforced: a wrong number is as personal as a right one.
        language: preferred language as a BCP 47 tag, or empty.
        orders: in the order of the orders file.
    """

    customer_no: str
    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    id_number: str = ""
    card_numbers: tuple[str, ...] = ()
    address: str = ""
    plate: str = ""
    birth_date: date | None = None
    language: str = ""
    vip: bool = False
    orders: tuple[OrderRow, ...] = ()
    line_no: int = 0

    _shown = ("line_no", "language")


def read_customers(
    customers: bytes,
    orders: bytes | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    zone: ZoneInfo | None = None,
    encodings: Sequence[str] = ("utf-8", "gb18030"),
) -> Iterator[CustomerRow | RowError]:
    """Read customers, each with its orders. Errors of both files are yielded; ``source`` tells which file is meant.

    Args:
        customers: CSV with a header; only ``customer_no`` and ``name`` must exist, unknown columns are ignored.
        orders: CSV with a header; all of `ORDER_COLUMNS` must exist.
        columns: the file's name for a column of ours where they differ, such as ``{"name": "姓名"}``.
        zone: of order times without an offset; UTC when not given.
    """
    names = columns or {}
    bought: dict[str, list[OrderRow]] = {}
    if orders is not None:
        table = _Table("orders", ORDER_COLUMNS, ORDER_COLUMNS, names, encodings)
        for item in table.rows(orders, "order_no", "duplicate_order", lambda record: _order(record, zone)):
            if isinstance(item, RowError):
                yield item
            else:
                customer_no, order = item
                bought.setdefault(customer_no, []).append(order)
    table = _Table("customers", CUSTOMER_COLUMNS, ("customer_no", "name"), names, encodings)
    for row in table.rows(customers, "customer_no", "duplicate_customer", _customer):
        yield row if isinstance(row, RowError) else replace(row, orders=tuple(bought.pop(row.customer_no, ())))
    for stray in bought.values():
        yield RowError.of(stray[0].line_no, Fault("unknown_customer", "customer_no"), source="orders")


@dataclass(frozen=True, slots=True)
class _Record:
    """The cells of one row by our name of the column; absent columns read as empty."""

    line_no: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    def required(self, name: str) -> str:
        if not self[name]:
            raise Refused("missing_value", name)
        return self[name]

    def text(self, name: str, limit: int) -> str:
        return cells.plain_text(self[name], name, limit=limit)

    def several(self, name: str) -> list[str]:
        values = [value.strip() for value in self[name].replace("；", ";").split(";") if value.strip()]
        if len(values) > _MAX_VALUES:
            raise Refused("too_many_values", name, limit=_MAX_VALUES)
        return list(dict.fromkeys(values))


@dataclass(frozen=True, slots=True)
class _Table:
    """One of the two files: its columns and how they are named."""

    source: str
    known: Sequence[str]
    required: Sequence[str]
    names: Mapping[str, str]
    encodings: Sequence[str]

    def rows(self, data: bytes, key: str, duplicate: str, build: Callable[[_Record], _T]) -> Iterator[_T | RowError]:
        """Build each row; a row whose key was seen before is set aside, the first stands."""
        try:
            seen: dict[str, int] = {}
            for record in self._records(data):
                if isinstance(record, RowError):
                    yield record
                    continue
                try:
                    built = build(record)
                except Refused as refused:
                    yield RowError.of(record.line_no, refused.fault, source=self.source)
                    continue
                first = seen.setdefault(record[key], record.line_no)
                if first != record.line_no:
                    yield RowError.of(record.line_no, Fault(duplicate, key, {"first": first}), source=self.source)
                    continue
                yield built
        except Refused as refused:
            yield RowError.of(1, refused.fault, source=self.source, whole_file=True)

    def _records(self, data: bytes) -> Iterator[_Record | RowError]:
        rows = read_rows(data, encodings=self.encodings)
        header = next(rows, None)
        if header is None:
            raise Refused("empty_file")
        if header.fault is not None:
            raise Refused(header.fault.code, header.fault.field, **header.fault.data)
        present = {cell.strip().casefold() for cell in header.cells}
        wanted = {name: self.names.get(name, name) for name in self.known}
        used = {n: c for n, c in wanted.items() if n in self.required or c.strip().casefold() in present}
        places = place_columns(header.cells, list(used.values()))
        for row in rows:
            if row.fault is not None:
                yield RowError.of(row.line_no, row.fault, source=self.source)
            elif len(row.cells) != len(header.cells):
                fault = Fault("wrong_columns", data={"found": len(row.cells), "expected": len(header.cells)})
                yield RowError.of(row.line_no, fault, source=self.source)
            else:
                yield _Record(row.line_no, {name: row.cells[places[column]] for name, column in used.items()})


def _customer(record: _Record) -> CustomerRow:
    id_number = re.sub(r"[\s-]", "", record["id_number"]).upper()
    if id_number and not (id_number.isascii() and _ID_NUMBER.fullmatch(id_number)):
        raise Refused("bad_id_number", "id_number")
    language = record["language"]
    if language and not _LANGUAGE.fullmatch(language):
        raise Refused("bad_language", "language")
    flag = record["vip"].casefold()
    if flag not in _FLAGS:
        raise Refused("bad_flag", "vip")
    record.required("name")
    return CustomerRow(
        customer_no=cells.identifier(record.required("customer_no"), "customer_no"),
        name=record.text("name", 100),
        phones=tuple(filter(None, (cells.phone_number(value, "phones") for value in record.several("phones")))),
        emails=tuple(_email(value) for value in record.several("emails")),
        id_number=id_number,
        card_numbers=tuple(_card(value) for value in record.several("card_numbers")),
        address=record.text("address", 300),
        plate=record.text("plate", 20),
        birth_date=_birth_date(record["birth_date"]),
        language=language,
        vip=_FLAGS[flag],
        line_no=record.line_no,
    )


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(cells.plain_text(text, "emails", limit=260)):
        raise Refused("bad_email", "emails")
    return text


def _card(text: str) -> str:
    number = re.sub(r"[\s-]", "", text)
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        raise Refused("bad_card", "card_numbers")
    return number


def _birth_date(text: str) -> date | None:
    if not text:
        return None
    try:
        born = date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise Refused("bad_date", "birth_date") from None
    if not 1850 <= born.year < 2100:
        raise Refused("bad_date", "birth_date")
    return born


def _order(record: _Record, zone: ZoneInfo | None) -> tuple[str, OrderRow]:
    amount = record.required("amount")
    if not (amount.isascii() and _AMOUNT.fullmatch(amount)):
        raise Refused("bad_amount", "amount", places=4)
    currency = record.required("currency")
    if not (currency.isascii() and currency.isalpha() and currency.isupper() and len(currency) == 3):
        raise Refused("bad_currency", "currency")
    status = record.required("status").lower()
    if status not in _STATUSES:
        raise Refused("bad_status", "status", allowed=", ".join(_STATUSES))
    placed_at = cells.moment(
        record.required("placed_at"), "placed_at", formats=("iso", "%Y-%m-%d"), zone=zone or ZoneInfo("UTC")
    )
    order = OrderRow(
        order_no=cells.identifier(record.required("order_no"), "order_no"),
        placed_at=placed_at,
        product=record.text("product", 200),
        amount=Decimal(amount),
        currency=currency,
        status=status,
        line_no=record.line_no,
    )
    return cells.identifier(record.required("customer_no"), "customer_no"), order
