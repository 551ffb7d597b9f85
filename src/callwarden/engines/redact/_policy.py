"""Which kinds of personal data are removed, and what is put in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ._errors import InvalidPolicy
from ._spans import CARD_AUTHENTICATION, EntityType


class Operator(StrEnum):
    """What stands where a value stood."""

    TAG = "tag"  # [PHONE]
    MASK = "mask"  # ****
    PSEUDONYM = "pseudonym"  # [PERSON_1], the same value the same number within one call
    HASH = "hash"  # [PHONE:akdp...], HMAC under the policy's key
    TOKEN = "token"  # [PERSON_1_QKZM], reversible with the vault that comes with the redaction
    DROP = "drop"  # nothing
    KEEP = "keep"  # not removed


class HashAlgorithm(StrEnum):
    """The hash of `Operator.HASH`, used as HMAC (RFC 2104)."""

    SHA256 = "sha256"
    SM3 = "sm3"  # GB/T 32905


_CARD = frozenset(
    {EntityType.CARD_PAN, EntityType.CARD_CVV, EntityType.CARD_EXPIRY, EntityType.CARD_PIN, EntityType.CARD_TRACK}
)
# A long number of unknown kind may be a card, so the narrow card profile removes it as well.
_PCI = _CARD | {EntityType.NUMBER, EntityType.BANK_ACCOUNT, EntityType.IBAN}


@dataclass(frozen=True, slots=True)
class Policy:
    """Entity types and their operators; a type that is not named gets ``default``.

    Args:
        operators: operator per type.
        default: operator of all other types.
        keep_business_numbers: leave 400/800/95xxx service hotlines of China readable.
        key: secret for `Operator.HASH`, at least 16 bytes; never shown.
        algorithm: of `Operator.HASH`.

    Card security codes, PINs and track data are dropped whatever the default says: nothing may stand for them.

    Raises:
        InvalidPolicy: a card security code, PIN or track would be anything but dropped, or a hash has no key.
    Source: PCI DSS 4.0.1 requirement 3.3.1 for card authentication data.
    """

    operators: Mapping[EntityType, Operator] = field(default_factory=dict)
    default: Operator = Operator.TAG
    keep_business_numbers: bool = False
    key: bytes | None = field(default=None, repr=False)
    algorithm: HashAlgorithm = HashAlgorithm.SHA256

    def __post_init__(self) -> None:
        try:
            chosen = {EntityType(kind): Operator(operator) for kind, operator in self.operators.items()}
            default = Operator(self.default)
            algorithm = HashAlgorithm(self.algorithm)
        except ValueError:
            raise InvalidPolicy("unknown_type_or_operator") from None
        for kind in CARD_AUTHENTICATION:
            if chosen.get(kind, Operator.DROP) is not Operator.DROP:
                raise InvalidPolicy("card_authentication_data_must_go", {"type": kind.value})
        if Operator.HASH in (default, *chosen.values()) and (self.key is None or len(self.key) < 16):
            raise InvalidPolicy("hash_needs_a_key_of_16_bytes")
        object.__setattr__(self, "operators", MappingProxyType(chosen))
        object.__setattr__(self, "default", default)
        object.__setattr__(self, "algorithm", algorithm)

    def operator(self, kind: EntityType) -> Operator:
        """The operator for one type; card authentication data never falls to a default that could keep it."""
        if kind in CARD_AUTHENTICATION:
            return Operator.DROP
        return self.operators.get(kind, self.default)

    def removes(self, kind: EntityType) -> bool:
        return self.operator(kind) is not Operator.KEEP

    @property
    def removes_all(self) -> bool:
        """Whether no kind is kept, and nothing else that was found."""
        return not self.keep_business_numbers and all(map(self.removes, EntityType))

    @classmethod
    def profile(cls, name: str, *, key: bytes | None = None) -> Policy:
        """A named policy: ``all`` (default), ``pci`` (card data only), ``pipl``, ``gdpr``.

        ``pipl`` and ``gdpr`` remove every kind; names become consistent pseudonyms so that the call stays readable, and
        card authentication data is dropped. ``pci`` keeps what is not account data.

        Raises:
            InvalidPolicy: no such profile.
        Source: PCI DSS 4.0.1 req. 3; PIPL art. 28, 51 and GB/T 35273 annex B; GDPR art. 4(5), 25.
        """
        dropped = dict.fromkeys(CARD_AUTHENTICATION, Operator.DROP)
        if name in ("all", "default"):
            return cls(key=key)
        if name == "pci":
            return cls({**dict.fromkeys(_PCI, Operator.TAG), **dropped}, default=Operator.KEEP, key=key)
        if name == "pipl":
            return cls({EntityType.PERSON: Operator.PSEUDONYM, **dropped}, key=key)
        if name == "gdpr":
            kept_apart = {EntityType.PERSON: Operator.PSEUDONYM, EntityType.ADDRESS: Operator.PSEUDONYM}
            return cls({**kept_apart, **dropped}, key=key)
        raise InvalidPolicy("unknown_profile")
