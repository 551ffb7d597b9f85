"""What the profile of this site asks of passwords, guesses and sessions. Pure but for reading which profile is set.

Source: NIST SP 800-63B-4 sections 3.1.1.2 and 3.2.2 (length, blocklist, neither composition nor periodic change, a
limit of guesses); GB/T 22239-2019 clause 8.1.4.1, level 3 (complexity, periodic change, lock-out, two factors), whose
numbers are those assessors commonly ask for. The two contradict each other, so a site chooses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Profile:
    """One set of rules for signing in.

    Attributes:
        alone, with_factor: least length of a password, before and after its person has a second factor.
        classes: of small letters, capitals, digits and signs, how many a password must have; 0: not asked.
        max_age: a password older than this is changed at the next sign-in; None: age alone is no reason.
        own_first: the password somebody else set is changed at the first sign-in.
        former: how many former passwords may not come back, besides the present one.
        of_pair, of_account, of_address: wrong proofs in a row after which sign-in closes: of one account from one
            address (or one known device), of one account from anywhere unknown, from one address for unknown devices.
        closed_for: how long it stays closed.
        longest_idle: seconds; a session's idle limit may be shorter, never longer. None: as the site sets it.
    """

    name: str
    label: str | Promise
    alone: int
    with_factor: int
    classes: int
    max_age: timedelta | None
    own_first: bool
    former: int
    of_pair: int
    of_account: int
    of_address: int
    closed_for: timedelta
    longest_idle: int | None


NIST = Profile(
    name="nist",
    label=_("NIST SP 800-63B"),
    alone=15,
    with_factor=8,
    classes=0,
    max_age=None,
    own_first=False,
    former=0,
    of_pair=5,
    of_account=20,
    of_address=100,
    closed_for=timedelta(minutes=30),
    longest_idle=None,
)
MLPS3 = Profile(
    name="mlps3",
    label=_("MLPS level 3"),
    alone=12,
    with_factor=12,
    classes=3,
    max_age=timedelta(days=90),
    own_first=True,
    former=5,
    of_pair=5,
    of_account=5,
    of_address=50,
    closed_for=timedelta(minutes=30),
    longest_idle=900,
)
PROFILES = {profile.name: profile for profile in (NIST, MLPS3)}


def present() -> Profile:
    """The profile in force on this site; `site.settings` lets no other name through."""
    return PROFILES[getattr(settings, "CALLWARDEN_SIGN_IN_PROFILE", NIST.name)]


def classes_in(password: str) -> int:
    """How many of the four classes a password has; letters without case count as small ones, the rest as signs."""
    return len({_class(character) for character in password})


def _class(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper():
        return "capital"
    return "small" if character.isalpha() else "sign"
