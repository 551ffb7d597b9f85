"""What a search found, replica by replica; serialisable, without a value of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final, Self
from uuid import UUID

import rfc8785

from callwarden.kernel.models import Outcome

FORMAT: Final = "callwarden-residue/1"


@dataclass(frozen=True)
class Place:
    """Where something was found: a table and column, a kind of file, an object. Never what it was."""

    where: str
    what: str  # value, speech, sound, token, key, ciphertext, row, id
    form: str
    count: int


@dataclass(frozen=True)
class NotCovered:
    """What was not looked through, and why, both as codes with a count where there is one."""

    what: str
    why: str
    count: int = 0


@dataclass(frozen=True)
class Replica:
    """One kind of place that may hold copies.

    Attributes:
        bytes, rows: how much was looked through.
        found: what must not be there.
        lingering: what the database still holds of deleted rows: keyed tokens, wrapped keys, ciphertext. It opens
            nothing once the epoch has ended, and is named so that nobody takes it for gone.
        traces: random ids, which stay by design where structure and the log name them.
        control: whether what was planted for the search was found in this replica; None where nothing could be.
    """

    name: str
    outcome: Outcome
    bytes: int = 0
    rows: int = 0
    found: tuple[Place, ...] = ()
    lingering: tuple[Place, ...] = ()
    traces: int = 0
    control: bool | None = None
    not_covered: tuple[NotCovered, ...] = ()


@dataclass(frozen=True)
class ScanReport:
    """One search. `values_known` says whether the values were looked for or, being gone already, ids alone."""

    scan: UUID
    client: UUID
    subjects: tuple[UUID, ...]
    started_at: datetime
    finished_at: datetime
    values_known: bool
    marks: Mapping[str, int]
    replicas: tuple[Replica, ...]
    ends_on: date
    held: int = 0
    format: str = field(default=FORMAT)

    @property
    def outcome(self) -> Outcome:
        """Fail where anything was found; not measured where a replica could not be, or nothing was looked for."""
        outcomes = {replica.outcome for replica in self.replicas}
        if Outcome.FAIL in outcomes:
            return Outcome.FAIL
        if Outcome.NOT_MEASURED in outcomes or not any(self.marks.values()):
            return Outcome.NOT_MEASURED
        return Outcome.PASS

    @property
    def found(self) -> int:
        return sum(place.count for replica in self.replicas for place in replica.found)

    @property
    def covered(self) -> tuple[str, ...]:
        """Names of the replicas that were looked through with their control found."""
        return tuple(one.name for one in self.replicas if one.outcome in (Outcome.PASS, Outcome.FAIL))

    @property
    def not_covered(self) -> tuple[NotCovered, ...]:
        """Replicas that were not measured, and what in others could not be looked at."""
        return tuple(one for replica in self.replicas for one in replica.not_covered)

    def replica(self, name: str) -> Replica:
        return next(one for one in self.replicas if one.name == name)

    def to_json(self) -> dict[str, Any]:
        told = asdict(self)
        told["scan"], told["client"] = str(self.scan), str(self.client)
        told["subjects"] = [str(one) for one in self.subjects]
        told["started_at"], told["finished_at"] = self.started_at.isoformat(), self.finished_at.isoformat()
        told["ends_on"] = self.ends_on.isoformat()
        told["marks"] = dict(self.marks)
        told["outcome"] = str(self.outcome)
        for one in told["replicas"]:
            one["outcome"] = str(one["outcome"])
        plain: dict[str, Any] = _plain(told)
        return plain

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            scan=UUID(told["scan"]),
            client=UUID(told["client"]),
            subjects=tuple(UUID(one) for one in told["subjects"]),
            started_at=datetime.fromisoformat(told["started_at"]),
            finished_at=datetime.fromisoformat(told["finished_at"]),
            values_known=told["values_known"],
            marks=told["marks"],
            replicas=tuple(_replica(one) for one in told["replicas"]),
            ends_on=date.fromisoformat(told["ends_on"]),
            held=told["held"],
            format=told["format"],
        )

    @property
    def digest(self) -> str:
        """SHA-256, in hex, over the canonical JSON (RFC 8785)."""
        return sha256(rfc8785.dumps(self.to_json())).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _replica(told: Mapping[str, Any]) -> Replica:
    return Replica(
        **{
            **told,
            "outcome": Outcome(told["outcome"]),
            "found": tuple(Place(**one) for one in told["found"]),
            "lingering": tuple(Place(**one) for one in told["lingering"]),
            "not_covered": tuple(NotCovered(**one) for one in told["not_covered"]),
        }
    )
