"""Customers and orders: what is kept, what is set aside, and that nothing personal shows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.flows.formats import CUSTOMER_COLUMNS, ORDER_COLUMNS, CustomerRow, RowError, read_customers

GOOD = {
    "customer_no": "C-204",
    "name": "顾望舒",
    "phones": "154 3308 7760; +44 7700 900123",
    "emails": "gu.wangshu@example.com",
    "id_number": "11019919900307211X",
    "card_numbers": "6200 0000 0000 0005",
    "address": "听松路 18 号",
    "plate": "琼Z·A1234",
    "birth_date": "1990-03-07",
    "language": "zh-CN",
    "vip": "是",
}
ORDER = {
    "order_no": "SO-88121",
    "customer_no": "C-204",
    "placed_at": "2026-10-02 08:00:00",
    "product": "空气净化器",
    "amount": "1299.00",
    "currency": "CNY",
    "status": "Delivered",
}


def table(columns, *rows):
    return "\n".join([",".join(columns), *(",".join(row[name] for name in columns) for row in rows)]).encode()


def read(customer=None, *orders, **options):
    rows = table(CUSTOMER_COLUMNS, {**GOOD, **(customer or {})})
    return list(read_customers(rows, table(ORDER_COLUMNS, *orders) if orders else None, **options))


def test_a_customer_comes_with_its_orders():
    (customer,) = read(None, ORDER, {**ORDER, "order_no": "SO-88122"}, zone=ZoneInfo("Asia/Shanghai"))
    assert customer.phones == ("15433087760", "+447700900123")
    assert customer.card_numbers == ("6200000000000005",)
    assert (customer.birth_date, customer.vip) == (date(1990, 3, 7), True)
    order = customer.orders[0]
    assert (order.placed_at, order.amount) == (datetime(2026, 10, 2, tzinfo=UTC), Decimal("1299.00"))
    assert [item.order_no for item in customer.orders] == ["SO-88121", "SO-88122"]


def test_only_number_and_name_are_needed():
    (customer,) = read_customers("customer_no,name\nC-1,Ann Example\n".encode("gb18030"))
    assert customer == CustomerRow("C-1", "Ann Example", line_no=2)


def test_the_file_may_call_its_columns_otherwise():
    (customer,) = read_customers("编号,姓名\nC-1,顾望舒\n".encode(), columns={"customer_no": "编号", "name": "姓名"})
    assert customer.name == "顾望舒"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"customer_no": ""}, "missing_value"),
        ({"name": ""}, "missing_value"),
        ({"name": "=HYPERLINK(0)"}, "formula"),
        ({"address": "@x"}, "formula"),
        ({"name": "x" * 101}, "too_long"),
        ({"phones": "call me"}, "bad_number"),
        ({"phones": ";".join(f"1543308{n:04}" for n in range(21))}, "too_many_values"),
        ({"emails": "nobody"}, "bad_email"),
        ({"card_numbers": "1234"}, "bad_card"),
        ({"id_number": "??"}, "bad_id_number"),
        ({"birth_date": "07.03.1990"}, "bad_date"),
        ({"birth_date": "0007-03-01"}, "bad_date"),
        ({"language": "中文"}, "bad_language"),
        ({"vip": "maybe"}, "bad_flag"),
    ],
)
def test_a_bad_customer_is_set_aside(change, code):
    (error,) = read(change)
    assert (error.code, error.source, error.line_no) == (code, "customers", 2)
    assert not any(value and len(value) > 3 and value in repr(error) for value in change.values())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "a lot"}, "bad_amount"),
        ({"amount": "NaN"}, "bad_amount"),
        ({"amount": "1e9"}, "bad_amount"),
        ({"currency": "yuan"}, "bad_currency"),
        ({"status": "lost"}, "bad_status"),
        ({"placed_at": "last week"}, "bad_time"),
        ({"customer_no": "C-999"}, "unknown_customer"),
    ],
)
def test_a_bad_order_does_not_cost_the_customer(change, code):
    results = read(None, {**ORDER, **change})
    assert [item.code for item in results if isinstance(item, RowError)] == [code]
    assert [item.customer_no for item in results if isinstance(item, CustomerRow)] == ["C-204"]


def test_the_first_of_two_customers_with_one_number_stands():
    rows = table(CUSTOMER_COLUMNS, GOOD, {**GOOD, "name": "秦暮云"})
    customer, error = read_customers(rows)
    assert customer.name == "顾望舒"
    assert (error.code, error.data["first"]) == ("duplicate_customer", 2)


def test_wrong_columns_are_named():
    (error,) = read_customers(b"number,name\n1,2\n")
    assert (error.code, error.whole_file, error.data["column"]) == ("missing_column", True, "customer_no")


def test_showing_a_customer_shows_nothing_personal():
    (customer,) = read(None, ORDER)
    shown = f"{customer} {customer!r} {customer.orders!r}"
    for value in ("顾望舒", "15433087760", "example.com", "6200000000000005", "C-204", "SO-88121", "1299"):
        assert value not in shown


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything(customers, orders):
    head = ",".join(CUSTOMER_COLUMNS).encode() + b"\n"
    for item in read_customers(head + customers, orders):
        assert isinstance(item, CustomerRow | RowError)
