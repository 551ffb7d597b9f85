"""More scenes of Chinese calls: papers and codes with letters, accounts, one-time codes in parts, machines.

Written from how callers speak, without a look at the rules of the engine.
"""

from __future__ import annotations

from . import _papers as papers
from . import _people as people
from ._codes_said import zh_code
from ._numbers import chinese, groups, quantity, say_digits, told
from ._scenes_zh import A, C, Scene, in_parts
from ._writer import Part, Value, Writer, filled


def _coded(w: Writer, kind: str, code: str, questions: tuple[str, ...], leads: tuple[str, ...]) -> None:
    value = zh_code(kind, code, w.chance)
    w.say(A, w.pick(*questions))
    w.say(C, w.pick(*leads), value, w.pick("", "", "。", "，对"))
    if w.often(0.25):
        w.say(
            A,
            w.pick("我核对下，", "好的，"),
            Value(kind, zh_code(kind, code, w.chance).text, code, "echo"),
            w.pick("，没错吧", "对吗"),
        )
        w.say(C, w.pick("嗯对", "没错", "是的"))


def hong_kong(w: Writer) -> None:
    _coded(
        w,
        "HKID",
        papers.hong_kong_id(w.chance),
        ("您是香港身份证对吧，号码报一下", "请问香港身份证号码是多少"),
        ("", "我的是", "香港身份证", "嗯 "),
    )


def taiwan(w: Writer) -> None:
    _coded(
        w,
        "TW_ID",
        papers.taiwan_id(w.chance),
        ("台湾的身份证字号麻烦念一下", "身分证字号是多少"),
        ("", "字号是", "我的身份证字号是 "),
    )


def permit(w: Writer) -> None:
    kind, code, asks = w.chance.choice(
        [
            ("CN_TRAVEL_PERMIT", papers.travel_permit(w.chance), ("回乡证号码提供一下", "您的通行证号码是？")),
            ("CN_PASSPORT", papers.passport_cn(w.chance), ("护照号报给我", "请问您的护照号码是多少")),
        ]
    )
    _coded(w, kind, code, asks, ("", "号码是", "我看一下啊，"))


def company(w: Writer) -> None:
    code = papers.credit_code(w.chance)
    _coded(w, "USCC", code, ("开票的税号是多少", "麻烦报一下统一社会信用代码"), ("", "税号", "代码是 "))


def car(w: Writer) -> None:
    if w.often(0.5):
        _coded(
            w,
            "VIN",
            papers.vehicle_number(w.chance),
            ("车架号报一下", "行驶证上的车辆识别代号是？"),
            ("", "车架号是", "上面写的是 "),
        )
    else:
        number = papers.new_energy_plate(w.chance)
        value = zh_code("PLATE", number, w.chance)
        template = w.pick("我那台绿牌车{p}要续保", "车牌{p}，电车", "报案的车是{p}", "挪车，挡我的是{p}")
        w.say(C, *filled(template, {"p": value}))


def wechat(w: Writer) -> None:
    name = (
        w.pick("lovely", "snow", "tiger", "happy", "ocean")
        + w.pick("", "_")
        + people.digits(w.chance, w.chance.choice([3, 4, 6]))
    )
    w.say(A, w.pick("方便加一下您微信吗", "资料我发您微信，号是多少", "您微信号多少，我让师傅加您"))
    if w.often(0.4):
        phone = people.zh_mobile(w.chance)
        w.say(C, w.pick("微信就是手机号，", "同号的，"), *told("PHONE", phone, "zh", w.chance))
    else:
        w.say(
            C,
            w.pick("", "我微信 ", "你搜 "),
            zh_code("WECHAT", name, w.chance),
            w.pick("", " 头像是只猫", "，备注下来意"),
        )


def qq_in_parts(w: Writer) -> None:
    number = str(w.chance.randint(100_000_000, 4_000_000_000))
    w.say(A, w.pick("您QQ号多少", "把qq号留一下", "发您QQ邮箱也行，QQ多少"))
    in_parts(w, "QQ", number, w.pick("", "QQ是", "我的是"))


