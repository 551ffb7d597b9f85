"""Addresses of persons, Chinese and English, written and spoken, told apart from those of public places.

A shop's or hotel's address that an agent tells a caller is not personal data and would only make transcripts
unreadable; the address a caller tells, or an agent repeats as the caller's, is. When nobody's role is known and
nothing speaks of a public place, the address is taken to be a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import _addresses_en as english
from ._found import Found
from ._spans import EntityType as T

_N = r"[0-9零〇一二两三四五六七八九十百幺]"
_HAN = r"[\u3400-\u9fff]"
_AREA = r"省|自治区|特别行政区|市|区|县|旗|自治州|自治县|盟"
_PLACE = (
    r"街道|镇|乡|村|社区|屯|开发区|高新区|工业园|园区|路|大街|街|大道|道|巷|胡同|小区|花园|花苑|家园|嘉园|公寓"
    r"|雅苑|新苑|苑|大厦|广场|新村|名城|公馆|新城|山庄|别墅"
    r"|华庭|庄园|写字楼|宿舍|家属院|大院|新区|里弄|名苑|城|府|湾|园|庭|居|里|坊|邨|村委会|生产队|大队|组团|大楼|中心(?=[\s,，]*(?:{_N}|[a-zA-Z甲乙东西南北]))|科学园|产业园|工业区|天地"
)
_DETAIL = (
    rf"(?:甲|乙|附)?{_N}+(?:\s*[-之杠]\s*{_N}+)*\s*(?:号院|号楼|号|栋|幢|座|单元|楼|层|室(?!\s*[0-9一二两三四五]\s*厅)|户|弄|组|门|期|房|支弄"
    rf"|街坊|条)(?!线|码|卡|机|分)"
    rf"|[a-h东南西北甲乙丙丁]\s*(?:栋|座|区|幢|单元)|(?<=单元)[\s,，、]*{_N}{{3,4}}(?!{_N})|(?<=号楼)[\s,，、]*{_N}{{3,4}}(?!{_N})"
    rf"|(?<=栋)[\s,，、]*{_N}{{3,4}}(?!{_N})|(?<=座)[\s,，、]*{_N}{{3,4}}(?!{_N})|(?<=层)[\s,，、]*{_N}{{3,4}}(?!{_N})"
)
_UNIT = rf"(?:{_HAN}{{1,8}}?(?:{_AREA}|{_PLACE})(?:路|大街|街|巷|大道|里|区|县|市|镇|村)?|{_DETAIL})"
_ADDRESS_ZH = re.compile(rf"{_UNIT}(?:[\s,，、的]{{0,2}}(?:嗯|呃|那个)?[\s,，]{{0,1}}{_UNIT})*")
_HAS_DETAIL = re.compile(_DETAIL)
_HAS_PLACE = re.compile(rf"{_HAN}(?:{_PLACE})")
_ROOM = re.compile(rf"{_N}\s*(?:栋|幢|单元|室(?!\s*[0-9一二两三四五]\s*厅)|号楼)|(?:单元|栋|座|号楼)\s*{_N}{{3,4}}")
_FIRST_UNIT = re.compile(_UNIT)
_LEAD = re.compile(
    r"住在|家住|住到|住|搬到|搬去|寄到|寄往|寄去|寄|送到|送去|送|到|地址|住址|在|是|为|于|叫|填|写|就|我们|我|您"
    r"|你|他|她|给|请|嗯|呃|啊|哦|那个|那|这个|这|对|的|了"
    r"|有|去|从|离|和|跟|个|家(?=[\u3400-\u9fff]{2}[省市区县])"
)
# Words that only look like parts of an address.
_LOOKALIKE = re.compile(
    r"知道|味道|通道|渠道|报道|难道|频道|管道|赛道|楼道|(?<![盐宣晋运聊白邹项永禹诸韩海凤兴麻应丰增防])城市|超市|上市"
    r"|(?<![厦江荆天玉海石])门市|股市|(?<!成)都市|市场|市区|市内|地区|景区"
    r"|(?:系统|档案|资料|记录|手机|账户|卡|表)里|小区里|区别|区间|马路|网路|线路|思路|套路|走路|上路|迷路|里面|哪里|这里|那里|家里"
    r"|公里|农村|邻居|定居|居住|居然|大道理|省钱|省得|节省|省心|政府|得到|庭审|家庭|法庭|条件|一条|两条|三条|这条"
    r"|那条|第[0-9一二三四五六七八九十]+条"
)
_NOT_ADDRESS = re.compile(
    r"(?:小区|社区|(?<![盐宣晋运聊白邹项永禹诸韩海凤兴麻应丰增防])城市|超市|上市|(?<![厦江荆天玉海石])门市|地区|市区|区县|道路|街道|知道|味道|通道|渠道|报道|难道|一道|马路|走路|网路"
    r"|线路|路|这里|那里|哪里|家里|店里|心里|手里|城里|公里|邻居|定居|农村|公园|花园|大厦|广场|公寓|附近的?小区"
    r"|校园|家园)$"
)
_PERSONAL_ZH = (
    r"我家(?!人)|(?<!大)家住|我住|(?:我|您|你|现在|目前|一直|就|也|家|人)是?住在|^住在|住址|家庭住址|家庭地址"
    r"|收货地址|收件地址|寄到|寄给我|寄往|送到|送货|户籍|户口|通讯地址|通信地址|联系地址"
    r"|(?:您|你|(?<![诉给发])我|客户|本人|家里)(?:的|家的|这边的)(?:详细|具体|现在|新|原来)?的?地址|居住地|现住"
    r"|租住|常住|账单地址|(?<!以)上门(?!票)|安装地址|取件地址|投递|配送"
    r"|身份证地址|维修地址|报修地址|装机地址|门牌号|哪个小区|什么小区|几号楼|哪栋|几栋|几单元|几零几|您的?房间号"
    r"|(?:核对|核实|确认|系统|档案|资料|登记的|预留的|留的|填的)[^，。,.?？它店馆园院校站]{0,6}地址|还是这个地址|地址还是"
    r"|您住哪|你住哪|住哪里|搬到|搬家|家里地址|寄件地址|小区名"
)
_PERSONAL_EN = (
    r"my (?:\w+ )?address|(?:i|we|i've|we've) (?:\w+ )?(?:live|lived|living|reside|moved|stay)|(?:home|mailing"
    r"|billing|shipping|delivery|residential|street|physical|current|new|old"
    r"|previous|property|permanent|postal|full|correct|complete) address|(?:ship|send|deliver|mail|delivered"
    r"|shipped|sent|mailed|post) (?:it |that |them |this |me |the \w+ )?to"
    r"|i have you (?:down )?(?:at|on)|address (?:i|we) (?:have|show|see)|(?:still|are you|you're) (?:living )?at"
    r"|your (?:\w+ )?address|address (?:on|in|for) (?:file|your|the account|my|record)|i'm (?:living|located"
    r"|staying)? ?at|where do you live|where you live|house number|service address"
    r"|your (?:\w+ )?(?:zip|post|postal)|my (?:zip|post|postal)|what address|verify (?:the|your) address"
    r"|confirm (?:the|your) address"
)
PERSONAL = re.compile(rf"{_PERSONAL_ZH}|(?<![a-z])(?:{_PERSONAL_EN})(?![a-z])")
CUE = re.compile(
    rf"地址|住址|位置|在哪|(?<![a-z])(?:address|zip|post\s?code|postal code|located|location)(?![a-z])"
    rf"|{PERSONAL.pattern}"
)
_PUBLIC = re.compile(
    r"酒店|饭店|餐馆|餐厅|景点|景区|门店|店铺|店|公园|营业厅|网点|商场|医院|银行|它|他家|她家|这家|那家|他们|你们"
    r"|贵公司|公司地址|车站|地铁|机场|故宫|博物馆|游玩|用餐|周边|附近|分行|支行|门市|商家|学校"
    r"|(?<![a-z])(?:their|its|it's located|they're|they are|restaurant|hotel|museum|store|shop|branch|office|park"
    r"|venue|attraction|cafe|bar|bakery|club|theater|theatre|church|school|hospital|located|location"
    r"|place|nearest|closest|headquarters|airport|station|gallery|center|centre|inn|motel|hostel|guest ?house)(?![a-z])"
)
_AGENT = frozenset(
    [
        "agent",
        "sys",
        "system",
        "s",
        "assistant",
        "bot",
        "operator",
        "rep",
        "representative",
        "advisor",
        "adviser",
        "csr",
        "坐席",
        "座席",
        "客服",
        "话务员",
        "客服人员",
        "工作人员",
        "专员",
        "接线员",
        "服务员",
        "employee",
        "staff",
        "机器人",
    ]
)
_CALLER = frozenset(
    [
        "customer",
        "cust",
        "usr",
        "user",
        "u",
        "caller",
        "client",
        "guest",
        "客户",
        "用户",
        "来电",
        "来电人",
        "顾客",
        "主叫",
        "市民",
        "乘客",
        "患者",
        "买家",
        "consumer",
        "patient",
        "member",
        "会员",
    ]
)


def is_agent(speaker: str) -> bool | None:
    """True for an agent's label, False for a caller's, None when the label tells nothing."""
    label = speaker.strip().lower().rstrip("0123456789_- :")
    if label in _AGENT:
        return True
    return False if label in _CALLER else None


def is_personal(text: str) -> bool:
    """Whether the text speaks of somebody's own address."""
    return PERSONAL.search(text) is not None


