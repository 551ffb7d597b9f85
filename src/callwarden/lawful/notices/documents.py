"""A version as the bytes its digest is of, so that anybody can check it with `sha256sum`."""

from __future__ import annotations

import hashlib
from datetime import UTC

import rfc8785

from callwarden.lawful.notices.models import Notice

FORMAT = "callwarden-notice/2"


def document(notice: Notice) -> bytes:
    """The file behind the digest: canonical JSON (RFC 8785), or the length-prefixed texts of format 1 for a version
    that was published under that.
    """
    first = _first_format(notice)
    if notice.digest and hashlib.sha256(first).digest() == bytes(notice.digest):
        return first
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "line": str(notice.line_id),
            "version": notice.version,
            "en": {"text": notice.text_en, "script": notice.script_en},
            "zh-Hans": {"text": notice.text_zh, "script": notice.script_zh},
            "covers": notice.covers,
            **brought_over(notice),
        }
    )


def brought_over(notice: Notice) -> dict[str, str]:
    """Since when callers had been told it before it was entered here; nothing for one that is told from publication."""
    since = notice.told_since
    return {"told_since": since.astimezone(UTC).isoformat(timespec="seconds")} if since else {}


def text_digest(notice: Notice) -> bytes:
    """SHA-256 of the document: what a consent names when it says which notice it was given under."""
    return hashlib.sha256(document(notice)).digest()


def intact(notice: Notice) -> bool:
    """Whether a published version still is what was published."""
    return bool(notice.digest) and text_digest(notice) == bytes(notice.digest)


def _first_format(notice: Notice) -> bytes:
    raw = [text.encode() for text in (notice.text_en, notice.text_zh, notice.script_en, notice.script_zh)]
    return b"".join(len(one).to_bytes(8, "big") + one for one in raw)
