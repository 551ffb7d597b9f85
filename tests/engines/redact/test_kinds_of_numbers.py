"""A number gets the label its check digits, its shape and its surroundings speak for, and goes whatever they say."""

from __future__ import annotations

import pytest

from callwarden.engines.redact import EntityType, Policy, Transcript, Turn, redact

from .shown import call, kinds, redacted, said


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("it is 4111 1111 1111 1111", "CARD_PAN"),
        ("it is 6222 0212 3456 7890 128", "CARD_PAN"),
        ("卡号是六二二二零二一二三四五六七八九零一二八", "CARD_PAN"),
        ("三四三四三四三四三四三四三四三", "CARD_PAN"),
        ("身份证号是 11010519491231002X", "CN_RIC"),
        ("身份证幺幺零幺零五 幺九四九 幺二三幺 零零二叉", "CN_RIC"),
        ("一一零一零五一九四九一二三一零零二埃克斯", "CN_RIC"),
        ("老身份证 110105491231002", "CN_RIC"),
        ("我的手机号码是13912345678", "PHONE"),
        ("call me on +44 20 7946 0958", "PHONE"),
        ("my social is 219-09-9999", "US_SSN"),
        ("my ssn is two one nine oh nine nine nine nine nine", "US_SSN"),
        ("护照号码 E12345678", "CN_PASSPORT"),
        ("护照 e 一二三四五六七八", "CN_PASSPORT"),
        ("hong kong id a 1 2 3 4 5 6 3", "HKID"),
        ("身份证 A123456(3)", "HKID"),
        ("身分证字号 A123456789", "TW_ID"),
        ("信用代码 91110000600037341L", "USCC"),
        ("iban GB82 WEST 1234 5698 7654 32", "IBAN"),
        ("nino is q q 1 2 3 4 5 6 c", "UK_NINO"),
        ("my national insurance number is AB 12 34 56 C", "UK_NINO"),
        ("nhs number 943 476 5919", "UK_NHS"),
        ("aadhaar 2341 2341 2346", "IN_AADHAAR"),
        ("车牌是京A12345", "PLATE"),
        ("车牌粤b d 一二三四五", "PLATE"),
        ("新能源车牌 沪AD12345", "PLATE"),
        ("vin 1M8GDM9AXKP042788", "VIN"),
        ("验证码是四八二九一三", "OTP"),
        ("the code is 4 8 2 9", "OTP"),
        ("取款密码 一二三四五六", "CARD_PIN"),
        ("my pin is four eight two nine", "CARD_PIN"),
        ("安全码幺二三", "CARD_CVV"),
        ("the security code is one two three", "CARD_CVV"),
        ("有效期零五二八", "CARD_EXPIRY"),
        ("it expires oh five twenty eight", "CARD_EXPIRY"),
        ("expiration date is may twenty twenty eight", "CARD_EXPIRY"),
        ("出生日期是一九八二年三月五号", "DOB"),
        ("i was born on march fifth nineteen eighty two", "DOB"),
        ("1982年3月5日出生", "DOB"),
        ("我今年四十五岁", "AGE"),
        ("i am forty five years old", "AGE"),
        ("我的qq号是 12345678", "QQ"),
        ("微信号 zhang_san88", "WECHAT"),
        ("my membership number is a b one two three four", "MEMBER_NO"),
        ("订单号 20231234567890", "ORDER_NO"),
        ("the ip is 192.168.10.24", "IP"),
        ("mac 00:1a:2b:3c:4d:5e", "MAC"),
        ("zip code is 9 4 1 1 0", "ADDRESS"),
        ("my password is hunter2", "PASSWORD"),
        ("登录密码是abc12345", "PASSWORD"),
    ],
)
def test_a_value_gets_its_kind_and_nothing_of_it_stays(text: str, kind: str) -> None:
    assert kinds(text) == [kind]
    assert not any(sign.isdigit() for sign in said(text))


@pytest.mark.parametrize("last", "012345678")
def test_a_failed_check_digit_never_releases_a_card(last: str) -> None:
    assert "411" not in said(f"so 411111111111111{last} right")


def test_a_card_with_its_expiry_and_code_in_one_breath_is_split() -> None:
    assert kinds("4111-1111-1111-1111, 05/28, 123") == ["CARD_PAN", "CARD_EXPIRY", "CARD_CVV"]


def test_thirteen_digits_go_even_where_money_is_spoken_of() -> None:
    assert "4111" not in said("i paid 4111111111111111 dollars")


def test_the_question_of_the_other_speaker_names_the_answer() -> None:
    lines = [("agent", "请报一下后三位安全码"), ("customer", "嗯 三二幺")]
    result = redact(call(lines))
    assert [(span.turn, span.type) for span in result.spans] == [(1, EntityType.CARD_CVV)]


def test_a_name_for_the_number_may_follow_it() -> None:
    assert kinds("13812345678 这是我的手机号") == ["PHONE"]
    assert kinds("4829 is my pin") == ["CARD_PIN"]


def test_a_number_that_ends_a_question_of_another_kind_is_left_alone() -> None:
    lines = [
        ("agent", "what is your phone number"),
        ("customer", "later"),
        ("agent", "how many people"),
        ("customer", "14"),
    ]
    assert redacted(lines)[3] == "14"


@pytest.mark.parametrize(
    "line",
    [
        "客服热线是 400-123-4567",
        "请拨打九五五八八",
        "您可以致电 10086 或者 95588 咨询",
        "our toll free number is 1 800 555 0100",
    ],
)
def test_hotlines_that_say_what_they_are_stay(line: str) -> None:
    assert said(line, "agent") == line


@pytest.mark.parametrize("line", ["电话是 400-123-4567", "客服热线记的是 13800138000", "拨打 010-62345678"])
def test_other_numbers_go_even_beside_the_word_hotline(line: str) -> None:
    assert not any(sign.isdigit() for sign in said(line, "agent"))


def test_business_numbers_that_nothing_explains_stay_only_by_policy() -> None:
    line = Transcript("call", (Turn("agent", "它的电话是 400-123-4567"),))
    assert "400" not in redact(line).transcript.turns[0].text
    kept = redact(line, policy=Policy(keep_business_numbers=True)).transcript.turns[0].text
    assert "400-123-4567" in kept


def test_four_digits_told_again_go_wherever_they_stand() -> None:
    lines = [
        ("customer", "my card is 4111 1111 1111 1234"),
        ("agent", "thanks, so the one ending one two three four"),
        ("customer", "yes"),
        ("agent", "room 1234 is on the left"),
    ]
    shown = redacted(lines)
    assert "one two three four" not in shown[1]
    assert "1234" not in shown[3]
