"""Codes with letters and Chinese digits, codes read back, codes in halves, dates and addresses told bit by bit."""

from __future__ import annotations

import pytest

from callwarden.engines.redact import LiveRedactor, Turn

from .shown import Lines, redacted, said


@pytest.mark.parametrize(
    ("question", "answer", "left"),
    [
        ("订单号报一下", "是KT七幺九零二", "是[ORDER_NO]"),
        ("订单号报一下", "kt 七幺九零二", "[ORDER_NO]"),
        ("护照号念一下", "EB 二零七七三幺九四", "[CN_PASSPORT]"),
        ("登录密码是多少", "willow五五零三", "[PASSWORD]"),
        ("登录密码是多少", "willow 五五零三", "[PASSWORD]"),
        ("您微信号多少", "ridge_二零九一", "[WECHAT]"),
        ("您的车牌号", "浙BD零六幺三二", "[PLATE]"),
        ("what's the registration of the vehicle", "it's kilo mike seven one romeo zulu tango", "it's [PLATE]"),
        ("您的ip地址是多少", "是幺九二点幺六八点二十点七", "是[IP]"),
        ("what is the ip address", "ten dot twenty dot one dot two hundred", "[IP]"),
    ],
)
def test_a_code_that_was_asked_for_goes_whole(question: str, answer: str, left: str) -> None:
    assert redacted([("agent", question), ("customer", answer)])[1] == left


@pytest.mark.parametrize(
    ("told", "again"),
    [("护照号是EB20773194", "EB二零七七三幺九四对吧"), ("护照号是EB20773194", "好EB2077")],
)
def test_a_code_read_back_loses_its_letters_too(told: str, again: str) -> None:
    assert "EB" not in redacted([("customer", told), ("agent", again)])[1]


def test_a_swift_code_goes() -> None:
    assert said("the swift code is KREDBEBB") == "the swift code is [SWIFT]"
    assert said("that was a swift reaction from you") == "that was a swift reaction from you"


@pytest.mark.parametrize(
    "text",
    [
        "帮我check一下订单号",
        "我坐G1025次列车",
        "三室一厅九十八平",
        "这个手机是二零一九年买的",
        "IS IT OKAY IF I WAIT ONE SECOND FOR THE ORDER NUMBER",
        "version two point three point one",
    ],
)
def test_what_only_looks_like_a_code_stays(text: str) -> None:
    assert said(text) == text


def test_a_code_in_halves_goes_though_nobody_named_it() -> None:
    lines = [("customer", "七九零"), ("agent", "嗯"), ("customer", "后面是二二六")]
    assert redacted(lines) == ["[NUMBER]", "嗯", "后面是[NUMBER]"]


def test_the_first_half_is_masked_before_the_second_is_told_and_released_when_none_comes() -> None:
    live = LiveRedactor()
    shown = {update.turn: update.text for update in live.feed(Turn("customer", "七九零"))}
    assert shown[0] == "****"
    for text in ("您好请讲", "我想问一下你们营业到几点", "好的", "那先这样"):
        shown |= {update.turn: update.text for update in live.feed(Turn("agent", text))}
    shown |= {update.turn: update.text for update in live.close()}
    assert shown[0] == "七九零"


def test_numbers_in_other_talk_make_no_code() -> None:
    lines = [("customer", "我住三零二房"), ("agent", "嗯"), ("customer", "早餐六十八一位吗")]
    assert redacted(lines)[2] == "早餐六十八一位吗"


@pytest.mark.parametrize("day", ["june twelfth", "the third of march", "october twentieth"])
def test_a_day_of_birth_in_words_goes(day: str) -> None:
    lines = [("agent", "and when were you born"), ("customer", day), ("agent", "what year"), ("customer", "1971")]
    assert redacted(lines)[1::2] == ["[DOB]", "[DOB]"]


