"""Putting a matrix into force."""

from __future__ import annotations

from django.db import transaction

from callwarden.control.access.models import PolicyVersion
from callwarden.engines.policy import Matrix, compile
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event


@transaction.atomic
def activate(matrix: Matrix, *, actor: str) -> PolicyVersion:
    """Make this matrix the one decisions are taken by. A matrix that does not compile is refused before anything.

    Raises:
        MatrixRefused: it names what it does not know, or breaks the schema.
    """
    compiled = compile(matrix)
    newest = PolicyVersion.objects.select_for_update().order_by("-version").first()
    now = clock.now()
    PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).update(state=PolicyVersion.State.SUPERSEDED)
    version = PolicyVersion.objects.create(
        version=1 if newest is None else newest.version + 1,
        state=PolicyVersion.State.ACTIVE,
        matrix=matrix.to_data(),
        digest=matrix.digest,
        created_at=now,
        activated_at=now,
    )
    journal.record(
        journal.Entry(
            event=Event.POLICY_ACTIVATED, actor=actor, policy=compiled.digest, data={"version": version.version}
        )
    )
    return version


def ensure_default() -> None:
    """Put the shipped matrix into force where none is."""
    if not PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).exists():
        activate(Matrix.default(), actor="system")
