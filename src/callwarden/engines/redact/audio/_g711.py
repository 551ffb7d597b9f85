"""ITU-T G.711 expansion as two tables of 256 int16 values each."""

from __future__ import annotations

import numpy as np

from ._model import Samples


def _alaw() -> Samples:
    # G.711 table 1: even bits inverted on the line, 13-bit values, here left-aligned in 16 bits.
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code >> 4) & 7
    step = (code & 15) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _ulaw() -> Samples:
    # G.711 table 2: all bits inverted on the line, 14-bit values with a bias of 33, left-aligned in 16 bits.
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


ALAW = _alaw()
ULAW = _ulaw()
