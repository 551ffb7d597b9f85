"""What may be asked for as a grant of access. Pure.

Source: ISO/IEC 27002:2022 8.2 (privileged access for as long as needed), 5.18; GB/T 35273-2020 7.1 c)-e);
PIPL art. 6 (least scope).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import rfc8785
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import structural
from callwarden.kernel.errors import InvalidInput, Refused

ACTIONS: Final = ("reveal", "play_original", "play_redacted", "view_masked", "export")
"""What a grant can be for."""

LIFTED: Final = frozenset({"grant_needed", "vip", "bulk", "no_task"})
"""Reasons of the policy that a grant answers. Every other reason refuses with a grant as well."""

_TICKET = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}(?:-[A-Za-z0-9]{1,8}){0,3}")
SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 1000


@dataclass(frozen=True)
class Wish:
    """What somebody wants leave for.

    Attributes:
        records: record -> (whose it is, names of fields; none names all of it).
        reason: free text, kept sealed.
        minutes, uses: how long, and how often something may be opened.
    """

    client: UUID
    action: str
    purpose: str
    scope: str
    records: Mapping[UUID, tuple[UUID, tuple[str, ...]]]
    reason: str
    minutes: int
    uses: int
    target: UUID | None = None
    call: UUID | None = None
    ticket: str = ""

    @property
    def subjects(self) -> int:
        return len({subject for subject, _fields in self.records.values()})

    @property
    def many(self) -> bool:
        """Whether so much leaves, or of so many people, that two others from two roles have to approve."""
        return self.action == "export" or self.subjects > settings.GRANT_MANY_SUBJECTS


def check(wish: Wish) -> None:
    """Refuse what nobody may be asked for.

    Raises:
        InvalidInput: naming what to correct.
        Refused: it covers nothing, or more than a grant may.
    """
    if wish.action not in ACTIONS:
        raise InvalidInput("grant_action", _("There is no leave for this. Choose from the list."))
    if not SHORTEST_REASON <= len(wish.reason.strip()) <= LONGEST_REASON:
        raise InvalidInput("reason_missing", _("Say why, so that the approvers can judge."))
    if not 1 <= wish.minutes <= settings.GRANT_MINUTES:
        raise InvalidInput(
            "grant_minutes",
            _("Access is given for 1 to %(most)s minutes. Choose a time in between."),
            data={"most": settings.GRANT_MINUTES},
        )
    if not 1 <= wish.uses <= settings.GRANT_USES:
        raise InvalidInput(
            "grant_uses",
            _("Something may be opened 1 to %(most)s times by one grant. Choose a number in between."),
            data={"most": settings.GRANT_USES},
        )
    if not wish.call and not wish.ticket:
        raise InvalidInput("grant_for_what", _("Name the call or the ticket you need it for."))
    if wish.ticket:
        check_ticket(wish.ticket)
    if not wish.records:
        raise Refused("grant_of_nothing", _("There is nothing here that could be opened by it."))
    if len(wish.records) > settings.GRANT_RECORDS:
        raise Refused(
            "grant_too_large",
            _("One grant covers at most %(most)s records. Ask for less."),
            data={"most": settings.GRANT_RECORDS},
        )


def check_ticket(ticket: str) -> None:
    """A ticket is named by its number in the system it lives in, never by words.

    Raises:
        InvalidInput: it could tell something of a person.
    """
    try:
        structural.check_text(ticket, where="ticket")
        known = _TICKET.fullmatch(ticket)
    except structural.NotStructural:
        known = None
    if not known:
        raise InvalidInput(
            "ticket_malformed", _("Write the ticket as letters and a short number, such as CS-4711. No names.")
        )


def digest_of(records: Mapping[UUID, tuple[UUID, tuple[str, ...]]]) -> str:
    """SHA-256, in hex, over exactly these records and fields."""
    rows = [[str(record), sorted(fields)] for record, (_subject, fields) in sorted(records.items())]
    return hashlib.sha256(rfc8785.dumps(rows)).hexdigest()


def covers(granted: tuple[str, ...] | list[str], asked: tuple[str, ...]) -> bool:
    """Whether the fields of a grant hold what is asked; a whole record is only covered by a whole record."""
    return not granted or (bool(asked) and set(asked) <= set(granted))
