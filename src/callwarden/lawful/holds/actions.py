"""Setting and releasing holds. Two people set one and two release it; one alone may set a provisional one.

What is set acts at once: records are marked in the transaction that sets it, as many as `AT_ONCE`, and by the clock's
job beyond. The job also wraps marked records into hold buckets, marks what came since, and lets go what was released.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody import holds as custody
from callwarden.custody.models import Hold
from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.machine import About
from callwarden.kernel.models import Approval, BulkAct, User
from callwarden.lawful.holds import acts, queries, rules
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Wish
from callwarden.lawful.retention.due import Due

State = Matter.State
ACTOR: Final = "job:retention"
AT_ONCE: Final = 5_000
BATCH: Final = 250


@transaction.atomic
def ask(
    wish: Wish, *, by: User, reason: str, provisional: bool, actor: str = "", session: UUID | None = None
) -> Matter:
    """Ask for a hold. Somebody else decides; with `provisional` it holds meanwhile, for 14 days at most.

    Args:
        by: who asks and answers for the matter.
        actor: who acts, where a program does on behalf of its owner.

    Raises:
        InvalidInput: see `rules.check`; no reason.
        NotFound: no such call, customer or person of this client.
    """
    rules.check(wish, today=clock.now().date())
    with client_scope(wish.client):
        if not queries.exists(wish.scope, wish.target):
            raise NotFound("no_such_target", _("There is no such call, customer or person."))
        count = queries.records_of(wish.scope, wish.target, wish.query).count()
    actor = actor or by.actor
    matter = _open(wish, by=by, count=count, reason=reason, provisional=provisional, actor=actor, session=session)
    asked = approvals.request(
        acts.setting(matter),
        requester=by,
        reason=reason,
        client=wish.client,
        session=session,
        expires_in=approvals.LONGEST,
    )
    matter.approval = asked.pk
    matter.save(update_fields=["approval"])
    if provisional:
        _hold_meanwhile(matter, actor=actor, session=session)
    return matter


def open_for_set(wish: Wish, act: BulkAct, *, by: User, provisional: bool) -> Matter:
    """Open the matter of a set that was drawn. The act on many rows asks for its approval and puts it into force.

    Args:
        wish: with the filter the set came from, as query.
        act: asked for already.
    """
    matter = _open(
        wish, by=by, count=act.total, reason="", provisional=provisional, actor=by.actor, session=None, drawn=act
    )
    if provisional:
        _hold_meanwhile(matter, actor=by.actor, session=None)
    return matter


def _hold_meanwhile(matter: Matter, *, actor: str, session: UUID | None) -> None:
    Matter.machine.move(matter, State.PROVISIONAL, actor=actor, about=_about(session))
    cover(matter, actor=actor)


def _open(
    wish: Wish,
    *,
    by: User,
    count: int,
    reason: str,
    provisional: bool,
    actor: str,
    session: UUID | None,
    drawn: BulkAct | None = None,
) -> Matter:
    scope = Matter.Scope.SET if drawn else wish.scope
    entry = journal.record(
        journal.Entry(
            event=Event.MATTER_OPENED,
            actor=actor,
            session=session,
            client=wish.client,
            count=count,
            data={"label": wish.label, "ground": wish.ground, "scope": str(scope), "provisional": provisional},
            detail={"reason": reason.strip()} if reason.strip() else None,
        )
    )
    return Matter.objects.create(
        client_id=wish.client,
        label=wish.label,
        ground=wish.ground,
        scope=scope,
        target=drawn.pk if drawn else wish.target,
        query=wish.query.as_data() if wish.query else {},
        owner=by,
        review_on=wish.review_on,
        opened_by=actor,
        opened_at=clock.now(),
        # Why a set is held was said when it was asked for.
        entry=(drawn.entry if drawn else None) or entry,
        approval=drawn.approval if drawn else None,
    )


def confirm(matter: Matter, *, actor: str, approval: UUID) -> Matter:
    """Two people have decided: it is in force."""
    Matter.machine.move(matter, State.HELD, actor=actor, about={"approval": approval, "client": matter.client_id})
    cover(matter, actor=actor)
    return matter


def refuse_undecided(person: UUID) -> None:
    """Nobody is parted while two people still decide about a hold on them: what they approve is what they were shown.

    Raises:
        Conflict: a matter about this person is asked for, or provisional.
    """
    waiting = Matter.objects.filter(
        scope=Matter.Scope.PERSON, target=person, state__in=(State.ASKED, State.PROVISIONAL)
    )
    if waiting.exists():
        raise Conflict("matter_undecided", _("A hold on this person waits for a decision. Have it decided first."))


def hold_both(person: UUID, parted: UUID, *, actor: str) -> int:
    """Let what is in force on a person hold the one who was parted from them as well, by a matter of its own on the
    same grounds. Call it inside `client_scope`. Returns how many matters that are.
    """
    standing = Matter.objects.select_for_update(of=("self",)).filter(
        scope=Matter.Scope.PERSON, target=person, state=State.HELD
    )
    for matter in standing.select_related("owner").order_by("opened_at", "id"):
        wish = Wish(
            client=matter.client_id,
            label=matter.label,
            ground=matter.ground,
            scope=matter.scope,
            target=parted,
            review_on=matter.review_on,
        )
        count = queries.records_of(matter.scope, parted, None).count()
        twin = _open(wish, by=matter.owner, count=count, reason="", provisional=False, actor=actor, session=None)
        # Why it holds was said, and by whom decided, when the first was set.
        twin.entry, twin.approval = matter.entry, matter.approval
        twin.save(update_fields=["entry", "approval"])
        about: About = {"client": matter.client_id, "approval": matter.approval}
        Matter.machine.move(twin, State.HELD, actor=actor, about=about)
        cover(twin, actor=actor)
    return len(standing)


def ask_release(matter: Matter, *, by: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask that a matter lets its records go; somebody else decides.

    Raises:
        Conflict: it is not in force.
    """
    if matter.state not in queries.IN_FORCE:
        raise Conflict("matter_not_in_force", _("This matter holds nothing. Look at its present state."))
    with client_scope(matter.client_id):
        now = queries.standing(matter)
    return approvals.request(
        acts.release(matter, now), requester=by, reason=reason, client=matter.client_id, session=session
    )


