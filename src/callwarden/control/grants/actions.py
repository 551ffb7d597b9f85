"""Asking for access, beginning it, opening by it, and the many ways in which it ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.acts import in_force
from callwarden.control.grants.models import AccessGrant, GrantedRecord, GrantUse
from callwarden.control.grants.rules import Wish, check, digest_of
from callwarden.custody import permits
from callwarden.kernel import approvals, clock, endings, journal
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, User
from callwarden.kernel.people import lock_active
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value

GIVE: Final = "control:grant:give"
GIVE_MANY: Final = "control:grant:give_many"
OFFICERS: Final = (Role.DPO, Role.SECURITY_ADMIN)
State = AccessGrant.State


def ask(wish: Wish, *, by: User, session: UUID | None = None) -> AccessGrant:
    """Ask for leave; others decide in the approvals. What it covers is frozen now.

    Raises:
        InvalidInput, Refused: see `rules.check`; the account is closed.
    """
    check(wish)
    key, policy = uuid4(), in_force()
    with transaction.atomic():
        person = lock_active(by.pk)
        act = _act(key, wish, person, policy)
        asked = approvals.request(act, requester=person, reason=wish.reason, client=wish.client, session=session)
        entry = journal.record(
            Entry(
                event=Event.GRANT_ASKED,
                actor=person.actor,
                session=session,
                client=wish.client,
                call=wish.call,
                records=tuple(wish.records)[:50],
                purpose=wish.purpose,
                policy=policy or None,
                approval=asked.pk,
                count=len(wish.records),
                data={"grant": str(key), "digest": digest_of(wish.records), "action": wish.action},
            )
        )
        grant = AccessGrant.objects.create(
            id=key,
            person=person,
            client=wish.client,
            action=wish.action,
            purpose=wish.purpose,
            scope=wish.scope,
            target=wish.target,
            call=wish.call,
            ticket=wish.ticket,
            records_digest=digest_of(wish.records),
            count=len(wish.records),
            subjects=wish.subjects,
            minutes=wish.minutes,
            max_uses=wish.uses,
            policy=policy,
            approval=asked.pk,
            entry=entry,
            asked_at=clock.now(),
        )
        GrantedRecord.objects.bulk_create(
            GrantedRecord(grant=grant, record=record, subject=subject, fields=list(fields))
            for record, (subject, fields) in wish.records.items()
        )
    return grant


def _act(key: UUID, wish: Wish, person: User, policy: str) -> Act:
    parameters: dict[str, Value] = {
        "grant": str(key),
        "person": person.actor,
        "client": str(wish.client),
        "action": wish.action,
        "purpose": wish.purpose,
        "records": digest_of(wish.records),
        "count": len(wish.records),
        "subjects": wish.subjects,
        "minutes": wish.minutes,
        "uses": wish.uses,
        "call": str(wish.call) if wish.call else "",
        "ticket": wish.ticket,
        "policy": policy,
    }
    return Act(GIVE_MANY if wish.many else GIVE, parameters)


def begin(grant: UUID, *, by: User, session: UUID | None = None) -> AccessGrant:
    """Begin what was approved: from now on the time runs.

    Raises:
        NotFound: it is not this person's.
        Conflict, Refused: see `approvals.execute`.
    """
    found = AccessGrant.objects.filter(pk=grant, person=by).first()
    if found is None:
        raise _no_grant()
    asked = Approval.objects.get(pk=found.approval)
    approvals.execute(asked.pk, approvals.act_of(asked), by=by, session=session)
    return AccessGrant.objects.get(pk=grant)


def _give(execution: Execution) -> AccessGrant:
    """Run by `approvals.execute`: everything that was approved is looked at once more before the time runs."""
    grant = AccessGrant.objects.get(pk=str(execution.parameters["grant"]))
    if grant.person_id != execution.by.pk:
        raise Refused(
            "grant_begun_by_another", _("Only the person who asked begins it, so that the time runs when they need it.")
        )
    frozen = {row.record: (row.subject, tuple(row.fields)) for row in grant.records.all()}
    as_approved = (digest_of(frozen), grant.minutes, grant.max_uses, grant.action, grant.purpose, grant.policy)
    given = execution.parameters
    if as_approved != tuple(given[name] for name in ("records", "minutes", "uses", "action", "purpose", "policy")):
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    if grant.policy != in_force():
        raise Conflict("policy_changed", _("The access policy has changed since this was asked for. Ask again."))
    now = clock.now()
    changes = {"starts_at": now, "ends_at": now + timedelta(minutes=grant.minutes)}
    return AccessGrant.machine.move(
        grant,
        State.LIVE,
        actor=execution.by.actor,
        changes=changes,
        about={"purpose": grant.purpose, "approval": execution.approval, "count": grant.count},
    )


def used(grants: Iterable[AccessGrant], *, permit: UUID, entry: UUID) -> None:
    """Note an opening. Call it in the deciding transaction, with the rows locked by `queries.covering`."""
    for grant in grants:
        grant.uses += 1
        grant.save(update_fields=["uses"])
        GrantUse.objects.create(grant=grant, permit=permit, entry=entry, at=clock.now())


def end(grant: UUID, *, by: User, session: UUID | None = None) -> AccessGrant:
    """Give back one's own, or take somebody's away: at once, with every permit that was issued by it.

    Raises:
        NotFound: there is none, or it is neither this person's nor theirs to take away.
        Conflict: it has ended.
    """
    with transaction.atomic():
        found = AccessGrant.objects.select_for_update().filter(pk=grant).first()
        if found is None or (found.person_id != by.pk and not by.has_role(*OFFICERS)):
            raise _no_grant()
        reason = "given_back" if found.person_id == by.pk else "revoked"
        if found.state == State.ASKED:
            if found.person_id != by.pk:
                raise Conflict("grant_not_begun", _("It has not begun. Refuse it in the approvals."))
            approvals.withdraw(found.approval, by=by, session=session)
            return _drop(found, actor=by.actor, reason="withdrawn")
        return _end(found, actor=by.actor, reason=reason, session=session)


def _end(grant: AccessGrant, *, actor: str, reason: str, session: UUID | None = None) -> AccessGrant:
    AccessGrant.machine.move(
        grant,
        State.ENDED,
        actor=actor,
        changes={"ended_at": clock.now(), "why_ended": reason},
        about={"purpose": grant.purpose, "reasons": (reason,), "count": grant.uses, "session": session},
    )
    for permit in grant.openings.values_list("permit", flat=True):
        permits.revoke(permit)
    return grant


def _drop(grant: AccessGrant, *, actor: str, reason: str) -> AccessGrant:
    changes = {"ended_at": clock.now(), "why_ended": reason}
    return AccessGrant.machine.move(
        grant, State.DROPPED, actor=actor, changes=changes, about={"purpose": grant.purpose, "reasons": (reason,)}
    )


def tidy() -> int:
    """End what has run out and drop what was not approved (run by the clock); how many. The door does not wait for
    it: a grant whose time or uses are spent fits nothing, whatever its state says."""
    done = 0
    for key in list(AccessGrant.objects.filter(state=State.LIVE).values_list("pk", flat=True)):
        with transaction.atomic():
            grant = AccessGrant.objects.select_for_update(skip_locked=True).filter(pk=key, state=State.LIVE).first()
            if grant is None or grant.ends_at is None:
                continue
            if grant.ends_at <= clock.now():
                _end(grant, actor="job:clock", reason="time")
                done += 1
            elif grant.uses >= grant.max_uses and not _open_still(grant):
                _end(grant, actor="job:clock", reason="used_up")
                done += 1
    over = {Approval.State.REFUSED: "refused", Approval.State.WITHDRAWN: "withdrawn", Approval.State.EXPIRED: "expired"}
    for grant in list(AccessGrant.objects.filter(state=State.ASKED)):
        state = Approval.objects.filter(pk=grant.approval).values_list("state", flat=True).first()
        if state in over:
            _drop(grant, actor="job:clock", reason=over[Approval.State(state)])
            done += 1
    return done


def _open_still(grant: AccessGrant) -> bool:
    """Whether something opened by it is being looked at; its permits must not end while that is allowed."""
    return permits.any_live(grant.openings.values_list("permit", flat=True))


def _end_of(person: User, actor: str, reason: str) -> int:
    """What a person holds ends with their account and with their roles."""
    theirs = list(AccessGrant.objects.select_for_update().filter(person=person, state__in=(State.LIVE, State.ASKED)))
    for grant in theirs:
        if grant.state == State.LIVE:
            _end(grant, actor=actor, reason=reason)
        else:
            _drop(grant, actor=actor, reason=reason)
    return len(theirs)


endings.register("access_grants", _end_of, with_rights=True)


def _no_grant() -> NotFound:
    return NotFound("no_such_grant", _("There is no such grant of access, or it is not yours."))


approvals.register(
    ActKind(
        GIVE,
        title=_("Give access for a time"),
        roles=(Role.TEAM_LEADER, Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_give,
        lead="/access/",
    )
)
approvals.register(
    ActKind(
        GIVE_MANY,
        title=_("Give access to much, or to export, for a time"),
        roles=(Role.TEAM_LEADER, Role.DPO, Role.SECURITY_ADMIN),
        quorum=2,
        distinct_roles=2,
        run=_give,
        lead="/access/",
    )
)
