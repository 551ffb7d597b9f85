"""Blind-index tokens: equal for equal values of one column of one client, and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.seal import BlindIndex, InvalidInput, Key, Suite, _index

names = st.text("ab/:\0", min_size=1, max_size=3)


@given(first=st.tuples(names, names, names), second=st.tuples(names, names, names))
def test_tokens_are_equal_exactly_when_client_column_and_value_are(
    first: tuple[str, str, str], second: tuple[str, str, str]
) -> None:
    index = BlindIndex(Key(Suite.AES_256_GCM, bytes(32)))
    assert (index.token(*first) == index.token(*second)) == (first == second)


def test_the_same_key_gives_the_same_tokens_in_another_process(key: Key) -> None:
    assert BlindIndex(key).token("c", "phone", "+861") == BlindIndex(Key(key.suite, key.raw)).token(
        "c", "phone", "+861"
    )
    assert BlindIndex(key).token("c", "phone", "+861") != BlindIndex(Key.generate(key.suite)).token(
        "c", "phone", "+861"
    )


def test_suites_give_different_tokens() -> None:
    one, other = (BlindIndex(Key(suite, bytes(32))).token("c", "phone", "+861") for suite in Suite)
    assert one != other
    assert len(one) == len(other) == 32


def test_many_values_at_once_are_the_same_as_one_by_one(key: Key) -> None:
    index = BlindIndex(key)
    grams = ["客户", "户投", "投诉", "坐席"]
    assert index.tokens("c", "search", grams) == [index.token("c", "search", gram) for gram in grams]


def test_more_columns_than_are_kept_ready_still_give_their_tokens(key: Key) -> None:
    index = BlindIndex(key)
    columns = [f"column-{number}" for number in range(_index.PREPARED_COLUMNS + 50)]
    first = [index.token("c", column, "v") for column in columns]
    assert [index.token("c", column, "v") for column in columns] == first
    assert len(index._prepared) == _index.PREPARED_COLUMNS


def test_the_index_does_not_show_its_key(key: Key) -> None:
    assert key.raw.hex() not in repr(BlindIndex(key))


@pytest.mark.parametrize(
    "arguments", [("", "c", "v"), ("c", "", "v"), ("c", "c", ""), ("c", "c", "\ud800"), ("c", "c", 1)]
)
def test_what_has_no_token_is_refused(key: Key, arguments: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidInput):
        BlindIndex(key).token(*arguments)
