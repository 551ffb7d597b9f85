"""Two-person decisions. An approval binds the digest of the exact act and is carried out once.

Whoever owns an act registers its kind when Django starts (`AppConfig.ready`):

    approvals.register(ActKind("custody:bucket:destroy", title=_("Destroy a retention bucket"),
                               roles=(Role.DPO, Role.SECURITY_ADMIN), run=destroy_bucket))

Then, each step in a transaction of its own:

    act = Act("custody:bucket:destroy", {"bucket": str(bucket.pk), "records": digest})
    asked = approvals.request(act, requester=officer, reason="...")
    approvals.approve(asked.pk, by=second)
    approvals.approve(asked.pk, by=third)
    approvals.execute(asked.pk, act, by=officer)

Promises: nobody votes on their own request, nor twice, nor beside whoever votes in their name (`kernel.deputies`); a
deputy of the requester, and whoever gave or got a role from them within a day, does not vote at all; two people approve
for each other only so often in a month (`kernel.voting`). A changed parameter voids the approval, and so does another
access policy; people who meanwhile lost their role, or their account, no longer count; nothing runs after expiry;
nothing runs twice. The last holds for what `run` writes in its transaction; an effect elsewhere must be made idempotent
by `Execution.approval`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import rfc8785
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, deputies, endings, journal, notify, structural, terms, voting
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused, Translatable
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.machine import About
from callwarden.kernel.models import Approval, User, Vote
from callwarden.kernel.notify import Template
from callwarden.kernel.structural import Value
from callwarden.kernel.voting import Capacity

ASKED = notify.register(
    Template(
        "approval-requested",
        subject=_("Your approval is asked for"),
        body=_("Somebody asks for approval of “%(act)s”. Read what exactly, and why, before you decide."),
        parameters=frozenset({"act"}),
    )
)
ANSWERED = notify.register(
    Template(
        "approval-answered",
        subject=_("Your request has been decided on"),
        body=_("“%(act)s”, which you asked for: look what was decided."),
        parameters=frozenset({"act"}),
    )
)
LASTS: Final = timedelta(hours=4)
LONGEST: Final = terms.LONGEST
State = Approval.State


@dataclass(frozen=True)
class Act:
    """Exactly one thing to be done.

    Args:
        kind: slug of a registered kind.
        parameters: all that decides what happens: ids, digests of row sets, versions. Structural values only.

    Raises:
        NotStructural: a parameter could tell something of a person.
    """

    kind: str
    parameters: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        structural.check_text(self.kind, where="kind")
        structural.check_mapping(self.parameters, where="parameters")

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of kind and parameters in canonical JSON (RFC 8785)."""
        body = {"kind": self.kind, "parameters": dict(self.parameters)}
        return hashlib.sha256(rfc8785.dumps(body)).hexdigest()  # type: ignore[arg-type]


@dataclass(frozen=True)
class Execution:
    """What a registered act is run with."""

    approval: UUID
    parameters: Mapping[str, Value]
    by: User


Runner = Callable[[Execution], object]


@dataclass(frozen=True)
class ActKind:
    """A kind of act that needs more than one person.

    Args:
        title: what the inbox calls it.
        roles: who may vote.
        quorum: how many people besides the requester must approve.
        distinct_roles: from how many different roles they must come.
        lead: where its requester is led after the decision, with "%s" for the approval; empty: to the approval itself.
        run: carries the act out, in the transaction of `execute`.
        lasts: how long a request stays open, unless it says otherwise.
        always: goes on whatever is wrong with the site, because it only takes access away or lets people in to mend it.
    """

    name: str
    title: Translatable
    roles: tuple[str, ...]
    run: Runner
    quorum: int = 2
    lasts: timedelta = LASTS
    always: bool = False
    distinct_roles: int = 1
    lead: str = ""


_kinds: dict[str, ActKind] = {}
_conditions: list[Callable[[], None]] = []


def require_before(condition: Callable[[], None]) -> None:
    """Have this asked before any act is carried out; it raises where acts of two people may not go on now."""
    if condition not in _conditions:
        _conditions.append(condition)


