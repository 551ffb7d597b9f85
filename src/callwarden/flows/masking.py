"""How a value looks to somebody who may see only that it is there. Length and a tail, never enough to use it.

Source: PCI DSS 3.4.1 (BIN and last four at most); GB/T 35273 7.2.
"""

from __future__ import annotations

from collections.abc import Callable

DOT = "•"


def _tail(value: str, keep: int) -> str:
    digits = [character for character in value if character.isalnum()]
    if len(digits) <= keep + 2:
        return DOT * max(3, len(digits))
    return DOT * 4 + "".join(digits[-keep:])


def _name(value: str) -> str:
    return " ".join(part[0] + DOT * 2 for part in value.split() if part)


def _email(value: str) -> str:
    local, at, domain = value.partition("@")
    return f"{local[:1]}{DOT * 3}{at}{domain}" if at else DOT * 4


def _address(value: str) -> str:
    return value[:3] + DOT * 5 if len(value) > 6 else DOT * 5


_BY_FIELD: dict[str, Callable[[str], str]] = {
    "name": _name,
    "phone": lambda value: _tail(value, 4),
    "caller": lambda value: _tail(value, 4),
    "callee": lambda value: _tail(value, 4),
    "email": _email,
    "address": _address,
    "id_number": lambda value: _tail(value, 2),
    "card_number": lambda value: _tail(value, 4),
    "plate": lambda value: _tail(value, 2),
    "birth_date": lambda _value: DOT * 6,
    "order_no": lambda value: _tail(value, 3),
    "customer_no": lambda value: _tail(value, 3),
}
# Shown as they are in a masked view: they say something about a thing, not who somebody is.
_OPEN = {"product", "amount", "currency", "status", "placed_at", "language"}


def mask(field: str, value: str) -> str:
    """The masked form of a field's value; an unknown field shows nothing of it."""
    if field in _OPEN:
        return value
    masked = _BY_FIELD.get(field)
    return masked(value) if masked else DOT * 5
