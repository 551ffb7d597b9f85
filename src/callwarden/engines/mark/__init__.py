"""A mark that can be heard: who exported a recording is told by tones that repeat through it.

    >>> import numpy as np
    >>> from callwarden.engines import mark
    >>> quiet = np.zeros(8000 * 12, dtype="<i2")
    >>> marked = mark.put(quiet, rate=8000, identity=bytes(range(16)))
    >>> mark.find(marked, rate=8000) == bytes(range(16))
    True

The mark is 16 bytes (the id of a permit) and a checksum, four bits a tone, in bursts of 2.4 s, one every 10 s. It lies
30 dB under full scale: one hears it, and speech stays intelligible. `find` reads it from a copy of which a few bursts
survived: cut, resampled to the same rate, made quieter, or compressed as telephone audio (G.711).

Tables of text carry the same id as a code in every row (`as_table`); `find_in_text` reads it from any row left of them.

    >>> mark.find_in_text(b"".join(mark.as_table(bytes(range(16)), ["For Ann"], ["n"], [["=1"]])).decode()).hex()
    '000102030405060708090a0b0c0d0e0f'
    >>> mark.harmless("=1+1")
    "'=1+1"

Those tones are no hidden watermark. Whoever wants them gone can cut or filter them, and loses sound doing so; they are
there so that a copy passed on by carelessness says whose it is.

What is only listened to carries a watermark instead, made of small differences of level that nobody is disturbed by
(`embed`); `detect` reads the first 6 bytes of the id from a recording of what was played, be it by wire, through a
codec, or with a microphone before the loudspeaker.

    >>> hum = (np.random.default_rng(1).normal(size=8000 * 8) * 900).astype("<i2")
    >>> mark.detect(mark.embed(hum, rate=8000, identity=bytes(range(16))), rate=8000) == bytes(range(6))
    True

Its pattern is no secret: whoever reads this can remove it, or put another's id in, if they know that. It is a trace to
follow, and what the operation log says beside it is the evidence.
"""

from callwarden.engines.mark._reading import NotRead, from_written, read, written
from callwarden.engines.mark._tables import as_table, code, find_in_text, harmless
from callwarden.engines.mark._tones import LEVEL, PERIOD_S, find, put
from callwarden.engines.mark._watermark import CODE_BYTES, detect, embed, reach

__all__ = [
    "CODE_BYTES",
    "LEVEL",
    "PERIOD_S",
    "NotRead",
    "as_table",
    "code",
    "detect",
    "embed",
    "find",
    "find_in_text",
    "from_written",
    "harmless",
    "put",
    "reach",
    "read",
    "written",
]
