from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from callwarden.doors.console import listing
from callwarden.doors.console.components import Empty, Option, Row
from callwarden.doors.console.listing import SIZES, Column, Filter, ListQuery, Table, slice_of
from callwarden.kernel.models import User

COLUMNS = (Column("at", "Time", sortable=True), Column("who", "Who"))
FILTERS = (
    Filter("state", "State", options=(Option("open", "Open"),)),
    Filter("since", "Since", kind="date"),
    Filter("words", "Words", kind="search"),
)


def read(**given: str) -> ListQuery:
    return ListQuery.read(RequestFactory().get("/", given), COLUMNS, FILTERS, sort="-at")


@given(st.dictionaries(st.sampled_from(["sort", "page", "size", "state", "since", "words"]), st.text(max_size=300)))
def test_whatever_is_asked_the_list_stays_within_its_bounds(given):
    query = read(**given)
    assert query.sort in {"at", "-at"}
    assert query.page >= 1
    assert query.size in SIZES
    assert query.values["state"] in {"", "open"}
    assert len(query.values["words"]) <= 200


@pytest.mark.parametrize("column", ["who", "-who", "password", "at;drop", "--at"])
def test_only_sortable_columns_sort(column):
    assert read(sort=column).sort == "-at"


def test_a_filter_that_cannot_be_used_is_left_out_instead_of_breaking_the_page():
    query = read(state="gone", since="2026-02-30", words="  投诉 ")
    assert query.values == {"state": "", "since": "", "words": "投诉"}


def test_private_filters_are_read_from_the_body_only():
    request = RequestFactory().post("/?words=13800135678", {"words": "投诉"})
    assert ListQuery.read(request, COLUMNS, FILTERS).values["words"] == "投诉"


def table(query: ListQuery, rows: int, total: int | None, more: bool = False) -> Table:
    return Table("t", "T", COLUMNS, [Row(("a", "b"))] * rows, query, total, Empty("None"), FILTERS, more=more)


@given(st.integers(1, 60), st.integers(0, 1500))
def test_the_pages_of_a_list_cover_every_row_once(page, total):
    query = read(page=str(page))
    rows = max(0, min(query.size, total - query.start))
    shown = table(query, rows, total)
    assert shown.next_page is None or shown.last < total
    assert shown.next_page == (page + 1 if query.start + rows < total else None)
    assert shown.previous_page == (page - 1 if page > 1 else None)


def test_without_a_total_the_query_says_whether_more_follows():
    assert table(read(), 25, None, more=True).next_page == 2
    assert table(read(), 3, None).next_page is None


def test_pressing_the_sorted_column_turns_the_order():
    headings = table(read(sort="at"), 1, 1).headings
    assert (headings[0].direction, headings[0].next_sort) == ("ascending", "-at")
    assert headings[1].direction == ""


def test_a_row_must_have_a_cell_for_every_column():
    broken = Table("t", "T", COLUMNS, [Row(("only one",))], read(), 1, Empty("None"))
    with pytest.raises(ValueError, match="zip"):
        _ = broken.lines


@pytest.fixture
def people(db) -> int:
    User.objects.bulk_create(User(username=f"p{number:02d}") for number in range(30))
    return 30


def test_a_list_is_counted_up_to_its_bound_and_paged_beyond_it(people, monkeypatch, django_assert_num_queries):
    rows = User.objects.order_by("username")
    with django_assert_num_queries(2):
        total, found, more = slice_of(rows, read(size="25"))
    assert (total, [user.username for user in found], more) == (30, [f"p{at:02d}" for at in range(25)], True)
    monkeypatch.setattr(listing, "COUNTED", 29)
    total, found, more = slice_of(rows, read(size="25"))
    assert (total, len(found), more) == (None, 25, True)
    assert table(read(size="25"), 25, None, more=True).beyond == 29
    total, found, more = slice_of(rows, read(size="25", page="2"))
    assert (total, len(found), more) == (None, 5, False)
    assert table(read(size="25", page="2"), 5, None).next_page is None
