"""Values of made-up people: drawn from ranges, never from anybody's record."""

from __future__ import annotations

import random

_ZH_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
_ZH_DOUBLE = ("欧阳", "司马", "上官", "诸葛", "东方", "慕容", "夏侯", "令狐")
_ZH_GIVEN = (
    "建国", "淑芬", "雅婷", "浩然", "子轩", "梓涵", "志强", "丽华", "秀英", "桂兰", "玉梅", "晓东", "海燕", "文博", "思远", "佳怡",
    "雨桐", "俊杰", "国庆", "春花", "明辉", "静", "磊", "敏", "强", "艳", "勇", "娜", "涛", "芳", "婷婷", "宇航", "欣悦", "立新",
    "振华", "凤霞", "少华", "晨曦", "博文", "巧云", "德明", "永刚", "美玲", "倩", "鹏飞", "素珍", "红梅", "嘉豪", "诗琪", "瑞",
)  # fmt: skip
_EN_FIRST = (
    "emily", "carlos", "priya", "dmitri", "fatima", "kevin", "sandra", "hiroshi", "olivia", "marcus", "chloe", "tyrone", "ingrid",
    "mohammed", "siobhan", "natalie", "gregory", "anita", "walter", "beatriz", "leroy", "yuki", "hannah", "darnell", "phoebe",
    "stanley", "monica", "rajesh", "tabitha", "callum", "nadia", "eugene", "lucia", "trevor", "marisol", "desmond", "ramona",
)  # fmt: skip
_EN_LAST = (
    "okafor", "kowalczyk", "hernandez", "whitfield", "nakamura", "o'connell", "petrov", "thibodeaux", "mckinley", "abernathy",
    "svensson", "rasmussen", "delacroix", "goldstein", "papadopoulos", "winslow", "bhattacharya", "ferreira", "johansson", "baptiste",
    "callahan", "drummond", "eastwood", "fitzgerald", "grimaldi", "hollis", "ivanov", "jankowski", "kensington", "lombardi", "montoya",
)  # fmt: skip
_ZH_CITIES = ("杭州市", "成都市", "武汉市", "南京市", "西安市", "青岛市", "长沙市", "合肥市", "厦门市", "沈阳市")
_ZH_DISTRICTS = ("西湖区", "锦江区", "洪山区", "鼓楼区", "雁塔区", "市南区", "岳麓区", "包河区", "思明区", "和平区")
_ZH_STREETS = (
    "文三路",
    "春熙路",
    "珞喻路",
    "中山北路",
    "科技二路",
    "香港中路",
    "麓山南路",
    "徽州大道",
    "湖滨南路",
    "青年大街",
)
_ZH_ESTATES = ("翠苑小区", "锦绣花园", "阳光家园", "金色港湾小区", "紫薇花园", "碧桂园小区", "御景湾小区")
_EN_STREETS = (
    "maple street", "lincoln avenue", "sunset boulevard", "old mill road", "cherry lane", "riverside drive", "oakwood court",
    "harbor view terrace", "county line road", "washington street", "pinecrest drive", "meadowlark lane", "elm avenue",
)  # fmt: skip
_EN_TOWNS = (
    "springfield",
    "portland",
    "boulder",
    "tallahassee",
    "dayton",
    "fresno",
    "savannah",
    "boise",
    "tucson",
    "albany",
)
_EN_STATES = (
    "illinois",
    "oregon",
    "colorado",
    "florida",
    "ohio",
    "california",
    "georgia",
    "idaho",
    "arizona",
    "new york",
)


def digits(chance: random.Random, size: int) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(size))


def luhn(body: str) -> str:
    """The number with its check digit (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, sign in enumerate(reversed(body)):
        value = int(sign) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def card(chance: random.Random) -> str:
    prefix, size = chance.choice([("62", 16), ("62", 19), ("4", 16), ("52", 16), ("37", 15), ("60", 16)])
    return luhn(prefix + digits(chance, size - 1 - len(prefix)))


def zh_mobile(chance: random.Random) -> str:
    return "1" + chance.choice("356789") + digits(chance, 9)


def zh_landline(chance: random.Random) -> str:
    return chance.choice(["010", "021", "0571", "028", "0755"]) + chance.choice("2345678") + digits(chance, 7)


def us_phone(chance: random.Random) -> str:
    return chance.choice("23456789") + digits(chance, 2) + chance.choice("23456789") + digits(chance, 6)


def resident_id(chance: random.Random) -> str:
    """A Chinese resident id with its check sign (GB 11643, ISO 7064 MOD 11-2)."""
    area = chance.choice(["110105", "330106", "510104", "420111", "320102"])
    born = f"{chance.randint(1950, 2005)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    body = area + born + digits(chance, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(sign) * weight for sign, weight in zip(body, weights, strict=True)) % 11]


def ssn(chance: random.Random) -> str:
    return f"{chance.randint(100, 665)}{chance.randint(10, 99)}{chance.randint(1000, 9999)}"


def iban(chance: random.Random) -> str:
    """A German IBAN (ISO 13616, MOD 97-10)."""
    account = digits(chance, 18)
    return f"DE{98 - int(account + '131400') % 97:02}{account}"


def zh_name(chance: random.Random) -> str:
    family = chance.choice(_ZH_DOUBLE) if chance.random() < 0.05 else chance.choice(_ZH_FAMILY)
    return family + chance.choice(_ZH_GIVEN)


def zh_family(chance: random.Random) -> str:
    return chance.choice(_ZH_FAMILY)


def en_first(chance: random.Random) -> str:
    return chance.choice(_EN_FIRST)


def en_name(chance: random.Random) -> str:
    return f"{chance.choice(_EN_FIRST)} {chance.choice(_EN_LAST)}"


def en_last(chance: random.Random) -> str:
    return chance.choice(_EN_LAST)


def zh_place(chance: random.Random) -> tuple[str, str, int, int, str]:
    """Town and district, street or estate, house, unit, room."""
    town = chance.choice(_ZH_CITIES) + chance.choice(_ZH_DISTRICTS)
    where = chance.choice(_ZH_STREETS + _ZH_ESTATES)
    return town, where, chance.randint(2, 99), chance.randint(1, 6), f"{chance.randint(1, 28)}0{chance.randint(1, 4)}"


def en_place(chance: random.Random) -> tuple[str, str, str, str, str]:
    """House, street, town, state, post code."""
    return (
        str(chance.randint(11, 9899)),
        chance.choice(_EN_STREETS),
        chance.choice(_EN_TOWNS),
        chance.choice(_EN_STATES),
        digits(chance, 5),
    )


def plate(chance: random.Random) -> str:
    return chance.choice("京沪粤浙苏川鄂") + chance.choice("ABCDEFG") + digits(chance, 5)
