"""Keyed tokens for things of the product itself (session keys, scanned files). Data subjects' tokens are custody's."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def keyed(purpose: str, value: bytes | str) -> bytes:
    """HMAC-SHA-256 (32 bytes) under a key derived from the site's secret key and `purpose`."""
    return salted_hmac(f"callwarden.{purpose}", value, algorithm="sha256").digest()


def cache_key(key: str, prefix: str, version: int) -> str:
    """A cache key that tells nothing: addresses, names and one-time codes that libraries put into keys stay unread."""
    return keyed("cache", f"{prefix}:{version}:{key}").hex()