def register(kind: ActKind) -> ActKind:
    """Make a kind of act known. Registering the same name for another act is a fault of the program."""
    known = _kinds.setdefault(kind.name, kind)
    if known != kind:
        raise ValueError(f"Two acts are called {kind.name!r}.")
    if kind.quorum < 1 or not kind.roles:
        raise ValueError(f"{kind.name!r} needs at least one approver and one role.")
    if not 1 <= kind.distinct_roles <= min(kind.quorum, len(set(kind.roles))):
        raise ValueError(f"{kind.name!r} cannot have its approvals from so many different roles.")
    return kind


# Tells the digest of the access policy in force; chapter 3 connects it. Nothing connected: no policy to look at.
_policy: Callable[[], str] | None = None


def policy_from(source: Callable[[], str] | None) -> Callable[[], str] | None:
    """Connect what tells the policy in force, and return what was connected before."""
    global _policy
    before, _policy = _policy, source
    return before


def kind_of(name: str) -> ActKind:
    """The registered kind.

    Raises:
        InvalidInput: there is none of this name.
    """
    try:
        return _kinds[name]
    except KeyError:
        raise InvalidInput("unknown_act", _("This act is not known here."), data={"kind": name}) from None


def kinds() -> list[ActKind]:
    """All registered kinds, by name."""
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def request(
    act: Act,
    *,
    requester: User,
    reason: str,
    quorum: int | None = None,
    distinct_roles: int | None = None,
    roles: Iterable[str] | None = None,
    expires_in: timedelta | None = None,
    client: UUID | None = None,
    session: UUID | None = None,
) -> Approval:
    """Ask for leave to do `act` once.

    Args:
        reason: for the approvers; kept sealed beside the ledger, found through `Approval.entry`.
        quorum, distinct_roles, roles: may only be stricter than the kind's own.
        expires_in: until when, from now; at most 14 days.

    Raises:
        InvalidInput: unknown kind, empty reason, or rules laxer than the kind's.
        Refused: the requester's account is closed.
    """
    kind = kind_of(act.kind)
    asks = terms.of_request(kind, quorum=quorum, distinct_roles=distinct_roles, roles=roles, lasts=expires_in)
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why, so that the approvers can judge."))
    if not requester.is_active:
        raise Refused("account_closed", _("This account is closed. Ask a security administrator."))
    now, key = clock.now(), uuid4()
    with transaction.atomic():
        # Closing an account takes its requests back under this lock, so none is made behind its back.
        if not User.objects.select_for_update(no_key=True).filter(pk=requester.pk, is_active=True).exists():
            raise Refused("account_closed", _("This account is closed. Ask a security administrator."))
        entry = journal.record(
            Entry(
                event=Event.APPROVAL_REQUESTED,
                actor=requester.actor,
                session=session,
                client=client,
                approval=key,
                data={"act": act.kind, "digest": act.digest, "quorum": asks.quorum, "roles": asks.roles},
                detail={"reason": reason.strip()},
            )
        )
        asked = Approval.objects.create(
            id=key,
            kind=act.kind,
            parameters=dict(act.parameters),
            digest=act.digest,
            client=client,
            requester=requester,
            requested_at=now,
            expires_at=now + asks.lasts,
            quorum=asks.quorum,
            roles=asks.roles,
            distinct_roles=asks.distinct_roles,
            policy=_policy() if _policy else "",
            entry=entry,
        )
        link = f"/approvals/{key}/"
        notify.tell(ASKED, roles=asks.roles, parameters={"act": act.kind}, link=link, but=requester)
        for stands_in in deputies.running().filter(principal__roles__overlap=asks.roles, starts_at__lte=now):
            other = stands_in.deputy
            if other.email and other != requester and not other.has_role(*asks.roles):
                notify.send(ASKED, to=other, parameters={"act": act.kind}, link=link)
    return asked


def approve(approval: UUID, *, by: User, reason: str = "", session: UUID | None = None) -> Approval:
    """Say yes, for a reason that is kept sealed beside the ledger. With the quorum reached the act may be carried out.

    Raises:
        Refused: `by` asked for it, may not vote, is too close to who asked, or has voted already.
        Conflict: it is not waiting any more, or has expired.
    """
    try:
        with transaction.atomic():
            asked = _locked(approval)
            people = _lock_people(asked, by)
            voter, capacity = people[by.pk], _may_vote(asked, people[by.pk], people)
            if voting.pair_spent(asked.requester_id, voter.pk):
                raise voting.too_often()
            _vote(asked, voter, capacity, Vote.Choice.APPROVE, session, reason)
            if voting.enough(asked, voting.standing(asked, people)):
                _move(asked, State.APPROVED, by=voter, session=session, changes={"decided_at": clock.now()})
                _answer(asked)
            return asked
    except Refused as error:
        voting.note(error, approval, by, session)
        raise