def secret_word(w: Writer) -> None:
    if w.often(0.5):
        w.say(A, w.pick("您的服务密码还记得吗", "请说一下登录密码，我帮您测试", "输入的密码是什么"))
        w.say(C, w.pick("", "密码是", "我设的是 "), zh_code("PASSWORD", papers.password(w.chance), w.chance))
    else:
        w.say(A, w.pick("六位支付密码您输的是多少", "取款密码您自己输入就好不用告诉我"))
        w.say(
            C,
            w.pick("就是", "我输的", "密码"),
            say_digits("CARD_PIN", people.digits(w.chance, 6), "zh", w.pick("written", "signs", "yao"), w.chance),
            w.pick("啊", "，怎么不对呢", ""),
        )


def code_in_parts(w: Writer) -> None:
    code = people.digits(w.chance, 6)
    w.say(A, w.pick("验证码收到了吗，慢慢念", "短信里六位数字念给我", "请把校验码报一下"))
    for place, part in enumerate((code[:3], code[3:])):
        w.say(
            C,
            w.pick("", "前面三个" if place == 0 else "后面是", "嗯"),
            say_digits("OTP", part, "zh", w.pick("written", "signs", "yao"), w.chance, "parts"),
        )
        w.say(A, w.pick("嗯", "好", "继续", "好的，通过了" if place else "后面呢"))


def account(w: Writer) -> None:
    number = people.digits(w.chance, w.chance.choice([12, 15, 19]))
    w.say(A, w.pick("对公账户的账号麻烦读一下", "退款打到哪个账户", "收款人的账号是多少"))
    w.say(C, w.pick("账号", "建行的，", "你记，"), *told("BANK_ACCOUNT", number, "zh", w.chance))
    if w.often(0.4):
        w.say(C, w.pick("户名是", "户名"), Value("PERSON", people.zh_name(w.chance)))


def member(w: Writer) -> None:
    kind, asks = w.chance.choice(
        [
            ("MEMBER_NO", ("您的会员号是多少", "保单号念一下", "宽带账号知道吗")),
            ("ORDER_NO", ("工单编号有吗", "快递单号发我看看，念一下也行", "报案号是多少")),
        ]
    )
    code = papers.reference(w.chance) if w.often(0.5) else people.digits(w.chance, w.chance.choice([8, 10, 13]))
    if code.isdigit():
        w.say(A, w.pick(*asks))
        in_parts(w, kind, code, w.pick("", "是", "我找找，"))
    else:
        _coded(w, kind, code, asks, ("", "是", "上面写着"))


def machine(w: Writer) -> None:
    if w.often(0.5):
        address = papers.address_ip(w.chance)
        text = address if w.often(0.5) else "点".join(chinese(part, "yao", w.chance) for part in address.split("."))
        w.say(A, w.pick("路由器后台显示的IP地址是多少", "您电脑的ip给我一下"))
        w.say(C, w.pick("", "是", "IP是"), Value("IP", text, address, "written" if text == address else "spoken"))
    else:
        w.say(A, w.pick("机顶盒背面MAC地址读一下", "光猫的mac地址是？"))
        w.say(C, w.pick("", "MAC是 "), Value("MAC", papers.address_mac(w.chance), manner="written"))


def card_in_one_breath(w: Writer) -> None:
    """Card, expiry and security code without a pause: no check digit fits the whole."""
    card, expiry, code = (
        people.card(w.chance),
        f"{w.chance.randint(1, 12):02}{w.chance.randint(26, 33)}",
        people.digits(w.chance, 3),
    )
    style = w.pick("written", "signs", "yao")
    parts: list[Part] = []
    for kind, digits, lead in (
        ("CARD_PAN", card, ""),
        ("CARD_EXPIRY", expiry, w.pick("，有效期", " ", "，")),
        ("CARD_CVV", code, w.pick("，后三位", " ", "，")),
    ):
        parts += [lead, say_digits(kind, digits, "zh", style, w.chance, "grouped")]
    w.say(A, w.pick("把信用卡信息都报一下吧", "卡号、有效期和安全码一起说"))
    w.say(C, *parts)


