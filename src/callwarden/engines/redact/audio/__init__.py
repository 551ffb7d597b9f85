"""Take personal data out of call recordings: decode, find keypad tones, plan, overwrite, encode.

Pure functions over arrays; nothing is written anywhere but where the caller says, and there are no temporary files.

    >>> import io
    >>> import numpy as np
    >>> from callwarden.engines.redact.audio import Audio, ToneSpan, apply, decode, encode_flac, plan
    >>> from callwarden.engines.redact.audio import difference_outside
    >>> speech = Audio(np.arange(16_000, dtype=np.int16).reshape(-1, 2), rate=8_000)
    >>> stretches = plan([], [ToneSpan(channel=1, start_ms=200, end_ms=400)], speech)
    >>> stretches
    [MutePlan(channel=1, start=1600, end=3200, reasons=('DTMF',))]
    >>> redacted = apply(speech, stretches)
    >>> int(abs(redacted.samples[1600:3200, 1]).sum()), difference_outside(speech, redacted, stretches)
    (0, 0)
    >>> file = io.BytesIO()
    >>> size = encode_flac(redacted, file)
    >>> bool((decode(file.getvalue()).samples == redacted.samples).all())
    True

What is promised:

- A recording that is damaged, cut short or not what it claims to be raises `AudioError`; it is never half decoded.
- WAV PCM_16, G.711 and 16-bit FLAC decode bit for bit. 24- and 32-bit PCM keep their upper 16 bits; floating point,
  MP3 and Opus are rounded to 16 bits and clipped. GSM 06.10 and ADPCM inside WAV, and MP3 inside WAV, are read too.
- `apply` keeps length and rate, and every sample outside the plan; `difference_outside` and `residue_inside` check
  that independently, also on the decoded output.
- Keypad tones are found without telling the keys apart; no function returns or keeps a digit.
- In doubt more is muted: spans without times take their whole turn or channel, spans without a channel take all.

What is not: this package does not recognise speech (times come from the words of a recogniser), and neither muting nor
`Disguise` is voice anonymisation: melody, accent and words can still tell who speaks.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._apply import Mode, apply, difference_outside, residue_inside, to_mono_legs
    from ._decode import decode
    from ._disguise import Disguise
    from ._dtmf import find_dtmf, tones_from_rfc4733
    from ._encode import Sink, encode_flac
    from ._errors import AudioError
    from ._model import Audio, AudioLimits, MutePlan, Raw, Samples, ToneSpan
    from ._plan import Spoken, check_fit, plan
    from ._sniff import sniff

__all__ = [
    "Audio",
    "AudioError",
    "AudioLimits",
    "Disguise",
    "Mode",
    "MutePlan",
    "Raw",
    "Samples",
    "Sink",
    "Spoken",
    "ToneSpan",
    "apply",
    "check_fit",
    "decode",
    "difference_outside",
    "encode_flac",
    "find_dtmf",
    "plan",
    "residue_inside",
    "sniff",
    "to_mono_legs",
    "tones_from_rfc4733",
]

# numpy and the codecs take a fifth of a second to load: whoever only passes sound on does not wait for them.
_WHERE = {
    "_apply": ("Mode", "apply", "difference_outside", "residue_inside", "to_mono_legs"),
    "_decode": ("decode",),
    "_disguise": ("Disguise",),
    "_dtmf": ("find_dtmf", "tones_from_rfc4733"),
    "_encode": ("Sink", "encode_flac"),
    "_errors": ("AudioError",),
    "_model": ("Audio", "AudioLimits", "MutePlan", "Raw", "Samples", "ToneSpan"),
    "_plan": ("Spoken", "check_fit", "plan"),
    "_sniff": ("sniff",),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
        globals()[name] = found
        return found
