"""Entries have one byte form; what has none, or is no fact for an audit log, is refused without being repeated."""

from __future__ import annotations

import json
import math

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.ledger import MAX_ENTRY, Commitment, EntryRefused, canonical

names = st.from_regex(r"[a-z][a-z0-9_.]{0,20}", fullmatch=True)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))


@given(st.dictionaries(names, values, max_size=5))
def test_the_order_of_fields_leaves_no_trace_and_nothing_is_lost(entry: dict[str, object]) -> None:
    shuffled = dict(reversed(entry.items()))
    assert canonical(entry) == canonical(shuffled)
    assert json.loads(canonical(entry)) == entry


def test_the_bytes_are_those_of_rfc_8785() -> None:
    entry = {"z": [1, True, None], "a": '€ü\u000f\n"\\/', "A": {"b": -0, "\u0061a": "听盾"}}
    assert canonical(entry).decode() == '{"A":{"aa":"听盾","b":0},"a":"€ü\\u000f\\n\\"\\\\/","z":[1,true,null]}'


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"n": 1.5}, "entry.type"),
        ({"n": 1.0}, "entry.type"),
        ({"n": math.nan}, "entry.type"),
        ({"n": math.inf}, "entry.type"),
        ({"n": 2**53}, "entry.integer_range"),
        ({"n": b"bytes"}, "entry.type"),
        ({"n": {1, 2}}, "entry.type"),
        ({"n": object()}, "entry.type"),
        ({1: "n"}, "entry.field_name"),
        ({"a name": 1}, "entry.field_name"),
        ({"张三": 1}, "entry.field_name"),
        ({"n": "\ud800"}, "entry.not_canonical"),
        ({"n": "x" * MAX_ENTRY}, "entry.too_long"),
        ({"n": [[[[[[[[[1]]]]]]]]]}, "entry.too_deep"),
        (["n"], "entry.not_an_object"),
    ],
)
def test_what_has_no_certain_form_is_refused(entry: dict[str, object], code: str) -> None:
    with pytest.raises(EntryRefused) as refused:
        canonical(entry)
    assert refused.value.code == code


def test_a_refusal_never_repeats_a_value() -> None:
    number = 13_800_138_000_000_000_000
    for entry in ({"phone": number}, {"13800138000 张三": "x"}, {"phone": 13800138000.5}):
        with pytest.raises(EntryRefused) as refused:
            canonical(entry)
        assert "138" not in str(refused.value)
        assert "138" not in str(refused.value.data)


def test_an_entry_of_exactly_the_limit_fits() -> None:
    assert len(canonical({"n": "x" * (MAX_ENTRY - 8)})) == MAX_ENTRY


@given(detail=st.binary(max_size=64), other=st.binary(max_size=64))
def test_a_commitment_opens_to_its_detail_alone(detail: bytes, other: bytes) -> None:
    commitment = Commitment.make(detail)
    assert commitment.opens(detail)
    assert commitment.opens(other) == (other == detail)


def test_two_commitments_to_one_detail_have_nothing_in_common() -> None:
    """Otherwise the same reason, or the same telephone number, could be recognised across entries."""
    one, two = Commitment.make(b"same"), Commitment.make(b"same")
    assert one.digest != two.digest
    assert not Commitment(two.key, one.digest).opens(b"same")
    assert not Commitment(b"", one.digest).opens(b"same")
    assert one.key.hex() not in repr(one)


@given(st.dictionaries(names, values, max_size=6))
def test_the_bytes_are_those_of_the_library_for_the_standard(entry: dict[str, object]) -> None:
    assert canonical(entry) == rfc8785.dumps(entry)  # type: ignore[arg-type]
