"""Speech out of espeak-ng, word by word with exact times. Only the build of the samples needs it.

Chinese is given as pinyin with tones: espeak-ng's own reading of Chinese characters is poor.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import soxr
from pypinyin import Style, lazy_pinyin

from .sound import Phrase, Sound, telephone_band

_WORD = 1  # espeakEVENT_WORD
_RETRIEVAL, _NO_EXIT = 1, 0x8000
_UTF8 = 1
_SPEED = 1  # espeakRATE
_QUIET = 10 ** (-50 / 20)
_PEAK = 0.2


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@cache
def _synthesiser() -> tuple[ctypes.CDLL, int]:
    """The library, initialised once for the process (twice corrupts its memory), and its sampling rate."""
    library = ctypes.CDLL("libespeak-ng.so.1")
    return library, library.espeak_Initialize(_RETRIEVAL, 500, None, _NO_EXIT)


class Speaker:
    """The synthesiser.

    Args:
        rate: samples a second of what it returns.

    Raises:
        OSError: espeak-ng is not installed (Debian: ``apt-get install espeak-ng``).
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._library, self._native = _synthesiser()
        self._blocks: list[Sound] = []
        self._starts: list[tuple[int, int]] = []
        self._callback = _Callback(self._collect)

    def _collect(self, wave: Any, count: int, events: Any) -> int:
        if wave and count:
            self._blocks.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())
        index = 0
        while events[index].type != 0:
            event = events[index]
            if event.type == _WORD and event.length > 0:
                self._starts.append((event.text_position, event.sample))
            index += 1
        return 0

    def say(self, words: Sequence[str], voice: str, language: str) -> Phrase:
        """Words of one language in one breath, in the telephone band, at a common level.

        Args:
            voice: variant of espeak-ng, such as ``f3``.
            language: BCP 47 tag; Chinese words are turned into pinyin.
        """
        phrase = self._breath(words, voice, language)
        sound = telephone_band(phrase.sound, self._rate)
        return Phrase(sound * np.float32(_PEAK / max(1e-3, float(np.max(np.abs(sound))))), phrase.places)

    def _breath(self, words: Sequence[str], voice: str, language: str) -> Phrase:
        chinese = language.startswith("zh")
        spoken = pinyin(words) if chinese else [word.replace("-", " ") for word in words]
        name, speed = ("cmn-latn-pinyin", 185) if chinese else (language.lower(), 170)
        phrase = self._phrase(spoken, f"{name}+{voice}", speed)
        if phrase is not None:
            return phrase
        # A word that the synthesiser splits or merges has no event of its own: say the words one by one.
        pieces = [self._phrase([word], f"{name}+{voice}", speed, whole=True) for word in spoken]
        sounds = [piece.sound for piece in pieces if piece is not None]
        ends = np.cumsum([len(sound) for sound in sounds]).tolist()
        return Phrase(np.concatenate(sounds), tuple(zip([0, *ends[:-1]], ends, strict=True)))

    def _phrase(self, spoken: Sequence[str], voice: str, speed: int, *, whole: bool = False) -> Phrase | None:
        self._blocks.clear()
        self._starts.clear()
        # The library has one state for the whole process, so a second speaker would have taken the callback over.
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(_SPEED, speed, 0)
        text = " ".join(spoken).encode()
        self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        sound = np.concatenate(self._blocks).astype(np.float32) / 32768
        loud = np.flatnonzero(np.abs(sound) > _QUIET)
        first, last = int(loud[0]), int(loud[-1]) + 1
        starts = [sample for _, sample in dict(self._starts).items()]
        if whole:
            starts = [first]
        if len(starts) != len(spoken):
            return None
        starts[0] = first
        scale = self._rate / self._native
        sound = soxr.resample(sound[first:last], self._native, self._rate)
        ends = [*starts[1:], last]
        places = [
            (round((s - first) * scale), min(round((e - first) * scale), len(sound)))
            for s, e in zip(starts, ends, strict=True)
        ]
        return Phrase(sound, tuple(places)) if all(end > start for start, end in places) else None


def pinyin(words: Sequence[str]) -> list[str]:
    """Each word as pinyin with tone numbers, tones changed as they are in speech (你好 is said ní hǎo)."""
    syllables = lazy_pinyin(list(words), style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    said, after = [], 0
    for word in words:
        said.append("".join(syllables[after : after + len(word)]).replace("ü", "v"))
        after += len(word)
    return said
