"""From a filter to a frozen set, and from there to leave to act on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final
from uuid import UUID

import rfc8785
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals, clock, journal, structural
from callwarden.kernel.approvals import Act
from callwarden.kernel.bulk.kinds import BulkKind, Doing, Found, kind_of
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused, TooLarge
from callwarden.kernel.events import Event
from callwarden.kernel.machine import About
from callwarden.kernel.models import Approval, BulkAct, BulkRow, User
from callwarden.kernel.structural import Value

State, Outcome = BulkAct.State, BulkRow.Outcome
# How long a set may be looked at before it must be drawn anew.
LASTS: Final = timedelta(hours=4)
_AT_ONCE: Final = 2_000


def limit() -> int:
    """The most rows one act may be on (`CALLWARDEN_BULK_LIMIT`)."""
    return int(settings.BULK_LIMIT)


def digest_of(kind: str, parameters: Mapping[str, Value], rows: Iterable[tuple[UUID, str]]) -> str:
    """SHA-256, in hex, over the act, its parameters, how many rows, and each row's id and mark in the order of ids.

    Canonical JSON (RFC 8785), so that the same set and act always have the same digest.
    """
    listed = sorted([str(target), mark] for target, mark in rows)
    body = {"act": kind, "count": len(listed), "parameters": dict(parameters), "rows": listed}
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()  # type: ignore[arg-type]


def draw(
    name: str, parameters: Mapping[str, Value], *, by: User, client: UUID | None = None, session: UUID | None = None
) -> BulkAct:
    """Resolve the filter, once, and keep the set as it is now. Nothing happens to its rows yet.

    A set this person drew before for the same act and did not use is dropped.

    Raises:
        Refused: the person may not do this.
        InvalidInput: parameters that cannot be used; nothing matches; everything that matches is left out.
        TooLarge: more rows than the limit.
        NotStructural: a parameter could tell something of a person.
    """
    kind = kind_of(name)
    structural.check_mapping(parameters, where="parameters")
    check_may(kind, by)
    with transaction.atomic():
        found = _resolve(kind, Doing(parameters, client, by))
        chosen = [one for one in found if not one.why]
        _drop_unused(kind, by)
        act = BulkAct.objects.create(
            kind=name,
            parameters=dict(parameters),
            client=client,
            digest=digest_of(name, parameters, ((one.target, one.mark) for one in chosen)),
            total=len(chosen),
            left_out=len(found) - len(chosen),
            drawn_by=by,
            drawn_at=clock.now(),
        )
        _keep(act, [*chosen, *(one for one in found if one.why)])
        journal.record(
            journal.Entry(
                event=Event.BULK_DRAWN,
                actor=by.actor,
                session=session,
                client=client,
                count=act.total,
                data=facts(act) | {"left_out": act.left_out},
            )
        )
    return act


def _resolve(kind: BulkKind, doing: Doing) -> list[Found]:
    most = limit()
    found = list(islice(kind.find(doing, None), most + 1))
    if len(found) > most:
        raise TooLarge(
            "set_too_large",
            _("More than %(limit)s match. Narrow the filter, and do the rest in a second act."),
            data={"limit": most},
        )
    if not found:
        raise InvalidInput("nothing_matches", _("Nothing matches. Widen the filter, or look at the list again."))
    if all(one.why for one in found):
        reasons = sorted({one.why for one in found})
        raise InvalidInput(
            "nothing_to_do",
            _("Nothing is to be done for any of the %(count)s that match."),
            data={"count": len(found), "reasons": reasons},
        )
    return sorted(found, key=lambda one: one.target)


def _keep(act: BulkAct, found: Sequence[Found]) -> None:
    rows = [
        BulkRow(
            act=act,
            place=place,
            target=one.target,
            sort=one.sort,
            mark=one.mark,
            outcome=Outcome.LEFT_OUT if one.why else Outcome.WAITING,
            reason=one.why,
        )
        for place, one in enumerate(found)
    ]
    BulkRow.objects.bulk_create(rows, batch_size=_AT_ONCE)


def ask(act: UUID, *, digest: str, by: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask a second person for leave to do exactly this.

    Args:
        digest: of the set the person was shown.

    Raises:
        Refused: somebody else drew it, or the person may not do this any more.
        Conflict: it is not the set that was shown, it lies too long, or it was asked for before.
        InvalidInput: no reason; one person is enough for this.
    """
    with transaction.atomic():
        drawn, kind = _mine(act, digest, by)
        if not kind.by_two:
            raise InvalidInput("one_is_enough", _("This needs no second person. Carry it out."))
        asked = approvals.request(
            approved_act(drawn), requester=by, reason=reason, client=drawn.client, session=session
        )
        changes = {"approval": asked.pk, "entry": asked.entry}
        BulkAct.machine.move(drawn, State.ASKED, actor=by.actor, changes=changes, about=about(drawn, session))
        kind.asked(Doing(drawn.parameters, drawn.client, by, drawn))
    return asked