def test_a_day_that_nobody_asked_for_stays() -> None:
    assert said("the parcel came on june twelfth") == "the parcel came on june twelfth"


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (
            [("agent", "家庭住址说一下"), ("customer", "绍兴市越城区"), ("agent", "具体呢"), ("customer", "仓桥直街")],
            ["[ADDRESS]", "[ADDRESS]"],
        ),
        (
            [
                ("agent", "what is your mailing address"),
                ("customer", "42 willow lane"),
                ("agent", "and which city"),
                ("customer", "that's boise idaho"),
            ],
            ["[ADDRESS]", "that's [ADDRESS]"],
        ),
        (
            [
                ("agent", "can you confirm your address"),
                ("customer", "9 mill road"),
                ("agent", "and the town"),
                ("customer", "in kettering"),
                ("agent", "post code"),
                ("customer", "n n 1 6 8 q t"),
            ],
            ["[ADDRESS]", "in [ADDRESS]", "[ADDRESS]"],
        ),
    ],
    ids=["zh", "us", "uk"],
)
def test_an_address_told_bit_by_bit_goes(lines: Lines, left: list[str]) -> None:
    assert redacted(lines)[1::2] == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("跟您核对一下地址绍兴市越城区仓桥直街二十号对吗", "跟您核对一下地址[ADDRESS]对吗"),
        ("系统里留的地址是仓桥直街二十号三零一室", "系统里留的地址是[ADDRESS]"),
        ("i have you at 42 willow lane boise idaho", "i have you at [ADDRESS]"),
    ],
)
def test_an_address_read_back_by_the_agent_goes(text: str, left: str) -> None:
    lines = [("customer", "我想改一下地址"), ("agent", text)]
    assert redacted(lines)[1] == left


def test_a_public_address_stays() -> None:
    lines = [("customer", "我想确认一下酒店的地址"), ("agent", "酒店位于越城区仓桥直街20号")]
    assert redacted(lines) == [text for _, text in lines]


def test_an_email_address_cut_behind_at_goes() -> None:
    lines = [
        ("agent", "邮箱报一下"),
        ("customer", "kestrel"),
        ("agent", "嗯"),
        ("customer", "四四艾特"),
        ("agent", "好"),
        ("customer", "foxmail点com"),
    ]
    assert redacted(lines)[3::2] == ["[EMAIL]", "[EMAIL]"]


@pytest.mark.parametrize(
    ("question", "answer", "left"),
    [
        ("您哪天生日", "七九年腊月十六", "[DOB]"),
        ("生日是哪天", "农历四月廿三", "农历[DOB]"),
        ("您是哪一年的", "我是七九年的", "我是[DOB]的"),
        ("what's your date of birth", "march of nineteen seventy nine", "[DOB]"),
        ("when does the card expire", "oh four slash thirty one", "[CARD_EXPIRY]"),
        ("password on the account", "it's heron fifty six", "it's [PASSWORD]"),
        ("what's the plate", "six hkr two zero nine", "[PLATE]"),
        ("your policy number", "t as in tom o r dash six six two one nine", "[MEMBER_NO]"),
        ("your mailing address", "p o box seven seven one boise idaho eight three seven oh two", "[ADDRESS]"),
    ],
)
def test_a_date_or_code_told_in_a_rarer_way_goes(question: str, answer: str, left: str) -> None:
    assert redacted([("agent", question), ("customer", answer)])[1] == left


@pytest.mark.parametrize(
    ("text", "left"), [("我七九年腊月十六生的", "我[DOB]生的"), ("属羊的，七九年生人", "属羊的，[DOB]生人")]
)
def test_a_birth_behind_its_date_names_it(text: str, left: str) -> None:
    assert said(text) == left


@pytest.mark.parametrize(
    "lines",
    [
        [("customer", "故障是三月五号发生的"), ("agent", "好的")],
        [("agent", "what's your password hint"), ("customer", "i don't remember it")],
        [("agent", "do you know your password"), ("customer", "no problem")],
        [("agent", "您的密码记得吗"), ("customer", "不记得了")],
    ],
)
def test_other_dates_and_answers_stay(lines: Lines) -> None:
    assert redacted(lines) == [text for _, text in lines]


def test_streets_and_estates_of_told_addresses_go_wherever_they_are_repeated() -> None:
    lines = [
        ("customer", "我住仓桥直街二十号三零一室"),
        ("agent", "仓桥直街那边今天停电"),
        ("customer", "my address is 42 willow lane"),
        ("agent", "is there parking on willow lane"),
    ]
    assert redacted(lines)[1::2] == ["[ADDRESS]那边今天停电", "is there parking on [ADDRESS]"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("给您核对一下 仓桥直街二十号三零一室是吧", "给您核对一下 [ADDRESS]是吧"),
        ("so that's forty two willow lane is that right", "so that's [ADDRESS] is that right"),
    ],
)
def test_an_address_asked_back_goes_though_the_word_address_is_missing(text: str, left: str) -> None:
    assert redacted([("customer", "hello"), ("agent", text)])[1] == left
