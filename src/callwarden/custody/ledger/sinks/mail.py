"""Mail to the data protection officer, as a copy outside of any machine this site's administrator rules.

The message goes through `kernel.notify`: a job queues it (`queue_due`), and this sink looks whether one has been
delivered. Mail comes once a day, which is too seldom to be the only sink.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger.sinks.interface import Head, Sent, SinkFailed
from callwarden.custody.models import Checkpoint
from callwarden.kernel import clock, notify
from callwarden.kernel.models import OutboxMessage
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Scalar

HEAD_MAILED: Final = notify.register(
    Template(
        "checkpoint-mail",
        subject=_("Signed head of the operation log"),
        body=_(
            "Keep this message. The operation log had %(size)s entries under the root %(root)s. Whoever changes one of "
            "them later is found out by comparing."
        ),
        parameters=frozenset({"size", "root"}),
    )
)


class MailSink:
    """Finds the newest head that a message to the officer carried."""

    kind: ClassVar[str] = "mail"

    def __init__(self, name: str, *, every: float = 86_400.0) -> None:
        self.name, self.every = name, every

    def send(self, head: Head) -> Sent:
        sent = (
            OutboxMessage.objects.filter(
                template=HEAD_MAILED.name, channel=OutboxMessage.Channel.EMAIL, state=OutboxMessage.State.SENT
            )
            .order_by("-created_at")
            .values_list("parameters", flat=True)
            .first()
        )
        size = int(sent["size"]) if sent else 0
        if size <= head.taken:
            raise SinkFailed("not_delivered_yet")
        return Sent(min(size, head.size))


def queue_due(every: float) -> bool:
    """Queue the newest head to the officer where the last message is older than that (seconds). Whether it did."""
    newest = Checkpoint.objects.order_by("-size").first()
    since = clock.now() - timedelta(seconds=every)
    recent = OutboxMessage.objects.filter(template=HEAD_MAILED.name, created_at__gt=since)
    if newest is None or not settings.EMAIL_HOST or recent.exists():
        return False
    with transaction.atomic():
        told: dict[str, Scalar] = {"size": newest.size, "root": bytes(newest.root).hex()}
        return bool(notify.tell(HEAD_MAILED, roles=(Role.DPO,), parameters=told, link="/audit/"))
