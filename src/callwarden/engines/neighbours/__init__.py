"""Read what other systems write into their logs: who did what to whose data, and when; nothing else is taken.

>>> from datetime import UTC, datetime
>>> mapping = Mapping.of({
...     "text": "json",
...     "who": {"path": "user"},
...     "act": {"path": "action", "words": {"view": "read"}},
...     "subject": {"path": "customer", "kind": "customer_no"},
... })
>>> line = b'<109>1 2026-03-02T12:00:00Z crm1 crm - - - {"user": "lin", "action": "view", "customer": "C-2001"}'
>>> told = read(line, mapping)
>>> told.who, told.act, told.subject, told.at == datetime(2026, 3, 2, 12, tzinfo=UTC)
('lin', 'read', 'C-2001', True)
>>> frames = Frames()
>>> frames.feed(b"5 hello3 y"), frames.feed(b"es")
([b'hello'], [b'yes'])

Promised: bounded memory for any input; every line is either read or refused with one reason; what a mapping does not
name is not in the answer. Not promised: that what the other system says is true.

Source: RFC 5424 (messages), RFC 5425 section 4.3 (octet counting), OCSF 1.8.0 (attribute names of the preset).
"""

from callwarden.engines.neighbours._acts import ACTS, ACTS_ON_MANY
from callwarden.engines.neighbours._frames import BadFrames, Frames, TooLong
from callwarden.engines.neighbours._mapping import FORMS, SUBJECT_KINDS, TEXTS, BadMapping, Mapping, Within
from callwarden.engines.neighbours._presets import PRESETS
from callwarden.engines.neighbours._read import REASONS, Told, Unreadable, places, read, read_document
from callwarden.engines.neighbours._syslog import LONGEST, Message, NotSyslog, parse

__all__ = [
    "ACTS",
    "ACTS_ON_MANY",
    "FORMS",
    "LONGEST",
    "PRESETS",
    "REASONS",
    "SUBJECT_KINDS",
    "TEXTS",
    "BadFrames",
    "BadMapping",
    "Frames",
    "Mapping",
    "Message",
    "NotSyslog",
    "Told",
    "TooLong",
    "Unreadable",
    "Within",
    "parse",
    "places",
    "read",
    "read_document",
]
