"""Which fields of a record a purpose needs. The matrix opens categories; this keeps what they hold to the necessary.

Source: PIPL art. 6 and 19; GB/T 35273-2020 5.2 and 7.2; GDPR art. 5(1)(c).
"""

from __future__ import annotations

from collections.abc import Iterable

_CALL = ("caller", "callee", "call_id", "customer_no")
_ORDERS = ("order_no", "placed_at", "product", "amount", "currency", "status")
_REACH = ("name", "phone", "customer_no")
_EVERY = (
    *_REACH,
    *("email", "address", "plate", "birth_date", "id_number", "card_number", "statement", "explanation"),
    *_ORDERS,
    *_CALL,
)

NEEDED: dict[str, frozenset[str]] = {
    purpose: frozenset(names)
    for purpose, names in {
        "service": (*_REACH, "email", "address", "id_number", *_ORDERS, *_CALL),
        "outbound_service": (*_REACH, *_ORDERS, *_CALL),
        "marketing": ("name", "phone", "product", "placed_at", "caller", "callee"),
        "payment": ("name", "customer_no", "card_number", "order_no", "amount", "currency", "status", *_CALL),
        "quality": ("call_id",),
        "complaint_handling": (*_REACH, "email", "address", "id_number", *_ORDERS, *_CALL),
        "subject_request": _EVERY,
        "security_investigation": (*_REACH, "email", *_CALL),
        "audit": ("call_id",),
        "administration": ("call_id",),
        "partner_sharing": (*_REACH, "product", "placed_at", "status"),
    }.items()
}


def needed(purpose: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the fields that the purpose needs, in their order. An unknown purpose needs none."""
    wanted = NEEDED.get(purpose, frozenset())
    return tuple(name for name in names if name in wanted)