def start(act: UUID, *, digest: str, by: User, reason: str = "", session: UUID | None = None) -> BulkAct:
    """Have it carried out, where one person is enough.

    Raises:
        Refused, Conflict: as for `ask`.
        InvalidInput: a second person must decide; words are missing.
    """
    from callwarden.kernel.bulk.running import set_off

    with transaction.atomic():
        drawn, kind = _mine(act, digest, by)
        if kind.by_two:
            raise InvalidInput("second_person_needed", _("A second person decides on this. Ask for approval."))
        if kind.words and not reason.strip():
            raise InvalidInput("reason_missing", _("Say in words what is to be noted."))
        entry = journal.record(
            journal.Entry(
                event=Event.BULK_ASKED,
                actor=by.actor,
                session=session,
                client=drawn.client,
                count=drawn.total,
                data=facts(drawn),
                detail={"reason": reason.strip()} if reason.strip() else None,
            )
        )
        return set_off(drawn, by=by, session=session, entry=entry)


def drop(act: UUID, *, by: User, session: UUID | None = None) -> None:
    """Put a set away that was only looked at.

    Raises:
        Refused: somebody else drew it. Conflict: it was asked for already.
    """
    with transaction.atomic():
        drawn = locked(act)
        if drawn.drawn_by_id != by.pk:
            raise _not_yours()
        _put_away(drawn, actor=by.actor, session=session)


def drop_undecided() -> int:
    """Put away sets nobody used in time, and those whose approval was refused, taken back or ran out; how many."""
    old = BulkAct.objects.filter(state=State.DRAWN, drawn_at__lte=clock.now() - LASTS)
    over = Approval.objects.filter(
        pk__in=BulkAct.objects.filter(state=State.ASKED).values("approval"),
        state__in=(Approval.State.REFUSED, Approval.State.WITHDRAWN, Approval.State.EXPIRED),
    )
    refused = BulkAct.objects.filter(state=State.ASKED, approval__in=over.values("pk"))
    dropped = 0
    for key in [*old.values_list("pk", flat=True), *refused.values_list("pk", flat=True)]:
        with transaction.atomic():
            act = BulkAct.objects.select_for_update(skip_locked=True).filter(pk=key).first()
            if act is not None and act.state in (State.DRAWN, State.ASKED):
                _put_away(act, actor="job:clock")
                dropped += 1
    return dropped


def _drop_unused(kind: BulkKind, by: User) -> None:
    unused = BulkAct.objects.select_for_update().filter(state=State.DRAWN, kind=kind.name, drawn_by=by)
    for act in unused.order_by("pk"):
        _put_away(act, actor=by.actor)


def _put_away(act: BulkAct, *, actor: str, session: UUID | None = None) -> None:
    changes = {"finished_at": clock.now()}
    BulkAct.machine.move(act, State.DROPPED, actor=actor, changes=changes, about=about(act, session))
    act.rows.all().delete()


def _mine(act: UUID, digest: str, by: User) -> tuple[BulkAct, BulkKind]:
    """The set this person drew and was shown, locked."""
    drawn = locked(act)
    if drawn.drawn_by_id != by.pk:
        raise _not_yours()
    kind = kind_of(drawn.kind)
    check_may(kind, by)
    if drawn.state == State.DRAWN and clock.now() >= drawn.drawn_at + LASTS:
        raise Conflict("set_too_old", _("This set was drawn too long ago. Draw it anew, and look at it again."))
    if digest != drawn.digest or digest != stored_digest(drawn):
        raise Conflict("set_changed", _("This is not the set that was shown. Look at it again, then decide."))
    return drawn, kind


def stored_digest(act: BulkAct) -> str:
    """The digest of what is stored now. Another than `act.digest`: somebody changed the rows."""
    rows = act.rows.exclude(outcome=Outcome.LEFT_OUT).values_list("target", "mark")
    return digest_of(act.kind, act.parameters, rows.iterator())


def approved_act(act: BulkAct) -> Act:
    """What a second person approves."""
    return Act(act.kind, {"bulk": str(act.pk), "rows": act.digest, "count": act.total})


def check_may(kind: BulkKind, by: User) -> None:
    if not by.has_role(*kind.roles):
        raise Refused("may_not_act", _("Your role does not do this."), data={"roles": sorted(kind.roles)})


def locked(act: UUID) -> BulkAct:
    found = BulkAct.objects.select_for_update(of=("self",)).select_related("drawn_by").filter(pk=act).first()
    if found is None:
        raise NotFound("no_such_bulk_act", _("There is no such act. Go back to the list."))
    return found


def facts(act: BulkAct) -> dict[str, Value]:
    """What every ledger entry of an act says of it."""
    return {"bulk": str(act.pk), "act": act.kind, "digest": act.digest}


def about(act: BulkAct, session: UUID | None = None) -> About:
    return {
        "session": session,
        "client": act.client,
        "approval": act.approval,
        "count": act.total,
        "data": {"act": act.kind, "digest": act.digest, "done": act.done, "skipped": act.skipped},
    }


def _not_yours() -> Refused:
    return Refused("not_own_set", _("Somebody else drew this set. Draw one yourself, and look at it."))
