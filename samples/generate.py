"""Any number of further calls, quickly and without a speech synthesiser.

    >>> call = next(generate_calls(seed=1, count=1, minutes=1))
    >>> call.duration_ms, call.name
    (60000, 'G1-000000.wav')

Words sound like shaped noise: each word of each voice has a sound of its own, so that every call differs, word times
are exact, and a test may look for the sound of one word in what should not hold it. Call ``index`` of a seed is the
same however many calls are asked for.
"""

from __future__ import annotations

import csv
import io
import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml

from callwarden.flows.formats import CdrRow, ConsentEvent, NoticePlayed, words_name

from .identities import Inventor, Said
from .script import parse_line
from .sound import Phrase, Sound, encode, line_noise, telephone_band
from .studio import Recording, Session, Studio

RATE = 8000
LINES = ("service-zh", "outbound", "payment-en")
_FIRST_CALL = datetime(2026, 10, 1, tzinfo=UTC)
_TILE = 1 << 18
_VOICES = 5
_PURPOSES = {"service-zh": ("recording", "quality"), "outbound": ("recording", "marketing")}
_CALLEES = {"service-zh": "8001", "outbound": "8002", "payment-en": "+442079460123"}
_AGENTS = {"service-zh": ("a103", "a104"), "outbound": ("a202", "a203"), "payment-en": ("a301", "a302")}
_COLUMNS = (
    "call_id", "line", "direction", "caller", "callee", "agent", "started_at", "answered_at", "ended_at", "recording",
    "notice_version", "notice_language", "notice_at", "consent", "consent_method", "consent_key", "consent_at",
    "payment_windows",
)  # fmt: skip


@dataclass(frozen=True)
class GeneratedCall:
    """One call.

    Args:
        name: file name of the recording.
        audio: its bytes; empty when the call was written to a folder.
        words: the words file, in our own shape.
        cdr: the row that goes with it.
        planted: the personal values, in the shape of ``expected.json``.
    """

    name: str
    audio: bytes
    words: dict[str, Any]
    cdr: CdrRow
    planted: tuple[dict[str, Any], ...]
    duration_ms: int

    @property
    def words_json(self) -> bytes:
        return json.dumps(self.words, ensure_ascii=False, separators=(",", ":")).encode()


def generate_calls(
    seed: int,
    count: int,
    *,
    minutes: float | None = None,
    out_dir: Path | None = None,
    line: str | None = None,
    audio: Literal["wav", "flac", "alaw"] = "wav",
    refused: float = 0.0,
) -> Iterator[GeneratedCall]:
    """Calls with both parties on their own channel at 8 kHz, with words and call record.

    Args:
        seed: calls of different seeds differ, in their numbers too.
        minutes: exact length of each; between 20 and 60 seconds when not given.
        out_dir: write recordings, words, ``cdr.csv`` and ``mapping.yaml`` into this folder before returning; the calls
            then come without their audio. Without it, calls are made one by one as they are taken.
        line: one of `LINES`; all in turn when not given.
        audio: how recordings are written.
        refused: share of calls in which the caller refused to be recorded.
    """
    calls = (generate_call(seed, n, minutes=minutes, line=line, audio=audio, refused=refused) for n in range(count))
    return calls if out_dir is None else iter(_write(calls, out_dir))


def generate_call(
    seed: int,
    index: int,
    *,
    minutes: float | None = None,
    line: str | None = None,
    audio: Literal["wav", "flac", "alaw"] = "wav",
    refused: float = 0.0,
) -> GeneratedCall:
    """The call with this number; see `generate_calls`."""
    random = np.random.default_rng([seed, index])
    line = line or LINES[index % len(LINES)]
    chinese = line == "service-zh" or (line == "outbound" and bool(random.random() < 0.6))
    call_id = f"G{seed}-{index:06}"
    seconds = 60 * minutes if minutes else float(random.integers(20, 61))
    given = bool(random.random() >= refused)
    inventor = Inventor(random)
    number = inventor.phone(chinese)
    recording = _record(call_id, line, chinese, seconds, inventor, random)
    name, data = _encoded(call_id, recording.sound, audio)
    language = "zh-CN" if chinese else "en-GB"
    return GeneratedCall(
        name=name,
        audio=data,
        words={"id": call_id, "language": language, "turns": recording.turns},
        cdr=_row(call_id, index, line, language, number.written, name, recording, given, random),
        planted=tuple(recording.planted),
        duration_ms=recording.duration_ms,
    )


