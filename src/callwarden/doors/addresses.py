"""Where a request comes from, asked in one way by every door that speaks HTTP."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. What proxies add counts only when the proxy itself is a trusted one.

    Source: RFC 7239 section 8.1; X-Forwarded-For is read from the right, past trusted proxies.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    address = _bare(str(request.META.get("REMOTE_ADDR", "")))
    while hops and _trusted(address):
        address = _bare(hops.pop())
    return address


def _trusted(address: str) -> bool:
    try:
        where = ip_address(address)
    except ValueError:
        return False
    blocks = [ip_network(block) for block in settings.TRUSTED_PROXIES]
    return any(where.version == block.version and where in block for block in blocks)


def _bare(text: str) -> str:
    """An address without the port that some servers and proxies put behind it."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
