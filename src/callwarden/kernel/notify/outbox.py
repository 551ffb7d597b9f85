"""The outbox: a message is written in the transaction of its cause, and delivered by a job after that committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from callwarden.kernel import clock
from callwarden.kernel.directory import holding
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.machine import About
from callwarden.kernel.models import OutboxMessage, User
from callwarden.kernel.notify import email, webhook
from callwarden.kernel.notify.interface import Deliverer, DeliveryFailed
from callwarden.kernel.notify.templates import Template, check
from callwarden.kernel.structural import Scalar

State, Channel = OutboxMessage.State, OutboxMessage.Channel

# Seconds until the next try after the first, second, ... failure; then it is given up, 28 hours after the first try.
BACKOFF_S: Final = (10, 60, 300, 1800, 7200, 18000, 36000, 36000)

_deliverers: dict[str, Deliverer] = {Channel.EMAIL: email.deliver, Channel.WEBHOOK: webhook.deliver}


def send(template: Template, *, to: User | str, parameters: Mapping[str, Scalar], link: str) -> OutboxMessage:
    """Queue a message in the caller's transaction: it leaves if and only if the caller commits.

    Args:
        to: a person (by e-mail, in their language) or the name of a webhook endpoint.
        parameters: exactly those of the template.
        link: path on this site.

    Raises:
        NotStructural: something could carry personal data.
        InvalidInput: no such endpoint.
        RuntimeError: no transaction is open, so message and cause could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A message is queued in the transaction of its cause.")
    check(template, parameters, link)
    now = clock.now()
    if isinstance(to, str):
        if to not in settings.CALLWARDEN_WEBHOOKS:
            raise InvalidInput("endpoint_unknown", _("No webhook of this name is configured."), data={"endpoint": to})
        target: dict[str, Any] = {"channel": Channel.WEBHOOK, "endpoint": to, "language": "en"}
    else:
        target = {"channel": Channel.EMAIL, "recipient": to, "language": to.language}
    message = OutboxMessage.objects.create(
        template=template.name, parameters=dict(parameters), link=link, created_at=now, next_at=now, **target
    )
    hand_over(message.pk)
    return message


def tell(
    template: Template, *, roles: Iterable[str], parameters: Mapping[str, Scalar], link: str, but: User | None = None
) -> int:
    """Queue a message to whoever holds one of the roles and can be reached, and to every webhook; how many.

    Args:
        but: who need not be told, because they did it.
    """
    reached: list[User | str] = [person for person in holding(roles) if person.email and person != but]
    reached += sorted(settings.CALLWARDEN_WEBHOOKS)
    for to in reached:
        send(template, to=to, parameters=parameters, link=link)
    return len(reached)


def hand_over(message_id: UUID) -> None:
    """Queue the job that delivers a message, once; in the caller's transaction where there is one.

    By name, because the task (`kernel.jobs`) calls `deliver` here.
    """
    task = app.configure_task("kernel.deliver_message", queue="default", queueing_lock=f"message:{message_id}")
    task.defer(message=str(message_id))


def deliver(message_id: UUID) -> OutboxMessage | None:
    """Try to deliver one message now. None: it is being tried elsewhere, is not due, or needs no more trying.

    The row stays locked while sending, so no two workers send it at once. A worker that dies after the receiver
    accepted leaves it queued: the receiver sees the same id again.
    """
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("recipient")
            .filter(pk=message_id, state=State.QUEUED, next_at__lte=clock.now())
            .first()
        )
        if message is None:
            return None
        try:
            _deliverers[message.channel](message)
        except DeliveryFailed as failure:
            return _failed(message, failure)
        about: About = {"data": {"template": message.template, "channel": message.channel}}
        changes = {"attempts": message.attempts + 1, "sent_at": clock.now(), "error": ""}
        return OutboxMessage.machine.move(message, State.SENT, actor="job:notify", changes=changes, about=about)


def _failed(message: OutboxMessage, failure: DeliveryFailed) -> OutboxMessage:
    attempts = message.attempts + 1
    if failure.final or attempts > len(BACKOFF_S):
        about: About = {"reasons": (failure.code,), "data": {"template": message.template, "attempts": attempts}}
        changes = {"attempts": attempts, "error": failure.code}
        return OutboxMessage.machine.move(message, State.FAILED, actor="job:notify", changes=changes, about=about)
    message.attempts, message.error = attempts, failure.code
    message.next_at = clock.now() + timedelta(seconds=BACKOFF_S[attempts - 1])
    message.save(update_fields=["attempts", "error", "next_at"])
    return message


def retry(message: OutboxMessage, *, actor: str) -> OutboxMessage:
    """Queue a message again that was given up."""
    changes = {"attempts": 0, "next_at": clock.now(), "error": ""}
    return OutboxMessage.machine.move(message, State.QUEUED, actor=actor, changes=changes)


def due() -> QuerySet[OutboxMessage]:
    """Messages whose time to be tried has come, oldest first."""
    return OutboxMessage.objects.filter(state=State.QUEUED, next_at__lte=clock.now()).order_by("next_at")
