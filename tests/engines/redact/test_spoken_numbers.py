"""However a number is said, and over however many turns, no four digits of it stay in a row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact import Transcript, Turn, redact

from .speech import chinese, english, longest_leak, number, told_over_turns, transcript, written

BACKS_EN = ["uh huh", "okay", "mm hmm", "go ahead", "yep", "got it", "right", "and then", "what's next"]
BACKS_ZH = ["嗯", "好的", "继续", "对", "您说", "然后呢", "嗯嗯", "好 请继续", "记下了"]
STYLES = {"english": (english, BACKS_EN), "chinese": (chinese, BACKS_ZH), "written": (written, BACKS_EN + BACKS_ZH)}


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_long_number_without_any_cue_leaves_no_four_digits(style: str, data: st.DataObject) -> None:
    render, backs = STYLES[style]
    told = data.draw(told_over_turns(data.draw(render(data.draw(number(9, 19)))), backs))
    spans = redact(transcript(told)).spans
    assert longest_leak(told, spans) < 4, [turn.text for turn in told]


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_number_that_was_asked_for_leaves_no_four_digits(style: str, data: st.DataObject) -> None:
    render, backs = STYLES[style]
    question = data.draw(
        st.sampled_from(
            ["what's your phone number", "can i get the card number", "请问您的手机号是多少", "身份证号码报一下"]
        )
    )
    told = data.draw(told_over_turns(data.draw(render(data.draw(number(7, 18)))), backs))
    asked = Transcript("call", (Turn("agent", question), *transcript(told).turns))
    spans = tuple(
        type(span)(span.turn - 1, span.start, span.end, span.type, span.rule, span.confidence, span.group)
        for span in redact(asked).spans
    )
    assert longest_leak(told, spans) < 4, [turn.text for turn in told]


@pytest.mark.parametrize("style", ["english", "chinese"])
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_false_start_and_a_correction_both_go(style: str, data: st.DataObject) -> None:
    render, _ = STYLES[style]
    sorry = data.draw(
        st.sampled_from(
            ["sorry", "no wait", "scratch that", "i mean"] if style == "english" else ["不对", "说错了", "不是"]
        )
    )
    begun, full = data.draw(number(3, 6)), data.draw(number(10, 12))
    pieces = [*data.draw(render(begun)), (f" {sorry} ", ""), *data.draw(render(full))]
    told = data.draw(told_over_turns(pieces, BACKS_EN, most=0))
    assert longest_leak(told, redact(transcript(told)).spans) < 4, told[0].text


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_an_echo_by_the_other_speaker_goes_too(data: st.DataObject) -> None:
    digits = data.draw(number(10, 16))
    told = data.draw(told_over_turns(data.draw(english(digits)), BACKS_EN, most=0))
    echo = data.draw(told_over_turns(data.draw(chinese(digits[-4:])), BACKS_EN, most=0))
    echo[0].speaker = "agent"
    call = told + echo
    assert longest_leak(call, redact(transcript(call)).spans) < 4, [turn.text for turn in call]


@pytest.mark.parametrize(
    "spoken",
    [
        "four one five eight eight five twenty nine eighty seven",
        "four one five seven seven two five thousand",
        "eight hundred five five five one two one two",
        "one eight hundred two two two three three three three",
        "four won five ate ate five to nine ate seven",
        "six five oh triple five oh one seven two",
        "four four seven seven double oh nine hundred one two three",
        "(415) 885-2987x1234",
        "+86 138 一二三四 5678",
        "幺三八洞洞幺二三四五六",
        "拐洞勾幺二三四五六",
        "138 一二三四 五六七八",
        "一三八三个零四五六七八",
        "一百三十八一二三四五六七八",
        "幺三八 嗯 一二三四 那个 五六七八",
        "１３８１２３４５６７８",
        "1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣",
        "①③⑧①②③④⑤⑥⑦⑧",
        "١٣٨١٢٣٤٥٦٧٨",
        "六二二二零二要二三四五六七八九零一二三",
        "一 三 八 一 二 三 四 五 六 七 八",
        "壹叁捌零零壹贰叁肆伍陆",
    ],
)
def test_the_whole_of_a_spoken_number_is_one_removal(spoken: str) -> None:
    text = f"well {spoken} thanks"
    spans = redact(Transcript("call", (Turn("customer", text),))).spans
    assert len(spans) == 1
    assert text[spans[0].start : spans[0].end].strip() == spoken


def test_digits_told_one_by_one_over_turns_are_joined() -> None:
    turns: list[Turn] = [Turn("agent", "what is your card number")]
    for word in ["four", *["one"] * 15]:
        turns += [Turn("customer", word), Turn("agent", "okay")]
    spans = redact(Transcript("call", tuple(turns))).spans
    assert len(spans) == 16
    assert len({span.group for span in spans}) == 1


def test_the_caller_goes_on_after_the_agent_repeats_and_asks_to_slow_down() -> None:
    call = [
        ("customer", "幺三八"),
        ("agent", "幺三八"),
        ("customer", "一二三四"),
        ("agent", "慢一点可以吗"),
        ("customer", "五六七八"),
    ]
    result = redact(Transcript("call", tuple(Turn(*turn) for turn in call)))
    assert [span.turn for span in result.spans] == [0, 1, 2, 4]
