"""What the detectors look at: one value per thing that happened, without a name, a number or a word anybody said.

Whoever feeds the detectors makes these from committed entries of the operation log; simulators make them directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Link = Literal["", "call", "ticket", "campaign", "request"]
"""Why the access happened: the task of the actor that concerns this data subject. "" when none explains it."""

Power = Literal[
    "own_approval_tried",
    "role_given",
    "emergency_opened",
    "signed_in",
    "sign_in_failed",
    "refused",
    "other",
]


@dataclass(frozen=True, slots=True)
class Access:
    """One access to data of data subjects, allowed or refused.

    Attributes:
        index: leaf index of the entry in the operation log: the evidence.
        at: seconds since the epoch, UTC.
        actor: pseudonym of the person or program.
        peers: group whose members do the same work, such as role and line.
        action: an action of the policy (`view_masked`, `reveal`, `play_redacted`, `play_original`, `search`, `export`).
        subject: random id of the data subject; "" for an act on many or on nobody known (a search without a result).
        subjects: how many distinct data subjects; 1 where `subject` is named, 0 for a search that found nobody.
        allowed: False when it was refused.
        link: what explains it.
        caller: random id of the data subject of the call the actor has in hand; "" when none is in hand or known.
        order: place of the customer in the order of customer numbers; None when there is none.
        vip, canary: the subject is specially protected; the subject is invented, so that nobody has business with it.
        close: the subject is the actor, one of their family or a colleague.
        on_shift: None when no roster is known.
    """

    index: int
    at: float
    actor: str
    peers: str
    action: str
    subject: str
    subjects: int = 1
    allowed: bool = True
    link: Link = ""
    caller: str = ""
    order: int | None = None
    vip: bool = False
    canary: bool = False
    close: bool = False
    on_shift: bool | None = None


@dataclass(frozen=True, slots=True)
class Privilege:
    """One act upon rights, or a sign-in.

    Attributes:
        actor: who did it.
        about: whose rights it touched; "" when only the actor's.
        where: keyed token of the network address it came from; "" when unknown.
        region: coarse place of that address, such as a site of the centre; "" when unknown.
        idle_days: days since the account's last sign-in, for `signed_in`; None when it is the first or unknown.
    """

    index: int
    at: float
    actor: str
    what: Power
    about: str = ""
    where: str = ""
    region: str = ""
    idle_days: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One exchange with a partner.

    Attributes:
        partner: random id.
        records: how many were in it.
        fields: names of the fields in it.
    """

    index: int
    at: float
    partner: str
    records: int
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One act in a neighbouring system, as that system told it. It moves no count of accesses here.

    Attributes:
        index: leaf index of the entry that says what explains the act: the evidence, and it names the system.
        part: place among the acts that entry tells of.
        actor: pseudonym of the person, or a token of how the other system names somebody not known here.
        act: `read`, `search`, `export`, `play`, `change` and so on.
        subject: random id of the data subject; "" when none is named or known.
        rows: how many rows it touched; 0 when that is not said.
        link: what explains it.
        outside: done by a person around the application whose data it is.
        canary: as of `Access`.
    """

    index: int
    at: float
    actor: str
    peers: str
    act: str
    subject: str = ""
    rows: int = 0
    link: Link = ""
    outside: bool = False
    canary: bool = False
    part: int = 0


Happening = Access | Privilege | Delivery | Elsewhere


@dataclass(frozen=True, slots=True)
class Alert:
    """What a detector says.

    Attributes:
        detector: `D1` to `D12`.
        kind: slug of what it suspects, such as `bulk_unexplained`.
        actor: whom it is about; for D11 the partner.
        at: time of the happening that raised it.
        since: begin of the window it looked at.
        evidence: leaf indices, at most 100, latest last.
        facts: numbers that explain it, such as seen, expected, limit.
    """

    detector: str
    kind: str
    actor: str
    at: float
    since: float
    evidence: tuple[int, ...]
    facts: tuple[tuple[str, float], ...] = ()
