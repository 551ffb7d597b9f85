"""A correction holds in every form and in the sound; what it may not change it refuses, and says what to do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines import redact as engine
from callwarden.engines.redact import (
    CorrectionRefused,
    EntityType,
    Evidence,
    Hide,
    KnownValues,
    Moves,
    Policy,
    ResidualFound,
    Show,
    Span,
    Transcript,
    Turn,
    carried,
    corrected,
    reads_as,
    redact,
    shape_of,
)
from callwarden.engines.redact._evidence import _RULES

from .shown import call
from .test_every_form import words

SAID = "ask for old nettie at the mill or call 415 885 2987 today"
NETTIE = Hide(0, 12, 18, EntityType.PERSON)


def spoken(text: str = SAID) -> Transcript:
    turn = Turn(
        "customer",
        text,
        channel=0,
        words=words(text),
        nbest=(text.replace("nettie", "netty"), text.upper()),
        forms={"itn": text.replace("415 885 2987", "415-885-2987")},
    )
    return Transcript("c", (turn,))


def every_text(transcript: Transcript) -> list[str]:
    return [
        text
        for turn in transcript.turns
        for text in (turn.text, " ".join(word.text for word in turn.words), *turn.nbest, *turn.forms.values())
    ]


def test_what_is_hidden_goes_from_every_form_and_from_the_sound() -> None:
    said = spoken()
    before = redact(said)
    assert all("nett" in text.lower() for text in every_text(before.transcript))
    after = corrected(said, before.spans, [NETTIE])
    for text in every_text(after.transcript):
        assert "nett" not in text.lower()
        assert "[PERSON]" in text
        assert "[PHONE]" in text
    assert [(span.type, span.rule, span.confidence) for span in after.spans if span.type is EntityType.PERSON] == [
        (EntityType.PERSON, "reviewer", 1.0)
    ]
    assert (1500, 1900, EntityType.PERSON) in [(one.start_ms, one.end_ms, one.type) for one in after.sound]


def test_more_goes_from_what_is_redacted_already_without_the_original() -> None:
    before = redact(spoken())
    moves = Moves(before.spans, before.places)
    start, end = moves.at(0, 12), moves.at(0, 18, end=True)
    after = corrected(before.transcript, (), [Hide(0, start, end, EntityType.PERSON)], rules=False)
    assert after.transcript.turns[0].text == "ask for old [PERSON] at the mill or call [PHONE] today"
    assert [word.text for word in after.transcript.turns[0].words][3] == "[PERSON]"
    assert [(one.start_ms, one.end_ms) for one in after.sound] == [(1500, 1900)]


def test_hidden_digits_go_wherever_the_call_repeats_them() -> None:
    said = call([("customer", "it says 7 3 9 1 on it"), ("agent", "seven three nine one, right")])
    before = redact(said)
    assert "7 3 9 1" in before.transcript.turns[0].text
    after = corrected(said, before.spans, [Hide(0, 8, 15, EntityType.MEMBER_NO)])
    assert [turn.text for turn in after.transcript.turns] == ["it says [MEMBER_NO] on it", "[MEMBER_NO], right"]


def test_words_are_chosen_by_their_numbers_too() -> None:
    assert Hide.words(spoken(), 0, 3, 3, EntityType.PERSON) == NETTIE
    for turn, first, last in ((1, 0, 0), (0, 3, 99), (0, 4, 3), (-1, 0, 0)):
        with pytest.raises(CorrectionRefused, match="not in this version"):
            Hide.words(spoken(), turn, first, last, EntityType.PERSON)


def test_a_span_given_back_is_read_and_heard_again_and_nothing_else_is() -> None:
    said = spoken("my name is robert call 415 885 2987 today")
    before = redact(said)
    person = next(span for span in before.spans if span.type is EntityType.PERSON)
    after = corrected(said, before.spans, [Show(0, person.start, person.end)])
    for text in every_text(after.transcript):
        assert "robert" in text.lower()
        assert "2987" not in text
    assert {one.type for one in after.sound} == {EntityType.PHONE}
    assert [span.type for span in after.spans] == [EntityType.PHONE]


def test_a_known_value_that_is_none_here_is_given_back_here_alone() -> None:
    said = call([("customer", "我叫王小明"), ("agent", "王小明饭店的王小明")])
    known = KnownValues(names=("王小明",))
    before = redact(said, known)
    places = [span for span in before.spans if span.turn == 1]
    assert len(places) == 2
    after = corrected(said, before.spans, [Show(1, places[0].start, places[0].end)], known)
    assert [turn.text for turn in after.transcript.turns] == ["我叫[PERSON]", "王小明饭店的[PERSON]"]


def test_digits_are_not_given_back_while_they_stay_hidden_elsewhere() -> None:
    said = call([("customer", "call 415 885 2987"), ("agent", "so that is 415 885 2987")])
    before = redact(said)
    first, second = before.spans
    with pytest.raises(CorrectionRefused) as refused:
        corrected(said, before.spans, [Show(0, first.start, first.end)])
    assert refused.value.code == "hidden_elsewhere"
    assert refused.value.data == {"count": 1, "spans": [[1, second.start, second.end]]}
    after = corrected(said, before.spans, [Show(span.turn, span.start, span.end) for span in before.spans])
    assert after.transcript == said


def in_forms(text: str, *, line: str = "", **forms: tuple[str, ...]) -> Transcript:
    return Transcript("c", (Turn("customer", text, channel=0, words=words(line or text), **forms),))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (in_forms("my name is May I think", line="my name is May Robinson I think"), "May"),
        (in_forms("my card number is 4111 ok", nbest=("my card number is 4111 1111 1111 1111 ok",)), "4111"),
        (in_forms("my card number is 4112 ok", nbest=("my card number is 4111 1111 1111 1111 ok",)), "4112"),
    ],
    ids=["a longer name in the words", "a longer number in a guess", "a longer number in its place"],
)
def test_nothing_is_given_back_where_another_form_hides_more(said: Transcript, shown: str) -> None:
    start = said.turns[0].text.index(shown)
    span = Span(0, start, start + len(shown), EntityType.PERSON, "cue", 1.0, 0)
    with pytest.raises(CorrectionRefused) as refused:
        corrected(said, [span], [Show(0, span.start, span.end)])
    assert refused.value.code == "hidden_more_elsewhere"
    assert shown not in str(refused.value)


def test_a_security_code_of_another_form_does_not_come_back_with_a_place() -> None:
    said = in_forms("the code is 1 2 3 okay", nbest=("the cvv is 1 2 3 okay",))
    span = Span(0, 12, 17, EntityType.MEMBER_NO, "cue", 1.0, 0)
    with pytest.raises(CorrectionRefused, match="more is hidden"):
        corrected(said, [span], [Show(0, 12, 17)])


def test_numbers_come_back_in_every_way_they_are_told() -> None:
    told = "call four one five double eight five two nine eight seven today"
    said = in_forms("call 415 885 2987 today", line=told, nbest=(told,))
    (phone,) = redact(said).spans
    after = corrected(said, [phone], [Show(0, phone.start, phone.end)])
    assert after.transcript == said
    assert not after.sound


def test_card_authentication_data_never_comes_back() -> None:
    said = call([("agent", "and the security code"), ("customer", "the cvv is 1 2 3 okay")])
    before = redact(said)
    (code,) = [span for span in before.spans if span.type is EntityType.CARD_CVV]
    with pytest.raises(CorrectionRefused, match="nobody can bring them back"):
        corrected(said, before.spans, [Show(code.turn, code.start, code.end)])


@pytest.mark.parametrize(
    ("correction", "code"),
    [
        (Hide(5, 0, 3, EntityType.PERSON), "out_of_range"),
        (Hide(-1, 0, 3, EntityType.PERSON), "out_of_range"),
        (Hide(0, 0, 999, EntityType.PERSON), "out_of_range"),
        (Hide(0, 9, 9, EntityType.PERSON), "out_of_range"),
        (Hide(0, 3, 4, EntityType.PERSON), "nothing_to_hide"),
        (Show(0, 0, 3), "no_such_span"),
    ],
)
def test_what_cannot_be_done_is_refused_without_a_word_of_the_call(correction: Hide | Show, code: str) -> None:
    said = spoken()
    with pytest.raises(CorrectionRefused) as refused:
        corrected(said, redact(said).spans, [correction])
    assert refused.value.code == code
    assert not any(word in str(refused.value) for word in ("nettie", "mill", "2987"))


def test_what_is_hidden_already_is_not_hidden_again() -> None:
    left = redact(spoken()).transcript
    at = left.turns[0].text.index("[PHONE]")
    with pytest.raises(CorrectionRefused, match="hidden already"):
        corrected(left, (), [Hide(0, at - 5, at + 3, EntityType.PHONE)], rules=False)


def test_a_kind_that_the_policy_keeps_is_refused() -> None:
    policy = Policy.profile("pci")
    with pytest.raises(CorrectionRefused, match="keeps this kind"):
        corrected(spoken(), (), [NETTIE], policy=policy)


def test_what_was_hidden_under_another_policy_stays_hidden_and_nothing_else_does() -> None:
    said = spoken("my name is robert ask for old nettie and card 4111 1111 1111 1111")
    policy = Policy.profile("pci")
    start = said.turns[0].text.index("nettie")
    hide = Hide(0, start, start + 6, EntityType.PERSON)
    after = corrected(said, redact(said, policy=policy).spans, [hide], policy=policy, hides_any=True)
    assert after.transcript.turns[0].text == "my name is robert ask for old [PERSON] and card [CARD_PAN]"
    assert all("nett" not in text.lower() for text in every_text(after.transcript))


def test_what_a_rule_no_longer_hides_is_not_published() -> None:
    said = call([("customer", "call robert paulson")])
    known = KnownValues(names=("robert paulson",))
    with pytest.raises(ResidualFound):
        corrected(said, (), [Hide(0, 0, 4, EntityType.PERSON)], known)


def test_pseudonyms_go_on_after_those_that_stand_there() -> None:
    policy = Policy.profile("pipl")
    said = call([("customer", "my name is robert paulson and old nettie is here")])
    left = redact(said, policy=policy).transcript
    assert "[PERSON_1]" in left.turns[0].text
    start = left.turns[0].text.index("nettie")
    after = corrected(left, (), [Hide(0, start, start + 6, EntityType.PERSON)], policy=policy, rules=False)
    assert "[PERSON_2]" in after.transcript.turns[0].text


def test_marks_follow_a_text_from_which_something_was_dropped() -> None:
    said = call([("customer", "the cvv is 1 2 3 and call 415 885 2987 today")])
    whole = redact(said)
    kept = redact(said, policy=Policy(default=engine.Operator.KEEP))
    moves = Moves(kept.spans, kept.places)
    spans = carried(whole.spans, moves)
    code, phone = spans
    left = kept.transcript.turns[0].text
    assert left[phone.start : phone.end] == "415 885 2987"
    assert code.start == code.end or left[code.start : code.end] == "[CARD_CVV]"
    again = corrected(kept.transcript, spans, [Show(0, phone.start, phone.end)])
    assert "415 885 2987" in again.transcript.turns[0].text
    assert EntityType.CARD_CVV in {span.type for span in again.spans}


@given(st.data())
def test_places_outside_spans_go_there_and_back(data: st.DataObject) -> None:
    text = "a" * data.draw(st.integers(1, 30))
    edges = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True)))
    spans, places, shift = [], [], 0
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        put = data.draw(st.integers(0, 9))
        spans.append(Span(0, start, end, EntityType.PERSON, "cue", 1.0, 0))
        places.append((start + shift, start + shift + put))
        shift += put - (end - start)
    moves = Moves(spans, places)
    for offset in range(len(text)):
        if not any(span.start <= offset < span.end for span in spans):
            assert moves.back(0, moves.at(0, offset)) == offset
            assert moves.back(0, moves.at(0, offset + 1, end=True), end=True) == offset + 1


def test_every_rule_says_what_evidence_it_goes_by() -> None:
    named: set[str] = set()
    for path in Path(engine.__file__).parent.glob("_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Found", "Label"):
                named |= {
                    argument.value
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                }
    assert len(named) > 40
    assert named <= set(_RULES)


def test_a_span_says_what_speaks_for_it() -> None:
    said = [("agent", "your name please"), ("customer", "robert paulson, card 4111 1111 1111 1111")]
    told = {span.type: span.evidence for span in redact(call(said)).spans}
    assert told[EntityType.CARD_PAN] in (Evidence.CHECKSUM, Evidence.CUE)
    assert told[EntityType.PERSON] in (Evidence.QUESTION, Evidence.REPEATED)


def test_the_shape_of_a_value_is_not_the_value() -> None:
    assert shape_of("四一五 885 2987") == {"digits": 7, "letters": 0, "han": 3, "numerals": 10, "words": 3}


@pytest.mark.parametrize(
    ("kind", "said", "does"),
    [
        ("CARD_CVV", "4 7 9", True),
        ("CARD_CVV", "four, uh, seven nine", True),
        ("CARD_CVV", "四七九三", True),
        ("CARD_CVV", "4793 1", False),
        ("CARD_CVV", "47", False),
        ("CARD_CVV", "nettie 479", False),
        ("CARD_CVV", "i agree to it", False),
        ("CARD_PIN", "479", False),
        ("CARD_PIN", "double four seven nine", True),
        ("CARD_PIN", "1234567890123", False),
        ("CARD_TRACK", ";4111111111111111=27121011234?", True),
        ("CARD_TRACK", "%B4111111111111111^PAULSON/ROBERT^27121011234?", True),
        ("CARD_TRACK", "4111 1111 1111 1111", False),
        ("CARD_TRACK", "i agree", False),
    ],
)
def test_card_authentication_data_is_known_by_what_it_looks_like(kind: str, said: str, does: bool) -> None:
    told = f"it is {said} okay"
    assert reads_as(EntityType(kind), told, 6, 6 + len(said)) is does


def test_digits_cut_out_of_a_longer_number_are_no_security_code() -> None:
    assert not reads_as(EntityType.CARD_CVV, "it is 12345678 okay", 6, 9)
    assert not reads_as(EntityType.CARD_CVV, "it is 12345678 okay", 11, 14)
