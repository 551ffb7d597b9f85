"""One call: read, find, remove, check the finished output, and only then give it its name."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from callwarden import __version__
from callwarden.doors.cli._redact_calls import Call
from callwarden.doors.cli._redact_document import known_of, read_json, text_spans, transcript_of, turns_of, write_json
from callwarden.doors.cli._redact_manifest import PART
from callwarden.doors.cli._redact_policy import PolicyChoice
from callwarden.doors.cli._redact_reasons import Refused
from callwarden.engines.redact import (
    DOUBTFUL,
    RedactError,
    Redaction,
    Transcript,
    doubtful,
    redact,
)
from callwarden.engines.redact.audio import (
    Audio,
    AudioError,
    AudioLimits,
    Mode,
    MutePlan,
    Raw,
    ToneSpan,
    apply,
    decode,
    difference_outside,
    encode_flac,
    find_dtmf,
    plan,
    residue_inside,
)
from callwarden.flows.formats import WordsError, WordsFile, check_fit, read_words

SOUND, WORDS, SPANS = ".redacted.flac", ".redacted.json", ".spans.json"
_MAX_WORDS = 64 << 20
_HEADERLESS = {
    ".al": Raw("alaw"),
    ".alaw": Raw("alaw"),
    ".pcma": Raw("alaw"),
    ".ul": Raw("ulaw"),
    ".ulaw": Raw("ulaw"),
    ".pcmu": Raw("ulaw"),
}


@dataclass(frozen=True)
class Options:
    """What a run was asked to do; the same for every call.

    Attributes:
        out: output folder.
        policy: what to remove from the text.
        known: known values by call id or name.
        mode: silence or a tone.
        pad_ms: added around spoken spans.
        both_legs: mute every channel wherever one is muted.
        tones_only: take recordings without words and remove only keypad tones.
        limits: what one recording may cost.
        hide_names: call the outputs by a keyed token, because recorders put telephone numbers into file names.
        key: for the digests of the manifest, and for those tokens.
        known_digest: stands for ``known`` in them.
    """

    out: Path
    policy: PolicyChoice
    known: Mapping[str, Any] = field(repr=False)
    mode: Mode
    pad_ms: float
    both_legs: bool
    tones_only: bool
    limits: AudioLimits
    hide_names: bool
    key: bytes = field(repr=False)
    known_digest: str = ""

    def output_name(self, call: Call) -> str:
        """The call's name in the output folder, with ``/``, without suffix."""
        if not self.hide_names:
            return call.name
        return f"call-{hashlib.blake2b(call.name.encode(), key=self.key, digest_size=8).hexdigest()}"

    def fingerprint(self) -> bytes:
        """Everything here that decides what comes out."""
        policy = [self.policy.name, self.policy.document, (self.policy.key or b"").hex()]
        sound = [self.mode, self.pad_ms, self.both_legs, self.tones_only, self.limits.accept_truncated]
        return json.dumps([__version__, policy, sound, self.known_digest], sort_keys=True, default=str).encode()


@dataclass(frozen=True)
class Outcome:
    """What became of one call: ``done``, ``skipped`` (finished before) or ``refused``; no value, no text."""

    name: str
    status: str
    code: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    target: str = ""
    digest: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    muted_seconds: float = 0.0
    types: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Text:
    document: Mapping[str, Any]
    transcript: Transcript
    redaction: Redaction
    tones: list[ToneSpan]
    file: WordsFile | None


def process(call: Call, finished: tuple[str, Mapping[str, int]] | None, options: Options) -> Outcome:
    """Redact one call, or skip it when ``finished`` says that this very content is done. Never raises."""
    try:
        return _process(call, finished, options)
    except (Refused, RedactError, AudioError) as error:
        return Outcome(call.name, "refused", error.code, error.data)
    except Exception as error:
        # Fail closed: nothing was written, and the message of an unforeseen error may quote the call.
        return Outcome(call.name, "refused", "internal", {"kind": type(error).__name__})


