"""What an event is to a security system: its class, what was done, how much it presses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """Classes of OCSF that entries are told as, by `class_uid`."""

    DETECTION = 2004
    INCIDENT = 2005
    DATA_SECURITY = 2006
    ACCOUNT_CHANGE = 3001
    AUTHENTICATION = 3002
    ENTITY = 3004
    USER_ACCESS = 3005
    LIFECYCLE = 6002
    API = 6003
    DATASTORE = 6005

    @property
    def category(self) -> int:
        return self // 1000


class Weight(IntEnum):
    """`severity_id`."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


@dataclass(frozen=True)
class Meaning:
    """What one kind of event is.

    Attributes:
        activity: `activity_id` of the class.
        failed: the act itself did not succeed, whatever the entry's decision says.
        stage: for findings and incidents, `status_id` of theirs: 1 new, 2 in progress, ...
    """

    kind: Kind
    activity: int
    weight: Weight = Weight.INFORMATIONAL
    failed: bool = False
    stage: int | None = None
