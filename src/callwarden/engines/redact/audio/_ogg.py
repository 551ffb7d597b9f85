"""Walk the pages of an Ogg Opus stream without decoding it.

Source: RFC 3533 section 6 (pages, check sum), RFC 7845 sections 4 and 5 (granule position, pre-skip, header).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from ._errors import AudioError

_MIRROR = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_EOS = 4


@dataclass(frozen=True, slots=True)
class OpusStream:
    """``samples`` per channel at 48 kHz that the pages promise."""

    channels: int
    samples: int


def page_checksum(page: bytes) -> int:
    """The Ogg check sum of a page whose check sum field is zero.

    Ogg runs the CRC-32 polynomial most significant bit first, without inversion; mirrored bytes let zlib do it.
    """
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def walk(data: bytes, *, accept_truncated: bool) -> OpusStream:
    """Check every page of the only logical stream.

    Raises:
        AudioError: ``truncated`` (a part of a page, or no end-of-stream mark), ``corrupt`` (check sum, page order),
            ``unsupported`` (another codec, several streams), ``channels``.
    """
    at, page_no, serial, granule, flags = 0, 0, b"", 0, 0
    channels, pre_skip = 0, 0
    while at < len(data):
        page, body = _page(data, at)
        if not page:
            if accept_truncated and page_no > 2:
                break
            raise AudioError("truncated", {"format": "Ogg", "at_byte": at})
        if page_no == 0:
            serial = page[14:18]
            channels, pre_skip = _head(body)
        elif page[14:18] != serial:
            raise AudioError("unsupported", {"format": "Ogg with several streams"})
        if int.from_bytes(page[18:22], "little") != page_no:
            raise AudioError("corrupt", {"format": "Ogg", "page": page_no})
        if page_checksum(page[:22] + bytes(4) + page[26:]) != int.from_bytes(page[22:26], "little"):
            raise AudioError("corrupt", {"format": "Ogg", "page": page_no})
        flags = page[5]
        position = int.from_bytes(page[6:14], "little", signed=True)
        granule = max(granule, position)
        at += len(page)
        page_no += 1
    if not flags & _EOS and not accept_truncated:
        raise AudioError("truncated", {"format": "Ogg", "pages": page_no})
    return OpusStream(channels, max(0, granule - pre_skip))


def _page(data: bytes, at: int) -> tuple[bytes, bytes]:
    """The page at ``at`` and its body; both empty when the data ends inside it."""
    if data[at : at + 4] != b"OggS"[: len(data) - at]:
        raise AudioError("corrupt", {"format": "Ogg", "at_byte": at})
    if at + 27 > len(data):
        return b"", b""
    header = 27 + data[at + 26]
    end = at + header + sum(data[at + 27 : at + header])
    if end > len(data):
        return b"", b""
    return data[at:end], data[at + header : end]


def _head(body: bytes) -> tuple[int, int]:
    if not body.startswith(b"OpusHead"):
        for magic, name in ((b"\x01vorbis", "Ogg Vorbis"), (b"Speex   ", "Ogg Speex"), (b"\x7fFLAC", "Ogg FLAC")):
            if body.startswith(magic):
                raise AudioError("unsupported", {"format": name})
        raise AudioError("unsupported", {"format": "Ogg"})
    if len(body) < 19:
        raise AudioError("corrupt", {"format": "Ogg"})
    if body[9] > 2:
        raise AudioError("channels", {"channels": body[9]})
    return body[9], int.from_bytes(body[10:12], "little")
