"""Reversible tokens: what stands in a text instead of a value, and the vault that knows the value.

A token is ``[PERSON_1_QKZM]``: kind, number of the person or thing, and four letters that are drawn for each vault, so
that a token of one call means nothing in another. The same thing said in another way is ``[PERSON_1B_QKZM]``.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ._errors import RedactError
from ._fold import fold
from ._spans import CARD_AUTHENTICATION, EntityType

# No vowels, so that no word comes out; no B, C, D, which stand for ways to say the same.
_LETTERS = "FGHJKMNPQRSTVWXZ"
_WAYS = ("", *"BCDEFGHIJKLMNOPQRSTUVWXYZ")
TOKEN = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)_(\d{1,6})([A-Z]{0,2})_([A-Z]{4})\]")
_MOST = 100_000  # tokens of one vault


class VaultUnreadable(RedactError):
    """These bytes are no vault."""

    def __init__(self) -> None:
        super().__init__("vault_unreadable", "The token vault cannot be read.")


class VaultFull(RedactError):
    """One vault holds no more values."""

    def __init__(self) -> None:
        super().__init__("vault_full", "The token vault is full. Begin a new one.", {"limit": _MOST})


@dataclass(frozen=True)
class Vault:
    """Which value each token of one call stands for. It is personal data: seal it, and let no model see it.

    Args:
        tag: the four letters of its tokens.
        values: token -> the value as it was said.
    """

    tag: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __len__(self) -> int:
        return len(self.values)

    def to_bytes(self) -> bytes:
        """For sealing. Never store or send it as it is."""
        return json.dumps({"tag": self.tag, "values": dict(self.values)}, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Vault:
        """
        Raises:
            VaultUnreadable: these are not the bytes of a vault.
        """
        try:
            document = json.loads(raw)
            tag, values = document["tag"], document["values"]
            readable = (
                isinstance(tag, str)
                and re.fullmatch(f"[{_LETTERS}]{{4}}", tag) is not None
                and all(isinstance(value, str) and _part_of(token, tag) for token, value in values.items())
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            readable = False
        if not readable:
            raise VaultUnreadable
        return cls(tag, values)


def _part_of(token: str, tag: str) -> bool:
    match = TOKEN.fullmatch(token)
    return match is not None and match[4] == tag and match[1] in EntityType.__members__


def draw_tag(texts: Iterable[str]) -> str:
    """Four letters that stand nowhere in the texts, so that nothing in them can pass for a token."""
    folded = [fold(text) for text in texts]
    while True:
        tag = "".join(secrets.choice(_LETTERS) for _ in range(4))
        if not any(tag.lower() in text for text in folded):
            return tag


class Tokens:
    """Gives out the tokens of one vault.

    Args:
        tag: the letters of the vault.
        before: what the vault holds already.
    """

    def __init__(self, tag: str, before: Mapping[str, str] | None = None) -> None:
        self.tag = tag
        self._values: dict[str, str] = {}
        self._ways: dict[tuple[EntityType, int], dict[str, str]] = {}
        for token, value in (before or {}).items():
            kind, number = parsed(token)
            self._ways.setdefault((kind, number), {})[value] = token
            self._values[token] = value

    def put(self, kind: EntityType, number: int, value: str) -> str:
        """The token of a value.

        Raises:
            VaultFull: there are too many.
        """
        assert kind not in CARD_AUTHENTICATION
        ways = self._ways.setdefault((kind, number), {})
        token = ways.get(value)
        if token is None:
            if len(self._values) >= _MOST or len(ways) >= len(_WAYS):
                raise VaultFull
            token = ways[value] = f"[{kind.value}_{number}{_WAYS[len(ways)]}_{self.tag}]"
            self._values[token] = value
        return token

    @property
    def vault(self) -> Vault:
        return Vault(self.tag, self._values)


def parsed(token: str) -> tuple[EntityType, int]:
    """Kind and number of a token."""
    match = TOKEN.fullmatch(token)
    assert match is not None
    return EntityType(match[1]), int(match[2])


def kind_of(token: str) -> EntityType:
    """What a token of a vault stands for."""
    return parsed(token)[0]
