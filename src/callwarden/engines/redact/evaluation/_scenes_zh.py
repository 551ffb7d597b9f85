"""Scenes of Chinese calls. Written from how callers speak, without a look at the rules of the engine."""

from __future__ import annotations

from collections.abc import Callable

from . import _people as people
from ._numbers import ZH_STYLES, chinese, groups, quantity, say_digits, told
from ._writer import Part, Value, Writer, filled

Scene = Callable[[Writer], None]
A, C = "agent", "customer"
_BACK = ("嗯", "好的", "嗯嗯，您继续", "对，然后呢", "好，请说", "哦哦", "稍等我记一下", "嗯，后面呢")
_YES = ("对", "对的", "是的没错", "嗯对", "没错")


def opening(w: Writer) -> None:
    w.say(
        A,
        w.pick(
            "您好，很高兴为您服务，请问有什么可以帮您？",
            "您好，这里是客户服务中心，工号3086，请问有什么需要？",
            "喂你好，请讲",
            "欢迎致电，八零零二号为您服务，请问怎么了",
        ),
    )


def closing(w: Writer) -> None:
    w.say(A, w.pick("好的，已经帮您登记了，还有别的问题吗？", "请您稍后对我的服务做个评价", "那先这样，祝您生活愉快"))
    w.say(C, w.pick("没有了，谢谢", "好嘞，再见", "行吧，那挂了"))


def number_asked(w: Writer, kind: str, number: str, questions: tuple[str, ...], leads: tuple[str, ...]) -> None:
    """The agent asks, the caller answers in one turn or several; sometimes echoed, sometimes corrected."""
    w.say(A, w.pick(*questions))
    lead = w.pick(*leads)
    if len(number) >= 8 and w.often(0.4):
        in_parts(w, kind, number, lead)
    elif len(number) == 11 and w.often(0.25):
        corrected(w, kind, number, lead)
    else:
        w.say(C, lead, *told(kind, number, "zh", w.chance), w.pick("", "", "。", "，记下了吗"))
        if w.often(0.3):
            w.say(
                A,
                w.pick("我重复一下，", "好的，", "跟您核对，", ""),
                *told(kind, number, "zh", w.chance, manner="echo"),
                w.pick("，对吗？", "，是吗", ""),
            )
            w.say(C, w.pick(*_YES))


def in_parts(w: Writer, kind: str, number: str, lead: str) -> None:
    parts = groups(number, w.chance)
    echoing = w.often(0.3)
    for place, part in enumerate(parts):
        style = w.pick(*ZH_STYLES[:6])
        said = chinese(part, style, w.chance)
        start: list[Part] = (
            [lead] if place == 0 and w.often(0.7) else [w.pick("", "", "嗯，", "然后", "后面是")] if place else []
        )
        w.say(C, *start, Value(kind, said, part, "parts"))
        if place + 1 < len(parts) or w.often(0.3):
            if echoing:
                w.say(
                    A,
                    say_digits(kind, part, "zh", w.pick("written", "yao", "signs"), w.chance, "echo"),
                    w.pick("", "，嗯", "，好"),
                )
            else:
                w.say(A, w.pick(*_BACK))


def corrected(w: Writer, kind: str, number: str, lead: str) -> None:
    wrong = number[:3] + people.digits(w.chance, 4)
    w.say(
        C,
        lead,
        say_digits(kind, wrong, "zh", w.pick("yao", "signs"), w.chance, "corrected"),
        w.pick("，哎不对不对，", "，说错了，是", "，不是，应该是", " 等一下 不对 是"),
        say_digits(kind, number, "zh", w.pick("yao", "signs"), w.chance, "corrected"),
    )


def mobile(w: Writer) -> None:
    number_asked(
        w,
        "PHONE",
        people.zh_mobile(w.chance),
        (
            "麻烦报一下您的手机号",
            "您留一个联系电话吧？",
            "请问您注册用的是哪个号码",
            "方便留个电话吗",
            "我怎么联系到您呢，号码多少",
        ),
        ("", "我的手机是", "号码", "你记一下，", "是", "打我这个", "嗯，"),
    )


def mobile_volunteered(w: Writer) -> None:
    number = people.zh_mobile(w.chance)
    template = w.pick(
        "你们明天打{n}找我就行",
        "这个快递留的电话{n}不对",
        "我之前用{n}这个号办过套餐",
        "有事就拨{n}",
        "{n}，这是我爱人的号",
        "我换号了现在用的是{n}",
        "麻烦给{n}充一百块话费",
        "短信发到{n}上面",
        "就是尾号那个，全的是{n}",
    )
    w.say(C, *filled(template, {"n": told("PHONE", number, "zh", w.chance)}))


def landline(w: Writer) -> None:
    number_asked(
        w,
        "PHONE",
        people.zh_landline(w.chance),
        ("您的座机是多少", "家里固定电话方便提供吗"),
        ("座机是", "", "区号带上是", "嗯 "),
    )


