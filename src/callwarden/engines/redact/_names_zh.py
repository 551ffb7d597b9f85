"""Chinese names by cue: 我叫, 免贵姓, …先生/女士, answers to 您贵姓, spelled characters (弓长张, 伟大的伟)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._found import Found
from ._lists import after_names_zh, given_zh, not_names_zh, surnames_zh
from ._spans import EntityType as T

_HAN = re.compile(r"[\u3400-\u9fff]")
_STRONG = (
    r"(?:我|本人|他|她|你|您|孩子|儿子|女儿|老公|老婆|丈夫|妻子|爱人|先生|太太|爸爸|妈妈|父亲|母亲|朋友|同事|客户"
    r"|患者|病人|老板|经理|司机|师傅|哥哥|姐姐|弟弟|妹妹)"
    r"(?:的)?(?:名字|姓名|真名|全名)?(?:是)?(?:叫做|叫)(?!您|你|他|她|我|了|一|个|什么|车|外卖|人|客服|不)"
    r"|(?:名字|姓名|全名|真名|大名|户名|署名|抬头|昵称|name)(?:是叫|叫做|叫|是|为|写的是|填的是|[:：])"
    r"|(?:户主|机主|持卡人|收件人|收货人|寄件人|联系人|入住人|投保人|被保险人|被保人|受益人|开户人|车主|乘客"
    r"|乘机人|患者|病人|预订人|预定人|法人|法定代表人"
    r"|负责人|经办人|申请人|借款人|担保人|登记人|客户|业主|租客|房东|紧急联系人|报案人|当事人|驾驶员"
    r"|本人)(?:的)?(?:姓名|名字)?(?:是叫|叫做|叫|是|为|就?写|就?填|[:：])"
    r"|(?:登记|预留|预订|预定|写|填|留|用|开户|注册)的(?:是|名字是|姓名是|名字叫)"
    r"|(?:有个|一个|有位|一位|那位)(?:人|同事|经理|专员|师傅|客服)?(?:名字)?叫(?:做)?|单名一个|全名叫|本名叫|曾用名|英文名(?:叫|是)?|(?:我|你|您)?就是叫"
)
_WEAK = (
    r"(?<![^\W\d_])(?:name is|name's|named|called|under|this is|i'm|i am)\s+(?=[\u3400-\u9fff])"
    r"|(?:错了|不对|不是)[\s,，]*(?:应该|我)?(?:是|叫)+|我是|我这边是|这里是|这边是|这是|您是|你是|请问是|是不是|是(?=[\u3400-\u9fff]{2,3}(?:吗|吧|本人|先生|女士|小姐))"
    r"|找(?:一下)?|转(?:给|接)?(?:一下)?|我就是|本人|姓名|名字|户名|户主|机主|收货人|收件人|联系人|寄件人"
    r"|[我他她](?:的)?(?:学生|女儿|儿子|孩子|老婆|老公|爱人|妻子|丈夫|妈妈|爸爸|父亲|母亲|同事|朋友|妹妹|姐姐|哥哥|弟弟)"
    r"|(?:查询?|看|找|核实|核对|联系|通知|取消|帮)(?:一下|下)?(?=[\u3400-\u9fff]{2,4}的(?:保单|订单|单子|账户|账号|电话|手机"
    r"|名字|信息|资料|快递|包裹|银行卡|会员|记录|预约|挂号|案子|合同|贷款|户头|流水|报告|学籍|档案))"
)
_FAMILY = (
    r"免贵姓|贱姓|敝姓|(?:我|他|她|客户|本人|老板|老师)(?:是)?姓(?!名)|(?<![您贵你])姓(?!名|氏|什么|啥|甚|别)(?:是)?"
)
_CUE = re.compile(rf"(?P<family>{_FAMILY})|(?P<strong>{_STRONG})|(?P<weak>{_WEAK})")
_SKIP = re.compile(r"(?:[\s,，、:：\"“]|嗯|呃|额|啊|那个|就是|是|叫|一个|姓){0,4}")
_TITLES = (
    r"先生|女士|小姐|太太|夫人|老师|师傅|经理|医生|大夫|阿姨|叔叔|大爷|大妈|大哥|大姐|律师|主任|同学|警官|护士"
    r"|教授|老板|院长|科长|处长|局长|队长|店长"
    r"|专员|主管|总监|董事长|女生|同志|博士|工程师"
)
_TITLE = re.compile(
    rf"(?P<name>[\u3400-\u9fff]{{1,4}})\s*(?P<title>{_TITLES})(?!们|的店|牛肉|烤|面馆|饭|菜|家常"
    r"|[^\W\d_去在来要想说的您到订吃点了是有住我你他她问叫给跟和]{1,6}(?:店|房|馆|坊|肉|楼|锅|铺|屋))"
)
_POLITE = frozenset(["先生", "女士", "小姐", "太太", "夫人"])
QUESTION = re.compile(
    r"(?<!免)贵姓|(?:写|填|留|叫|是|找|给)的?谁|谁的名字|全名[?？]?$|户名|怎么称呼|如何称呼|尊姓|大名|(?:您|你|客户|户主|机主|持卡人|收件人|联系人|预订人|本人|投保人"
    r"|患者)的?(?:名字|姓名|全名|尊称)|(?:报|说|提供|告诉|告知|核对|核实)(?:一下)?"
    r"(?:我)?(?:您|你)?的?(?:姓名|名字|全名)|叫什么|姓名是|名字是什么|什么名字|姓什么|姓名呢|名字呢|请问(?:您"
    r"|你)?姓名|请问(?:您)?是哪位|哪一?位[?？]?$|您是哪位"
    r"|姓名[?？]?$|名字[?？]?$|(?:姓名|名字|全名)(?:麻烦)?(?:您|你)?(?:报|说|写|念)一?下|怎么写|哪个字|哪几个字"
)
_ANSWER = re.compile(
    r"(?:[\s,，。、!！?？]|嗯|呃|额|啊|哦|噢|哎|诶|那个|就是|对|好的|好|行|可以|您好|你好|我的名字是|我的名字叫"
    r"|我名字叫|名字是|名字叫|姓名是|我姓|我是叫|我就叫|您?就?写|填|留"
    r"|我叫|我是|是|叫|免贵姓|免贵|姓|单名一个|单名|全名是|全名|我的|我){0,8}"
)
_NEVER_FIRST = frozenset(
    "的了是我你他她它们吗呢吧啊呀嘛哦噢嗯呃额在没跟把被给让就都也还又再很太想要会该请问您这那哪什怎谁几多从对向因所但或不别过着个只位打办查订退换投说叫姓住咱做用买卖拿"
    "收发送寄付充缴充值么吃喝玩走跑坐看听写读"
)
_NEVER_SECOND = _NEVER_FIRST | frozenset(
    "可以和与先有来去到为如应得能比时候上下里前后电手身号证卡钱今昨年月日点分元块两二三四五六七八九十百千万零〇幺一大？"
) - frozenset("可如")
_LATIN = re.compile(r"[a-z]{2,}(?:[ ·.\-]+[a-z]{2,}){0,2}")
_MINORITY = re.compile(r"[\u3400-\u9fff]{1,6}(?:[·•・．.][\u3400-\u9fff]{1,6})+")
_NICK = re.compile(r"[小阿老][\u3400-\u9fff]")


_MOON = re.compile(r"月(?![份初底中末薪租费卡供付销光饼球亮\d零一二三四五六七八九十])")


def name_at(text: str, place: int, *, sure: bool) -> int:
    """Length of the Chinese name that begins at ``place``, 0 if none does.

    Args:
        sure: a strong cue stands before, so that rarer given names are believed.
    """
    single, double = surnames_zh()
    if text[place : place + 2] in double and _HAN.match(text, place + 2):
        family = 2
    elif text[place : place + 1] in single:
        family = 1
    else:
        return 0
    if text[place : place + 2] in not_names_zh() and not (sure and family == 2):
        return 0
    following = after_names_zh()
    first = place + family
    if not _HAN.match(text, first) or text[first] in _NEVER_FIRST or text[first : first + 2] in following:
        return family
    second = first + 1
    if not _HAN.match(text, second) or (text[second] in _NEVER_SECOND and not _MOON.match(text, second)):
        return family + 1
    if text[second : second + 2] in following or text[second : second + 2] in _WORDS_BEHIND:
        return family + 1
    return family + 2


_GIVEN_CUE = re.compile(r"[\s,，、]{0,3}(?:名字叫|名叫|单名一个|单名|全名叫|叫做|叫)\s*")
_SELF = re.compile(
    r"(?:我是|这里是|这边是|我就是|叫我|找)(?:您的)?(?:客服|专员|坐席|顾问|管家|快递员?|司机"
    r"|师傅)?(?P<name>[小老阿][\u3400-\u9fff])(?![\u3400-\u9fff]*[店卖区吃时孩])"
)
_WORDS_BEHIND = frozenset(
    [
        "本人",
        "先生",
        "女士",
        "小姐",
        "太太",
        "老师",
        "师傅",
        "家的",
        "方面",
        "车牌",
        "路过",
        "都是",
        "平时",
        "安排",
        "单独",
        "时间",
    ]
)


def find_names(turn: int, text: str) -> Iterator[Found]:
    """Names that a cue in the same turn announces."""
    for match in _CUE.finditer(text):
        start = _SKIP.match(text, match.end()).end()  # type: ignore[union-attr]
        if match["family"]:
            yield from _family(turn, text, match.end())
        else:
            sure = match["strong"] is not None
            yield from _after_cue(turn, text, start if sure else match.end(), sure)
    for match in _ONLY_SIGN.finditer(text):
        yield Found(turn, *match.span("sign"), T.PERSON, "name.zh.given", 0.85)
    for match in _SELF.finditer(text):
        if match["name"][1] in surnames_zh()[0]:
            yield Found(turn, *match.span("name"), T.PERSON, "name.zh.nick", 0.75)
    for match in _TITLE.finditer(text):
        length = _before_title(match["name"], match["title"])
        if length:
            end = match.end("name")
            yield Found(turn, end - length, end, T.PERSON, "name.zh.title", 0.9)


_LONE_SIGN = re.compile(r"[\u3400-\u9fff](?![\u3400-\u9fff])")


def _family(turn: int, text: str, start: int) -> Iterator[Found]:
    start = _SKIP.match(text, start).end()  # type: ignore[union-attr]
    single, double = surnames_zh()
    length = 2 if text[start : start + 2] in double else 1 if text[start : start + 1] in single else 0
    if not length and _LONE_SIGN.match(text, start):
        length = 1  # a rare family name
    if not length or text[start : start + 2] in not_names_zh():
        return
    whole = name_at(text, start, sure=True)
    tail = text[start + whole : start + whole + 1]
    if whole > length and tail and _HAN.match(tail):
        whole = length  # "我姓张想查一下": only what surely ends is a given name
    yield Found(turn, start, start + max(whole, length), T.PERSON, "name.zh.family", 0.85)
    given = _GIVEN_CUE.match(text, start + max(whole, length))
    if given is not None:
        told = name_at(text, given.end(), sure=True) or _given_length(text, given.end())
        if told:
            yield Found(turn, given.end(), given.end() + told, T.PERSON, "name.zh.given", 0.85)


_ONLY_SIGN = re.compile(r"单名(?:一个|叫|是)?\s*(?P<sign>[\u3400-\u9fff])(?=字|[,，。\s]|$)")


def _given_length(text: str, start: int) -> int:
    """Length of a given name told without its family name."""
    length = 0
    while length < 2 and _HAN.match(text, start + length) and text[start + length] not in _NEVER_SECOND:
        if text[start + length : start + length + 2] in after_names_zh():
            break
        length += 1
    return length


def _after_cue(turn: int, text: str, start: int, sure: bool) -> Iterator[Found]:
    length = name_at(text, start, sure=sure)
    single_sign = length == 1
    if not sure and (length < 2 or not (_stands_alone(text, start + length) or _is_usual(text, start, length))):
        length = 0
    if length and not (single_sign and not sure):
        yield Found(turn, start, start + length, T.PERSON, "name.zh.cue", 0.9 if sure else 0.75)
        return
    other = _MINORITY.match(text, start) or (_LATIN.match(text, start) if sure else None)
    if other is None and sure:
        other = _NICK.match(text, start)
    if other is not None:
        yield Found(turn, start, other.end(), T.PERSON, "name.zh.cue", 0.8)


# Signs that begin what a caller says behind the name: a verb of asking, a time.
_BEHIND_NAME = frozenset("的我吗吧啊呢想要来在打家住有是就，问查办退取投报咨申换买订约预开交充昨今上早刚前")


def _stands_alone(text: str, end: int) -> bool:
    """Whether what follows a name after a weak cue ends it: nothing, punctuation, a word that follows names."""
    rest = text[end : end + 2]
    return not rest or not _HAN.match(rest) or rest in after_names_zh() or rest[0] in _BEHIND_NAME


def _is_usual(text: str, start: int, length: int) -> bool:
    """Whether a family name and two signs usual in given names stand there: 我是高建军问一下."""
    return length == 3 and text[start + 1] in given_zh() and text[start + 2] in given_zh()


def _before_title(name: str, title: str) -> int:
    polite = title in _POLITE
    single, double = surnames_zh()
    if len(name) >= 3 and name[-1] in single:  # 王建国王先生
        first = name.find(name[-1])
        if first < len(name) - 2:
            return len(name) - first
    for length in (4, 3, 2, 1):
        part = name[-length:]
        if len(part) < length:
            continue
        family = 2 if part[:2] in double and length >= 2 else 1 if part[0] in single else 0
        given = part[family:]
        if not family or len(given) > 2 or (length == 4 and family == 1):
            continue
        if title == "夫人" and given:
            continue
        if any(sign in _NEVER_FIRST for sign in given) or part[:2] in not_names_zh():
            continue
        if given and not polite and family == 1 and len(given) > 1 and given[-1] in single:
            continue
        if length == 1 and name[-2:] in ("对于", "关于", "由于", "至于", "等于", "任何", "如何"):
            return 0
        return length
    return 0


_CONFIRMED = re.compile(
    r"(?:好的|好|嗯|那|您|是|就是|也就是|[\s,，])*(?P<name>[\u3400-\u9fff]{2,4})[\s,，]*(?:对吧|对吗|是吧|是吗|没错吧|对不对|是不是)"
)


def find_confirmed(turn: int, text: str) -> Iterator[Found]:
    """A name that the other side says again to be sure of it: 任小东对吧."""
    match = _CONFIRMED.match(text)
    if match is None or name_at(text, match.start("name"), sure=False) != len(match["name"]):
        return
    if len(match["name"]) == 2 or _is_usual(text, match.start("name"), 3):
        yield Found(turn, *match.span("name"), T.PERSON, "name.zh.confirmed", 0.75)


def find_answer(turn: int, text: str) -> Iterator[Found]:
    """The answer to a question for a name."""
    start = _ANSWER.match(text).end()  # type: ignore[union-attr]
    rest = text[start:]
    han = sum(1 for sign in rest if _HAN.match(sign))
    length = name_at(text, start, sure=True)
    if length and (length > 1 or not _HAN.match(text, start + 1) or han <= 2):
        yield Found(turn, start, start + length, T.PERSON, "name.zh.answer", 0.9)
        return
    for pattern in (_MINORITY, _NICK):
        match = pattern.match(text, start)
        if match is not None:
            yield Found(turn, *match.span(), T.PERSON, "name.zh.answer", 0.8)
            return
    if length:
        yield Found(turn, start, start + length, T.PERSON, "name.zh.answer", 0.7)
    elif 2 <= han <= 4 and len(rest.strip("。.,，!！?？ ")) == han and not any(sign in _NEVER_FIRST for sign in rest):
        yield Found(turn, start, start + len(rest.rstrip("。.,，!！?？ ")), T.PERSON, "name.zh.answer", 0.6)