def refuse(approval: UUID, *, by: User, reason: str = "", session: UUID | None = None) -> Approval:
    """Say no. One refusal ends the request.

    Raises:
        Refused, Conflict: as for `approve`.
    """
    with transaction.atomic():
        asked = _locked(approval)
        people = _lock_people(asked, by)
        voter, capacity = people[by.pk], _may_vote(asked, people[by.pk], people)
        _vote(asked, voter, capacity, Vote.Choice.REFUSE, session)
        changes = {"decided_at": clock.now()}
        _move(asked, State.REFUSED, by=voter, session=session, changes=changes, reason=reason.strip())
        _answer(asked)
        return asked


def withdraw(approval: UUID, *, by: User, session: UUID | None = None) -> Approval:
    """Take back one's own request, as long as it has not been carried out.

    Raises:
        Refused: it is somebody else's.
        Conflict: it is finished.
    """
    with transaction.atomic():
        asked = _locked(approval, in_time=False)
        if asked.requester_id != by.pk:
            raise Refused("not_own_request", _("Only the person who asked can take the request back."))
        return _move(asked, State.WITHDRAWN, by=by, session=session)


def execute(approval: UUID, act: Act, *, by: User, session: UUID | None = None) -> object:
    """Carry the approved act out, once, and return what it returned.

    Everything is checked again under lock: state, expiry, digest, the policy it was asked under, what its kind asks for
    now, and that enough of those who approved still may.

    Raises:
        Conflict: not approved, expired, already carried out, `act` is not what was approved, or the rules have changed.
        Refused: `by` neither asked for it nor may vote; approvers have lost their role; somebody has left.
        Unavailable: the site may not carry out acts of two people now (`require_before`); the approval still stands.
        CallwardenError: what the act itself raises; then nothing has happened and the approval still stands.
    """
    kind = kind_of(act.kind)
    with transaction.atomic():
        if not kind.always:
            for condition in _conditions:
                condition()
        asked = _locked(approval, wanted=State.APPROVED)
        stored = Act(asked.kind, asked.parameters)
        if not asked.digest == stored.digest == act.digest:
            raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
        terms.require_unchanged(asked, kind, policy=_policy() if _policy else None)
        people = _lock_people(asked, by)
        executor = people[by.pk]
        if not executor.is_active or not people[asked.requester_id].is_active:
            raise Refused("account_closed", _("This account is closed. Ask a security administrator."))
        if executor.pk != asked.requester_id and not executor.has_role(*asked.roles):
            raise Refused("may_not_execute", _("Only the person who asked, or an approver, can carry this out."))
        _still_enough(asked, people)
        changes = {"executed_at": clock.now(), "executed_by": executor}
        _move(asked, State.EXECUTED, by=executor, session=session, changes=changes)
        return kind.run(Execution(approval=asked.pk, parameters=stored.parameters, by=executor))


def expire_overdue() -> int:
    """Close requests whose time has passed (run by the clock); how many were closed."""
    overdue = Approval.objects.filter(state__in=(State.PENDING, State.APPROVED), expires_at__lte=clock.now())
    closed = 0
    for key in list(overdue.values_list("pk", flat=True)):
        with transaction.atomic():
            asked = Approval.objects.select_for_update(skip_locked=True).filter(pk=key).first()
            if asked is not None and asked.state in (State.PENDING, State.APPROVED):
                _move(asked, State.EXPIRED)
                closed += 1
    return closed


# Leavers

_UNDECIDED: Final = (State.PENDING, State.APPROVED)
_TRIES: Final = 100


