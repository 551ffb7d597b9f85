"""What the tests of sealing share: keys, sealed files in memory, and where vectors lie."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from callwarden.engines.seal import Key, SealedReader, SealedWriter, Suite

VECTORS = Path(__file__).parent / "vectors"
RECORD = b"record-1"
SMALL = 64
SEGMENT = 64 << 10
TAG = 16
HEADER = 74

both_suites = pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name)


def vectors(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def pattern(size: int) -> bytes:
    """Plaintext in which no two segments are alike."""
    return bytes((7 * i + i // 251) % 256 for i in range(size))


def sealed(key: Key, plaintext: bytes, *, record: bytes = RECORD, part: int = 0, segment_size: int = SEGMENT) -> bytes:
    file = io.BytesIO()
    with SealedWriter(file, key, record_id=record, part=part, segment_size=segment_size) as out:
        out.write(plaintext)
    return file.getvalue()


def opened(data: bytes, key: Key, *, record: bytes = RECORD, part: int = 0) -> SealedReader:
    return SealedReader(io.BytesIO(data), key, record_id=record, part=part)


def segments(data: bytes, segment_size: int) -> list[bytes]:
    stride = segment_size + TAG
    return [data[at : at + stride] for at in range(HEADER, len(data), stride)]
