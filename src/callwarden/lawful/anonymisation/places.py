"""Regions out of an address. A closed list: what is not on it is "other", so no free text ever becomes a value.

Mainland addresses begin with province or city, as GB/T 2260 names them; postcodes are told by their form (GB/T 2659 is
about countries and not used here; UK: BS 7666 outward code).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FILE: Final = Path(__file__).with_name("places.yaml")
UNKNOWN: Final = "unknown"
OTHER: Final = "other"
SEPARATOR: Final = "·"
_TYPES: Final = r"(?:市|地区|自治州|州|盟)"
_PROVINCE_TYPES: Final = r"(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?"
# Mainland postcodes: six digits that stand alone; the first two say the province, four the post office.
_POSTCODE_CN: Final = re.compile(r"(?<!\d)([0-8]\d{5})(?!\d)")
_POSTCODE_UK: Final = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)\s?\d[A-Z]{2}\s*$")


@cache
def _lists() -> tuple[Mapping[str, str], Mapping[str, frozenset[str]]]:
    """(province -> part of the country, province -> its cities)."""
    data: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    parts = {province: part for part, provinces in data.items() for province in provinces}
    cities = {province: frozenset(str(names or "").split()) for one in data.values() for province, names in one.items()}
    return parts, cities


@cache
def _patterns() -> tuple[re.Pattern[str], Mapping[str, re.Pattern[str]], re.Pattern[str], Mapping[str, str]]:
    parts, cities = _lists()
    by_length = sorted(parts, key=len, reverse=True)
    province = re.compile(rf"(?:中国)?({'|'.join(by_length)}){_PROVINCE_TYPES}")
    within = {
        one: re.compile(rf"({'|'.join(sorted(names, key=len, reverse=True))})")
        for one, names in cities.items()
        if names
    }
    of_city = {city: one for one, names in cities.items() for city in names}
    alone = re.compile(rf"(?:中国)?({'|'.join(sorted(of_city, key=len, reverse=True))}){_TYPES}")
    return province, within, alone, of_city


def region(address: str) -> str:
    """Province and city of an address: "浙江·杭州", "上海" for a municipality, "浙江·other" for a city not listed,
    "other" where no listed province begins it, "unknown" without an address.
    """
    text = re.sub(r"\s+", "", address)
    if not text:
        return UNKNOWN
    province, within, alone, of_city = _patterns()
    # A city that is named like a province (吉林市) is told by its type.
    if (city := alone.match(text)) and (city[1] not in _lists()[0] or text[city.end(1)] != "省"):
        return f"{of_city[city[1]]}{SEPARATOR}{city[1]}"
    if not (found := province.match(text)):
        return OTHER
    if found[1] not in within:
        return found[1]
    city = within[found[1]].match(text, found.end())
    return f"{found[1]}{SEPARATOR}{city[1] if city else OTHER}"


def province_of(region_label: str) -> str:
    return region_label.partition(SEPARATOR)[0]


def part_of(province: str) -> str:
    """Part of the country of a province; what is no province stays what it is."""
    return _lists()[0].get(province, province)


def postcode(address: str) -> str:
    """Begin of the postcode in an address: four digits of a mainland one, the outward half of a British one."""
    if not address.strip():
        return UNKNOWN
    if found := _POSTCODE_CN.search(address):
        return found[1][:4] + "**"
    if found := _POSTCODE_UK.search(address.upper()):
        return found[1]
    return OTHER


def postcode_area(label: str) -> str:
    """A shorter beginning: two digits, or the letters."""
    if label in (UNKNOWN, OTHER):
        return label
    if label.endswith("**"):
        return label[:2] + "****"
    return re.match(r"[A-Z]+", label)[0]  # type: ignore[index]