def interrupted(w: Writer) -> None:
    """A number with other talk in the middle of it."""
    number = people.zh_mobile(w.chance)
    one, two, three = number[:3], number[3:7], number[7:]
    w.say(A, w.pick("回访打哪个电话", "手机号说一下我登记"))
    w.say(C, w.pick("", "嗯 "), say_digits("PHONE", one, "zh", w.pick("yao", "signs", "written"), w.chance, "parts"))
    w.say(C, w.pick("等一下啊有人敲门", "哎我看一下，刚换的号", "不好意思信号不好", "孩子别闹，打电话呢"))
    w.say(A, w.pick("没事您慢慢说", "好的不急", "嗯"))
    w.say(
        C,
        w.pick("刚说到哪了，", "接着", "", "然后是"),
        say_digits("PHONE", two, "zh", w.pick("yao", "signs", "written"), w.chance, "parts"),
    )
    w.say(A, w.pick("嗯", "好"))
    w.say(C, say_digits("PHONE", three, "zh", w.pick("yao", "signs", "written"), w.chance, "parts"))


def many_of(w: Writer) -> None:
    """Repeated digits as "three eights"."""
    sign = w.pick("6", "8", "9", "5")
    times = w.chance.randint(3, 4)
    tail = people.digits(w.chance, 2).replace(sign, "1")
    start = w.pick("138", "159", "186", "177")
    rest = people.digits(w.chance, 11 - 3 - times - 2)
    said = (
        chinese(start, "yao", w.chance)
        + chinese(rest, "yao", w.chance)
        + f"{'三四'[times - 3]}个{chinese(sign, 'signs', w.chance)}"
        + chinese(tail, "yao", w.chance)
    )
    w.say(A, w.pick("您的号码是多少", "联系方式留一个"))
    w.say(C, w.pick("", "好记，", "号码"), Value("PHONE", said, start + rest + sign * times + tail, "spoken"))


def tens(w: Writer) -> None:
    """A landline told by quantities: 八百八十六 六十二."""
    head = w.pick("八百八十六", "六百二十三", "五百五十八", "二百三十一")
    written = {"八百八十六": "886", "六百二十三": "623", "五百五十八": "558", "二百三十一": "231"}[head]
    pairs = [str(w.chance.randint(21, 99)) for _ in range(2)]
    spoken = "".join(quantity(int(pair)) for pair in pairs)
    w.say(A, w.pick("您家里座机号码是？", "固定电话报一下"))
    w.say(C, w.pick("", "是"), Value("PHONE", head + spoken, written + "".join(pairs), "spoken"))


def groups_read_back(w: Writer) -> None:
    """The agent reads the number back in other groups and the caller corrects one of them."""
    number = people.zh_mobile(w.chance)
    w.say(C, w.pick("打我手机吧，", "我电话"), *told("PHONE", number, "zh", w.chance))
    cut = groups(number, w.chance)
    wrong = people.digits(w.chance, len(cut[-1]))
    w.say(
        A,
        *[say_digits("PHONE", part, "zh", w.pick("yao", "written"), w.chance, "echo") for part in cut[:-1]],
        w.pick("，", " "),
        say_digits("PHONE", wrong, "zh", "yao", w.chance, "echo"),
        w.pick("对吧", ""),
    )
    w.say(
        C,
        w.pick("不对，最后是", "错了，后面是", "不是，是"),
        say_digits("PHONE", cut[-1], "zh", w.pick("yao", "written"), w.chance, "corrected"),
    )


SCENES: tuple[tuple[Scene, int], ...] = (
    (hong_kong, 1),
    (taiwan, 1),
    (permit, 2),
    (company, 1),
    (car, 2),
    (wechat, 2),
    (qq_in_parts, 1),
    (secret_word, 1),
    (code_in_parts, 2),
    (account, 2),
    (member, 3),
    (machine, 1),
    (card_in_one_breath, 2),
    (interrupted, 2),
    (many_of, 2),
    (tens, 1),
    (groups_read_back, 2),
)
