"""What was found and where. Spans carry places and reasons, never values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from ._evidence import Evidence, evidence_of


class EntityType(StrEnum):
    """Kinds of personal data this engine removes. Values are stable: they appear in outputs and policies."""

    CARD_PAN = "CARD_PAN"
    CARD_CVV = "CARD_CVV"
    CARD_EXPIRY = "CARD_EXPIRY"
    CARD_PIN = "CARD_PIN"
    CARD_TRACK = "CARD_TRACK"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    IBAN = "IBAN"
    SWIFT = "SWIFT"
    CN_RIC = "CN_RIC"
    CN_PASSPORT = "CN_PASSPORT"
    PASSPORT = "PASSPORT"
    HKID = "HKID"
    TW_ID = "TW_ID"
    CN_TRAVEL_PERMIT = "CN_TRAVEL_PERMIT"
    USCC = "USCC"
    US_SSN = "US_SSN"
    UK_NINO = "UK_NINO"
    UK_NHS = "UK_NHS"
    CA_SIN = "CA_SIN"
    IN_AADHAAR = "IN_AADHAAR"
    DRIVER_LICENCE = "DRIVER_LICENCE"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    PERSON = "PERSON"
    ADDRESS = "ADDRESS"
    DOB = "DOB"
    AGE = "AGE"
    PLATE = "PLATE"
    VIN = "VIN"
    WECHAT = "WECHAT"
    QQ = "QQ"
    OTP = "OTP"
    PASSWORD = "PASSWORD"
    MEMBER_NO = "MEMBER_NO"
    ORDER_NO = "ORDER_NO"
    IP = "IP"
    MAC = "MAC"
    NUMBER = "NUMBER"


# PCI DSS 4.0.1 requirement 3.3.1: never kept after authorisation, in no form.
CARD_AUTHENTICATION = frozenset({EntityType.CARD_CVV, EntityType.CARD_PIN, EntityType.CARD_TRACK})


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in ``turn.text`` that was removed: ``text[start:end]`` in code points.

    Args:
        turn: index of the turn in the call.
        start, end: half-open range in code points of the turn's original text.
        type: what it is.
        rule: stable name of the rule that found it.
        confidence: 0..1; a low figure is still removed.
        group: spans of one value told in several places share a group.
    """

    turn: int
    start: int
    end: int
    type: EntityType
    rule: str
    confidence: float
    group: int

    @property
    def evidence(self) -> Evidence:
        """What kind of evidence the rule goes by."""
        return evidence_of(self.rule)


@dataclass(frozen=True, slots=True)
class SoundSpan:
    """A stretch of sound that must be muted; no padding is added here.

    Args:
        channel: 0-based channel, None for every channel.
        start_ms, end_ms: milliseconds from the start of the recording; ``end_ms`` may be infinite.
        type: what is said there: an `EntityType`, or `DOUBTFUL` where nobody knows.
        reason: ``words`` (placed by word times), ``turn`` (no usable word times: the whole turn), ``unplaced``, or
            ``doubt``.
        unplaced: no time at all is known: 0 to infinity, the whole channel, and a person should look.
    """

    channel: int | None
    start_ms: float
    end_ms: float
    type: str
    reason: str
    unplaced: bool = False

    @classmethod
    def whole_channel(cls, channel: int | None, type_: str) -> SoundSpan:
        return cls(channel, 0.0, math.inf, type_, "unplaced", True)
