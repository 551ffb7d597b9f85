"""Signing webhooks so that a receiver can tell who sent them, that nothing was changed, and that none is a replay.

Headers and signed text follow the Standard Webhooks specification 1.0.0: `webhook-id`, `webhook-timestamp` and
`webhook-signature: v1,BASE64`, where the signature is HMAC-SHA-256 over `id.timestamp.body`. Any library for that
specification verifies them; `verify` is the same for receivers written in Python.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_S = 300


class BadSignature(ValueError):
    """Not from the sender, changed on the way, or too old. Do not look at the body."""


def headers(secret: bytes, *, identifier: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers.

    Args:
        identifier: the same for every try, so that a receiver keeps what it has seen and drops repeats.
        timestamp: seconds since 1970, of this try.
    """
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{_sign(secret, identifier, str(timestamp), body)}",
    }


def verify(secret: bytes, received: Mapping[str, str], body: bytes, *, now: int, tolerance_s: int = TOLERANCE_S) -> str:
    """Check a received webhook and return its id, which the receiver must not accept twice.

    Raises:
        BadSignature: a header is missing, the time is off by more than `tolerance_s`, or no signature fits.
    """
    lowered = {name.lower(): value for name, value in received.items()}
    try:
        identifier, timestamp = lowered["webhook-id"], lowered["webhook-timestamp"]
        signatures, sent = lowered["webhook-signature"].split(), int(timestamp)
    except (KeyError, ValueError):
        raise BadSignature("A header is missing or malformed.") from None
    if abs(now - sent) > tolerance_s:
        raise BadSignature("The time of sending is too far from now.")
    expected = f"v1,{_sign(secret, identifier, timestamp, body)}".encode()
    if not any(hmac.compare_digest(expected, given.encode()) for given in signatures):
        raise BadSignature("No signature fits.")
    return identifier


def decode_secret(text: str) -> bytes:
    """The key in `whsec_BASE64` (the specification's form), at least 24 bytes.

    Raises:
        ValueError: another form, or too short; the message holds no part of it.
    """
    try:
        secret = base64.b64decode(text.strip().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        secret = b""
    if not text.strip().startswith("whsec_") or len(secret) < 24:
        raise ValueError("A webhook secret is written whsec_ and the base64 of at least 24 random bytes.")
    return secret


def _sign(secret: bytes, identifier: str, timestamp: str, body: bytes) -> str:
    signed = b".".join((identifier.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
