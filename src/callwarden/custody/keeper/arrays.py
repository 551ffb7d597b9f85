"""Arrays for the database in its own binary form, made by one join: a batch has thousands of elements, and turning them
into text one by one took longer than to open and seal them.

Source: PostgreSQL, src/backend/utils/adt/arrayfuncs.c, `array_recv`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEAD = struct.Struct(">iiIii")
_LENGTH = struct.Struct(">i")


class Array:
    """Elements of one type, each already as the database sends and takes it in binary."""

    __slots__ = ("elements",)
    ELEMENT = 0

    def __init__(self, elements: Sequence[bytes]) -> None:
        self.elements = elements

    def encoded(self) -> bytes:
        size = _LENGTH.pack
        parts = [_HEAD.pack(1, 0, self.ELEMENT, len(self.elements), 1)]
        for element in self.elements:
            parts.append(size(len(element)))
            parts.append(element)
        return b"".join(parts)


class Byteas(Array):
    """`bytea[]`."""

    ELEMENT = 17


class Places(Array):
    """`tid[]`, as read in binary."""

    ELEMENT = 27


class Ids(Array):
    """`uuid[]`, 16 bytes each."""

    ELEMENT = 2950


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> Buffer | None:
        return obj.encoded()


class _Byteas(_Dumper):
    oid = 1001


class _Places(_Dumper):
    oid = 1010


class _Ids(_Dumper):
    oid = 2951


def teach(connection: psycopg.Connection[object]) -> None:
    """Have a connection take them."""
    connection.adapters.register_dumper(Byteas, _Byteas)
    connection.adapters.register_dumper(Places, _Places)
    connection.adapters.register_dumper(Ids, _Ids)
