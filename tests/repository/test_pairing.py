"""The proof of kills sees an answer without an entry, however many entries there are without an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.prove._pairing import Answer, Opening, unpaired

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
VIEW, REVEAL = "disclose:record:view_masked", "disclose:record:reveal"


def second(number: float) -> datetime:
    return BEGIN + timedelta(seconds=number)


def answers(*, who: str = "a", session: str = "s", event: str = VIEW) -> list[Answer]:
    return [Answer(who, session, event, second(at), second(at + 0.5)) for at in range(10)]


def openings() -> list[Opening]:
    """One for each answer, and one for each request between them that was killed before its answer."""
    return [Opening("a", "s", VIEW, second(at + part)) for at in range(10) for part in (0.2, 0.7)]


def test_each_answer_has_an_entry_of_its_own():
    assert unpaired(answers(), openings()) == []


@pytest.mark.parametrize("lost", range(10))
def test_one_entry_that_is_missing_is_seen_though_others_are_left_over(lost):
    kept = [one for one in openings() if one.at != second(lost + 0.2)]
    assert len(kept) > len(answers())
    assert unpaired(answers(), kept) == [answers()[lost]]


@pytest.mark.parametrize("other", [{"who": "b"}, {"session": "t"}, {"event": REVEAL}])
def test_an_entry_of_somebody_else_or_of_another_kind_is_none(other):
    assert len(unpaired(answers(**other), openings())) == 10


def test_one_entry_does_not_stand_for_two_answers():
    (first, *_more) = answers()
    assert unpaired([first, first], [Opening("a", "s", VIEW, second(0.2))]) == [first]
