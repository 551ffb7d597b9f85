"""Values of made-up people: drawn from ranges, never from anybody's record."""

from __future__ import annotations

import random
from functools import cache
from importlib import resources

import yaml


@cache
def _made_up() -> dict[str, list[str]]:
    source = resources.files("callwarden.engines.redact").joinpath("data", "made_up.yaml").read_text("utf-8")
    loaded: dict[str, list[str]] = yaml.safe_load(source)
    return loaded


def _one(chance: random.Random, kind: str) -> str:
    return chance.choice(_made_up()[kind])


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
    family = _one(chance, "zh_double") if chance.random() < 0.05 else _one(chance, "zh_family")
    return family + _one(chance, "zh_given")


def zh_family(chance: random.Random) -> str:
    return _one(chance, "zh_family")


def en_first(chance: random.Random) -> str:
    return _one(chance, "en_first")


def en_name(chance: random.Random) -> str:
    return f"{_one(chance, 'en_first')} {_one(chance, 'en_last')}"


def en_last(chance: random.Random) -> str:
    return _one(chance, "en_last")


def zh_place(chance: random.Random) -> tuple[str, str, int, int, str]:
    """Town and district, street or estate, house, unit, room."""
    town = _one(chance, "zh_cities") + _one(chance, "zh_districts")
    where = _one(chance, chance.choice(["zh_streets", "zh_estates"]))
    return town, where, chance.randint(2, 99), chance.randint(1, 6), f"{chance.randint(1, 28)}0{chance.randint(1, 4)}"


def en_place(chance: random.Random) -> tuple[str, str, str, str, str]:
    """House, street, town, state, post code."""
    return (
        str(chance.randint(11, 9899)),
        _one(chance, "en_streets"),
        _one(chance, "en_towns"),
        _one(chance, "en_states"),
        digits(chance, 5),
    )


def plate(chance: random.Random) -> str:
    return chance.choice("京沪粤浙苏川鄂") + chance.choice("ABCDEFG") + digits(chance, 5)
