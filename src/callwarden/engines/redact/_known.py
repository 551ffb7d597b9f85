"""Values that the customer record already holds. They are looked for first, in every written and spoken form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ._errors import InvalidTranscript


@dataclass(frozen=True, slots=True)
class KnownValues:
    """What is known of the people in one call; nothing here is ever shown by ``repr``.

    ``other`` takes values of no special kind: numbers in it are matched like ids, words like names.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    ids: tuple[str, ...] = field(default=(), repr=False)
    cards: tuple[str, ...] = field(default=(), repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    addresses: tuple[str, ...] = field(default=(), repr=False)
    plates: tuple[str, ...] = field(default=(), repr=False)
    other: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for item in fields(self):
            values = getattr(self, item.name)
            if isinstance(values, str) or not all(isinstance(value, str) for value in values):
                raise InvalidTranscript("not_text", {"at": f"known.{item.name}"})
            object.__setattr__(self, item.name, tuple(value for value in values if value.strip()))

    @classmethod
    def from_json(cls, data: object) -> KnownValues:
        """Read ``{"names": [...], "phones": "..."}`` (singular keys too), or a plain list of strings, or nothing.

        Raises:
            InvalidTranscript: a value is not a string; ``data["at"]`` names the place.
        """
        if data is None:
            return cls()
        if isinstance(data, str):
            return cls(other=(data,))
        if isinstance(data, list | tuple):
            return cls(other=_strings(data, "known"))
        if not isinstance(data, Mapping):
            raise InvalidTranscript("not_an_object", {"at": "known"})
        kinds: dict[str, list[str]] = {}
        for key, value in data.items():
            kinds.setdefault(_kind(str(key)), []).extend(_strings(value, f"known[{len(kinds)}]"))
        return cls(**{kind: tuple(values) for kind, values in kinds.items()})

    def __bool__(self) -> bool:
        return any(getattr(self, item.name) for item in fields(self))


_KINDS = {
    "name": "names",
    "person": "names",
    "phone": "phones",
    "mobile": "phones",
    "tel": "phones",
    "id": "ids",
    "id_number": "ids",
    "card": "cards",
    "pan": "cards",
    "email": "emails",
    "mail": "emails",
    "address": "addresses",
    "plate": "plates",
}


def _kind(key: str) -> str:
    key = key.lower()
    if key in KnownValues.__slots__:
        return key
    return _KINDS.get(key) or _KINDS.get(key.removesuffix("s")) or "other"


def _strings(value: Any, at: str) -> tuple[str, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list | tuple) else (value,)
    found: list[str] = []
    for number, item in enumerate(values):
        if isinstance(item, int) and not isinstance(item, bool):
            item = str(item)
        if not isinstance(item, str):
            raise InvalidTranscript("not_text", {"at": f"{at}[{number}]"})
        found.append(item)
    return tuple(found)
