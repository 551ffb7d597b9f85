"""Putting a matrix into force."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.models import PolicyVersion
from callwarden.custody.ledger.health import require_current_ledger, require_room
from callwarden.engines.policy import Matrix, compile
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict
from callwarden.kernel.events import Event


@transaction.atomic
def activate(matrix: Matrix, *, actor: str) -> PolicyVersion:
    """Make this matrix the one decisions are taken by. A matrix that does not compile is refused before anything.

    Raises:
        MatrixRefused: it names what it does not know, or breaks the schema.
    """
    return put_into_force(draft(matrix, actor=actor), actor=actor)


@transaction.atomic
def draft(matrix: Matrix, *, actor: str) -> PolicyVersion:
    """Keep a matrix that nobody decides by yet.

    Raises:
        MatrixRefused: it does not compile.
    """
    compile(matrix)
    newest = PolicyVersion.objects.select_for_update().order_by("-version").first()
    version = PolicyVersion.objects.create(
        version=1 if newest is None else newest.version + 1,
        matrix=matrix.to_data(),
        digest=matrix.digest,
        created_at=clock.now(),
    )
    journal.record(
        journal.Entry(
            event=Event.POLICY_CHANGED, actor=actor, data={"version": version.version, "digest": version.digest}
        )
    )
    return version


@transaction.atomic
def put_into_force(version: PolicyVersion, *, actor: str) -> PolicyVersion:
    """Decide by this draft from the next decision on; the former becomes superseded.

    Raises:
        Conflict: it is not a draft, or not what its digest says.
        Unavailable: the operation log is behind or does not hold, or the disk is nearly full.
    """
    if actor != "system":  # the start itself puts the shipped matrix into force
        require_current_ledger()
        require_room()
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    matrix = Matrix.from_data(version.matrix)
    if version.state != PolicyVersion.State.DRAFT or matrix.digest != version.digest:
        raise Conflict(
            "policy_not_draft", _("This version cannot be put into force any more. Propose the change anew.")
        )
    PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).update(state=PolicyVersion.State.SUPERSEDED)
    version.state, version.activated_at = PolicyVersion.State.ACTIVE, clock.now()
    version.save(update_fields=["state", "activated_at"])
    journal.record(
        journal.Entry(
            event=Event.POLICY_ACTIVATED,
            actor=actor,
            policy=compile(matrix).digest,
            data={"version": version.version},
        )
    )
    return version


def ensure_default() -> None:
    """Put the shipped matrix into force where none is."""
    if not PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).exists():
        activate(Matrix.default(), actor="system")
