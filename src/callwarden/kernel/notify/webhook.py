"""Delivery to other systems by signed webhooks.

The file named by `CALLWARDEN_WEBHOOKS_FILE` holds the endpoints:
`{"siem": {"url": "https://...", "secret_file": "/etc/callwarden/siem"}}`.
The file holds the shared secret as `whsec_BASE64`. Plain HTTP is for this machine only; redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings

from callwarden.kernel import clock
from callwarden.kernel.models import OutboxMessage
from callwarden.kernel.notify.interface import DeliveryFailed
from callwarden.kernel.notify.signature import decode_secret, headers
from callwarden.kernel.notify.templates import absolute

_TIMEOUT_S = 10


@dataclass(frozen=True)
class Endpoint:
    """A configured receiver."""

    name: str
    url: str
    secret: bytes


def endpoint(name: str) -> Endpoint:
    """The endpoint configured under this name.

    Raises:
        DeliveryFailed: it is not configured, its address is not https, or its secret cannot be read.
    """
    configured = settings.CALLWARDEN_WEBHOOKS.get(name)
    if configured is None:
        raise DeliveryFailed("endpoint_unknown")
    return usable(name, configured)


def usable(name: str, configured: Mapping[str, str]) -> Endpoint:
    """The endpoint of these settings.

    Raises:
        DeliveryFailed: its address is not https, or its secret cannot be read.
    """
    if not _acceptable(configured["url"]):
        raise DeliveryFailed("endpoint_insecure")
    try:
        secret = decode_secret(Path(configured["secret_file"]).read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise DeliveryFailed("secret_unreadable") from None
    return Endpoint(name=name, url=configured["url"], secret=secret)


def body_of(message: OutboxMessage) -> bytes:
    """The JSON a receiver gets: type, time, structural data and a link; the same bytes for every try."""
    content = {
        "type": message.template,
        "timestamp": message.created_at.isoformat(timespec="seconds"),
        "data": {**message.parameters, "link": absolute(message.link)},
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def deliver(message: OutboxMessage) -> None:
    """POST the message, signed.

    Raises:
        DeliveryFailed: as `endpoint` and `post`.
    """
    post(endpoint(message.endpoint), str(message.pk), body_of(message))


def post(target: Endpoint, identifier: str, body: bytes) -> None:
    """POST these bytes, signed; any 2xx answer within ten seconds is delivery.

    Args:
        identifier: the same for every try of the same message.

    Raises:
        DeliveryFailed: final on 410 (the specification's word for "never send here again").
    """
    signed = headers(target.secret, identifier=identifier, timestamp=int(clock.now().timestamp()), body=body)
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked in endpoint()
        target.url, data=body, method="POST", headers={"content-type": "application/json", **signed}
    )
    try:
        with _opener.open(request, timeout=_TIMEOUT_S) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (urllib.error.URLError, OSError):
        raise DeliveryFailed("unreachable") from None
    if not 200 <= status < 300:
        raise DeliveryFailed(f"http_{status}", final=status == HTTPStatus.GONE)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry a signed body to an address nobody configured."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


# No proxy from the environment: what is configured here is where it goes.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _acceptable(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = parts.hostname == "localhost"
    return parts.scheme == "http" and loopback
