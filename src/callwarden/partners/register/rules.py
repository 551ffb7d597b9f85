"""How far a partner may go, and why not further. Pure.

    why_not(State.APPROVED, facts)      # () or the reasons, as sentences that say what to do

Suspending asks for nothing but a reason: what only takes access away always works.
Source: PIPL art. 20, 21, 23, 55(3); GDPR art. 28(1); GB/T 35273-2020 9.1, 9.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import InvalidInput, Refused, Translatable
from callwarden.kernel.roles import Role
from callwarden.partners.register.terms import Duty, State

# Who must be known there before anybody looks at it closely.
NEEDED_DUTIES: Final = (Duty.SECURITY, Duty.PRIVACY, Duty.INCIDENT)
# Who may look up whom to reach at a partner.
REACHES: Final = (Role.PARTNER_MANAGER, Role.DPO, Role.SECURITY_ADMIN)
MOST_LOCATIONS: Final = 30
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_REGISTRATION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./-]{1,39}")
_REFERENCE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z./_-]{2,39}")


@dataclass(frozen=True)
class Facts:
    """What a step depends on.

    Attributes:
        owner_here: whoever answers for it inside still has an account.
        duties: for which somebody is named there.
        services, locations: how many are on record.
        holds_data: it has data of ours, whatever its state.
        vetted_until: last day on which a passed vetting counts; None: there is none.
        agreement: one is in force.
        attested: reference of the written word that it returned or destroyed what it had.
    """

    today: date
    owner_here: bool = True
    duties: frozenset[str] = frozenset()
    services: int = 0
    locations: int = 0
    holds_data: bool = False
    vetted_until: date | None = None
    agreement: bool = False
    attested: str = ""

    @property
    def vetted(self) -> bool:
        return self.vetted_until is not None and self.today <= self.vetted_until


def why_not(to: str, facts: Facts) -> tuple[Translatable, ...]:
    """What stands against going on to this state; nothing where nothing does."""
    return tuple(_REASONS.get(State(to), _nothing)(facts))


def require(to: str, facts: Facts) -> None:
    """
    Raises:
        Refused: something stands against it; `data["count"]` says how much, the sentence tells the first.
    """
    if reasons := why_not(to, facts):
        raise Refused("partner_step", reasons[0], data={"to": str(to), "count": len(reasons)})


def resumes_to(before: str, facts: Facts) -> State:
    """Where a suspension leads back to: never to active, which an agreement decides on anew."""
    return State.ASSESSING if before == State.ASSESSING or not facts.vetted else State.APPROVED


def _nothing(_facts: Facts) -> Iterable[Translatable]:
    return ()


def _to_assess(facts: Facts) -> Iterable[Translatable]:
    if not facts.owner_here:
        yield _("Whoever answers for it has no account any more. Name somebody else.")
    if not facts.services:
        yield _("Say what it does for us and which data it gets.")
    if not facts.locations:
        yield _("Say where it handles data.")
    for duty in NEEDED_DUTIES:
        if duty not in facts.duties:
            yield format_lazy(_("Name whom to reach there: {duty}."), duty=duty.label)


def _to_approve(facts: Facts) -> Iterable[Translatable]:
    yield from _to_assess(facts)
    if facts.vetted_until is None:
        yield _("It has passed no vetting. Vetting is not part of this version yet.")
    elif not facts.vetted:
        yield _("Its vetting is out of date. Vet it again.")


def _to_activate(facts: Facts) -> Iterable[Translatable]:
    yield from _to_approve(facts)
    if not facts.agreement:
        yield _("No agreement with it is in force. Agreements are not part of this version yet.")


def _to_leave(facts: Facts) -> Iterable[Translatable]:
    if facts.holds_data and not facts.attested:
        yield _("It has data of ours. Get its written word that they were returned or destroyed, and name it here.")


_REASONS: Final = {
    State.ASSESSING: _to_assess,
    State.APPROVED: _to_approve,
    State.ACTIVE: _to_activate,
    State.EXITED: _to_leave,
}


def country(text: str) -> str:
    """Two capital letters (ISO 3166-1 alpha-2).

    Raises:
        InvalidInput: it is something else.
    """
    code = text.strip().upper()
    if not _COUNTRY.fullmatch(code):
        raise InvalidInput("bad_country", _("Name the country by its two letters (ISO 3166-1), such as CN or DE."))
    return code


def location(text: str) -> str:
    """A country and, if it is known, the place in it: `CN 深圳`.

    Raises:
        InvalidInput: it begins with no country, or is too long.
    """
    code, _space, place = text.strip().partition(" ")
    if len(place) > 60:
        raise InvalidInput("long_location", _("Name a place in at most 60 letters."))
    return f"{country(code)} {place.strip()}".strip()


def locations(lines: Iterable[str]) -> list[str]:
    """Each once, in order.

    Raises:
        InvalidInput: see `location`; or there are too many.
    """
    found = list(dict.fromkeys(location(line) for line in lines if line.strip()))
    if len(found) > MOST_LOCATIONS:
        raise InvalidInput("many_locations", _("Name at most 30 places; take whole countries for the rest."))
    return found


def country_of(place: str) -> str:
    return place[:2]


def registration(text: str) -> str:
    """The number under which a public register knows it, in capitals: however it is typed, it is the same company.

    Raises:
        InvalidInput: it holds anything but letters, digits and the usual signs.
    """
    number = " ".join(text.upper().split())
    if not _REGISTRATION.fullmatch(number):
        raise InvalidInput("bad_registration", _("A registration number has letters, digits and . / - only."))
    return number


def reference(text: str) -> str:
    """The number of a document in the centre's own files.

    Raises:
        InvalidInput: it is none.
    """
    number = text.strip()
    if not _REFERENCE.fullmatch(number):
        raise InvalidInput("bad_reference", _("A file number has 3 to 40 letters, digits and . / _ - only."))
    return number
