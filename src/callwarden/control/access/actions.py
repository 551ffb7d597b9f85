"""Writing versions of the matrix, trying them in shadow, and putting them into force."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.access import lacking, rules
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import not_live, still_used
from callwarden.custody.ledger.health import require_current_ledger, require_room
from callwarden.engines.policy import JOB_PREFIX, Cell, Matrix, compile
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import OwnRole
from callwarden.kernel.structural import Value

State = PolicyVersion.State
_log = logging.getLogger("callwarden.access")


@transaction.atomic
def activate(matrix: Matrix, *, actor: str) -> PolicyVersion:
    """Make this matrix the one decisions are taken by. A matrix that does not compile is refused before anything.

    Raises:
        MatrixRefused: it names what it does not know, or breaks the schema.
    """
    return put_into_force(draft(matrix, actor=actor), actor=actor)


@transaction.atomic
def draft(matrix: Matrix, *, actor: str, based_on: int | None = None) -> PolicyVersion:
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
        based_on=based_on,
    )
    _record(Event.POLICY_CHANGED, version, actor)
    return version


@transaction.atomic
def revise(version: PolicyVersion, matrix: Matrix, *, expected: str, actor: str) -> PolicyVersion:
    """Write a draft anew. What has been in shadow or in force is never written again: another draft is made of it.

    Args:
        expected: digest of what the person was shown.

    Raises:
        MatrixRefused: it does not compile.
        Conflict: it is no draft any more, somebody else wrote it meanwhile, or nothing would change.
    """
    compile(matrix)
    locked = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    if locked.state != State.DRAFT:
        raise Conflict("not_a_draft", _("This version is no draft any more. Make a new draft of it, and write there."))
    if locked.digest != expected:
        raise Conflict(
            "changed_meanwhile", _("Somebody else changed this draft meanwhile. Look at what it says now, then save.")
        )
    if matrix.digest == locked.digest:
        raise Conflict("nothing_changes", _("This is how it is already. Nothing was changed."))
    locked.matrix, locked.digest, locked.revised_at = matrix.to_data(), matrix.digest, clock.now()
    locked.save(update_fields=["matrix", "digest", "revised_at"])
    _record(Event.POLICY_REVISED, locked, actor)
    return locked


def put_into_shadow(version: PolicyVersion, *, sample: int, actor: str) -> PolicyVersion:
    """Ask this draft about real decisions from the next one on. It decides none; there is one shadow at a time.

    Args:
        sample: of how many decisions in a hundred it is asked.

    Raises:
        InvalidInput: no such share.
        Conflict: it is no draft, or another version is in shadow.
        Refused: it may not stand.
    """
    rules.check_sample(sample)
    with transaction.atomic():
        if PolicyVersion.objects.select_for_update().filter(state=State.SHADOW).exclude(pk=version.pk).exists():
            raise Conflict("shadow_taken", _("Another version is in shadow. Activate or drop that one first."))
        return PolicyVersion.machine.move(
            version,
            State.SHADOW,
            actor=actor,
            changes={"shadowed_at": clock.now(), "sample": sample},
            about={"data": {"version": version.version, "digest": version.digest, "sample": sample}},
        )


def drop(version: PolicyVersion, *, actor: str) -> PolicyVersion:
    """Put a draft or a shadow away; it can be read still, and never counts again.

    Raises:
        Conflict: it is in force, or was.
    """
    return PolicyVersion.machine.move(
        version, State.DROPPED, actor=actor, about={"data": {"version": version.version, "digest": version.digest}}
    )


@transaction.atomic
def put_into_force(version: PolicyVersion, *, actor: str) -> PolicyVersion:
    """Decide by this version from the next decision on; the former becomes superseded.

    Raises:
        Conflict: it is neither draft nor shadow, or not what its digest says.
        Refused: it may not stand, or grants something for a purpose that is not in force.
        Unavailable: the operation log is behind or does not hold, or the disk is nearly full.
    """
    if actor != "system":  # the start itself puts the shipped matrix into force
        require_current_ledger()
        require_room()
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    if version.state not in (State.DRAFT, State.SHADOW):
        raise Conflict(
            "policy_not_draft", _("This version cannot be put into force any more. Propose the change anew.")
        )
    rules.is_whole(version)
    matrix = Matrix.from_data(version.matrix)
    _refuse_not_live(matrix)
    _keep_what_is_used(matrix)
    return _into_force(version, actor=actor)


def _into_force(version: PolicyVersion, *, actor: str) -> PolicyVersion:
    law = compile(Matrix.from_data(version.matrix)).digest
    for former in PolicyVersion.objects.select_for_update().filter(state=State.ACTIVE):
        PolicyVersion.machine.move(
            former, State.SUPERSEDED, actor=actor, about={"data": {"version": former.version, "by": version.version}}
        )
    active = PolicyVersion.machine.move(
        version,
        State.ACTIVE,
        actor=actor,
        changes={"activated_at": clock.now()},
        about={"policy": law, "data": {"version": version.version, "digest": version.digest}},
    )
    lacking.settle()
    return active


def _refuse_not_live(matrix: Matrix) -> None:
    """A matrix that is put into force grants nothing for a purpose that is retired or not in the register.

    One that is retired later gives nothing from that moment, whatever the version in force says (`queries.active`).

    Raises:
        Refused: it does; the message names the purposes.
    """
    if dead := sorted({cell.purpose for cell in matrix.cells} & set(not_live(matrix))):
        raise Refused(
            "purpose_not_live",
            _("This matrix grants something for purposes that are retired or not in the register: %(purposes)s."
              " Take their cells away first."),
            data={"purposes": ", ".join(dead)},
        )  # fmt: skip


def _keep_what_is_used(matrix: Matrix) -> None:
    """Write the site's own roles as this matrix has them; nothing that is in use may vanish with it.

    Raises:
        Refused: somebody holds a role, or something is for a purpose or of a kind of data, that it would not have.
    """
    # Whoever gives a role waits for these rows, so that nobody gets one that vanishes at this moment.
    kept = {row.slug: row for row in OwnRole.objects.select_for_update()}
    if lost := [str(one) for one in still_used(matrix)]:
        raise Refused("still_in_use", _("Something in use would vanish: %(why)s"), data={"why": " ".join(lost)})
    wanted = rules.own_roles(matrix)
    OwnRole.objects.filter(slug__in=set(kept) - set(wanted)).delete()
    for slug in wanted:
        name = matrix.names["roles"][slug]
        OwnRole.objects.update_or_create(
            slug=slug, defaults={"name": name.en, "name_zh": name.zh, "based_on": name.based_on}
        )


def _record(event: Event, version: PolicyVersion, actor: str) -> None:
    facts: dict[str, Value] = {"version": version.version, "digest": version.digest}
    journal.record(journal.Entry(event=event, actor=actor, data=facts))


def ensure_default() -> None:
    """Put the shipped matrix into force where none is."""
    if not PolicyVersion.objects.filter(state=State.ACTIVE).exists():
        activate(Matrix.default(), actor="system")


@transaction.atomic
def give_programs_what_is_new() -> PolicyVersion | None:
    """Grant programs of this product what is shipped and no version in force here ever granted; None where none is new.

    A release may bring work that its programs could not do before, and on a site with a matrix of its own nobody would
    grant it. A cell that a version had and the one in force lacks was taken away by people: it stays away. What people
    may do, a release never changes. Where the version in force may not stand any more, what lacks is a finding. Shipped
    roles, purposes and kinds of data come with it. Drafts, and what was in shadow as a draft anew, get the same, or
    putting one into force would take it away again.
    """
    versions = list(PolicyVersion.objects.select_for_update().filter(state__in=(State.ACTIVE, State.SUPERSEDED)))
    had = lacking.ever_granted()
    former = next(one for one in versions if one.state == State.ACTIVE)
    wider = _with_what_is_new(Matrix.from_data(former.matrix), had)
    if wider is None:
        lacking.settle()
        return None
    if said := [str(one) for one in rules.objections(wider)]:
        # It decides on as it is: a start fails over no matrix.
        _log.warning("programs lack what this release has them do", extra={"version": former.version, "why": said})
        lacking.report()
        return None
    for one in PolicyVersion.objects.select_for_update().filter(state__in=(State.DRAFT, State.SHADOW)):
        theirs = _with_what_is_new(Matrix.from_data(one.matrix), had)
        if theirs is None:
            continue
        if one.state == State.DRAFT:
            revise(one, theirs, expected=one.digest, actor="system")
        else:  # what was in shadow is never written again: a draft of it takes its place
            drop(one, actor="system")
            draft(theirs, actor="system", based_on=one.version)
    # Not by `put_into_force`: a purpose that was retired meanwhile stops no start; its cells give nothing.
    return _into_force(draft(wider, actor="system", based_on=former.version), actor="system")


def _with_what_is_new(matrix: Matrix, had: frozenset[Cell]) -> Matrix | None:
    """With the shipped words it lacks and the shipped cells of programs that `had` lacks; None if it has them all."""
    shipped = Matrix.default()
    whole = replace(
        matrix,
        version=matrix.version + 1,
        roles=matrix.roles + tuple(one for one in shipped.roles if one not in matrix.roles),
        purposes={**shipped.purposes, **matrix.purposes},
        categories=matrix.categories + tuple(one for one in shipped.categories if one not in matrix.categories),
    )
    dead = not_live(whole)
    new = {one for one in shipped.cells - had if one.role.startswith(JOB_PREFIX) and one.purpose not in dead}
    wider = replace(whole, cells=matrix.cells | new)
    return None if wider.digest == matrix.digest else wider
