"""What a service key looks like, how long it may last, and from where it may be used. Pure.

A key is written `cw_<prefix>_<secret>`: the marker lets secret scanners find one that leaked into a repository, the
prefix finds the row, the secret proves it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import InvalidInput
from callwarden.protection.signin.models import LONGEST, ServiceKey

# Keys of one program that may be live at a time, and how long the old one lives on beside the new.
LIVE_AT_ONCE = 2
OVERLAP_DAYS = 7
# A key nobody uses for so long is disabled; some days before, and before it ends, somebody is told.
IDLE = timedelta(days=30)
IDLE_TOLD = timedelta(days=21)
DUE = timedelta(days=14)

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_WRITTEN = re.compile(r"cw_([a-z2-9]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, repr=False)
class Written:
    """A key as its program holds it. Shown once, kept nowhere."""

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"cw_{self.prefix}_{self.secret}"

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.secret.encode("ascii")).digest()

    def proves(self, digest: bytes) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(self.digest, digest)


def fresh() -> Written:
    """A new key with 256 random bits of secret."""
    prefix = "".join(secrets.choice(_ALPHABET) for _place in range(12))
    return Written(prefix, urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode("ascii"))


def parse(text: str) -> Written | None:
    """The key somebody presents, or None when it has not the form of one."""
    found = _WRITTEN.fullmatch(text)
    return Written(found[1], found[2]) if found else None


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes, each once, in order of the list.

    Raises:
        InvalidInput: none, or one that does not exist.
    """
    wanted = set(scopes)
    if not wanted or wanted - set(ServiceKey.Scope.values):
        raise InvalidInput(
            "unknown_scope",
            _("Give at least one of these scopes: %(scopes)s."),
            data={"scopes": ", ".join(ServiceKey.Scope.values)},
        )
    return [scope for scope in ServiceKey.Scope.values if scope in wanted]


def check_life(days: int) -> timedelta:
    """How long a key lasts. There is no key without an end.

    Raises:
        InvalidInput: not between 1 day and 90 days.
    """
    if not 1 <= days <= LONGEST.days:
        raise InvalidInput(
            "key_life", _("A key lasts from 1 to %(days)s days; then a new one is made."), data={"days": LONGEST.days}
        )
    return timedelta(days=days)


def check_overlap(days: int) -> timedelta:
    """How long the replaced key lives on.

    Raises:
        InvalidInput: not between 0 and 30 days.
    """
    if not 0 <= days <= 30:
        raise InvalidInput("key_overlap", _("The old key lives on for 0 to 30 days. Correct the number."))
    return timedelta(days=days)


def idle_for(*, created: datetime, used: datetime | None, now: datetime) -> timedelta:
    """For how long nobody has used a key; one that was never used counts from when it was made."""
    return now - (used or created)


def check_networks(networks: Iterable[str]) -> list[str]:
    """CIDR blocks in canonical form.

    Raises:
        InvalidInput: something that is none (host bits set count as a mistake).
    """
    found: list[IPv4Network | IPv6Network] = []
    for text in networks:
        try:
            found.append(ip_network(text.strip()))
        except ValueError:
            raise InvalidInput(
                "bad_network", _("Networks are written like 192.0.2.0/24 or 2001:db8::/32. Correct the list.")
            ) from None
    return sorted({str(network) for network in found})


def comes_from(address: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks. No networks: yes. An unreadable address: no.

    An IPv4 address that arrives in IPv6 dress counts as what it is.
    """
    blocks = [ip_network(network) for network in networks]
    if not blocks:
        return True
    try:
        where = ip_address(address)
    except ValueError:
        return False
    where = getattr(where, "ipv4_mapped", None) or where
    return any(where.version == block.version and where in block for block in blocks)
