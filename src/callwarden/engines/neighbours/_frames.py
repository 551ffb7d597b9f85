"""Messages out of a stream of octets, each with its length before it (RFC 5425 section 4.3, RFC 6587 section 3.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from callwarden.engines.neighbours._syslog import LONGEST

# A length has so many digits at most; whoever sends more speaks something else.
_DIGITS: Final = 7


@dataclass(frozen=True)
class TooLong:
    """A message of so many octets was skipped."""

    octets: int


class BadFrames(ValueError):
    """This is no stream of messages with lengths; where the next would begin is not known any more.

    Attributes:
        before: the messages that were whole before that.
    """

    def __init__(self, before: list[bytes | TooLong]) -> None:
        super().__init__("no length")
        self.before = before


class Frames:
    """Cuts a stream into messages, with at most one message and one piece of the stream in memory."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._held = b""
        self._skip = 0

    def feed(self, piece: bytes) -> list[bytes | TooLong]:
        """The messages that are whole with this piece, in order.

        Raises:
            BadFrames: it cannot be cut.
        """
        found: list[bytes | TooLong] = []
        self._held += piece
        while self._held:
            if self._skip:
                gone = min(self._skip, len(self._held))
                self._held, self._skip = self._held[gone:], self._skip - gone
                continue
            digits, blank, _rest = self._held[: _DIGITS + 1].partition(b" ")
            if not digits.isdigit() or digits.startswith(b"0") or len(digits) > _DIGITS:
                raise BadFrames(found)
            if not blank:
                break
            size = int(digits)
            if size > self._longest:
                found.append(TooLong(size))
                self._held, self._skip = self._held[len(digits) + 1 :], size
                continue
            end = len(digits) + 1 + size
            if len(self._held) < end:
                break
            found.append(self._held[len(digits) + 1 : end])
            self._held = self._held[end:]
        return found

    @property
    def cut(self) -> bool:
        """Whether the stream, if it ended now, would end within a message."""
        return bool(self._held or self._skip)
