"""Handing entries to one receiver, as its part of the settings' file says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from callwarden import __version__
from callwarden.control.siem.meaning import meaning
from callwarden.engines.siem import Weight, cef, record
from callwarden.kernel import clock, syslog
from callwarden.kernel.notify import DeliveryFailed, webhook
from callwarden.kernel.syslog import Message, Receipt, Receiver, Severity

_PRESSING = {
    Weight.INFORMATIONAL: Severity.INFORMATIONAL,
    Weight.LOW: Severity.NOTICE,
    Weight.MEDIUM: Severity.WARNING,
    Weight.HIGH: Severity.ERROR,
    Weight.CRITICAL: Severity.CRITICAL,
}


@dataclass(frozen=True)
class Leaf:
    """An entry at its place in the tree; `body` is its canonical JSON, parsed."""

    index: int
    at: datetime
    body: Mapping[str, Any]


def deliver(name: str, leaves: Sequence[Leaf], *, log: str, size: int) -> None:
    """Hand these over, in order.

    Args:
        log: name of the operation log.
        size: how many entries the log's newest signed head covers.

    Raises:
        DeliveryFailed: the receiver has not confirmed all of them; any of them may have arrived.
    """
    chosen = settings.CALLWARDEN_SIEM.get(name)
    if chosen is None:
        raise DeliveryFailed("not_configured")
    if chosen["kind"] == "syslog":
        syslog.deliver(_receiver(chosen), [_message(leaf, chosen["format"], log) for leaf in leaves])
    else:
        _post(name, chosen, leaves, log, size)


def test(name: str, *, log: str, size: int) -> None:
    """Hand over one message that says it is a test and has no place in the log.

    Raises:
        DeliveryFailed: as `deliver`.
    """
    chosen = settings.CALLWARDEN_SIEM.get(name)
    if chosen is None:
        raise DeliveryFailed("not_configured")
    text = json.dumps({"test": True, "log": log, "size": size}, sort_keys=True, separators=(",", ":"))
    if chosen["kind"] == "syslog":
        syslog.deliver(_receiver(chosen), [Message(at=clock.now(), text=text, msgid="test")])
        return
    body = {"type": "ledger-test", "timestamp": _now(), "data": json.loads(text)}
    webhook.post(webhook.usable(name, chosen), f"test-{size}", _bytes(body))


def told(leaf: Leaf, form: str, log: str) -> str | dict[str, Any]:
    """One entry in the form a receiver asked for: a line of CEF, or an OCSF object."""
    meant = meaning(leaf.body["event"])
    if form == "cef":
        return cef(leaf.body, leaf.index, meant, name=leaf.body["event"].replace(":", " "), version=__version__)
    return record(leaf.body, leaf.index, meant, log=log, version=__version__)


def _message(leaf: Leaf, form: str, log: str) -> Message:
    said = told(leaf, form, log)
    # Escaped to ASCII, so that no byte order mark is needed, which parsers of JSON stumble over.
    text = said if isinstance(said, str) else json.dumps(said, separators=(",", ":"))
    pressing = _PRESSING[meaning(leaf.body["event"]).weight]
    return Message(at=leaf.at, text=text, msgid="audit", index=leaf.index, severity=pressing)


def _post(name: str, chosen: Mapping[str, Any], leaves: Sequence[Leaf], log: str, size: int) -> None:
    body = {
        "type": "ledger-entries",
        "timestamp": _now(),
        "data": {
            "log": log,
            "size": size,
            "first": leaves[0].index,
            "last": leaves[-1].index,
            "entries": [told(leaf, chosen["format"], log) for leaf in leaves],
        },
    }
    webhook.post(webhook.usable(name, chosen), f"{log}-{leaves[0].index}-{leaves[-1].index}", _bytes(body))


def _receiver(chosen: Mapping[str, Any]) -> Receiver:
    return Receiver(
        host=chosen["host"],
        port=chosen["port"],
        ca_file=chosen["ca_file"],
        certificate_file=chosen["certificate_file"],
        key_file=chosen["key_file"],
        plain=chosen["plain"],
        receipt=Receipt(chosen["receipt"]),
    )


def _now() -> str:
    return clock.now().isoformat(timespec="seconds")


def _bytes(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
