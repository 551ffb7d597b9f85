"""What arrives in a watch folder, read into plain values: call records, words of recognisers, customer records.

Pure functions from bytes to values, usable without a database or settings:

    >>> mapping = load_mapping(b'''
    ... version: 1
    ... columns:
    ...   call_id: id
    ...   line: {constant: service-zh}
    ...   direction: {column: kind, values: {I: inbound, O: outbound}}
    ...   started_at: start
    ...   caller: from
    ...   recordings: file
    ... ''')
    >>> export = b"id,kind,start,from,file\\nC1,I,2026-11-02T09:30:00Z,02079460123,C1.wav\\nC2,X,yesterday,,\\n"
    >>> for row in read_cdr(export, mapping):
    ...     print(row.line_no, row.remedy if isinstance(row, RowError) else row.recordings)
    2 ('C1.wav',)
    3 The value is not in the value table of the mapping. Add it there or correct the row.

What is promised: a bad row costs that row and no other; a file that cannot be used at all says why; no error, ``repr``
or ``str`` repeats what stood in a row; nothing outside the named fields is carried on. What is not: that a value is
true. Every limit is a constant of its module.
"""

from .cdr import CdrRow, ConsentEvent, NoticePlayed, read_cdr
from .customers import CUSTOMER_COLUMNS, ORDER_COLUMNS, CustomerRow, OrderRow, read_customers
from .documents import call_of, customer_of
from .errors import REMEDIES, FormatError, MappingError, RowError, WordsError, WordsMisfit, shown_name
from .mapping import AUDIO_EXTENSIONS, CdrMapping, Identified, Layout, load_mapping, words_name
from .recognisers import words_of
from .words import Turn, Word, WordsFile, check_fit, read_words

__all__ = [
    "AUDIO_EXTENSIONS",
    "CUSTOMER_COLUMNS",
    "ORDER_COLUMNS",
    "REMEDIES",
    "CdrMapping",
    "CdrRow",
    "ConsentEvent",
    "CustomerRow",
    "FormatError",
    "Identified",
    "Layout",
    "MappingError",
    "NoticePlayed",
    "OrderRow",
    "RowError",
    "Turn",
    "Word",
    "WordsError",
    "WordsFile",
    "WordsMisfit",
    "call_of",
    "check_fit",
    "customer_of",
    "load_mapping",
    "read_cdr",
    "read_customers",
    "read_words",
    "shown_name",
    "words_name",
    "words_of",
]