def lock_with_requests(person: UUID) -> User:
    """A person, locked, and every undecided request they asked for or voted on: requests first, as decisions do.

    A request that gets a vote of theirs meanwhile is waited for and locked as well, before this returns.
    """
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                locked = list(_undecided(person).select_for_update().order_by("pk").values_list("pk", flat=True))
                found = User.objects.select_for_update().get(pk=person)
                if not _undecided(person).exclude(pk__in=locked).exists():
                    return found
                raise _Moved
        except _Moved:
            continue
    raise Conflict("person_busy", _("This person is deciding on something right now. Try again in a moment."))


class _Moved(Exception):
    """Somebody voted or asked between two looks; the locks of this try are let go."""


def _undecided(person: UUID) -> QuerySet[Approval]:
    voted = Vote.objects.filter(voter=person, void_at=None).values("approval")
    return Approval.objects.filter(Q(requester=person) | Q(pk__in=voted), state__in=_UNDECIDED)


def _take_back_requests(person: User, actor: str, reason: str) -> int:
    """Withdraw what a leaver asked for and nobody has carried out yet."""
    mine = list(Approval.objects.filter(requester=person, state__in=_UNDECIDED).order_by("pk"))
    for asked in mine:
        data: dict[str, Value] = {"act": asked.kind, "digest": asked.digest, "cause": reason}
        Approval.machine.move(asked, State.WITHDRAWN, actor=actor, about={"approval": asked.pk, "data": data})
    return len(mine)


def _void_votes(person: User, actor: str, reason: str) -> int:
    """Votes of a leaver on what is not carried out yet count no more, even should the account be opened again."""
    given = list(Vote.objects.filter(voter=person, void_at=None, approval__state__in=_UNDECIDED).order_by("pk"))
    for vote in given:
        vote.void_at = clock.now()
        vote.save(update_fields=["void_at"])
        journal.record(
            Entry(
                event=Event.APPROVAL_VOTE_VOIDED,
                actor=actor,
                approval=vote.approval_id,
                data={"voter": person.actor, "digest": vote.digest, "cause": reason},
            )
        )
    return len(given)


endings.register("requests", _take_back_requests)
endings.register("votes", _void_votes)


# The inbox


def pending_for(user: User) -> QuerySet[Approval]:
    """Requests this person may vote on now and has not, the most urgent first."""
    if not user.is_active:
        return Approval.objects.none()
    return (
        Approval.objects.filter(_decided_by_roles_of(user), state=State.PENDING, expires_at__gt=clock.now())
        .exclude(requester=user)
        .exclude(requester__deputies__in=deputies.running().filter(deputy=user, starts_at__lte=clock.now()))
        .exclude(votes__voter=user)
        .exclude(votes__in_name_of=user)
        .select_related("requester")
        .order_by("expires_at")
    )


def _decided_by_roles_of(user: User) -> Q:
    """By this person's own roles, or by those of somebody they stand in for, who has not spoken themselves."""
    theirs = Q(roles__overlap=list(user.roles))
    for principal in User.objects.filter(pk__in=voting.principals_of(user.pk), is_active=True):
        spoke = Vote.objects.filter(Q(voter=principal) | Q(in_name_of=principal)).values("approval")
        theirs |= Q(roles__overlap=list(principal.roles)) & ~Q(requester=principal) & ~Q(pk__in=spoke)
    return theirs


def requested_by(user: User) -> QuerySet[Approval]:
    """This person's own requests, latest first."""
    return Approval.objects.filter(requester=user).prefetch_related("votes__voter").order_by("-requested_at")


def under_way(act: Act) -> Approval | None:
    """The latest request for exactly this act that is not over; None when nobody has asked."""
    found = Approval.objects.filter(kind=act.kind, digest=act.digest, state__in=(State.PENDING, State.APPROVED))
    return found.order_by("-requested_at").first()


def decided_by(user: User) -> QuerySet[Approval]:
    """Requests of others this person has voted on, latest first."""
    return Approval.objects.filter(votes__voter=user).select_related("requester").order_by("-requested_at")


def ready_for(user: User) -> QuerySet[Approval]:
    """This person's approved requests that wait to be carried out."""
    return requested_by(user).filter(state=State.APPROVED, expires_at__gt=clock.now())


def act_of(approval: Approval) -> Act:
    """The act as it was asked for, for display. To carry it out, build the act anew from what is now to be done."""
    return Act(approval.kind, approval.parameters)


# Rules


