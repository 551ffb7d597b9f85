"""Walk the frames of an MPEG audio layer III stream without decoding it.

The decoder stretches over holes and cut ends in silence; a recording that lost sound must not pass as whole.
Source: ISO/IEC 11172-3 and 13818-3, frame header; the Xing and VBRI headers of the encoders in use.
"""

from __future__ import annotations

from dataclasses import dataclass

from ._errors import AudioError

_KBIT_V1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBIT_V2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_SNIFF_WINDOW = 8_192


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame header: lengths in bytes, samples per channel."""

    version: int
    rate: int
    channels: int
    length: int
    samples: int


@dataclass(frozen=True, slots=True)
class Stream:
    """The whole stream: ``samples`` per channel before the encoder's delay is trimmed."""

    rate: int
    channels: int
    frames: int
    samples: int
    start: int
    end: int


def parse_frame(data: bytes, at: int) -> Frame | None:
    """The layer III frame whose header stands at ``at``, or None."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = (data[at + 1] >> 3) & 3, (data[at + 1] >> 1) & 3
    bitrate, rate = data[at + 2] >> 4, (data[at + 2] >> 2) & 3
    if version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return None
    hertz = _RATES[version][rate]
    kbit = (_KBIT_V1 if version == 3 else _KBIT_V2)[bitrate]
    samples = 1152 if version == 3 else 576
    length = samples // 8 * kbit * 1000 // hertz + ((data[at + 2] >> 1) & 1)
    return Frame(version, hertz, 1 if data[at + 3] >> 6 == 3 else 2, length, samples)


def first_frame_at(data: bytes, start: int) -> int | None:
    """Where the stream begins: three consistent frames in a row, or fewer if the data ends before."""
    for at in range(start, min(len(data), start + _SNIFF_WINDOW)):
        if data[at] == 0xFF and _consistent(data, at):
            return at
    return None


def _consistent(data: bytes, at: int, wanted: int = 3) -> bool:
    first = parse_frame(data, at)
    if first is None:
        return False
    for _ in range(wanted):
        frame = parse_frame(data, at)
        if frame is None or (frame.version, frame.rate) != (first.version, first.rate):
            return False
        at += frame.length
        if at >= len(data):
            break
    return True


def walk(data: bytes, start: int, *, accept_truncated: bool) -> Stream:
    """Count the frames from ``start``.

    Raises:
        AudioError: ``truncated`` (a part of a frame at the end, or fewer frames than announced),
            ``corrupt`` (foreign bytes between frames, or a change of rate or channels on the way).
    """
    at = first_frame_at(data, start)
    if at is None:
        raise AudioError("corrupt", {"format": "MP3"})
    head = parse_frame(data, at)
    assert head is not None
    begin, announced = at, _announced(data, at, head)
    count, end = 0, len(data)
    while at < end:
        frame = parse_frame(data, at)
        if frame is None:
            if _is_trailer(data, at):
                break
            raise AudioError("truncated" if end - at < 4 else "corrupt", {"format": "MP3", "at_byte": at})
        if (frame.version, frame.rate, frame.channels) != (head.version, head.rate, head.channels):
            raise AudioError("corrupt", {"format": "MP3", "at_byte": at})
        if at + frame.length > end:
            if accept_truncated:
                break
            raise AudioError("truncated", {"format": "MP3", "expected_bytes": at + frame.length, "found_bytes": end})
        at += frame.length
        count += 1
    if announced is not None:
        count -= 1  # the announcing frame itself carries no sound
        if count < announced and not accept_truncated:
            raise AudioError("truncated", {"format": "MP3", "expected_frames": announced, "found_frames": count})
    return Stream(head.rate, head.channels, count, count * head.samples, begin, at)


def _announced(data: bytes, at: int, frame: Frame) -> int | None:
    """Frames of sound that follow, where the encoder wrote it down; None when it did not."""
    side = (17 if frame.channels == 1 else 32) if frame.version == 3 else (9 if frame.channels == 1 else 17)
    tag = at + 4 + side
    if data[tag : tag + 4] in (b"Xing", b"Info") and int.from_bytes(data[tag + 4 : tag + 8], "big") & 1:
        return int.from_bytes(data[tag + 8 : tag + 12], "big")
    if data[at + 36 : at + 40] == b"VBRI":
        return int.from_bytes(data[at + 50 : at + 54], "big")
    return None


def _is_trailer(data: bytes, at: int) -> bool:
    """Tags and padding that may follow the last frame."""
    return data[at : at + 3] == b"TAG" or data[at : at + 8] == b"APETAGEX" or not data[at:].strip(b"\0")
