"""Check digits of public numbering schemes. They choose a label; no failed check ever releases a digit.

Every function takes an already compact value (digits and capital letters only) and answers whether it could be real.
"""

from __future__ import annotations

import re

_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_RIC_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RIC_CHECK = "10X98765432"
# First two digits of GB/T 2260: provinces, municipalities, autonomous and special administrative regions.
_PROVINCES = frozenset(
    [11, 12, 13, 14, 15, 21, 22, 23, *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83]
)
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_TW_LETTERS = {letter: 10 + place for place, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO")}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_VERHOEFF_MULTIPLY = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_PERMUTE = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        total += _LUHN_DOUBLED[int(sign)] if place % 2 else int(sign)
    return len(digits) > 1 and total % 10 == 0


_IIN = re.compile(
    r"4\d{12}(?:\d{3}){0,2}$"  # 13, 16 or 19 places
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}$"
    r"|3[47]\d{13}$"
    r"|(?:62|81)\d{14,17}$"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}$"
    r"|(?:30[0-5]|309|36\d|38\d|39\d)\d{11,16}$"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}$"
    r"|(?:5[06789]|6[37])\d{11,17}$"
    r"|(?:9792|220[0-4]|60\d\d|65\d\d|508\d|35\d\d)\d{12,15}$"
)


def card(digits: str) -> bool:
    """A payment card: an issuer range of ISO/IEC 7812 (UnionPay 62 and 81 included) and Luhn."""
    return _IIN.match(digits) is not None and luhn(digits)


def looks_like_card(digits: str) -> bool:
    """An issuer range and its length, whatever the check digit says: misheard cards are cards."""
    return _IIN.match(digits) is not None


def _date(year: int, month: int, day: int) -> bool:
    return 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]


def resident_id(value: str) -> bool:
    """Chinese resident identity number: 18 places (GB 11643-1999, ISO 7064 MOD 11-2) or the old 15."""
    if len(value) == 15 and value.isdigit():
        return int(value[:2]) in _PROVINCES and _date(1900 + int(value[6:8]), int(value[8:10]), int(value[10:12]))
    if len(value) != 18 or not value[:17].isdigit() or not (value[17].isdigit() or value[17] == "X"):
        return False
    total = sum(weight * int(sign) for weight, sign in zip(_RIC_WEIGHTS, value[:17], strict=True))
    return looks_like_resident_id(value) and _RIC_CHECK[total % 11] == value[17]


def looks_like_resident_id(value: str) -> bool:
    """Eighteen places with a province and a birth date inside, whatever the check sign says."""
    return (
        len(value) == 18
        and value[:17].isdigit()
        and int(value[:2]) in _PROVINCES
        and _date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    )


def social_credit_code(value: str) -> bool:
    """Unified social credit code, GB 32100-2015, MOD 31."""
    if len(value) != 18 or any(sign not in _USCC_SIGNS for sign in value) or not value[2:8].isdigit():
        return False
    total = sum(weight * _USCC_SIGNS.index(sign) for weight, sign in zip(_USCC_WEIGHTS, value[:17], strict=True))
    return _USCC_SIGNS[(31 - total % 31) % 31] == value[17]


def hong_kong_id(value: str) -> bool:
    """Hong Kong identity card, one or two letters, six digits, check sign by MOD 11."""
    match = re.fullmatch(r"([A-Z]{1,2})(\d{6})([\dA])", value)
    if match is None:
        return False
    letters, digits, check = match.groups()
    signs = (
        ([36] if len(letters) == 1 else []) + [ord(letter) - 55 for letter in letters] + [int(sign) for sign in digits]
    )
    total = sum(sign * weight for sign, weight in zip(signs, range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def taiwan_id(value: str) -> bool:
    """Taiwan identity card and new resident certificate: letter, [1289], eight digits, weighted MOD 10."""
    if re.fullmatch(r"[A-Z][1289]\d{8}", value) is None:
        return False
    letter = _TW_LETTERS[value[0]]
    signs = [letter // 10, letter % 10, *(int(sign) for sign in value[1:])]
    return sum(sign * weight for sign, weight in zip(signs, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def iban(value: str) -> bool:
    """ISO 13616-1, check digits by ISO 7064 MOD 97-10."""
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", value) is None:
        return False
    moved = value[4:] + value[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def nhs_number(digits: str) -> bool:
    """UK NHS number, ten digits, MOD 11."""
    if len(digits) != 10 or not digits.isdigit():
        return False
    check = 11 - sum(int(sign) * weight for sign, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return check != 10 and check % 11 == int(digits[9])


def social_insurance_number(digits: str) -> bool:
    """Canadian SIN, nine digits, Luhn; 0 and 8 are not issued to persons."""
    return len(digits) == 9 and digits[0] not in "08" and luhn(digits)


def aadhaar(digits: str) -> bool:
    """Indian Aadhaar, twelve digits, Verhoeff; the first digit is 2 to 9."""
    if len(digits) != 12 or not digits.isdigit() or digits[0] in "01":
        return False
    check = 0
    for place, sign in enumerate(reversed(digits)):
        check = int(_VERHOEFF_MULTIPLY[check][int(_VERHOEFF_PERMUTE[place % 8][int(sign)])])
    return check == 0


def social_security_number(digits: str) -> bool:
    """US SSN by the ranges of the Social Security Administration (no area 000, 666, 9xx; no zero group or serial)."""
    return (
        len(digits) == 9
        and digits[:3] not in ("000", "666")
        and digits[0] != "9"
        and digits[3:5] != "00"
        and digits[5:] != "0000"
    )


def vehicle_number(value: str) -> bool:
    """VIN, ISO 3779 shape with the North American and Chinese check digit (49 CFR 565, GB 16735)."""
    if re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", value) is None:
        return False
    rest = sum(_VIN_VALUES[sign] * weight for sign, weight in zip(value, _VIN_WEIGHTS, strict=True)) % 11
    return value[8] == ("X" if rest == 10 else str(rest))


def looks_like_date(digits: str) -> bool:
    """Eight digits that are a calendar date written year, month, day."""
    return len(digits) == 8 and _date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