def _locked(approval: UUID, *, wanted: str = State.PENDING, in_time: bool = True) -> Approval:
    asked = Approval.objects.select_for_update().filter(pk=approval).first()
    if asked is None:
        raise NotFound("no_such_approval", _("There is no such request. Go back to your inbox."))
    if not in_time:
        return asked
    if asked.state != wanted:
        raise Conflict(
            "approval_not_waiting",
            _("This request is not waiting for that any more. Look at its present state."),
            data={"approval": str(asked.pk), "state": asked.state},
        )
    if clock.now() >= asked.expires_at:
        raise Conflict("approval_expired", _("This request has expired. Ask again."), data={"approval": str(asked.pk)})
    return asked


def _lock_people(asked: Approval, by: User) -> dict[UUID, User]:
    """Everyone this decision depends on, as the database knows them now, locked against a change of role.

    All at once and in one order, so that two decisions never wait for each other. FOR NO KEY UPDATE lets rows that
    refer to people be written meanwhile.
    """
    spoke = asked.votes.values_list("voter_id", "in_name_of_id")
    ids = {by.pk, asked.requester_id, *voting.principals_of(by.pk), *(pk for pair in spoke for pk in pair if pk)}
    locked = User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {person.pk: person for person in locked}


def _may_vote(asked: Approval, voter: User, people: Mapping[UUID, User]) -> Capacity:
    if voter.pk == asked.requester_id:
        raise Refused("own_request", _("Nobody decides on their own request. Somebody else has to."))
    spoke = asked.votes.filter(Q(voter=voter) | Q(in_name_of=voter))
    if spoke.exists():
        raise Refused("voted_already", _("You have decided on this already. Somebody else has to."))
    capacity = voting.capacity(voter, asked.roles, people)
    if capacity is None:
        raise Refused("may_not_vote", _("Your role does not decide on this."), data={"roles": list(asked.roles)})
    principal = capacity.in_name_of
    if too_close := voting.conflict(asked, voter.pk, principal.pk if principal else None):
        raise too_close
    if principal and asked.votes.filter(Q(voter=principal) | Q(in_name_of=principal)).exists():
        raise Refused("principal_voted", _("The person you stand in for has decided on this already."))
    return capacity


def _vote(
    asked: Approval, voter: User, capacity: Capacity, choice: str, session: UUID | None, reason: str = ""
) -> None:
    principal = capacity.in_name_of
    entry = journal.record(
        Entry(
            event=Event.APPROVAL_VOTED,
            actor=voter.actor,
            session=session,
            client=asked.client,
            approval=asked.pk,
            data={
                "choice": str(choice),
                "digest": asked.digest,
                **({"in_name_of": principal.actor} if principal else {}),
            },
            detail={"reason": reason.strip()} if reason.strip() else None,
        )
    )
    asked.votes.create(
        requester_id=asked.requester_id,
        voter=voter,
        in_name_of=principal,
        choice=choice,
        digest=asked.digest,
        at=clock.now(),
        entry=entry,
    )


def _still_enough(asked: Approval, people: Mapping[UUID, User]) -> None:
    standing = voting.standing(asked, people)
    if not voting.enough(asked, standing):
        raise Refused("approvers_changed", _("Somebody who approved may not do so any more. Ask for approval again."))
    # Counted here once more: what was approved side by side is carried out one after the other.
    if not voting.enough(asked, [one for one in standing if not voting.pair_spent(asked.requester_id, one[0])]):
        raise voting.too_often()


def _answer(asked: Approval) -> None:
    """Tell who asked that it was decided, without telling what."""
    if asked.requester.email and asked.requester.is_active:
        lead = kind_of(asked.kind).lead or "/approvals/%s/"
        link = lead % asked.pk if "%s" in lead else lead
        notify.send(ANSWERED, to=asked.requester, parameters={"act": asked.kind}, link=link)


def _move(
    asked: Approval,
    to: str,
    *,
    by: User | None = None,
    session: UUID | None = None,
    changes: Mapping[str, object] | None = None,
    reason: str = "",
) -> Approval:
    about: About = {"session": session, "approval": asked.pk, "data": {"act": asked.kind, "digest": asked.digest}}
    if reason:
        about["detail"] = {"reason": reason}
    return Approval.machine.move(asked, to, actor=by.actor if by else "job:clock", changes=changes, about=about)
