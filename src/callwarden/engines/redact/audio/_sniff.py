"""What a file is, told by its first bytes. Names and extensions are not evidence."""

from __future__ import annotations

from ._mpeg import first_frame_at

# What people hand in by mistake, so that the refusal can name it.
_FOREIGN = (
    (b"\x1aE\xdf\xa3", "Matroska/WebM"),
    (b"#!AMR", "AMR"),
    (b".snd", "Sun AU"),
    (b"FORM", "AIFF"),
    (b"caff", "Core Audio"),
    (b"0&\xb2u\x8ef\xcf\x11", "Windows Media"),
    (b"\xd4\xc3\xb2\xa1", "pcap"),
    (b"\x0a\x0d\x0d\x0a", "pcapng"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "PDF"),
    (b"RIFX", "big-endian WAV"),
)


def skip_id3v2(data: bytes) -> int:
    """Offset of the first byte after any leading ID3v2 tags (id3.org, ID3v2.4 section 3.1)."""
    at = 0
    while data[at : at + 3] == b"ID3" and len(data) >= at + 10:
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = (size << 7) | (byte & 0x7F)
        footer = 10 if data[at + 5] & 0x10 else 0
        at += 10 + size + footer
    return min(at, len(data))


def sniff(data: bytes) -> str | None:
    """``wav``, ``flac``, ``ogg``, ``mp3``, or None when the content is no recording known here."""
    if data[:4] in (b"RIFF", b"RF64", b"BW64") and data[8:12] == b"WAVE":
        return "wav"
    at = skip_id3v2(data)
    if data[at : at + 4] == b"fLaC":
        return "flac"
    if data[:4] == b"OggS":
        return "ogg"
    if foreign(data) is None and first_frame_at(data, at) is not None:
        return "mp3"
    return None


def foreign(data: bytes) -> str | None:
    """The name of a well-known format that is not supported, for the message of a refusal."""
    if data[4:8] == b"ftyp":
        return "MP4/M4A"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "AVI"
    for magic, name in _FOREIGN:
        if data.startswith(magic):
            return name
    return None
