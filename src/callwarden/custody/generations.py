"""Generations of a subject's key: some of its records were destroyed, the others go on under a new key.

Until then whoever holds an old copy of a destroyed record's wrap could open it with the living subject key.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from callwarden.custody.epochs import active_epoch
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import DataKey, Record, Subject, SubjectKey
from callwarden.custody.put import binding_for
from callwarden.custody.scope import client_scope
from callwarden.kernel import journal
from callwarden.kernel.events import Event


def due(client: UUID, *, most: int = 500) -> list[UUID]:
    """Subjects whose next generation is due."""
    with client_scope(client):
        return list(Subject.objects.filter(client_id=client, turn_due=True).values_list("id", flat=True)[:most])


def _survivors(subject: Subject) -> QuerySet[Record]:
    """Records that still have both locks: those of a bucket that has ended wait to be cleared away."""
    return Record.objects.filter(subject=subject, key__isnull=False, bucket__destroyed_at__isnull=True).order_by("id")


def turn(subject_id: UUID, client: UUID, *, actor: str) -> int | None:
    """Move what is left of a subject to its next generation and end all earlier ones, in one transaction.

    Returns:
        How many records moved; None where nothing was due.

    Raises:
        KeeperUnavailable: a key cannot be moved now. Nothing has changed.
    """
    with client_scope(client):
        subject = Subject.objects.select_for_update().filter(pk=subject_id).first()
        if subject is None or not subject.turn_due or subject.destroyed_at:
            return None
        generation, epoch = subject.generation + 1, active_epoch(client)
        survivors = list(_survivors(subject))
        # Held from before their wraps are read: a run that seals a record anew would change it in between.
        held = DataKey.objects.select_for_update(of=("self",)).filter(record__in=survivors).order_by("record")
        list(held.values_list("record"))
        bindings = [binding_for(record, generation=generation) for record in survivors]
        # One without a wrap has lost its other lock by now, with the end of its bucket.
        wraps = keeper.rewrap_many(bindings, epoch=epoch)
        for record_id, wrapped in wraps.items():
            DataKey.objects.filter(record=record_id).update(generation=generation, wrapped=wrapped)
        SubjectKey.objects.filter(subject=subject, generation__lt=generation).delete()
        subject.generation, subject.turn_due = generation, False
        subject.save(update_fields=["generation", "turn_due"])
        journal.record(
            journal.Entry(
                event=Event.KEY_SUBJECT_TURNED,
                actor=actor,
                client=client,
                subject=subject.id,
                count=len(wraps),
                data={"generation": generation},
            )
        )
    return len(wraps)
