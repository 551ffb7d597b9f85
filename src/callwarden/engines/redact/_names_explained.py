"""Chinese names explained sign by sign: 弓长张, 木子李, 三点水的江, 伟大的伟, 周杰伦的周.

Many signs share a sound, so callers tell a sign by its parts (拆字), by its radical, or by a word or a known name it
stands in (组词). The word always holds the sign that it explains; that and a name told or asked for nearby is what
tells an explanation from any other 的.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ._found import Found
from ._spans import EntityType as T

# How family names are told by their parts: what people say, not what dictionaries of characters list.
_PARTS = {
    "张": "弓长", "章": "立早", "李": "木子", "陈": "耳东", "胡": "古月", "吴": "口天", "许": "言午", "杨": "木易",
    "林": "双木|两个木|二木", "吕": "双口|两个口", "赵": "走肖|走叉", "黄": "草头|大肚|大肚子", "王": "三横一竖|三横",
    "徐": "双人余|双人|双立人", "何": "人可", "谢": "言身寸|言射", "郑": "关耳", "江": "三点水工|水工",
    "罗": "四夕|四维", "程": "禾呈|禾口王", "季": "禾子", "孙": "子小", "刘": "文刀|卯金刀", "董": "千里草|草重",
    "于": "干勾", "余": "人禾|人未", "邓": "又耳", "朱": "撇未|牛八", "岳": "丘山", "秦": "三人禾", "苏": "草办",
    "雷": "雨田", "邱": "丘耳", "冯": "两点马|二马", "裴": "非衣", "阮": "耳元", "葛": "草曷", "裘": "求衣",
    "崔": "山佳", "龚": "龙共", "姜": "美女|羊女", "钟": "金中", "钱": "金戈", "潘": "三点水番|水番", "倪": "人儿",
    "伍": "人五", "任": "人壬", "汪": "三点水王|水王", "魏": "委鬼", "贺": "加贝", "贾": "西贝", "武": "止戈",
    "宋": "宝盖木|宝木", "宁": "宝盖丁", "童": "立里", "范": "草字头范", "叶": "口十", "邵": "召耳", "郭": "享耳",
    "郝": "赤耳", "闫": "门三", "闵": "门文", "柳": "木卯", "柯": "木可", "楼": "木娄", "梅": "木每", "杜": "木土",
    "鲁": "鱼日", "岑": "山今", "安": "宝盖女", "吉": "士口", "古": "十口", "伊": "人尹", "尹": "伊去人",
    "仇": "人九", "石": "石头", "彭": "士口三撇", "夏": "百友", "谭": "言西早|西早", "曹": "曲日",
}  # fmt: skip
_BY_PARTS = re.compile(
    "|".join(rf"(?:{parts})的?(?:那个)?{sign}" for sign, parts in sorted(_PARTS.items(), key=lambda item: item[0]))
)
_RADICAL = (
    r"[\u4e00-\u9fff]字(?:旁|头|底|边)|单人旁?|双人旁|双立人|提手旁?|竖心旁?|绞丝旁?|宝盖头?|草头|三点水|两点水|四点底"
    r"|走之(?:底|旁)?|[左右双]耳(?:旁|朵)|反犬旁?"
)
_BY_RADICAL = re.compile(
    rf"(?:{_RADICAL})(?:的|加上?一?个?|一个|右边一?个?|下面一?个?|再加一?个?)*(?:那个)?(?P<sign>[\u3400-\u9fff])"
)
_BY_WORD = re.compile(r"(?<=[\u3400-\u9fff])的(?:那个)?(?P<sign>[\u3400-\u9fff])")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LONGEST_WORD = 4
_NEVER = frozenset("的是了我你他她它们这那有好对不没吗呢吧啊嗯呃就都也很会要能可一个么什")
_BEFORE_WORD = frozenset("是叫姓的字吧啊嗯呃对就")
# What may stand between two explanations, and behind the last one.
_JOINT = re.compile(
    r"(?:[\s,，、。;；]|然后|接着|再来|那个|这个|就是|是|嗯|呃|啊|吧|哈|嘛|的|第[一二三两]个字?|字|和|跟|还有|再|名|叫|姓|后面|最后){0,6}"
)
_ENDS = re.compile(r"[字吧啊嘛哈呀对呢嗯呃，。,.、！!？?；;\s]|然后|就是|是的|没错|那个|这个|$")


@dataclass
class _Explained:
    start: int
    end: int
    sign: str
    by_word: bool


def find_explained(turn: int, text: str, *, asked: bool, signs: Collection[str]) -> Iterator[Found]:
    """The explanations in one folded turn.

    Args:
        asked: a name was asked for, or how it is written.
        signs: the characters of names told in the call so far, those of this turn too.
    """
    told = sorted(_candidates(text), key=lambda item: (item.start, -item.end))
    rows: list[list[_Explained]] = []
    for item in told:
        if rows and item.start < rows[-1][-1].end:
            continue
        if rows and _JOINT.fullmatch(text, rows[-1][-1].end, item.start) is not None:
            rows[-1].append(item)
        elif rows and item.start - rows[-1][-1].end <= 2 and item.by_word:
            item.start = rows[-1][-1].end  # the beginning of a longer word: 李小龙的龙
            rows[-1].append(item)
        else:
            rows.append([item])
    for row in rows:
        for item in row:
            ends = not item.by_word or _ENDS.match(text, item.end) is not None
            by_parts = not item.by_word and bool(signs)
            if item.sign in signs or by_parts or (len(row) > 1 and (asked or signs)) or (asked and ends):
                yield Found(turn, item.start, item.end, T.PERSON, "name.zh.spelled", 0.8)


def _candidates(text: str) -> Iterator[_Explained]:
    for match in _BY_PARTS.finditer(text):
        yield _Explained(match.start(), match.end(), match.group()[-1], False)
    for match in _BY_RADICAL.finditer(text):
        yield _Explained(match.start(), match.end(), match["sign"], False)
    for match in _BY_WORD.finditer(text):
        sign = match["sign"]
        if sign in _NEVER:
            continue
        place = text.rfind(sign, max(0, match.start() - _LONGEST_WORD), match.start())
        if place < 0 or any(_HAN.match(text, here) is None for here in range(place, match.start())):
            continue
        if place == match.start() - 1:
            place -= 1
            if place < 0 or _HAN.match(text, place) is None or text[place] in _BEFORE_WORD:
                continue
        yield _Explained(place, match.end(), sign, True)
