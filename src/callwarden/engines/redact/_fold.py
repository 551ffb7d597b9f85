"""Folding for search: one character in, one character out, so that every offset stays an offset of the original."""

from __future__ import annotations

import unicodedata

# Common punctuation stays as it is, or every Chinese sentence would have to be translated.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "！？（），；＂＇"}
# Every other white space is a space: the engines of the gate do not agree on what white space is.
_SPACES = {code: 0x20 for code in range(0x3001) if chr(code).isspace() and chr(code) not in " \t\n\r\f"}
_CIRCLED = {0x2460 + n: 0x31 + n for n in range(9)} | {0x24EA: 0x30}
_SUPERSCRIPT = {0x2070: 0x30, 0x00B9: 0x31, 0x00B2: 0x32, 0x00B3: 0x33} | {0x2070 + n: 0x30 + n for n in range(4, 10)}
_SUBSCRIPT = {0x2080 + n: 0x30 + n for n in range(10)}
# Decimal digits of every other script: Arabic-Indic, Devanagari, mathematical alphabets ...
_DECIMALS = {
    code: 0x30 + unicodedata.digit(chr(code))
    for code in range(0x80, 0x1FC00)
    if unicodedata.category(chr(code)) == "Nd"
}
_QUOTES = str.maketrans("’‘`´", "''''")

# Traditional characters that occur in cues, surnames, titles and address words of this engine.
_TRADITIONAL = (
    "電电話话號号碼码證证銀银賬账帳账戶户聯联繫系機机郵邮編编區区縣县鎮镇鄉乡門门樓楼單单層层層层棟栋間间號号"
    "車车駕驾護护國国際际環环灣湾東东馬马陳陈張张劉刘黃黄楊杨趙赵吳吴孫孙鄭郑羅罗馮冯許许鄧邓蕭萧葉叶蔡蔡譚谭"
    "龍龙萬万億亿貳贰參叁陸陆壹壹個个兩两數数點点幾几錢钱塊块圓圆費费價价時时鐘钟齡龄歲岁誕诞請请問问貴贵稱称"
    "讓让說说講讲對对錯错應应該该開开關关驗验動动態态訊讯簡简訂订單单員员會会賓宾飯饭館馆顧顾經经理理師师學学"
    "習习賴赖盧卢鍾钟陶陶蘇苏呂吕賈贾閻阎鄒邹陸陆嚴严歐欧陽阳韓韩湯汤義义興兴麗丽偉伟強强軍军傑杰華华榮荣"
    "雲云鳳凤蘭兰潔洁靜静穎颖艷艳輝辉鵬鹏濤涛勝胜寧宁慶庆豐丰園园廣广場场廈厦衛卫蘇苏遼辽爾尔龍龙"
    "寶宝淨净鋒锋聲声樂乐紅红緯纬統统業业務务設设備备記记錄录發发報报實实際际"
)
_SIMPLIFIED = {
    ord(_TRADITIONAL[place]): ord(_TRADITIONAL[place + 1])
    for place in range(0, len(_TRADITIONAL), 2)
    if _TRADITIONAL[place] != _TRADITIONAL[place + 1]
}
_TABLE: dict[int, int] = {
    **_DECIMALS,
    **_SPACES,
    **_FULL_WIDTH,
    **_CIRCLED,
    **_SUPERSCRIPT,
    **_SUBSCRIPT,
    **_QUOTES,
    **_SIMPLIFIED,
}
_IN_TABLE = frozenset(map(chr, _TABLE))


def _lower(character: str) -> str:
    low = character.lower()
    return low if len(low) == 1 else character


def fold(text: str) -> str:
    """Lower case, half width, simplified cue characters; exactly as long as ``text``."""
    low = text.lower()
    if len(low) != len(text):  # a few capitals, such as dotted I, have a lower case of two characters
        low = "".join(map(_lower, text))
    return low if _IN_TABLE.isdisjoint(low) else low.translate(_TABLE)
