"""More scenes of Chinese calls: names explained sign by sign, addresses over several turns, English words in between.

Written from how callers speak, without a look at the rules of the engine.
"""

from __future__ import annotations

from . import _people as people
from ._codes_said import zh_code
from ._numbers import chinese, quantity, say_digits, told
from ._papers import reference
from ._scenes_zh import A, C, Scene
from ._writer import Value, Writer, filled

# How people explain the signs of their names on the telephone.
_FAMILY = {
    "张": "弓长张", "李": "木子李", "王": "三横王", "陈": "耳东陈", "吴": "口天吴", "黄": "草头黄", "章": "立早章",
    "许": "言午许", "徐": "双人徐", "胡": "古月胡", "刘": "文刀刘", "杨": "木易杨", "林": "双木林", "孙": "子小孙",
    "何": "人可何",
}  # fmt: skip
_GIVEN = {
    "建国": ("建设的建", "国家的国"), "志强": ("志气的志", "坚强的强"), "晓东": ("春晓的晓", "东方的东"),
    "海燕": ("大海的海", "燕子的燕"),
    "文博": ("文化的文", "博士的博"),
    "明辉": ("光明的明", "光辉的辉"),
    "美玲": ("美丽的美", "王字旁的玲"), "永刚": ("永远的永", "刚强的刚"),
}  # fmt: skip


def explained(w: Writer) -> None:
    """A name, and which signs it is written with; the explanation names them again."""
    family, given = w.pick(*_FAMILY), w.pick(*_GIVEN)
    one, two = _GIVEN[given]
    w.say(A, w.pick("您的姓名是哪几个字", "全名怎么写的，麻烦您说下", "请问您贵姓，名字怎么写"))
    w.say(
        C,
        w.pick("", "我叫", "叫"),
        Value("PERSON", family + given, manner="written"),
        w.pick("，", " "),
        Value("PERSON", _FAMILY[family], manner="spelled"),
        w.pick("，", ""),
        Value("PERSON", one, manner="spelled"),
        w.pick("，", ""),
        Value("PERSON", two, manner="spelled"),
    )


def name_corrected(w: Writer) -> None:
    """The agent repeats a name wrongly and is put right."""
    name = people.zh_name(w.chance)
    other = name[0] + people.zh_name(w.chance)[1:]
    w.say(
        C,
        w.pick("你好，我是", "喂，我叫"),
        Value("PERSON", name, manner="written"),
        w.pick("，昨天报过修", "，问一下进度"),
    )
    w.say(A, w.pick("好的，", "是"), Value("PERSON", other, manner="echo"), w.pick("先生对吗", "女士是吧"))
    w.say(C, w.pick("不是，是", "错了，叫"), Value("PERSON", name, manner="corrected"))


def third_person(w: Writer) -> None:
    name = Value("PERSON", people.zh_name(w.chance), manner="written")
    w.say(
        C,
        *filled(
            w.pick(
                "我替我爸办的，他叫{n}",
                "收货人是我同事{n}",
                "房子是我老婆{n}的名字",
                "之前是你们一个叫{n}的经理接待我的",
                "紧急联系人写{n}吧",
                "转账的对方户名是{n}",
            ),
            {"n": name},
        ),
    )


def address_in_parts(w: Writer) -> None:
    """Town, street, house and room over several turns."""
    town, where, house, unit, room = people.zh_place(w.chance)
    road = where.endswith(("路", "街", "大道"))
    told_house = f"{house}号" if road else f"{house}栋"
    spoken = w.often(0.5)
    if spoken:
        told_house = quantity(house) + told_house[-1]
        room = chinese(room, w.pick("signs", "yao"), w.chance)
    w.say(A, w.pick("上门地址在哪儿", "寄件地址麻烦说一下", "家庭住址登记一下"))
    w.say(C, w.pick("", "在", "你写"), Value("ADDRESS", town, manner="parts"))
    w.say(A, w.pick("嗯，具体呢", "哪条路", "好，小区和门牌号", "详细一点"))
    w.say(C, w.pick("", "就是", "嗯 "), Value("ADDRESS", where + told_house, manner="parts"))
    w.say(A, w.pick("几单元几室", "门牌呢", "楼层房号"))
    w.say(
        C,
        w.pick("", "是"),
        Value("ADDRESS", f"{quantity(unit) if spoken else unit}单元{room}" + w.pick("室", "", "房"), manner="parts"),
    )