def release(matter: Matter, *, actor: str, approval: UUID | None = None, reason: str = "") -> Matter:
    """It holds nothing any more. The job lets its records go one by one and carries out what they stopped."""
    about: About = {"client": matter.client_id, "approval": approval, "reasons": (reason,) if reason else ()}
    return Matter.machine.move(matter, State.RELEASED, actor=actor, changes={"ended_at": clock.now()}, about=about)


@transaction.atomic
def review(matter: Matter, *, until: date, by: User, session: UUID | None = None) -> Matter:
    """Somebody looked at the matter: it is needed still, and looked at again on another day.

    Raises:
        InvalidInput: not within a year. Conflict: it is not in force.
    """
    locked = Matter.objects.select_for_update().get(pk=matter.pk)
    if locked.state not in queries.IN_FORCE:
        raise Conflict("matter_not_in_force", _("This matter holds nothing. Look at its present state."))
    today = clock.now().date()
    if not today < until <= today + rules.LONGEST_REVIEW:
        raise InvalidInput("review_out_of_range", _("Say on which day within a year this is looked at again."))
    locked.review_on = until
    locked.save(update_fields=["review_on"])
    journal.record(
        journal.Entry(
            event=Event.MATTER_REVIEWED,
            actor=by.actor,
            session=session,
            client=locked.client_id,
            data={"matter": str(locked.pk), "review_on": until.isoformat()},
        )
    )
    return locked


def cover(matter: Matter, *, actor: str, at_most: int = AT_ONCE) -> int:
    """Mark records the matter covers and does not lie on yet. Returns how many; fewer than `at_most`: all are."""
    marked, last = 0, UUID(int=0)
    while marked < at_most:
        with client_scope(matter.client_id):
            left = queries.not_yet_held(matter).filter(id__gt=last).order_by("id").distinct()
            chosen = list(left[: min(BATCH, at_most - marked)])
            if not chosen:
                break
            # Some may be marked by nobody any more: their bucket's key has ended and they wait to be cleared away.
            marked += custody.mark(chosen, matter=matter.pk, actor=actor)
            last = chosen[-1].pk
    return marked


def settle(matter: Matter, *, at_most: int) -> int:
    """Wrap marked records into hold buckets, one transaction each. Returns how many were moved."""
    with client_scope(matter.client_id):
        waiting = Hold.objects.filter(matter=matter.pk, released_at__isnull=True, record__bucket__hold=False)
        records = list(waiting.exclude(record__state="destroyed").values_list("record", flat=True)[:at_most])
    for record in records:
        with client_scope(matter.client_id):
            custody.settle(record)
    return len(records)


def let_go(matter: Matter, *, at_most: int) -> int:
    """Release the records of a released matter, one transaction each. Returns how many."""
    with client_scope(matter.client_id):
        left = Hold.objects.filter(matter=matter.pk, released_at__isnull=True).order_by("set_at", "id")
        ids = list(left.values_list("id", flat=True)[:at_most])
    for hold in ids:
        with client_scope(matter.client_id):
            due = Due(matter.client_id, still=())
            for record in left.filter(pk=hold).values_list("record", flat=True):
                due.released(record)
            custody.release(hold, actor=ACTOR)
    return len(ids)


def drop_undecided() -> int:
    """Matters whose approval was refused, withdrawn or ran out: a provisional one lets go, another is not set."""
    ended = 0
    waiting = Matter.objects.filter(state__in=(State.ASKED, State.PROVISIONAL), approval__isnull=False)
    for matter in waiting:
        asked = Approval.objects.filter(pk=matter.approval).first() if matter.approval else None
        open_still = (Approval.State.PENDING, Approval.State.APPROVED)
        if asked is not None and asked.state in open_still and asked.expires_at > clock.now():
            continue
        if matter.state == State.PROVISIONAL:
            release(matter, actor=ACTOR, reason="not_confirmed")
        else:
            changes = {"ended_at": clock.now()}
            Matter.machine.move(matter, State.DROPPED, actor=ACTOR, changes=changes, about={"client": matter.client_id})
        ended += 1
    return ended


def _about(session: UUID | None) -> About:
    return {"session": session}