def speaks_of_places(text: str, before: str) -> bool:
    """Whether this turn or the one before speaks of shops, hotels, sights."""
    return _PUBLIC.search(text) is not None or _PUBLIC.search(before) is not None


_CONFIRMS = re.compile(
    r"确认|核对|核实|是吧|对吧|对吗|没错吧|还是"
    r"|(?<![a-z])(?:so (?:that's|it's|that is)|is that (?:right|correct)|you said|did i get)(?![a-z])"
)


def confirms_home(text: str) -> bool:
    """Whether a turn asks back an address with a room, or a street with its number, of no public place."""
    detailed = _ROOM.search(text) is not None or english.has_street(text)
    return detailed and _CONFIRMS.search(text) is not None and _PUBLIC.search(text) is None


def places_of(address: str) -> Iterator[str]:
    """The names of streets and estates in a told address that mean it wherever the call repeats them."""
    for match in _NAMED_PLACE.finditer(address):
        lead = max(
            (cut.end() for cut in _LEAD.finditer(match.group()) if len(match.group()) - cut.end() >= 3), default=0
        )
        name = re.split(rf"(?<={_HAN})(?:省|市|区|县)", match.group()[lead:])[-1]
        if len(name) >= 3:
            yield name
    yield from (match.group() for match in english.NAMED_STREET.finditer(address))


