"""Places by network, as the site names them: where a sign-in came from, as coarse as the operator wants it.

No list of the world's addresses is asked; only networks that the site knows have a place. Pure but for reading the
setting, so that settings may import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from django.conf import settings
from django.utils.translation import get_language

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Place:
    """A site of the centre, a way in, a country: whatever the operator tells apart.

    Attributes:
        slug: what the operation log says.
        networks: a narrower network of another place goes before a wider one of this.
    """

    slug: str
    label_en: str
    label_zh: str
    networks: tuple[Network, ...]

    @property
    def label(self) -> str:
        return self.label_zh if (get_language() or "").startswith("zh") else self.label_en


def places() -> dict[str, Place]:
    """The places of this site by slug, in the order they are written; none where the site names none."""
    found: dict[str, Place] = getattr(settings, "CALLWARDEN_PLACES", {})
    return found


def place_of(address: str) -> str:
    """Slug of the place of an address; "" where no network of the site holds it.

    An IPv4 address that arrives in IPv6 dress counts as what it is.
    """
    try:
        where = ip_address(address)
    except ValueError:
        return ""
    where = getattr(where, "ipv4_mapped", None) or where
    holding = [
        (network.prefixlen, place.slug)
        for place in places().values()
        for network in place.networks
        if network.version == where.version and where in network
    ]
    return max(holding)[1] if holding else ""


def label_of(slug: str) -> str:
    """The place in the reader's language. A place that the site names no more is told by its slug; "" stays ""."""
    place = places().get(slug)
    return place.label if place else slug
