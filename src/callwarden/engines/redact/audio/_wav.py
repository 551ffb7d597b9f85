"""RIFF/WAVE, read here rather than by a library: libsndfile takes a cut file for a short one.

Source: Microsoft "Multiple channel audio data and WAVE files"; ITU-T G.711; EBU Tech 3306 (RF64) and
ITU-R BS.2088 (BW64).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ._errors import AudioError
from ._g711 import ALAW, ULAW
from ._model import Raw, Samples

PCM, FLOAT, A_LAW, MU_LAW = 1, 3, 6, 7
MS_ADPCM, IMA_ADPCM, GSM_610, MPEG_3 = 0x02, 0x11, 0x31, 0x55
_EXTENSIBLE = 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_STREAMED = 0xFFFFFFFF
_OTHER_NAMES = {0x45: "G.726", 0x64: "G.726", 0x65: "G.722", 0x28F: "G.722", 0x83: "G.729", 0x111: "G.723.1"}


@dataclass(frozen=True, slots=True)
class Wav:
    """The header's statements and where the sound lies in the file (bytes, end exclusive)."""

    tag: int
    channels: int
    rate: int
    block: int
    bits: int
    start: int
    end: int

    @property
    def frames(self) -> int:
        return (self.end - self.start) // self.block


def parse(data: bytes, *, accept_truncated: bool) -> Wav:
    """Read the chunks up to the sound.

    Raises:
        AudioError: ``truncated``, ``corrupt``, ``empty``, ``unsupported``.
    """
    wide = data[:4] in (b"RF64", b"BW64")
    fmt, long_size, at = b"", 0, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = at + 8
        if name == b"data":
            if size == _STREAMED and wide:
                size = long_size
            elif size == _STREAMED:
                size = len(data) - body  # written to a pipe: the recorder could not know the length
            elif size == 0 and len(data) > body + 8:
                # The recorder died before it wrote the length: what follows may be anything.
                raise AudioError("truncated", {"format": "WAV", "expected_bytes": 0, "found_bytes": len(data) - body})
            return _with_data(data, fmt, body, size, accept_truncated=accept_truncated)
        if name == b"ds64":
            long_size = int.from_bytes(data[body + 8 : body + 16], "little")
        elif name == b"fmt ":
            fmt = data[body : body + size]
        at = body + size + (size & 1)
    raise AudioError("truncated", {"format": "WAV", "expected_bytes": max(at, 44), "found_bytes": len(data)})


def _with_data(data: bytes, fmt: bytes, start: int, size: int, *, accept_truncated: bool) -> Wav:
    if len(fmt) < 16:
        raise AudioError("corrupt", {"format": "WAV"})
    tag, channels, rate, _, block, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == _EXTENSIBLE:
        if len(fmt) < 40 or fmt[26:40] != _GUID_TAIL:
            raise AudioError("unsupported", {"format": "WAV extensible"})
        tag = int.from_bytes(fmt[24:26], "little")
    if block == 0:
        raise AudioError("corrupt", {"format": "WAV"})
    end = start + size
    if end > len(data):
        if not accept_truncated:
            raise AudioError("truncated", {"format": "WAV", "expected_bytes": end, "found_bytes": len(data)})
        end = len(data)
    if tag in (PCM, FLOAT, A_LAW, MU_LAW):
        if bits == 0 or bits % 8 or block != channels * bits // 8:
            raise AudioError("corrupt", {"format": "WAV"})
        spare = (end - start) % block
        if spare and not accept_truncated:
            raise AudioError("truncated", {"format": "WAV", "expected_bytes": end - spare + block, "found_bytes": end})
        end -= spare
    if end == start:
        raise AudioError("empty", {"format": "WAV"})
    return Wav(tag, channels, rate, block, bits, start, end)


def samples(data: bytes, wav: Wav) -> tuple[Samples, str]:
    """The sound of the encodings read here, and its name.

    PCM_16 and G.711 are exact; wider PCM keeps the upper 16 bits; float is rounded and clipped.

    Raises:
        AudioError: ``unsupported``.
    """
    raw = memoryview(data)[wav.start : wav.end]
    decoded: Samples
    match wav.tag, wav.bits:
        case (1, 8):
            decoded, name = ((np.frombuffer(raw, np.uint8).astype(np.int16) - 128) << 8), "PCM_U8"
        case (1, 16):
            decoded, name = np.frombuffer(raw, "<i2").astype(np.int16, copy=False), "PCM_16"
        case (1, 24):
            upper = np.frombuffer(raw, np.uint8).reshape(-1, 3)[:, 1:]
            decoded, name = np.ascontiguousarray(upper).view("<i2").astype(np.int16, copy=False), "PCM_24"
        case (1, 32):
            decoded, name = (np.frombuffer(raw, "<i4") >> 16).astype(np.int16), "PCM_32"
        case (3, 32):
            decoded, name = from_float(np.frombuffer(raw, "<f4")), "FLOAT"
        case (3, 64):
            decoded, name = from_float(np.frombuffer(raw, "<f8").astype(np.float32)), "DOUBLE"
        case (6, 8):
            decoded, name = ALAW[np.frombuffer(raw, np.uint8)], "ALAW"
        case (7, 8):
            decoded, name = ULAW[np.frombuffer(raw, np.uint8)], "ULAW"
        case _:
            known = {PCM: "PCM", FLOAT: "float", **_OTHER_NAMES}.get(wav.tag)
            detail = f"WAV {known} {wav.bits} bit" if known else f"WAV with codec 0x{wav.tag:04x}"
            raise AudioError("unsupported", {"format": detail})
    return decoded.reshape(-1, wav.channels), f"WAV {name}"


def headerless(data: bytes, raw: Raw) -> tuple[Samples, str]:
    """Sound without a header, as the caller says it is."""
    width = 2 if raw.encoding == "s16" else 1
    if len(data) % (width * raw.channels):
        raise AudioError("truncated", {"format": f"RAW {raw.encoding}", "found_bytes": len(data)})
    decoded: Samples
    if raw.encoding == "s16":
        decoded = np.frombuffer(data, "<i2").astype(np.int16, copy=False)
    else:
        decoded = (ALAW if raw.encoding == "alaw" else ULAW)[np.frombuffer(data, np.uint8)]
    return decoded.reshape(-1, raw.channels), f"RAW {raw.encoding.upper()}"


def from_float(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Samples:
    """Full scale 1.0 to int16, rounded to nearest and clipped; what is no number becomes silence.

    libsndfile would wrap a peak above full scale to the other sign.
    """
    scaled = np.nan_to_num(values * np.float32(32768.0), nan=0.0, posinf=32767.0, neginf=-32768.0)
    np.rint(scaled, out=scaled)
    clipped: Samples = np.clip(scaled, -32768.0, 32767.0).astype(np.int16)
    return clipped
