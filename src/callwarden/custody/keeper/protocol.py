"""Frames on the keeper's socket: a 4-byte big-endian length, then one JSON object. Bytes travel as base64."""

from __future__ import annotations

import base64
import json
import socket
import struct
from typing import Any

MAX_FRAME = 4 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class ProtocolError(Exception):
    """The peer broke the framing; the connection is closed."""


def to_text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def to_bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def send(sock: socket.socket, message: dict[str, Any]) -> None:
    body = json.dumps(message, separators=(",", ":")).encode()
    if len(body) > MAX_FRAME:
        raise ProtocolError("frame too large")
    sock.sendall(_LENGTH.pack(len(body)) + body)


def receive(sock: socket.socket) -> dict[str, Any] | None:
    """The next message, or None when the peer has closed between frames."""
    head = _exactly(sock, _LENGTH.size)
    if not head:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME:
        raise ProtocolError("frame too large")
    body = _exactly(sock, length)
    if len(body) != length:
        raise ProtocolError("frame cut short")
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ProtocolError("not an object")
    return message


def _exactly(sock: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        piece = sock.recv(count - len(parts))
        if not piece:
            if parts:
                raise ProtocolError("frame cut short")
            return b""
        parts += piece
    return bytes(parts)