def _row(
    call_id: str,
    index: int,
    line: str,
    language: str,
    number: str,
    name: str,
    recording: Recording,
    given: bool,
    random: np.random.Generator,
) -> CdrRow:
    outbound = line == "outbound"
    started = _FIRST_CALL + timedelta(seconds=index * 97 + int(random.integers(60)))
    answered = started + timedelta(seconds=20)
    answer: Literal["given", "refused"] = "given" if given else "refused"
    key = None if outbound else "1" if given else "2"
    asked = answered - timedelta(days=20) if outbound else started + timedelta(seconds=12)
    return CdrRow(
        call_id=call_id,
        line=line,
        direction="outbound" if outbound else "inbound",
        caller=_CALLEES[line] if outbound else number,
        callee=number if outbound else _CALLEES[line],
        agent=_AGENTS[line][int(random.integers(2))],
        started_at=started,
        answered_at=answered,
        ended_at=answered + timedelta(milliseconds=recording.duration_ms),
        recordings=(name,),
        layouts=("stereo:caller,agent",),
        notice=NoticePlayed("2026-1", "zh-CN" if language == "zh-CN" else "en", started + timedelta(seconds=3)),
        consents=tuple(
            ConsentEvent(purpose, answer, "prior" if outbound else "keypress", key, asked)
            for purpose in _PURPOSES.get(line, ("recording", "quality"))
        ),
        payment_windows=tuple(recording.payment_windows),
    )


@cache
def _exchanges(language: str) -> tuple[tuple[str | None, tuple[str, ...]], ...]:
    """What is talked about: the kind of value that is told, and the lines."""
    document = yaml.safe_load((Path(__file__).parent / "exchanges.yaml").read_text("utf-8"))
    return tuple((item.get("kind"), tuple(item["say"])) for item in document[language])


_LONGEST_EXCHANGE_MS = 16_000


def _record(
    call_id: str, line: str, chinese: bool, seconds: float, inventor: Inventor, random: np.random.Generator
) -> Recording:
    voices = {party: f"{party}{random.integers(_VOICES)}" for party in "aci"}
    session = Session(_studio(), call_id, "zh-CN" if chinese else "en-GB", voices)
    exchanges = _exchanges("zh" if chinese else "en")
    last = seconds * 1000 - _LONGEST_EXCHANGE_MS
    planted = False
    while session.elapsed_ms < last or not planted:
        if line == "payment-en" and random.random() < 0.15:
            _pay_by_keys(session, inventor)
            planted = True
            continue
        kind, lines = exchanges[int(random.integers(len(exchanges)))]
        if kind is None and not planted and session.elapsed_ms >= last:
            continue
        value: Said | None = getattr(inventor, kind)(chinese) if kind else None
        planted = planted or value is not None
        for text in lines:
            session.perform(parse_line(text.replace("{}", value.markup) if value else text))
    return session.finish(duration_ms=round(seconds * 1000))


def _pay_by_keys(session: Session, inventor: Inventor) -> None:
    card, code = inventor.card(False).written, inventor.security_code(False).written
    for text in ("a| Please key in the card number.", "pay", f"c# {card}# as CARD_PAN", "a| And the security code."):
        session.perform(parse_line(text))
    for text in (f"c# {code}# as CARD_CVV", "end pay", "a| Thank you, all done."):
        session.perform(parse_line(text))


