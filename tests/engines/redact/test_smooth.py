"""Chinese written sign by sign, and hesitations inside phrases, hide nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.redact import LiveRedactor, Transcript, Turn, Word, redact
from callwarden.engines.redact._smooth import smooth

from .shown import Lines, call, redacted, said

_BETWEEN = re.compile(r"(?<=[\u3007\u3400-\u9fff])(?=[\u3007\u3400-\u9fff])")
_TOLD: list[Lines] = [
    [("agent", "请问怎么称呼您"), ("customer", "我姓尉迟名字叫尉迟海燕")],
    [("customer", "我叫戚建业想改一下套餐")],
    [("agent", "快递寄到哪里"), ("customer", "寄到宁波市海曙区柳汀街二百零三号五幢七零一室")],
    [("agent", "留个手机号"), ("customer", "幺三九"), ("agent", "嗯"), ("customer", "零五七四三个八六二")],
    [("agent", "收到的验证码念一下"), ("customer", "九零二"), ("agent", "好"), ("customer", "七幺五")],
    [("agent", "您今年多大年纪"), ("customer", "六十七了")],
    [("agent", "出生日期核对一下"), ("customer", "一九七四年冬月不对是十一月十六号")],
    [("customer", "车牌是浙B六八K二零")],
    [("customer", "我的邮箱是haiyan艾特163点com")],
]


def apart(text: str) -> str:
    return _BETWEEN.sub(" ", text)


@pytest.mark.parametrize("lines", _TOLD, ids=[str(number) for number in range(len(_TOLD))])
def test_what_goes_from_a_call_goes_from_it_sign_by_sign_too(lines: Lines) -> None:
    left = redacted(lines)
    assert any("[" in text for text in left)
    spaced = redacted([(speaker, apart(text)) for speaker, text in lines])
    assert [text.replace(" ", "") for text in spaced] == [text.replace(" ", "") for text in left]


@given(st.text("我叫王小明住的是一三八零五号 ，a1", max_size=30))
def test_no_find_lies_outside_a_text_sign_by_sign(text: str) -> None:
    spaced = apart(text)
    for span in redact(call([("customer", spaced)])).spans:
        assert 0 <= span.start < span.end <= len(spaced)
        assert spaced[span.start : span.end].strip() == spaced[span.start : span.end]


def test_words_hypotheses_and_sound_follow_a_text_sign_by_sign() -> None:
    text = apart("我叫戚建业")
    words = tuple(Word(sign, place * 200.0, place * 200.0 + 180, 0.9) for place, sign in enumerate(text.split()))
    turn = Turn("customer", text, 0, words, ("我叫戚建业",), {"itn": "我叫 戚建业"}, 0.0, 1000.0)
    result = redact(Transcript("c", (turn,)))
    kept = result.transcript.turns[0]
    for form in (kept.text, " ".join(word.text for word in kept.words), *kept.nbest, *kept.forms.values()):
        assert not set("戚建业") & set(form)
    assert [(span.start_ms, span.end_ms) for span in result.sound] == [(400.0, 980.0)]


def test_a_name_sign_by_sign_is_masked_while_the_call_runs() -> None:
    live = LiveRedactor()
    live.feed(Turn("agent", apart("请问怎么称呼")))
    shown = live.feed(Turn("customer", apart("戚建业")))
    assert [update.text for update in shown if update.turn == 1] == ["[PERSON]"]


@pytest.mark.parametrize(
    "text",
    [
        "好 的 我 再 想 想",
        "一 共 三 百 二 十 块",
        "上 午 十 点 半 到 十 一 点",
        "这 个 套 餐 一 个 月 五 十 九 元",
    ],
)
def test_harmless_talk_sign_by_sign_stays(text: str) -> None:
    assert said(text) == text


def test_a_pause_between_phrases_is_no_spelling() -> None:
    assert said("好的 谢谢 那先这样 再见") == "好的 谢谢 那先这样 再见"


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([("agent", "what is your uh phone um number"), ("customer", "it ends in 4 4 9 1")], "it ends in [PHONE]"),
        ([("agent", "may i have your um full uh name"), ("customer", "ottilie brandt")], "[PERSON]"),
        ([("agent", "把您的验嗯证呃码念一下"), ("customer", "二零九三")], "[OTP]"),
    ],
    ids=["number", "name", "code"],
)
def test_a_hesitation_inside_a_question_hides_no_answer(lines: Lines, left: str) -> None:
    assert redacted(lines)[1] == left


def test_what_goes_keeps_the_hesitation_inside_it() -> None:
    assert said("my name is anneliese uh vogelsang") == "my name is [PERSON]"
    assert said("we say uh nothing um of it") == "we say uh nothing um of it"


@pytest.mark.parametrize("text", ["four uh two", "room uh twelve", "the code uh x", "三嗯五", "尾号呃七七"])
def test_a_hesitation_beside_a_numeral_is_kept(text: str) -> None:
    assert smooth([text])[0] == [text]
