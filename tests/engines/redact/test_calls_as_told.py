"""Calls written down by hand: what callers say in both languages, and what must not be left of it, or must all stay."""

from __future__ import annotations

import pytest

from .shown import Lines, redacted, said

GOES: list[tuple[str, list[str]]] = [
    ("车牌号京A12345，微信号是 wxid_abc123，QQ 是 123456789", ["京A", "wxid", "abc123", "123456789"]),
    ("微信 lucky_star88 QQ 1234567", ["lucky", "star88", "1234567"]),
    ("依三八零零一三八零零零 就是我的手机", ["依", "三八"]),
    ("我手机幺三幺，哦不是，幺三二，八八六六七七五五", ["幺三", "八八", "七七"]),
    ("四零幺二 八而三四 五六期八 九零一二 这张卡", ["四零", "而", "期八", "一二"]),
    ("地址是广东省深圳市南山区科技园科苑路15号科兴科学园A栋1801", ["科苑", "路", "1801"]),
    ("我住成都市锦江区春熙路三十二号五单元二零四", ["锦江", "春熙", "二零四"]),
    ("寄到厦门市思明区湖滨南路八号", ["思明", "湖滨", "八号"]),
    ("我就住在人民路那边的，叫阳光花园，八号楼，一零零三", ["阳光花园", "八号楼", "一零零三"]),
    ("户主是诸葛明远，打他电话", ["诸葛", "明远"]),
    ("帮我查一下谭晓月的保单", ["谭晓月", "晓月"]),
    ("收货人写王芳", ["王芳"]),
    ("我姓诸葛，单名一个明字", ["诸葛", "明字"]),
    ("this is kowalski, k o w a l s k i", ["kowalski", "k o w"]),
    (
        "hi my name is siobhan o'reilly and i live at forty two wallaby way sydney",
        ["siobhan", "reilly", "wallaby", "sydney"],
    ),
    ("my address is two twenty one b baker street london nw one six x e", ["baker", "london", "nw", "x e"]),
    ("ship it to 12 elm avenue boise idaho eight three seven oh two", ["elm", "boise", "idaho", "seven oh two"]),
    ("hello i am moise i want to change my plan", ["moise"]),
    ("hey i'm trish and i wanted to check something", ["trish"]),
    ("i'm calling on behalf of natalie fitzgerald", ["natalie", "fitzgerald"]),
    (
        "Tomomi Nishiyama lives at 86036 Rua do Arenque 1634, Goiânia",
        ["Tomomi", "Nishiyama", "86036", "Arenque", "1634"],
    ),
    ("Ship to Unit 4719 Box 7394\nDPO AP 70942 please", ["4719", "7394", "70942"]),
    ("The bill goes to Puruntie 82 Apt. 595\nLAPPEENRANTA", ["Puruntie", "82", "595", "LAPPEENRANTA"]),
    ("号码是依山八零灵依山八零零零", ["依", "山", "灵", "零"]),
    ("妖三八，零零妖三，八零零零 打这个", ["妖", "三", "零"]),
    ("you can call them on for one five to to one nine ate for three", ["for", "five", "nine", "ate", "three"]),
    ("my wife callum set up the account", ["callum"]),
    ("mac address zero zero one a two b three c four d five e", ["zero", "two b", "five e"]),
    ("plus four four seven seven double oh nine double oh one two three", ["four", "seven", "three"]),
]

STAYS = [
    "我要订3间房，每间288，总共864，住到5月20号",
    "您这边消费满一千减两百，还剩余积分一万两千三百四十五分",
    "上个月扣了我58块6毛，这个月又扣98",
    "利率是百分之三点八五，分三十六期",
    "第一次打电话是昨天下午两点，第二次是四点二十",
    "我重复一下刚才说的，一共是三件",
    "家里一百零五平米，二十六层",
    "本次通话编号已记录，您前面还有十二位客户在等待，预计等待时间六分钟",
    "2024年第一季度营收同比增长百分之十二点五，达到三亿四千万元",
    "请帮我转工号一零二四",
    "i was charged forty nine ninety nine twice last month",
    "the flight leaves at ten fifteen and lands at one oh five",
    "you have twelve thousand four hundred fifty reward points and three vouchers worth twenty five dollars each",
    "it happened on route sixty six near exit twenty three about two miles east",
    "the hotel is two hundred and forty nine dollars a night",
    "my boss yells at me about it",
    "拨打一二三四五热线也可以，或者一零零八六",
    "单太太面包房和田老师红烧肉都在附近",
    "this is ridiculous i want a refund",
    "i'm furious and i want to cancel",
    "My name appears incorrectly on the statement",
]


@pytest.mark.parametrize(("line", "secrets"), GOES)
def test_nothing_of_a_value_is_left(line: str, secrets: list[str]) -> None:
    left = said(line)
    assert [secret for secret in secrets if secret in left] == []


@pytest.mark.parametrize("line", STAYS)
def test_talk_without_a_value_stays_as_it_is(line: str) -> None:
    assert said(line) == line


ANSWERED: list[tuple[Lines, int]] = [
    ([("agent", "how old are you sir"), ("customer", "seventy three")], 1),
    ([("agent", "您多大年纪了"), ("customer", "六十八")], 1),
    ([("agent", "收件人写谁"), ("customer", "孙敏")], 1),
    ([("agent", "i just texted you a code, what is it"), ("customer", "fifty nine seventy nine fifty three")], 1),
    ([("agent", "which number should our driver call"), ("customer", "three nine one two oh six six")], 1),
    ([("agent", "您收到的短信验证码是多少"), ("customer", "九事幺七")], 1),
]


@pytest.mark.parametrize(("lines", "answer"), ANSWERED)
def test_an_answer_goes_whole(lines: Lines, answer: int) -> None:
    left = redacted(lines)[answer]
    assert left.startswith("[")
    assert left.endswith("]")
    assert left.count("[") == 1


TOLD_ALREADY: list[list[str]] = [
    ["您的手机号", "幺三八零零幺三八零零零", "宽带是五百兆的，一年一千两百六十八"],
    ["核对一下生日", "一九八零年三月七号", "你们11月11号搞的活动"],
    ["卡片背面三位安全码是多少", "二六四", "这款冰箱三千九百九十九 能便宜两百"],
    ["how do you spell your last name", "a b e r n a t h y", "the screen keeps going black"],
    ["your full social please", "five three six two two eight seven six five", "i was charged forty nine eighty"],
]


@pytest.mark.parametrize("lines", TOLD_ALREADY)
def test_talk_after_the_answer_is_no_part_of_it(lines: list[str]) -> None:
    question, answer, talk = lines
    told: Lines = [("agent", question), ("customer", answer), ("agent", "mm"), ("customer", talk)]
    assert redacted(told)[-1] == talk
