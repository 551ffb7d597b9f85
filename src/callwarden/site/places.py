"""Which networks are which place, from one file. Sign-ins name their place by it; nothing outside is asked.

    {"north": {"label": {"en": "North site", "zh": "北区中心"}, "networks": ["10.1.0.0/16", "2001:db8:1::/48"]},
     "vpn": {"label": {"en": "Working from home", "zh": "居家办公"}, "networks": ["10.9.0.0/16"]}}

Where networks lie within each other the narrowest counts. Each is checked as the process starts.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from callwarden.protection.signin.places import Network, Place
from callwarden.site.outside import BadSetting

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NAME = "CALLWARDEN_PLACES_FILE"
_LONGEST_LABEL = 60


def places_from(file: str) -> dict[str, Place]:
    """The places by slug; none without a file.

    Raises:
        BadSetting: the file cannot be read, or a place in it cannot be used.
    """
    if not file:
        return {}
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadSetting(f"{_NAME} must name a readable file of JSON.") from None
    if not isinstance(told, dict):
        raise BadSetting(f'{_NAME} must hold {{"name": {{"label": …, "networks": […]}}}}.')
    found = {str(slug): _place(str(slug), one) for slug, one in told.items()}
    owners: dict[Network, str] = {}
    for place in found.values():
        for network in place.networks:
            if owners.setdefault(network, place.slug) != place.slug:
                raise BadSetting(f"{_NAME}: {owners[network]} and {place.slug} have the same network {network}.")
    return found


def _place(slug: str, told: Any) -> Place:
    if not _SLUG.fullmatch(slug) or not isinstance(told, dict) or told.keys() - {"label", "networks"}:
        raise BadSetting(f"{_NAME}: each place has a name of a-z, 0-9 and -, a label and networks, and nothing else.")
    label, networks = told.get("label"), told.get("networks")
    if not isinstance(label, dict) or not {"en", "zh"} <= label.keys() or not all(map(_label, label.values())):
        raise BadSetting(f'{_NAME}: label of {slug} is {{"en": "…", "zh": "…"}}, each of at most 60 characters.')
    if not isinstance(networks, list) or not networks:
        raise BadSetting(f"{_NAME}: {slug} has a list of networks.")
    read = tuple(dict.fromkeys(_network(slug, network) for network in networks))
    return Place(slug, label["en"].strip(), label["zh"].strip(), read)


def _label(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text.strip()) <= _LONGEST_LABEL and text.isprintable()


def _network(slug: str, written: object) -> Network:
    try:
        if not isinstance(written, str):
            raise ValueError
        found = ip_network(written.strip())
    except ValueError:
        raise BadSetting(
            f"{_NAME}: networks of {slug} are written like 192.0.2.0/24 or 2001:db8::/32, without bits of a host."
        ) from None
    if found.prefixlen == 0:
        raise BadSetting(f"{_NAME}: {slug} cannot be everywhere; name its networks.")
    return found
