"""A notice that says more than the one before ends what was consented to under that: asked for again, one by one.

Source: PIPL art. 14 para. 2.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from callwarden.custody.models import Client
from callwarden.lawful.consent import actions
from callwarden.lawful.notices.models import Notice

ACTOR = "job:consents"


def waiting() -> list[UUID]:
    """Published notices under which earlier consent is still to be ended."""
    published = Notice.objects.filter(state=Notice.State.PUBLISHED).exclude(renewing=[])
    return list(published.values_list("pk", flat=True))


def end_given_up() -> int:
    """End what stands for purposes and recipients that were given up. Returns how many consents that ended."""
    clients = Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True)
    return sum(actions.end_given_up(client, actor=ACTOR) for client in clients)


def run(pk: UUID) -> int:
    """End it, in batches. Killed anywhere it is run again and goes on. Returns how many consents were ended."""
    notice = Notice.objects.select_related("line").filter(pk=pk, state=Notice.State.PUBLISHED).first()
    if notice is None:
        return 0  # a newer version took its place and what was left
    ended = actions.mark_for_renewal(notice.line, notice.renewing, notice=notice, actor=ACTOR)
    with transaction.atomic():
        Notice.objects.filter(pk=pk, renewing=notice.renewing).update(renewing=[])
    return ended
