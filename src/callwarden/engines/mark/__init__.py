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

It is no hidden watermark. Whoever wants it gone can cut or filter it, and loses sound doing so; it is there so that a
copy passed on by carelessness says whose it is.
"""

from callwarden.engines.mark._tables import as_table, code, find_in_text, harmless
from callwarden.engines.mark._tones import LEVEL, PERIOD_S, find, put

__all__ = ["LEVEL", "PERIOD_S", "as_table", "code", "find", "find_in_text", "harmless", "put"]