def bank_card(w: Writer) -> None:
    number_asked(
        w,
        "CARD_PAN",
        people.card(w.chance),
        ("请报一下您的银行卡号", "您扣款的卡是哪张，号码念一下", "退款退到哪张卡呢？", "卡面上的一长串数字麻烦读给我"),
        ("卡号是", "", "嗯，", "我看看啊，", "是"),
    )


def card_security(w: Writer) -> None:
    if w.often(0.5):
        w.say(A, w.pick("卡片背面三位安全码是多少", "请提供一下后三位安全码"))
        w.say(
            C,
            w.pick("", "是", "嗯 "),
            say_digits("CARD_CVV", people.digits(w.chance, 3), "zh", w.pick("written", "signs"), w.chance),
        )
    else:
        code = f"{w.chance.randint(1, 12):02}{w.chance.randint(26, 33)}"
        w.say(A, w.pick("有效期到什么时候", "卡的有效期是几月几年"))
        w.say(C, w.pick("", "是"), say_digits("CARD_EXPIRY", code, "zh", w.pick("written", "signs"), w.chance))


def identity(w: Writer) -> None:
    number = people.resident_id(w.chance)
    if number.endswith("X"):
        body = chinese(number[:-1], w.pick("written", "signs", "yao"), w.chance)
        w.say(A, w.pick("核对一下您的身份证号码", "请提供证件号码"))
        w.say(C, w.pick("", "身份证是", "嗯 "), Value("CN_RIC", body + w.pick("X", "x", "叉", " 叉"), number, "spoken"))
    else:
        number_asked(
            w,
            "CN_RIC",
            number,
            ("核对一下您的身份证号码", "请提供证件号码", "您身份证多少号"),
            ("", "身份证是", "我念了啊，"),
        )


def identity_tail(w: Writer) -> None:
    w.say(A, w.pick("请说一下身份证后四位", "麻烦核实身份证最后四位"))
    w.say(
        C,
        w.pick("", "是", "后四位"),
        say_digits("CN_RIC", people.digits(w.chance, 4), "zh", w.pick("written", "signs", "yao"), w.chance),
    )


def one_time_code(w: Writer) -> None:
    size = w.chance.choice([4, 6, 6])
    w.say(A, w.pick("刚给您发了验证码，念一下", "您收到的短信验证码是多少？", "动态码报给我"))
    w.say(
        C,
        w.pick("", "验证码", "是", "收到了，"),
        *told("OTP", people.digits(w.chance, size), "zh", w.chance, plain=True),
    )


def name_told(w: Writer) -> None:
    name = Value("PERSON", people.zh_name(w.chance))
    if w.often(0.5):
        w.say(A, w.pick("请问您怎么称呼？", "您贵姓", "机主姓名是？", "收件人写谁", "报一下您的全名"))
        w.say(C, *filled(w.pick("{n}", "我叫{n}", "叫{n}", "嗯 {n}", "写{n}就行", "是{n}"), {"n": name}))
    else:
        w.say(
            C,
            *filled(
                w.pick(
                    "你好我叫{n}，想问个事",
                    "我是{n}，上午打过电话的",
                    "户主是{n}，我是他儿子",
                    "帮我查一下{n}的保单",
                    "我姓名{n}，来问退款",
                    "我本人{n}",
                    "单子上写的是{n}对吧",
                ),
                {"n": name},
            ),
        )


def title(w: Writer) -> None:
    family = people.zh_family(w.chance)
    w.say(C, *filled(w.pick("免贵姓{f}", "我姓{f}", "姓{f}"), {"f": Value("PERSON", family)}))
    honour = w.pick("先生", "女士")
    w.say(
        A,
        *filled(
            w.pick("{f}" + honour + "您好", "好的{f}" + honour + "，请稍等", "那{f}" + honour + "我帮您看一下"),
            {"f": Value("PERSON", family)},
        ),
    )


def address(w: Writer) -> None:
    town, where, house, unit, room = people.zh_place(w.chance)
    spoken = w.often(0.5)

    def n(value: int | str) -> str:
        text = str(value)
        if not spoken:
            return text
        if len(text) == 2 and w.often(0.7):
            return quantity(int(text))
        return chinese(text, "signs", w.chance)

    kind = where.endswith(("路", "街", "大道"))
    whole = (
        town
        + where
        + (f"{n(house)}号" if kind else f"{n(house)}栋")
        + f"{n(unit)}单元{n(room)}"
        + w.pick("室", "", "房")
    )
    w.say(A, w.pick("您的收货地址是哪里", "寄到哪儿呢？", "师傅上门的话您住哪里", "家庭住址说一下"))
    w.say(C, w.pick("", "地址是", "寄到", "在", "我住"), Value("ADDRESS", whole))


