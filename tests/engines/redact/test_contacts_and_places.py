"""E-mail, handles and addresses, written and spoken; public places stay readable."""

from __future__ import annotations

import pytest

from .shown import kinds, redacted, said


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("my email is john dot smith at gmail dot com thanks", "my email is [EMAIL] thanks"),
        ("it's j o h n s m i t h one two three at g mail dot com", "it's [EMAIL]"),
        ("邮箱是zhangsan88圈a qq点com", "邮箱是[EMAIL]"),
        ("我的邮箱是张三艾特163点com", "我的邮箱是[EMAIL]"),
        ("邮箱幺三八零零一二三四五六七艾特幺六三点com", "邮箱[EMAIL]"),
        ("我email是john.smith@example.co.uk。", "我email是[EMAIL]。"),
        ("lily underscore wang at outlook dot com", "[EMAIL]"),
        ("write to KevinCCC@example.com. My cat", "write to [EMAIL]. My cat"),
    ],
)
def test_an_email_address_goes(text: str, left: str) -> None:
    assert said(text) == left


def test_an_email_told_over_turns_goes() -> None:
    lines = [
        ("agent", "what is your email"),
        ("customer", "it's maria underscore garcia"),
        ("agent", "okay"),
        ("customer", "at yahoo dot com"),
    ]
    shown = " ".join(redacted(lines))
    assert "garcia" not in shown
    assert "yahoo" not in shown


def test_a_website_is_no_email_address() -> None:
    assert said("look at amazon dot com for it") == "look at amazon dot com for it"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("我家住在北京市朝阳区建国路八十八号院3号楼2单元501室", "我家住在[ADDRESS]"),
        ("收货地址是浙江省杭州市西湖区文三路 一百号 嘉绿苑 三栋", "收货地址是[ADDRESS]"),
        ("寄到上海市浦东新区张江镇晨晖路200弄3号", "寄到[ADDRESS]"),
        ("i live at eight three five hyde street apartment four b", "i live at [ADDRESS]"),
        ("my address is 12 Main St, Springfield, IL 62704", "my address is [ADDRESS]"),
        ("ship it to p o box one two three", "ship it to [ADDRESS]"),
        ("my postcode is SW1A 1AA", "my postcode is [ADDRESS]"),
    ],
)
def test_a_home_address_goes(text: str, left: str) -> None:
    assert said(text) == left


def test_an_address_told_in_parts_and_repeated_goes() -> None:
    lines = [
        ("agent", "请问您的收货地址是哪里"),
        ("customer", "嗯在朝阳区建国路"),
        ("agent", "好的"),
        ("customer", "八十八号院三号楼二单元五零一"),
        ("agent", "三号楼二单元五零一对吗"),
    ]
    shown = redacted(lines)
    assert "建国路" not in shown[1]
    assert "单元" not in shown[3] + shown[4]


def test_the_address_of_a_public_place_stays_but_its_telephone_goes() -> None:
    lines = [
        ("customer", "what's the address and zip code of the restaurant"),
        (
            "agent",
            "their address is eight three five hyde street and zip code nine four one oh eight phone four one"
            " five five five five oh one two three",
        ),
        ("customer", "餐馆的地址是在哪啊"),
        ("agent", "地址是北京西城区白广路二条甲3号，电话63553377"),
    ]
    shown = redacted(lines)
    assert "eight three five hyde street and zip code nine four one oh eight" in shown[1]
    assert "[PHONE]" in shown[1]
    assert "白广路二条甲3号" in shown[3]


@pytest.mark.parametrize(
    "text", ["我知道了这个小区", "五十八号出口右转", "3号线2号口", "it is two blocks away from the street"]
)
def test_words_that_only_look_like_addresses_stay(text: str) -> None:
    assert kinds(text) == []
