"""Money, dates, times, counts and measures stay readable."""

from __future__ import annotations

import pytest

from .shown import redacted, said


@pytest.mark.parametrize(
    "text",
    [
        "人均消费100-150元，评分4.5分以上",
        "营业时间是周一至周日11:00-14:00 17:00-22:00",
        "门票120元，游玩时间2小时 - 3小时",
        "我打了一百二十三次电话，等了二十四个小时",
        "一共三千五百八十块钱，优惠了二百五",
        "房价是1280元一晚，住3晚",
        "2019年7月10日到2019年7月12日",
        "两个人，三间房，四点半到",
        "离这里1500米，坐3站地铁",
        "三百五十万人民币的保额",
        "百分之九十九，第一百零一号",
        "the price is 1,250,000 dollars",
        "$1,250.50 a month and 3,456 miles",
        "we are open from ten thirty to nine forty five for lunch and dinner",
        "open 24 hours a day, 7 days a week",
        "two adults and three kids for four nights in two rooms",
        "between two hundred and two hundred fifty dollars",
        "my car is a 2019 model with 45000 miles",
        "from august 20 to november 15 2020",
        "it is rated four point five stars",
        "i called you 3 times in the last 2 weeks",
        "twenty twenty one was better than nineteen ninety five",
        "the meeting is at ten thirty on the fifth",
        "one of the two of us will come for one night",
        "my son is on the plan and the limit is fifty thousand dollars",
        "2018 and 2019",
        "page 12, chapter 7, version 3.11",
    ],
)
def test_an_ordinary_number_stays(text: str) -> None:
    assert said(text) == text


def test_numbers_with_units_stay_while_a_telephone_number_is_awaited() -> None:
    lines = [
        ("customer", "酒店的电话是多少"),
        ("agent", "稍等，这家酒店评分4.7分，人均680元，离您2.5公里"),
        ("agent", "电话是010-63553377"),
    ]
    shown = redacted(lines)
    assert shown[:2] == [text for _, text in lines[:2]]
    assert shown[2] == "电话是[PHONE]"


def test_ordinary_talk_is_given_back_untouched() -> None:
    lines = [
        ("customer", "hi i am looking for a quiet place near the park"),
        ("agent", "sure, what kind of food do you like"),
        ("customer", "我是第一次来，想找个安静一点的地方"),
        ("agent", "好的，给您推荐一下，方便的话周末过来"),
        ("customer", "i'm sorry this is not what i wanted, will you mark it as done may be"),
    ]
    assert redacted(lines) == [text for _, text in lines]