def email(w: Writer) -> None:
    local = w.pick("zhangwei", "lily", "wang", "sunny", "haoyun") + people.digits(w.chance, w.chance.randint(0, 4))
    host = w.pick("qq", "163", "126", "gmail", "sina")
    if w.often(0.4):
        text = f"{local}@{host}.com"
    else:
        text = (
            local
            + w.pick("艾特", " 艾特 ", " at ")
            + w.pick(host, chinese(host, "yao", w.chance) if host.isdigit() else host)
            + w.pick("点com", " 点 com", "点 c o m")
        )
    w.say(A, w.pick("电子发票发到哪个邮箱", "您的邮箱地址是？"))
    w.say(C, w.pick("", "邮箱是", "我的是 "), Value("EMAIL", text, manner="written" if "@" in text else "spoken"))


def plate(w: Writer) -> None:
    number = people.plate(w.chance)
    said = number if w.often(0.5) else number[:2] + chinese(number[2:], w.pick("signs", "yao"), w.chance)
    w.say(
        C,
        *filled(
            w.pick("车牌{p}，在你们停车场被刮了", "我的车是{p}", "车牌号是{p}", "{p}，帮我查下违章"),
            {"p": Value("PLATE", said)},
        ),
    )


def accounts(w: Writer) -> None:
    wechat = w.pick("wxid_", "sunshine", "xiaomao", "love") + people.digits(w.chance, 4)
    qq = people.digits(w.chance, 9).replace("0", "3", 1)
    choice = w.chance.randrange(3)
    if choice == 0:
        w.say(
            C,
            w.pick("我微信号是 ", "加微信 ", "微信："),
            Value("WECHAT", wechat),
            w.pick("，QQ是", "，qq号 "),
            Value("QQ", qq),
        )
    elif choice == 1:
        w.say(C, w.pick("你加我qq", "QQ号是", "扣扣"), *told("QQ", qq, "zh", w.chance, plain=True))
    else:
        w.say(C, w.pick("微信号 ", "您加微信 "), Value("WECHAT", wechat), w.pick("", "，备注一下", " 就行"))


def birth(w: Writer) -> None:
    year, month, day = w.chance.randint(1950, 2004), w.chance.randint(1, 12), w.chance.randint(1, 28)
    text = f"{year}年{month}月{day}" + w.pick("日", "号")
    if w.often(0.5):
        text = f"{chinese(str(year), 'signs', w.chance)}年{quantity(month)}月{quantity(day)}号"
    w.say(A, w.pick("核对一下出生日期", "您的生日是？"))
    w.say(C, w.pick("", "我是", "生日"), Value("DOB", text), w.pick("", "的"))


def order(w: Writer) -> None:
    number_asked(
        w,
        "ORDER_NO",
        people.digits(w.chance, w.chance.choice([10, 12, 15])),
        ("订单号多少", "请提供一下运单号"),
        ("", "订单号是", "单号"),
    )


# What must stay ----------------------------------------------------------------------------------------------------


def harmless(w: Writer) -> None:
    """Numbers that are nobody's: prices, counts, dates, times, hotlines of the business itself, staff numbers."""
    line = w.pick(
        "我订了两间房住三晚，一共一千二百八十块",
        "上个月扣了我58块6毛，这个月又扣98",
        "从北京到上海的高铁是早上九点十五分发车，十三点四十到",
        "你们2023年11月11号搞的活动，满300减40",
        "我的套餐一个月有一百二十八块钱，三十个G流量，五百分钟通话",
        "我等了四十五分钟，前面还有二十三个人",
        "这款冰箱三千九百九十九，能便宜两百吗",
        "今年六月十八号买的，到现在七个多月了",
        "航班延误了三个半小时，赔偿标准是四百块",
        "家里一百零五平米，二十六层的那种",
        "房价是每晚688元，含双早，12点前退房",
        "酒店评分4.7分，人均消费150到200元",
        "收到的是10件，少发了2件，总共12件",
        "我们营业时间是上午八点半到晚上十点",
        "办理需要三到五个工作日，手续费千分之六",
        "坐3路车或者地铁10号线，第二站下",
        "利率是百分之三点八五，分三十六期",
        "宽带是五百兆的，一年一千一百八十八",
        "第一次打电话是昨天下午两点，第二次是四点二十",
    )
    w.say(w.pick(A, C), line)


def business(w: Writer) -> None:
    """A dialogue about service numbers and amounts."""
    w.say(C, w.pick("一共要付多少钱", "费用怎么算的呀"))
    w.say(A, w.pick("合计三百二十五元八角", "您好，总共是1268元，可以分12期", "首月是19元，之后每月39元"))
    w.say(C, w.pick("那什么时候能到", "多久能处理好"))
    w.say(A, w.pick("预计3月15号下午2点到5点送达", "24小时到48小时之内", "最晚本月28号之前"))


SCENES: tuple[tuple[Scene, int], ...] = (
    (mobile, 6),
    (mobile_volunteered, 4),
    (landline, 2),
    (bank_card, 4),
    (card_security, 2),
    (identity, 3),
    (identity_tail, 1),
    (one_time_code, 2),
    (name_told, 5),
    (title, 2),
    (address, 4),
    (email, 2),
    (plate, 2),
    (accounts, 2),
    (birth, 2),
    (order, 2),
    (harmless, 10),
    (business, 3),
)
