"""Names: told by cue, in answers, by title, spelled, known beforehand, and wherever the call repeats them."""

from __future__ import annotations

import pytest

from callwarden.engines.redact import KnownValues

from .shown import redacted, said


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("我叫张伟想查一下订单", "我叫[PERSON]想查一下订单"),
        ("你好我是王小明", "你好我是[PERSON]"),
        ("免贵姓欧阳", "免贵姓[PERSON]"),
        ("请问是陈先生吗", "请问是[PERSON]先生吗"),
        ("和陈丽华女士确认过", "和[PERSON]女士确认过"),
        ("姓名是买买提·阿不都", "姓名是[PERSON]"),
        ("我叫Linda", "我叫[PERSON]"),
        ("收件人是赵六，电话没变", "收件人是[PERSON]，电话没变"),
        ("我姓张 弓长张", "我姓[PERSON] [PERSON]"),
        ("我叫王刚打电话来问一下", "我叫[PERSON]打电话来问一下"),
        ("hi my name is george smith and i want a quote", "hi my name is [PERSON] and i want a quote"),
        ("My name's Juan de la Cruz, hi", "My name's [PERSON], hi"),
        ("this is mary calling about my bill", "this is [PERSON] calling about my bill"),
        ("i'm mike jones", "i'm [PERSON]"),
        ("mr smith please", "mr [PERSON] please"),
        ("my last name is reilly r e i l l y", "my last name is [PERSON] [PERSON]"),
        ("hello sarah schnibel here", "hello [PERSON] here"),
        ("my first name is wei last name zhang", "my first name is [PERSON] last name [PERSON]"),
    ],
)
def test_a_name_behind_a_cue_goes(text: str, left: str) -> None:
    assert said(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "我是高级会员",
        "这是安全问题",
        "我是来投诉的",
        "您贵姓",
        "我叫了外卖",
        "由于先生不在家",
        "i'm looking for a quote",
        "this is not right",
        "i miss you",
        "i am writing to you",
        "this is what i mean",
        "may i speak to a manager",
        "i will mark it",
    ],
)
def test_words_that_only_look_like_names_stay(text: str) -> None:
    assert said(text) == text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("请问您贵姓", "李"),
        ("怎么称呼您", "嗯 张伟"),
        ("报一下您的姓名", "司马光"),
        ("can i have your full name please", "sure it's peng fei"),
        ("who am i speaking with", "alice"),
        ("and your last name", "j o n e s"),
        ("what's the name on the card", "j smith"),
    ],
)
def test_the_answer_to_a_question_for_a_name_goes(question: str, answer: str) -> None:
    shown = redacted([("agent", question), ("customer", answer)])[1]
    assert "[PERSON]" in shown
    assert not set(answer.split()[-1]) & set(shown.replace("[PERSON]", "").replace("sure it's", ""))


def test_a_name_told_once_goes_wherever_the_call_repeats_it() -> None:
    lines = [
        ("customer", "my name is sanjay mehta"),
        ("agent", "thanks sanjay let me check"),
        ("customer", "是我叫李秀英"),
        ("agent", "好的 李秀英您稍等"),
    ]
    shown = " ".join(redacted(lines))
    assert "sanjay" not in shown
    assert "mehta" not in shown
    assert "李秀英" not in shown


KNOWN = KnownValues(
    names=("张伟明", "Katherine O'Neill"),
    addresses=("浙江省杭州市西湖区文三路88号",),
    emails=("kate.oneill7@example.com",),
    plates=("粤B12345",),
    phones=("13812345678",),
)


@pytest.mark.parametrize(
    "text",
    [
        "找张伟明",
        "找张 伟 明",
        "是章伟鸣吗",  # the same sounds, other characters
        "伟明在家吗",
        "oneill katherine",
        "is KATHERINE there",
        "catherine told me",
        "it is k a t h e r i n e",
        "就在文三路八十八号",
        "文三路88号对面",
        "write to kate dot oneill seven",
        "k a t e o n e i l l 7 at example",
        "粤b 一二三四五",
        "尾号五六七八",
        "ends five six seven eight",
        "一二三四",
    ],
)
def test_a_known_value_goes_in_every_disguise(text: str) -> None:
    assert "[" in said(text, known=KNOWN)


@pytest.mark.parametrize("text", ["网络不好", "文章很好", "明天再说", "the kitchen is nice", "路上堵车"])
def test_known_values_do_not_eat_other_words(text: str) -> None:
    assert said(text, known=KNOWN) == text


def test_a_known_name_that_is_a_word_goes_only_as_a_name() -> None:
    known = KnownValues(names=("Will Young",))
    assert said("will you call me", known=known) == "will you call me"
    assert "young" not in said("i am will young", known=known)
