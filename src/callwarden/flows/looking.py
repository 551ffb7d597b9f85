"""Looking at what is known of a person without opening a record of theirs: on record like every other view.

What somebody allowed, or asked us to do, lies in rows of structure, so no permit is needed to read it; that it was
looked at, by whom and about whom, is written all the same, and the watch for misuse reads it like an opened record.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from callwarden.custody.models import PersonLink
from callwarden.flows.actors import Actor
from callwarden.kernel import journal
from callwarden.kernel.events import Event


def looked(
    actor: Actor, *, client: UUID, fields: tuple[str, ...], subject: UUID | None = None, request: UUID | None = None
) -> None:
    """Write that this person looked; call it before anything is shown, inside `client_scope` or not.

    Args:
        fields: what was looked at, by name.
        request: the data subject's request through which it was.

    Raises:
        Unavailable: the log cannot be written, so nothing may be shown.
    """
    with transaction.atomic():
        journal.record(
            journal.Entry(
                event=Event.DISCLOSE_VIEW_MASKED,
                actor=actor.name,
                session=actor.session,
                client=client,
                subject=subject,
                decision="allow",
                fields=fields,
                count=1,
                data={"request": str(request)} if request else {},
            )
        )


def subject_of(person: UUID | None) -> UUID | None:
    """The key holder by whom a person is named in the log. Call it inside `client_scope`."""
    if person is None:
        return None
    linked = PersonLink.objects.filter(person=person, revoked_at=None).order_by("linked_at", "pk")
    return linked.values_list("subject_id", flat=True).first()