class _Babble:
    """Speaks noise: each syllable a burst with its own pitch and formants, the same word always the same sound."""

    def say(self, words: Sequence[str], voice: str, language: str) -> Phrase:
        sounds, places, after = [], [], 0
        for word in words:
            sound = _word_sound(voice, word)
            sounds.append(sound)
            places.append((after, after + len(sound) - _GAP))
            after += len(sound)
        return Phrase(np.concatenate(sounds), tuple(places))


_GAP = RATE * 25 // 1000


@cache
def _word_sound(voice: str, word: str) -> Sound:
    """The sound of a word, followed by a gap of 25 ms. The vocabulary is small, so the cache is."""
    random = np.random.default_rng(zlib.crc32(f"{voice} {word}".encode()))
    syllables = max(1, round(len(word) / 3)) if word.isascii() else len(word)
    pitch = 95 + zlib.crc32(voice.encode()) % 140
    parts = []
    for _ in range(syllables):
        length = int(random.integers(RATE * 130 // 1000, RATE * 230 // 1000))
        time = np.arange(length) / RATE
        sweep = 2 * np.pi * np.cumsum(pitch * (1 + random.uniform(-0.15, 0.15) * time / time[-1])) / RATE
        # All harmonics at once: the k-th is the k-th power of the first on the unit circle.
        voiced = np.polyval(random.uniform(0.1, 1.0, 15), np.exp(1j * sweep)).imag
        breath = random.standard_normal(length) * random.uniform(0.2, 1.2)
        parts.append((voiced + breath) * np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 0.6)
    sound = telephone_band(np.concatenate(parts).astype(np.float32), RATE)
    return np.concatenate([sound * np.float32(0.25 / np.max(np.abs(sound))), np.zeros(_GAP, np.float32)])


@cache
def _noise_tile() -> Sound:
    return line_noise(_TILE, RATE, np.random.default_rng(20261101), level_db=-72.0)


def _noise(length: int, rate: int, random: np.random.Generator) -> Sound:
    """Noise of any length cut from one tile at a random place: making it afresh would take most of the time."""
    offset = int(random.integers(_TILE))
    tile = _noise_tile()
    return np.resize(np.concatenate([tile[offset:], tile[:offset]]), length)


@cache
def _studio() -> Studio:
    return Studio(RATE, _Babble(), _noise)


def _encoded(call_id: str, sound: Sound, kind: str) -> tuple[str, bytes]:
    if kind != "wav":
        extension, data = encode(sound, RATE, kind)
        return f"{call_id}.{extension}", data
    pcm = (sound * np.float32(32767)).astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE, RATE * 4, 4, 16)
    head = struct.pack("<4sI4s", b"RIFF", 36 + len(pcm), b"WAVE") + form + struct.pack("<4sI", b"data", len(pcm))
    return f"{call_id}.wav", head + pcm


def _write(calls: Iterator[GeneratedCall], folder: Path) -> list[GeneratedCall]:
    """Write a spool folder. The call records come last, as from systems that export in batches."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.yaml").write_bytes((Path(__file__).parent / "generated-mapping.yaml").read_bytes())
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    written = []
    for call in calls:
        (folder / call.name).write_bytes(call.audio)
        (folder / words_name(call.name)).write_bytes(call.words_json)
        writer.writerow(_cells(call.cdr))
        written.append(GeneratedCall(call.name, b"", call.words, call.cdr, call.planted, call.duration_ms))
    (folder / "cdr.csv").write_text(text.getvalue(), "utf-8")
    return written


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _cells(row: CdrRow) -> list[str]:
    asked, notice = row.consents[0], row.notice
    assert notice is not None
    return [
        row.call_id,
        row.line,
        row.direction,
        row.caller,
        row.callee,
        row.agent,
        row.started_at.isoformat(),
        _iso(row.answered_at),
        _iso(row.ended_at),
        row.recordings[0],
        notice.version,
        notice.language,
        notice.played_at.isoformat(),
        f"{asked.answer} {'+'.join(event.purpose for event in row.consents)}",
        asked.method,
        asked.key or "",
        asked.at.isoformat(),
        ";".join(f"{start / 1000:.3f}-{end / 1000:.3f}" for start, end in row.payment_windows),
    ]
