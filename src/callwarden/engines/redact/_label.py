"""Which kind of number a digit string is. A label is never a reason to keep digits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from . import _checksums as check
from ._spans import EntityType as T


class Label(NamedTuple):
    type: T
    rule: str
    confidence: float


_MOBILE = re.compile(r"(?:00?86|86|0)?1[3-9]\d{9}$")
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)\d{7,8}(?:\d{1,4})?$")
_NORTH_AMERICA = re.compile(r"1?[2-9]\d\d[2-9]\d{6}$")
_BUSINESS = re.compile(r"(?:[48]00\d{7}|95\d{3}(?:\d{3})?|10\d{3}|12\d{3}|96\d{3,4})$")
_TYPES_OF_LONG_NUMBERS = frozenset(
    {T.BANK_ACCOUNT, T.MEMBER_NO, T.ORDER_NO, T.IBAN, T.USCC, T.DRIVER_LICENCE, T.WECHAT, T.QQ, T.PASSPORT}
)


def is_business_number(digits: str) -> bool:
    """A Chinese service number: 400/800 and seven digits, 95xxx, 10xxx, 12xxx, 96xxx."""
    return _BUSINESS.match(digits) is not None


def label(readings: Iterable[str], expected: T | None = None, longest: int = 0, written: str = "") -> Label:
    """Choose a label for a number from its readings, the kind a cue expects and, if written, its grouping.

    Args:
        readings: compact digit strings (with X at the end of a resident id), the likeliest first.
        expected: the kind the context speaks of, if any.
        longest: the most digits a value of that kind has.
        written: the text as written, to see groupings such as 3-2-4.
    """
    choices = list(readings)
    for digits in choices:
        amex_like = len(digits) == 15 and check.card(digits)
        is_old = len(digits) == 15
        if check.resident_id(digits) and not (is_old and (amex_like or expected not in (None, T.CN_RIC))):
            return Label(T.CN_RIC, "ric.checksum" if len(digits) == 18 else "ric.old", 0.99)
        if check.card(digits) and expected not in _TYPES_OF_LONG_NUMBERS:
            return Label(T.CARD_PAN, "card.luhn", 0.98)
    digits = choices[0]
    if expected is T.CARD_PAN and len(digits) == 11 and _MOBILE.match(digits):
        return Label(T.PHONE, "phone.cn.mobile", 0.97)
    if expected is not None and len(digits) <= longest:
        return Label(expected, "cue", 0.95)
    if any(check.looks_like_resident_id(value) for value in choices):
        return Label(T.CN_RIC, "ric.shape", 0.9)
    if any(_MOBILE.match(value) for value in choices):
        return Label(T.PHONE, "phone.cn.mobile", 0.97)
    if len(digits) >= 13 and any(check.looks_like_card(value) for value in choices):
        return Label(T.CARD_PAN, "card.shape", 0.85)
    if expected is T.CARD_PAN and 12 <= len(digits) <= 23:
        return Label(T.CARD_PAN, "card.glued", 0.8)
    return _label_by_shape(digits, written)


def _label_by_shape(digits: str, written: str) -> Label:
    size = len(digits)
    if re.search(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)", written) and check.social_security_number(digits):
        return Label(T.US_SSN, "ssn.shape", 0.8)
    if size >= 13:
        window = next((16 for start in range(min(size, 64) - 15) if check.card(digits[start : start + 16])), 0)
        if window:
            return Label(T.CARD_PAN, "card.window", 0.8)
        return Label(T.NUMBER, "number.long", 0.8)
    if _BUSINESS.match(digits) or _LANDLINE.match(digits):
        return Label(T.PHONE, "phone.cn.landline", 0.9)
    if _NORTH_AMERICA.match(digits):
        return Label(T.PHONE, "phone.nanp", 0.85)
    if written.lstrip("(").startswith(("+", "00", "0", "(0")) and size >= 7:
        return Label(T.PHONE, "phone.international", 0.85)
    if check.aadhaar(digits):
        return Label(T.IN_AADHAAR, "aadhaar.checksum", 0.7)
    if size in (7, 8, 10, 11, 12) and not check.looks_like_date(digits):
        return Label(T.PHONE, "phone.shape", 0.6)
    return Label(T.NUMBER, "number", 0.6)
