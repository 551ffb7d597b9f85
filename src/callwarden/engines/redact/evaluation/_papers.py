"""Numbers of papers and accounts of made-up people, with check signs where the scheme has them."""

from __future__ import annotations

import random
import string

from ._people import digits, luhn

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_VIN = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)], strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_TW = {letter: 10 + place for place, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO")}


def letters(chance: random.Random, size: int, among: str = string.ascii_uppercase) -> str:
    return "".join(chance.choice(among) for _ in range(size))


def hong_kong_id(chance: random.Random) -> str:
    """One letter, six digits and a check sign by MOD 11, without brackets."""
    letter, body = chance.choice("ABCDEGKMPRSVYZ"), digits(chance, 6)
    signs = [36, ord(letter) - 55, *map(int, body)]
    check = -sum(sign * weight for sign, weight in zip(signs, range(9, 1, -1), strict=True)) % 11
    return f"{letter}{body}{'A' if check == 10 else check}"


def taiwan_id(chance: random.Random) -> str:
    """Letter, 1 or 2, seven digits and a check digit by weighted MOD 10."""
    letter = chance.choice("ABCDEFGHJKLMNPQRSTUVXYWZ")
    body = chance.choice("12") + digits(chance, 7)
    signs = [_TW[letter] // 10, _TW[letter] % 10, *map(int, body)]
    total = sum(sign * weight for sign, weight in zip(signs, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1), strict=True))
    return f"{letter}{body}{-total % 10}"


def credit_code(chance: random.Random) -> str:
    """Unified social credit code (GB 32100, MOD 31)."""
    body = "91" + chance.choice(["110105", "310115", "440300", "330106"]) + letters(chance, 9, _USCC)
    total = sum(weight * _USCC.index(sign) for weight, sign in zip(_USCC_WEIGHTS, body, strict=True))
    return body + _USCC[-total % 31]


def vehicle_number(chance: random.Random) -> str:
    """VIN with its check sign in the ninth place (ISO 3779, GB 16735)."""
    signs = list(letters(chance, 11, _VIN) + digits(chance, 6))
    rest = sum(_VIN_VALUES[sign] * weight for sign, weight in zip(signs, _VIN_WEIGHTS, strict=True)) % 11
    signs[8] = "X" if rest == 10 else str(rest)
    return "".join(signs)


def passport_cn(chance: random.Random) -> str:
    return chance.choice(["E", "G", "EA", "EJ"])[: chance.choice([1, 2])] + digits(chance, 8)


def travel_permit(chance: random.Random) -> str:
    return chance.choice("HMC") + digits(chance, 8)


def health_number(chance: random.Random) -> str:
    """NHS number of ten digits, MOD 11; drawn again where no check digit exists."""
    while True:
        body = chance.choice("4679") + digits(chance, 8)
        check = 11 - sum(int(sign) * weight for sign, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return body + str(check % 11)


def national_insurance(chance: random.Random) -> str:
    return (
        letters(chance, 1, "ABCEHJLMNPRSTW")
        + letters(chance, 1, "ABCEHJLMNPRSTW")
        + digits(chance, 6)
        + letters(chance, 1, "ABCD")
    )


def social_insurance(chance: random.Random) -> str:
    """Canadian SIN: nine digits with a Luhn check digit."""
    return luhn(chance.choice("1234567") + digits(chance, 7))


_TIMES = ("0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
          "5987604321", "6598710432", "7659821043", "8765932104", "9876543210")  # fmt: skip
_TURNED = ("0123456789", "1576283094", "5803796142", "8916043527",
           "9453126870", "4286573901", "2793806415", "7046913258")  # fmt: skip
_INVERSE = "0432156789"


def aadhaar(chance: random.Random) -> str:
    """Twelve digits with a check digit by Verhoeff's scheme."""
    body = chance.choice("23456789") + digits(chance, 10)
    check = 0
    for place, sign in enumerate(reversed(body), 1):
        check = int(_TIMES[check][int(_TURNED[place % 8][int(sign)])])
    return body + _INVERSE[check]


def swift(chance: random.Random) -> str:
    return (
        letters(chance, 4)
        + chance.choice(["CN", "GB", "US", "DE", "HK"])
        + letters(chance, 2)
        + chance.choice(["", "XXX"])
    )


def new_energy_plate(chance: random.Random) -> str:
    return chance.choice("京沪粤浙苏川") + chance.choice("ABCDE") + chance.choice("DF") + digits(chance, 5)


def plate_us(chance: random.Random) -> str:
    return letters(chance, 3, "ABCDEFGHJKLMNPRSTUVWXYZ") + digits(chance, 4)


def plate_gb(chance: random.Random) -> str:
    among = "ABCDEFGHJKLMNPRSTUVWXYZ"
    return letters(chance, 2, among) + digits(chance, 2) + letters(chance, 3, among)


def post_code_gb(chance: random.Random) -> tuple[str, str]:
    """Outward and inward part."""
    among = "ABDEFGHJLNPQRSTUWXYZ"
    return chance.choice(["SW", "M", "LS", "EH", "B", "CF"]) + str(chance.randint(1, 19)), digits(chance, 1) + letters(
        chance, 2, among
    )


def phone_gb(chance: random.Random) -> str:
    """Eleven digits: a mobile, or a landline of London, Manchester or Edinburgh."""
    area = "07" if chance.random() < 0.7 else chance.choice(["020", "0161", "0131"])
    return area + digits(chance, 11 - len(area))


def reference(chance: random.Random) -> str:
    """Letters and digits as booking systems make them."""
    return letters(chance, 2, "ABCDEFGHJKLMNPQRSTUVWXYZ") + digits(chance, chance.choice([5, 6, 8]))


def address_ip(chance: random.Random) -> str:
    return ".".join(str(chance.randint(11, 223)) for _ in range(4))


def address_mac(chance: random.Random) -> str:
    return ":".join(f"{chance.randrange(256):02x}" for _ in range(6))


def iban(chance: random.Random) -> str:
    """A German or British IBAN (ISO 13616, MOD 97-10)."""
    country, body = (
        ("DE", digits(chance, 18)) if chance.random() < 0.5 else ("GB", letters(chance, 4) + digits(chance, 14))
    )
    turned = "".join(str(int(sign, 36)) for sign in f"{body}{country}00")
    return f"{country}{98 - int(turned) % 97:02}{body}"


def password(chance: random.Random) -> str:
    return chance.choice(["sunny", "tiger", "maple", "river", "happy", "garden"]) + digits(
        chance, chance.choice([3, 4])
    )
