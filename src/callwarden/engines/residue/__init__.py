"""Looks for known values in bytes of any kind, however they may have been written down.

For proving that something is gone: give what was known of it, then everything that might still hold it. Ten lines:

>>> from callwarden.engines.residue import Mark, Search
>>> search = Search([Mark("phone", "15433087760"), Mark("record", b"\\x01\\x7f" * 8)])
>>> sorted(search.data(b'{"told": "MTU0MzMwODc3NjA="}'))
[Hit(label='phone', form='utf-8 base64+0')]
>>> import gzip
>>> sorted(search.data(b"head" + gzip.compress("号码 154 3308 7760".encode("gb18030"))))
[Hit(label='phone', form='utf-8 compressed')]
>>> sorted(search.stream(iter([b"...1543", b"3087760..."])))             # over the border of two pieces
[Hit(label='phone', form='utf-8')]
>>> search.searched_bytes > 0
True

Text is looked for in UTF-8, UTF-16 (both orders) and GB18030, in the spellings people give numbers, each as it is, as
hex digits of either case, as base64 at all three alignments (both alphabets), and escaped for JSON and URLs; bytes as
they are, in hex and in base64. All of that again inside streams of gzip, zlib, raw deflate (of ZIP archives), bzip2
and xz, and inside PostgreSQL's hex output.

It promises: one pass over the data for all marks, memory bounded by `PIECE` and what one compressed stream holds;
nothing it returns repeats a value, only the labels given.

It does not promise: to see through encryption; to find what is shorter than `SHORTEST` bytes in an encoding (it would
be found by chance), a compressed stream longer than a piece beyond that piece, or a format of compression not named
above (so PostgreSQL's own pages and its log are to be given decompressed as well). Whoever reports "nothing found"
plants a mark of their own in the same data and sees it found first.

Uses hyperscan where it is installed (all marks at once), and plain searches, one after the other, where it is not.
"""

from ._forms import ENCODINGS, SHORTEST, forms_of, forms_of_bytes, written_otherwise
from ._search import PIECE, Hit, Mark, Search, pieces

__all__ = [
    "ENCODINGS",
    "PIECE",
    "SHORTEST",
    "Hit",
    "Mark",
    "Search",
    "forms_of",
    "forms_of_bytes",
    "pieces",
    "written_otherwise",
]