def _process(call: Call, finished: tuple[str, Mapping[str, int]] | None, options: Options) -> Outcome:
    if not call.recordings and call.words is None:
        raise Refused("unreadable")
    if len(call.recordings) > 1:
        raise Refused("ambiguous")
    if call.words is None and not options.tones_only:
        raise Refused("no_words")
    sound = _read(call.recordings[0], options.limits.max_bytes, "too_large") if call.recordings else None
    words = _read(call.words, _MAX_WORDS, "words_too_large") if call.words else None
    digest = _digest(call, sound, words, options)
    target = options.output_name(call)
    if finished is not None and finished[0] == digest and _is_there(options.out, target, finished[1]):
        return Outcome(call.name, "skipped")

    return replace(_redact(call, target, sound, words, options), target=target, digest=digest)


def _redact(call: Call, target: str, sound: bytes | None, words: bytes | None, options: Options) -> Outcome:
    """Make, check and publish the outputs of one call."""
    text = _redact_words(call.name, words, options) if words is not None else None
    if text is not None and sound is not None and not text.transcript.turns and not options.tones_only:
        raise Refused("no_turns")
    files: dict[str, bytes] = {}
    spans: dict[str, Any] = {"policy": options.policy.name, "text": [], "sound": []}
    types: Counter[str] = Counter()
    seconds = muted = 0.0
    if text is not None:
        files[WORDS] = write_json(_without_values(text, target if options.hide_names else None))
        spans["text"] = text_spans(text.redaction)
        turns = enumerate(text.transcript.turns)
        doubts = [{"turn": number, "doubts": list(turn.doubts)} for number, turn in turns if turn.doubts]
        if doubts:
            spans["review"] = doubts
            types[DOUBTFUL] = len(doubts)
        types.update(str(span.type) for span in text.redaction.spans)
    if sound is not None:
        hint = _HEADERLESS.get(Path(call.recordings[0]).suffix.lower())
        audio = decode(sound, hint=hint, limits=options.limits)
        stretches, files[SOUND] = _redact_sound(audio, text, options)
        seconds = audio.seconds
        muted = sum(s.end - s.start for s in stretches) / audio.rate / audio.channels
        spans |= _sound_report(audio, stretches, options)
        types.update("DTMF" for s in stretches if "DTMF" in s.reasons)
    files[SPANS] = write_json(spans)
    _publish(options.out, target, files)
    sizes = {suffix: len(content) for suffix, content in files.items()}
    return Outcome(call.name, "done", sizes=sizes, seconds=seconds, muted_seconds=muted, types=dict(types))


def _read(path: str, most: int, code: str) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except OSError:
        raise Refused("unreadable") from None
    if len(content) > most:
        raise Refused(code, {"limit_bytes": most})
    return content


def _digest(call: Call, sound: bytes | None, words: bytes | None, options: Options) -> str:
    """Keyed digest of everything that decides the output."""
    state = hashlib.blake2b(key=options.key, digest_size=16, person=b"redact-manifest")
    suffix = Path(call.recordings[0]).suffix.lower() if call.recordings else ""
    headerless = suffix.encode() if suffix in _HEADERLESS else b""
    for part in (options.fingerprint(), headerless, sound, words):
        state.update(b"-" if part is None else len(part).to_bytes(8, "big") + part)
    return state.hexdigest()


def _is_there(out: Path, name: str, sizes: Mapping[str, int]) -> bool:
    try:
        return bool(sizes) and all((out / (name + suffix)).stat().st_size == size for suffix, size in sizes.items())
    except OSError:
        return False


def _redact_words(name: str, words: bytes, options: Options) -> _Text:
    document, file = _document(words)
    transcript = transcript_of(document, Path(name).name)
    beside = options.known.get(transcript.id, options.known.get(name, options.known.get(Path(name).name)))
    known = known_of(document.get("known"), beside)
    redaction = redact(transcript, known, options.policy.build())
    return _Text(document, transcript, redaction, _tones(document.get("dtmf")), file)


