"""Frames on the keeper's socket: a 4-byte big-endian length, then one JSON object. Bytes travel as base64."""

from __future__ import annotations

import base64
import json
import socket
import struct
import time
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


def receive(sock: socket.socket, *, within: float | None = None) -> dict[str, Any] | None:
    """The next message, or None when the peer has closed between frames.

    Args:
        within: seconds a frame may take from its first byte on; the wait for that byte has no end. None: the socket's
            own timeout counts.

    Raises:
        ProtocolError: a frame too long, cut short, late, or of no JSON object.
    """
    if within is not None:
        sock.settimeout(None)
    first = sock.recv(1)
    if not first:
        return None
    deadline = None if within is None else time.monotonic() + within
    (length,) = _LENGTH.unpack(first + _exactly(sock, _LENGTH.size - 1, deadline))
    if length > MAX_FRAME:
        raise ProtocolError("frame too large")
    body = _exactly(sock, length, deadline)
    try:
        message = json.loads(body)
    except RecursionError:
        raise ProtocolError("nested too deep") from None
    if not isinstance(message, dict):
        raise ProtocolError("not an object")
    return message


def _exactly(sock: socket.socket, count: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        if deadline is not None:
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
        piece = sock.recv(count - len(parts))
        if not piece:
            raise ProtocolError("frame cut short")
        parts += piece
    return bytes(parts)
