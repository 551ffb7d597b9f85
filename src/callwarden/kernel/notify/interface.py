"""What a way of delivery looks like. Further ones (SMS gateways, chat robots) implement the same."""

from __future__ import annotations

from typing import Protocol

from callwarden.kernel.models import OutboxMessage


class DeliveryFailed(Exception):
    """A message could not be delivered.

    Args:
        code: slug of the cause; never the receiver's own words, which may repeat an address.
        final: trying again is useless.
    """

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class Deliverer(Protocol):
    """Hands one message over, or raises DeliveryFailed. May be called twice for a message; receivers see its id."""

    def __call__(self, message: OutboxMessage) -> None: ...