def with_details(text: str, end: int) -> int:
    """Where the house, floor and room numbers behind a repeated place end."""
    match = _DETAILS.match(text, end)
    return match.end() if match is not None else end


_NAMED_PLACE = re.compile(
    rf"{_HAN}{{2,8}}?(?:路|大街|街|巷|大道|道|胡同|小区|花园|花苑|家园|嘉园|公寓|苑|新村|山庄|公馆|里|坊|府|湾)"
)
_DETAILS = re.compile(rf"(?:[\s,，、的]{{0,2}}(?:{_DETAIL}))+")


def has_detail(text: str) -> bool:
    """Whether house, floor or room numbers, or a street with a number, stand in the text."""
    return _HAS_DETAIL.search(text) is not None or english.has_street(text)


def is_question(text: str) -> bool:
    return _QUESTION.search(text) is not None


def is_cued(text: str) -> bool:
    """Whether a word for addresses stands in the text and does not speak of a public place."""
    return is_personal(text) or (CUE.search(text) is not None and _PUBLIC.search(text) is None)


_QUESTION = re.compile(
    r"[?？]|吗|多少|哪|什么|呢|报一下|说一下|提供|核对|核实|告诉我|告知|(?<![a-z])(?:what|what's|where|can|could"
    r"|may|please|tell|verify|confirm|and your|have)(?![a-z])"
)


def find_addresses(turn: int, text: str, original: str, *, asked: bool) -> Iterator[Found]:
    """Addresses in one folded turn whose context has been judged personal.

    Args:
        original: the text before folding.
        asked: a cue for an address stands in the turn or was asked before: parts of an address count.
    """
    plain = _LOOKALIKE.sub(lambda match: "，" * len(match.group()), text)
    for match in _ADDRESS_ZH.finditer(plain):
        yield from _chinese(turn, match.start(), plain, match.group(), asked)
    yield from english.find_addresses(turn, text, original, asked=asked)


# What may stand around a town or district that is a whole answer.
_ANSWER_LEAD = re.compile(r"(?:[\s,，。]|嗯|呃|对|好的?|就|是|在|住|写|填|您|你|我|这边|那个|那|寄|送|到)*")
_ANSWER_END = re.compile(r"(?:[\s,，。!！]|的|吧|啊|呀|哈|这边|这里|那边)*")


def _chinese(turn: int, start: int, text: str, address: str, asked: bool) -> Iterator[Found]:
    first = _FIRST_UNIT.match(address)
    leads = [match.end() for match in _LEAD.finditer(first.group())] if first is not None else []
    cut = max((end for end in leads if len(address) - end >= 2), default=0)
    start, address = start + cut, address[cut:]
    has_detail = _HAS_DETAIL.search(address) is not None
    has_place = _HAS_PLACE.search(address) is not None
    trimmed = address.rstrip(" ,，、的")
    if not has_detail and _NOT_ADDRESS.search(trimmed) and len(trimmed) <= 4:
        return
    areas = len(re.findall(_AREA, trimmed))
    end = start + len(trimmed)
    alone = _ANSWER_LEAD.fullmatch(text, 0, start) is not None and _ANSWER_END.fullmatch(text, end) is not None
    levels = has_detail + has_place + areas
    sure = _ROOM.search(trimmed) is not None or (has_detail and has_place)
    if sure or (
        asked and (levels >= 2 or (has_place and len(trimmed) >= 4) or (alone and levels and len(trimmed) >= 3))
    ):
        yield Found(turn, start, end, T.ADDRESS, "address.zh", 0.85 if sure else 0.7)