def address_read_back(w: Writer) -> None:
    town, where, house, unit, room = people.zh_place(w.chance)
    whole = f"{town}{where}{house}" + ("号" if where.endswith(("路", "街", "大道")) else "幢") + f"{unit}单元{room}"
    w.say(
        A,
        w.pick("系统里留的地址是", "跟您核对一下地址，"),
        Value("ADDRESS", whole, manner="echo"),
        w.pick("，对吗", "，还是这里吗"),
    )
    w.say(C, w.pick("对，没变", "搬了，现在不住那", "是的"))


def email_spelled(w: Writer) -> None:
    """The part before the sign letter by letter, the host in another breath."""
    local = w.pick("zhao", "lulu", "kai", "mina", "xin") + people.digits(w.chance, w.chance.randint(2, 4))
    host = w.pick("qq", "163", "126", "foxmail", "sina")
    said = zh_code("EMAIL", local, w.chance).text
    ending = w.pick("点com", " 点 com", "点 c o m")
    at = w.pick(" 艾特 ", "圈a", " at ", "小老鼠")
    w.say(A, w.pick("邮箱留一下", "合同发到哪个邮箱"))
    if w.often(0.5):
        w.say(C, w.pick("", "我的邮箱"), Value("EMAIL", said, manner="parts"))
        w.say(A, w.pick("嗯", "好的，后面呢"))
        w.say(
            C,
            Value(
                "EMAIL",
                f"{at.strip()} {chinese(host, 'yao', w.chance) if host.isdigit() else host}{ending}",
                manner="parts",
            ),
        )
    else:
        w.say(
            C,
            w.pick("", "是"),
            Value(
                "EMAIL",
                f"{said}{at}{chinese(host, 'signs', w.chance) if host.isdigit() else host}{ending}",
                f"{local}@{host}.com",
                "spelled",
            ),
        )


def birth_in_parts(w: Writer) -> None:
    year, month, day = w.chance.randint(1955, 2003), w.chance.randint(1, 12), w.chance.randint(1, 28)
    w.say(A, w.pick("您哪年出生的", "出生年份和日期说一下"))
    w.say(C, Value("DOB", chinese(str(year), "signs", w.chance) + "年", f"{year}年", "parts"), w.pick("", "的"))
    w.say(A, w.pick("几月几号", "月份日期呢"))
    w.say(C, Value("DOB", f"{quantity(month)}月{quantity(day)}" + w.pick("号", "日", ""), f"{month}月{day}号", "parts"))


def age(w: Writer) -> None:
    years = w.chance.randint(18, 89)
    w.say(A, w.pick("被保险人今年多大了", "您今年多大年纪"))
    w.say(
        C,
        w.pick("", "今年", "我"),
        Value("AGE", quantity(years) if w.often(0.6) else str(years), str(years), "spoken"),
        w.pick("", "了", "岁"),
    )


