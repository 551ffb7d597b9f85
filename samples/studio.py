"""A script becomes a recording: turns on a time line, each party on a channel, every word and value with its time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .script import Act, Keys, Mark, Script, Speech, Token, displayed, written
from .sound import Sound, Talker, key_tone, line_noise

Noise = Callable[[int, int, np.random.Generator], Sound]

CALLER, AGENT = 0, 1
_CHANNELS = {"c": CALLER, "a": AGENT, "i": AGENT}
_NAMES = {"c": "caller", "a": "agent", "i": "agent"}
_LEAD_MS, _TAIL_MS, _OVERLAP_MS = 250, 400, 450
_RUN_GAP_MS = 30


@dataclass
class Recording:
    """What the studio made of one script.

    Attributes:
        sound: float, frames x 2 (caller, agent).
        turns: in the shape of our words files, times in milliseconds.
        planted: the personal values, one entry for each place where one is said or keyed.
        keys: every key press with its time.
        payment_windows: milliseconds.
        consent_ms: when the consent key was pressed, None when it was not.
    """

    sound: Sound
    rate: int
    turns: list[dict[str, Any]] = field(default_factory=list)
    planted: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    payment_windows: list[tuple[int, int]] = field(default_factory=list)
    consent_ms: int | None = None

    @property
    def duration_ms(self) -> int:
        return round(1000 * len(self.sound) / self.rate)


class Studio:
    """Records scripts at one sampling rate.

    Args:
        rate: samples a second.
        talker: speaks the words at that rate.
        noise: noise of the line, called with a length, the rate and the random numbers of the call.
    """

    def __init__(self, rate: int, talker: Talker, noise: Noise = line_noise) -> None:
        self.rate = rate
        self.talker = talker
        self.noise = noise

    def record(self, script: Script) -> Recording:
        """Record one script; the same script always gives the same samples."""
        session = Session(self, script.id, script.language, script.voices, nbest=bool(script.settings.get("nbest")))
        for act in script.acts:
            session.perform(act)
        return session.finish()


class Session:
    """One call while it is recorded. The random numbers depend on its id alone."""

    def __init__(
        self, studio: Studio, call_id: str, language: str, voices: Mapping[str, str], *, nbest: bool = False
    ) -> None:
        self._studio = studio
        self._rate = studio.rate
        self._call_id = call_id
        self._language = language
        self._voices = voices
        self._nbest = nbest
        self._random = np.random.default_rng(zlib.crc32(call_id.encode()))
        self._parts: list[tuple[int, int, Sound]] = []
        self._end = self._samples(_LEAD_MS)
        self._pay: int | None = None
        self._made = Recording(np.zeros((0, 2), np.float32), studio.rate)

    @property
    def elapsed_ms(self) -> int:
        return self._ms(self._end)

    def _samples(self, ms: float) -> int:
        return round(ms * self._rate / 1000)

    def _ms(self, sample: int) -> int:
        return round(1000 * sample / self._rate)

    def perform(self, act: Act) -> None:
        if isinstance(act, Mark):
            self._mark(act)
        elif isinstance(act, Keys):
            self._press(act)
        else:
            self._speak(act)

    def _mark(self, mark: Mark) -> None:
        if mark.name == "pay":
            self._pay = self._ms(self._end)
        else:
            assert self._pay is not None
            self._made.payment_windows.append((self._pay, self._ms(self._end) + 200))
            self._pay = None

    def _press(self, act: Keys) -> None:
        at = self._end + self._samples(self._random.uniform(500, 700))
        channel, first = _CHANNELS[act.speaker], at
        for digit in act.digits:
            length = self._samples(self._random.uniform(90, 130))
            self._parts.append((channel, at, key_tone(digit, length, self._rate)))
            self._made.keys.append(
                {"key": digit, "channel": channel, "start_ms": self._ms(at), "end_ms": self._ms(at + length)}
            )
            self._end = at + length
            at = self._end + self._samples(self._random.uniform(90, 160))
        if act.type == "consent":
            self._made.consent_ms = self._ms(first)
            return
        value = act.digits.rstrip("#")
        times = {"start_ms": self._ms(first), "end_ms": self._made.keys[len(self._made.keys) - 1]["end_ms"]}
        self._plant(act.type, value, value, channel, "keyed", times)

    def _plant(self, kind: str, whole: str, shown: str, channel: int, how: str, place: dict[str, Any]) -> None:
        number = len(self._made.planted) + 1
        self._made.planted.append(
            {"id": f"{self._call_id}-{number:02}", "type": kind, "value": whole, "part": shown, "how": how}
            | {"channel": channel}
            | place
        )

    def _speak(self, act: Speech) -> None:
        gap = -_OVERLAP_MS if act.overlaps else self._random.uniform(280, 520)
        at = max(self._end + self._samples(gap), self._samples(_LEAD_MS))
        channel = _CHANNELS[act.speaker]
        places: list[tuple[int, int]] = []
        for run, language in _runs(act.tokens, self._language):
            phrase = self._studio.talker.say([t.text for t in run], self._voices[act.speaker], language)
            self._parts.append((channel, at, phrase.sound))
            places += [(at + start, at + end) for start, end in phrase.places]
            at += len(phrase.sound) + self._samples(run[-1].pause_ms or _RUN_GAP_MS)
        self._end = max(self._end, places[-1][1])
        self._write(act, channel, places)

    def _write(self, act: Speech, channel: int, places: list[tuple[int, int]]) -> None:
        text, offsets = written(act.tokens)
        lexical, lexical_offsets = written(act.tokens, punctuation=False)
        times = [(self._ms(start), self._ms(end)) for start, end in places]
        words = [
            {
                "text": token.text,
                "start_ms": s,
                "end_ms": e,
                "confidence": round(float(self._random.uniform(0.82, 0.99)), 2),
            }
            for token, (s, e) in zip(act.tokens, times, strict=True)
        ]
        display = displayed(act.tokens, act.values)
        turn = {"speaker": _NAMES[act.speaker], "channel": channel, "start_ms": times[0][0], "end_ms": times[-1][1]}
        turn |= {"text": text, "words": words, "forms": {"lexical": lexical, "display": display}}
        if self._nbest:
            # The second hypothesis has figures where the first has words, the third has lost its first word.
            turn["nbest"] = [lexical, display, written(act.tokens[1:], punctuation=False)[0]]
        number = len(self._made.turns)
        self._made.turns.append(turn)
        for index, value in enumerate(act.values):
            mine = [place for place, token in enumerate(act.tokens) if token.value == index]
            first, last = mine[0], mine[-1]
            place: dict[str, Any] = {"start_ms": times[first][0], "end_ms": times[last][1], "turn": number}
            place |= {"words": [first, last + 1], "text": [offsets[first][0], offsets[last][1]]}
            place |= {"lexical": [lexical_offsets[first][0], lexical_offsets[last][1]]}
            self._plant(value.type, value.whole, value.shown, channel, "spoken", place)

    def finish(self, *, duration_ms: int | None = None) -> Recording:
        """Mix the call; ``duration_ms`` makes it longer than its last word, never shorter."""
        length = max(self._end + self._samples(_TAIL_MS), self._samples(duration_ms or 0))
        sound = np.stack([self._studio.noise(length, self._rate, self._random) for _ in (CALLER, AGENT)])
        for channel, at, part in self._parts:
            sound[channel, at : at + len(part)] += part[: length - at]
        self._made.sound = np.ascontiguousarray(sound.T)
        return self._made


def _runs(tokens: tuple[Token, ...], language: str) -> Iterator[tuple[tuple[Token, ...], str]]:
    """Tokens said in one breath: cut at punctuation, at the edges of a personal value, and where the script changes."""
    run: list[Token] = []
    for token in tokens:
        spoken = _language(token, language)
        if run and (run[-1].punctuation or run[-1].value != token.value or _language(run[-1], language) != spoken):
            yield tuple(run), _language(run[-1], language)
            run = []
        run.append(token)
    if run:
        yield tuple(run), _language(run[-1], language)


def _language(token: Token, language: str) -> str:
    return "en-gb" if language.startswith("zh") and token.text.isascii() else language
