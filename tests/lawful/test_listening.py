"""Hearing an answer in words, in both languages: proposals only, and silence where it is not clear."""

from __future__ import annotations

import doctest

import pytest

from callwarden.lawful.consent import listening
from callwarden.lawful.consent.listening import Said, Topic, listen

TOPICS = [Topic("recording", "recording"), Topic("quality", "quality_review"), Topic("offers", "marketing")]


def heard(*turns: tuple[str, str]) -> list[tuple[str, str, int]]:
    return [(one.purpose, one.answer, one.turn) for one in listen([Said(*turn) for turn in turns], TOPICS)]


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("本次通话会录音，您同意吗？", "同意", [("recording", "given")]),
        ("通话将被录音，可以吗？", "不可以", [("recording", "refused")]),
        ("我们会抽查服务质量，是否同意？", "嗯好的没问题", [("quality", "given")]),
        ("以后有优惠活动可以给您打电话吗？", "不用了谢谢", [("offers", "refused")]),
        ("您介意我们录音吗？", "不介意", [("recording", "given")]),
        ("您介意我们录音吗？", "介意", []),
        ("您的地址可以说一下吗？", "可以", []),
        ("This call is recorded. Is that okay?", "Yes, that's fine.", [("recording", "given")]),
        ("May we call you with offers?", "No thanks.", [("offers", "refused")]),
        ("Would you mind if we record this call?", "Not at all.", [("recording", "given")]),
        ("Do you agree to recording?", "No problem.", [("recording", "given")]),
        ("Do you agree to recording?", "Hmm yes, actually no.", []),
        ("May I record this call?", "What for?", []),
        ("We record calls.", "Yes.", []),
    ],
)
def test_a_question_and_its_answer(question, answer, expected):
    assert heard(("agent", question), ("caller", answer)) == [(*one, 1) for one in expected]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("请撤回我对录音的同意", [("recording", "withdrawn", 0)]),
        ("以后不要再给我打电话了", [("offers", "withdrawn", 0)]),
        ("Please stop recording", [("recording", "withdrawn", 0)]),
        ("Take me off your list", [("offers", "withdrawn", 0)]),
        ("I want to withdraw my consent to marketing", [("offers", "withdrawn", 0)]),
        ("I want to return the kettle", []),
    ],
)
def test_taking_it_back_unasked(words, expected):
    assert heard(("caller", words)) == expected
    assert heard(("agent", words)) == []  # nobody says it for them


def test_an_answer_after_another_question_answers_that_one():
    turns = (("agent", "本次通话会录音，您同意吗？"), ("agent", "您的地址是上海，可以吗？"), ("caller", "可以"))
    assert heard(*turns) == []


def test_a_late_answer_still_counts_and_a_later_one_does_not():
    ask = ("agent", "May I record this call?")
    assert heard(ask, ("caller", "Hello?"), ("caller", "Yes, sure.")) == [("recording", "given", 2)]
    assert heard(ask, ("caller", "Hello?"), ("caller", "Who is it?"), ("caller", "Yes.")) == []


def test_the_manual_of_the_module_runs():
    assert doctest.testmod(listening).failed == 0