def _document(words: bytes) -> tuple[Mapping[str, Any], WordsFile | None]:
    """The call as it came, or rewritten from a recogniser's own shape; without turns there is no words file."""
    with suppress(Refused):
        document = read_json(words)
        if isinstance(document, Mapping) and document.get("turns") == []:
            return document, None
    try:
        file = read_words(words)
    except WordsError as error:
        raise Refused(f"words.{error.code}", error.data) from None
    return (_with_doubts(document, file) if file.shape == "callwarden" else file.to_json()), file


def _with_doubts(document: Mapping[str, Any], file: WordsFile) -> Mapping[str, Any]:
    """Our own shape keeps the keys it came with; only what is doubtful is ours to say."""
    turns = zip(document["turns"], file.turns, strict=True)
    return {**document, "turns": [{**item, "doubts": turn.doubts} for item, turn in turns]}


def _tones(given: Any) -> list[ToneSpan]:
    """Keypad times received beside the sound (RFC 4733); whatever else stands there, such as digits, is not read."""
    if given is None:
        return []
    try:
        found = [ToneSpan(item.get("channel"), int(item["start_ms"]), int(item["end_ms"])) for item in given if item]
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
        raise Refused("not_tones") from None
    if any(t.end_ms < t.start_ms or not (t.channel is None or isinstance(t.channel, int)) for t in found):
        raise Refused("not_tones")
    return found


def _without_values(text: _Text, hidden: str | None) -> dict[str, Any]:
    document: dict[str, Any] = {"id": hidden or text.document.get("id", text.transcript.id)}
    if text.transcript.language is not None:
        document["language"] = text.transcript.language
    document["turns"] = turns_of(text.document, text.redaction, times=True)
    return document


def _redact_sound(audio: Audio, text: _Text | None, options: Options) -> tuple[list[MutePlan], bytes]:
    """The stretches removed and the FLAC file, decoded again and compared before it is trusted.

    Raises:
        AudioError: ``mismatch``.
        Refused: ``sound_residual``, or the words do not fit the recording.
    """
    if text is not None and text.file is not None:
        try:
            check_fit(text.file, audio.seconds * 1000)
        except WordsError as error:
            raise Refused(f"words.{error.code}", error.data) from None
    stretches = plan(
        (*text.redaction.sound, *doubtful(text.transcript)) if text is not None else (),
        [*find_dtmf(audio.samples, audio.rate), *(text.tones if text is not None else ())],
        audio,
        pad_ms=options.pad_ms,
        all_channels=options.both_legs,
    )
    out = io.BytesIO()
    encode_flac(apply(audio, stretches, options.mode), out)
    heard = decode(out.getvalue(), limits=options.limits)
    if (
        difference_outside(audio, heard, stretches)
        or residue_inside(heard, stretches, options.mode)
        or find_dtmf(heard.samples, heard.rate)
    ):
        raise Refused("sound_residual")
    return stretches, out.getvalue()


def _sound_report(audio: Audio, stretches: list[MutePlan], options: Options) -> dict[str, Any]:
    return {
        "recording": {
            "format": audio.source_format,
            "rate": audio.rate,
            "channels": audio.channels,
            "seconds": round(audio.seconds, 3),
        },
        "mode": options.mode,
        "sound": [
            {
                "channel": s.channel,
                "start_ms": s.start * 1000 // audio.rate,
                "end_ms": -(-s.end * 1000 // audio.rate),
                "start_frame": s.start,
                "end_frame": s.end,
                "reasons": list(s.reasons),
            }
            for s in stretches
        ],
    }


def _publish(out: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Write every file hidden, then give all of them their names: nobody sees a half-written one."""
    with _own_words():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        parts = {s: target.parent / f".{target.name}{s}.{os.getpid()}{PART}" for s in files}
        try:
            for suffix, content in files.items():
                parts[suffix].write_bytes(content)
            for suffix, part in parts.items():
                part.rename(target.parent / (target.name + suffix))
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)


@contextmanager
def _own_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused("disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unwritable") from None