def code_switched(w: Writer) -> None:
    """English words in Chinese sentences, as in offices of foreign firms and in Hong Kong."""
    choice = w.chance.randrange(5)
    if choice == 0:
        w.say(
            C,
            w.pick("我的order number是", "case number 是"),
            zh_code("ORDER_NO", reference(w.chance), w.chance),
            w.pick("，帮我check一下", ""),
        )
    elif choice == 1:
        w.say(
            C,
            *filled(
                w.pick("你可以call我mobile，{n}", "我的phone是{n}，anytime都行", "WhatsApp 也是 {n}"),
                {"n": told("PHONE", people.zh_mobile(w.chance), "zh", w.chance)},
            ),
        )
    elif choice == 2:
        w.say(
            C,
            w.pick("我叫", "我是", "英文名 "),
            Value("PERSON", people.en_first(w.chance).capitalize(), manner="written"),
            w.pick("，姓", "，中文姓"),
            Value("PERSON", people.zh_family(w.chance), manner="written"),
        )
    elif choice == 3:
        w.say(A, "您的email address方便给一下吗")
        w.say(
            C,
            w.pick("", "是 "),
            Value(
                "EMAIL",
                f"{people.en_first(w.chance)}{people.digits(w.chance, 2)}@{w.pick('gmail', 'outlook')}.com",
                manner="written",
            ),
        )
    else:
        w.say(A, w.pick("信用卡的expiry date和CVV报一下", "CVV三位是"))
        w.say(
            C,
            w.pick("CVV是", ""),
            say_digits("CARD_CVV", people.digits(w.chance, 3), "zh", w.pick("written", "signs"), w.chance),
        )


def english_digits(w: Writer) -> None:
    """A caller who says the digits in English within a Chinese call."""
    w.say(A, w.pick("请留一下联系电话", "您的手机号是多少"))
    w.say(C, w.pick("", "我的number是 ", "好的 "), *told("PHONE", people.zh_mobile(w.chance), "en", w.chance))


def harmless(w: Writer) -> None:
    """Numbers and words that are nobody's."""
    w.say(
        w.pick(A, C),
        w.pick(
            "我买的是15 Pro Max，256G的那款",
            "您乘坐的G1025次列车，二等座三车十二排",
            "这个月流量用了八十六个G，超了三个多G",
            "第一季度做了两百三十五单，第二季度三百一十单",
            "贷款八十万，二十年，等额本息",
            "我凌晨两点四十五下的单，五点就取消了",
            "屏幕是六点七寸的，电池四千五百毫安",
            "我这边等了二十来分钟，听了三遍彩铃",
            "客服工号是7位的，您稍等",
            "从三楼搬到二十八楼，一共十六个箱子",
            "去年十二月份到今年三月份这四个月的账单",
            "国内运费十二块，国际的一百八十五起",
            "洗衣机型号是XQG100，十公斤的",
            "收益率年化百分之二点八五，七天一个周期",
            "我们支持七天无理由，十五天换货，一年保修",
            "套餐外短信一毛钱一条，发了四十七条",
            "版本是十三点二点一，更新包一点六个G",
            "三室一厅，九十八平，精装的",
            "电表上个月一千二百零三，这个月一千四百八十九",
            "孩子身高一米三二，体重五十六斤",
            "我们一共去了十一个人，订了四间标间",
            "这趟航班CA1501，八点半起飞",
        ),
    )


def quarrel(w: Writer) -> None:
    """A stretch of talk without a value, with counts in it."""
    w.say(
        C,
        w.pick(
            "我都打了第三遍了，每次都让我等", "你们这服务真是不行，两个月了", "上次那个客服说三天处理，现在一个星期了"
        ),
    )
    w.say(A, w.pick("非常抱歉给您带来不便，我马上为您查询", "我理解您的心情，这边给您加急", "请您先别着急，我看下记录"))
    w.say(C, w.pick("到底还要多久", "我要投诉", "行，那我再等等", "赔偿怎么说，五十块打发谁呢"))
    w.say(A, w.pick("二十四小时之内一定给您答复", "这个需要一到三个工作日", "我们最多可以赔付一百元优惠券"))


SCENES: tuple[tuple[Scene, int], ...] = (
    (explained, 2),
    (name_corrected, 2),
    (third_person, 3),
    (address_in_parts, 3),
    (address_read_back, 1),
    (email_spelled, 2),
    (birth_in_parts, 1),
    (age, 2),
    (code_switched, 3),
    (english_digits, 1),
    (harmless, 8),
    (quarrel, 4),
)
