from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, transaction
from hypothesis import given
from hypothesis import strategies as st

from callwarden.kernel import clock, journal, structural
from callwarden.kernel.errors import Refused, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.structural import NotStructural
from tests.kernel.conftest import NOON, Ledger

PHONES = ["13800138000", "+86-138-0013-8000", "+1.202.555.0143", "tel:02155501234", "010-55501234"]


def test_every_event_is_named_source_subject_action_and_only_once() -> None:
    assert all(re.fullmatch(r"[a-z]+(:[a-z_]+){2}", event) for event in Event)
    assert len({str(event) for event in Event}) == len(Event.__members__)


@pytest.mark.django_db
def test_an_entry_goes_to_the_connected_ledger(ledger: Ledger) -> None:
    entry = Entry(event=Event.HOLD_SET, actor="system", detail={"reason": "王伟 13800138000 asked"})
    with transaction.atomic():
        assert isinstance(journal.record(entry), UUID)
    assert ledger == [entry]


@pytest.mark.django_db
def test_without_a_ledger_nothing_may_be_done() -> None:
    journal.set_sink(None)
    with pytest.raises(Unavailable) as refused, transaction.atomic():
        journal.record(Entry(event=Event.HOLD_SET, actor="system"))
    assert refused.value.code == "ledger_unavailable"


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_the_transaction_of_its_act_is_refused(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        journal.record(Entry(event=Event.HOLD_SET, actor="system"))
    assert ledger == []


@pytest.mark.django_db
def test_a_failing_ledger_stops_the_act_and_repeats_no_value_of_the_row() -> None:
    def fail(_entry: Entry) -> UUID:
        raise OperationalError("DETAIL: Failing row contains (13800138000)")

    with pytest.raises(Unavailable) as refused, journal.using(fail), transaction.atomic():
        journal.record(Entry(event=Event.HOLD_SET, actor="system"))
    assert "138" not in f"{refused.value} {refused.value.data} {refused.value.args}"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.django_db
def test_a_refusal_by_the_ledger_itself_is_passed_on() -> None:
    def refuse(_entry: Entry) -> UUID:
        raise Refused("sealed", "No.")

    with pytest.raises(Refused), journal.using(refuse), transaction.atomic():
        journal.record(Entry(event=Event.HOLD_SET, actor="system"))


@pytest.mark.django_db
@pytest.mark.parametrize(("took", "counts"), [(1.9, True), (2.1, False)])
def test_a_ledger_slower_than_two_seconds_counts_as_failed(took: float, counts: bool) -> None:
    with clock.frozen(NOON) as time:

        def dawdle(_entry: Entry) -> UUID:
            time.advance(timedelta(seconds=took))
            return uuid4()

        with journal.using(dawdle), transaction.atomic():
            if counts:
                journal.record(Entry(event=Event.HOLD_SET, actor="system"))
            else:
                with pytest.raises(Unavailable):
                    journal.record(Entry(event=Event.HOLD_SET, actor="system"))


@pytest.mark.parametrize("place", ["purpose", "policy"])
@pytest.mark.parametrize("value", [*PHONES, "王伟", "wei@example.com", "two words", "x" * 201])
def test_what_could_tell_of_a_person_stands_nowhere_but_in_the_detail(place: str, value: str) -> None:
    fields: dict[str, Any] = {place: value}
    for wrong in (fields, {"data": {"x": value}}, {"data": {value: 1}}, {"reasons": (value,)}, {"fields": (value,)}):
        with pytest.raises(NotStructural) as refused:
            Entry(event=Event.HOLD_SET, actor="system", **wrong)
        assert value not in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02",
        "2026-03-02T12:00:00.123456+00:00",
        str(UUID(int=12345678901234567890)),
        "line:0b5e7f0a-1234-4567-8901-123456789012",
        "sha256:" + "1234567890" * 6 + "abcd",
        "pending>approved",
        "v12",
        "",
    ],
)
def test_ids_times_digests_and_slugs_are_structure(value: str) -> None:
    structural.check(value, where="here")


@given(st.from_regex(r"[1-9][0-9]{6,18}", fullmatch=True), st.sampled_from(["", "a", "x:", "call-", "/"]))
def test_no_number_long_enough_to_dial_passes_whatever_stands_before_it(number: str, prefix: str) -> None:
    with pytest.raises(NotStructural):
        structural.check(prefix + number, where="here")


@given(st.text(min_size=1).filter(lambda text: any(ord(letter) > 127 or letter in " @\n" for letter in text)))
def test_no_free_text_passes(text: str) -> None:
    with pytest.raises(NotStructural):
        structural.check(text, where="here")


@pytest.mark.parametrize("value", [1.5, b"bytes", {"a": 1}, [1], object(), [["nested"]]])
def test_only_scalars_and_lists_of_slugs_are_structure(value: object) -> None:
    with pytest.raises(NotStructural):
        structural.check(value, where="here")


@pytest.mark.parametrize(
    "actor", ["system", "job:notify", "door:spool", "service:" + str(UUID(int=1)), str(UUID(int=1))]
)
def test_an_actor_is_a_pseudonym_or_a_named_part_of_the_product(actor: str) -> None:
    assert Entry(event=Event.HOLD_SET, actor=actor).actor == actor


@pytest.mark.parametrize(
    "actor", ["", "li.na", "job:", "job:王", "root", "wei@example.com", UUID(int=1).hex, "system "]
)
def test_a_name_is_no_actor(actor: str) -> None:
    with pytest.raises(NotStructural):
        Entry(event=Event.HOLD_SET, actor=actor)
