"""What every sink is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

# Longest wait for an answer of anything on the network, in seconds.
PATIENCE: Final = 10.0


@dataclass(frozen=True)
class Head:
    """A signed head to be sent: its size, its note, and the size this sink has last taken (0: none).

    Attributes:
        first: the position at which the tree of its year begins. Sizes here are positions; the note has the tree's own.
    """

    size: int
    note: bytes
    taken: int = 0
    first: int = 0


@dataclass(frozen=True)
class Sent:
    """What a sink has taken: the size, and for a witness its signature line over that head."""

    size: int
    cosignature: str = ""
    witness: str = ""


class SinkFailed(Exception):
    """The sink did not take the head.

    Attributes:
        code: slug for people and tests; never an address or an answer's text.
        refused: it understood and said no, which is an alarm and no mere fault of the network.
    """

    def __init__(self, code: str, *, refused: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.refused = refused


class Sink(Protocol):
    """One place that heads go to.

    Attributes:
        kind: folder, syslog, mail, s3 or witness.
        name: stable and structural: the kind and a digest of the address.
        every: least number of seconds between two heads.
    """

    kind: ClassVar[str]
    name: str
    every: float

    def send(self, head: Head) -> Sent:
        """Hand over one head, once.

        Raises:
            SinkFailed: it was not taken.
        """
