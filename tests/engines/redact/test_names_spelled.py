"""Names told sign by sign: by letters, the radio alphabet, words with the letter; Chinese by parts and by words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.redact import LiveRedactor, Turn

from .shown import Lines, redacted, said

_RADIO = {
    word[0]: word
    for word in [
        *["alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima"],
        *["mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey"],
        *["xray", "yankee", "zulu"],
    ]
}
_WORDS = {letter: f"{letter} as in {word}" for letter, word in _RADIO.items()}


@given(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12),
    st.data(),
    st.sampled_from(["", "it's ", "that is ", "last name "]),
)
def test_a_name_spelled_in_any_way_behind_a_question_goes_whole(name: str, data: st.DataObject, lead: str) -> None:
    told = " ".join(data.draw(st.sampled_from([letter, _RADIO[letter], _WORDS[letter]])) for letter in name)
    lines = [("agent", "could you spell your last name"), ("customer", lead + told)]
    assert redacted(lines)[1].removeprefix(lead) == "[PERSON]"


def test_letters_in_the_turn_behind_the_name_go() -> None:
    lines = [
        ("agent", "who am i speaking with"),
        ("customer", "my name is lindqvist"),
        ("agent", "okay"),
        ("customer", "that's l i n d q v"),
        ("agent", "mm hmm"),
        ("customer", "i s t"),
    ]
    assert redacted(lines)[3::2] == ["that's [PERSON]", "[PERSON]"]


@pytest.mark.parametrize(
    "text",
    [
        "i paid with u s d",
        "it was on the b b c news",
        "we stayed at hotel india in june",
        "press a b or c",
        "is it as good as in may",
        "the a t m ate my card",
    ],
)
def test_letters_that_spell_no_name_stay(text: str) -> None:
    assert said(text) == text


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("我姓章立早章", "我姓[PERSON][PERSON]"),
        ("龚 龙共龚", "[PERSON] [PERSON]"),
        ("贺知远加贝贺知道的知远方的远", "[PERSON][PERSON][PERSON][PERSON]"),
        ("是江涛三点水的江波涛的涛", "是[PERSON][PERSON][PERSON]"),
        ("雷鸣的雷 军队的军", "[PERSON] [PERSON]"),
        ("就是李小龙的龙字", "就是[PERSON]字"),
        ("刘 卯金刀刘 文化的文", "[PERSON] [PERSON] [PERSON]"),
    ],
)
def test_a_chinese_name_explained_behind_a_question_goes_whole(answer: str, left: str) -> None:
    lines = [("agent", "您的名字怎么写"), ("customer", answer)]
    assert redacted(lines)[1] == left


def test_the_agent_who_asks_back_which_sign_gives_nothing_away() -> None:
    lines = [("customer", "我叫翟晓旭"), ("agent", "是旭日的旭吗"), ("customer", "对，拂晓的晓")]
    assert redacted(lines) == ["我叫[PERSON]", "是[PERSON]吗", "对，[PERSON]"]


def test_an_explanation_is_masked_while_the_call_runs() -> None:
    live = LiveRedactor()
    live.feed(Turn("agent", "名字是哪几个字"))
    shown = live.feed(Turn("customer", "雷鸣的雷军队的军"))
    assert [update.text for update in shown if update.turn == 1] == ["[PERSON][PERSON]"]


@pytest.mark.parametrize(
    "text",
    [
        "开心的心情都没了",
        "客户的户名和账户的户主要一样",
        "公司的司机还没到",
        "好的好的那就这样",
        "手机的机身有划痕",
    ],
)
def test_a_word_that_repeats_its_sign_is_no_explanation(text: str) -> None:
    assert said(text) == text


def test_a_word_that_repeats_its_sign_stays_when_a_name_was_told() -> None:
    lines: Lines = [("customer", "我叫翟晓旭"), ("agent", "好的请说"), ("customer", "公司的司机还没到")]
    assert redacted(lines)[2] == "公司的司机还没到"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("你好我是高建军问一下我的贷款", "你好我是[PERSON]问一下我的贷款"),
        ("我的name是Ottilie", "我的name是[PERSON]"),
        ("喂我姓逄 想查个单子", "喂我姓[PERSON] 想查个单子"),
        ("上回有个叫卢志伟的给我办的", "上回有个叫[PERSON]的给我办的"),
        ("the booking is under 卢志伟", "the booking is under [PERSON]"),
        ("you're speaking with ottilie today", "you're speaking with [PERSON] today"),
        ("my landlord bartosz kaminski called", "my landlord [PERSON] called"),
        ("i see doctor ozdemir on fridays", "i see doctor [PERSON] on fridays"),
        ("the reservation is under ottilie brandt", "the reservation is under [PERSON]"),
    ],
)
def test_a_name_behind_a_less_usual_cue_goes(text: str, left: str) -> None:
    assert said(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "我是安装宽带的",
        "我是高速上出的事",
        "有个叫什么平台的打给我",
        "公司名字写全称还是简称",
        "my religion does not allow speaking to bots",
        "you're speaking with sales",
        "the account is under review",
        "i need a doctor appointment",
        "it is under warranty",
    ],
)
def test_what_only_looks_like_such_a_cue_stays(text: str) -> None:
    assert said(text) == text


def test_a_corrected_name_goes() -> None:
    lines = [("agent", "是卢志强先生对吧"), ("customer", "不对，是卢志伟"), ("agent", "卢志伟对吧")]
    assert redacted(lines)[1:] == ["不对，是[PERSON]", "[PERSON]对吧"]
