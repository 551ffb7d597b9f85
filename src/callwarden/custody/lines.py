"""Opening a telephone line."""

from __future__ import annotations

from django.db import transaction

from callwarden.custody.models import Client, Line
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value


@transaction.atomic
def open_line(client: Client, slug: str, *, actor: str, **facts: object) -> Line:
    """A new line of this client.

    Args:
        facts: columns of `Line`.

    Raises:
        IntegrityError: the client has a line of this name.
    """
    line = Line.objects.create(client=client, slug=slug, **facts)
    told: dict[str, Value] = {
        "id": str(line.pk),
        "line": slug,
        "direction": str(line.direction),
        "jurisdiction": str(line.jurisdiction),
        "suite": int(line.suite),
        "takes_cards": line.takes_cards,
    }
    journal.record(journal.Entry(event=Event.LINE_OPENED, actor=actor, client=client.pk, data=told))
    return line
