"""Committed entries of the operation log become happenings, happenings pass the watch, and its alerts are kept.

One process does this, in the order of the log. A batch is one transaction: alerts, what the watch remembers, the counts
of accesses and the cursor commit together or not at all, so that a killed process neither loses an alert nor raises one
twice. What explains an access (the call in hand, a request of the data subject, tasks others register with
`control.alerts.links`) is looked up here; the watch itself sees ids and flags only.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event as Stop
from typing import Any, Final, cast
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from callwarden.control.alerts import actions
from callwarden.control.alerts.links import Question, close_to, link_of, on_shift
from callwarden.control.alerts.models import AccessDay, WatchPart, WatchState
from callwarden.control.neighbours import queries as neighbours
from callwarden.control.neighbours.models import NeighbourEntry
from callwarden.custody.models import Call, Customer, LedgerEntry, PersonLink, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.engines.watch import Access, Delivery, Elsewhere, Happening, Link, Privilege, Settings, Watch
from callwarden.flows import emergencies
from callwarden.flows.facts import ACTIVE_FOR
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User

log = logging.getLogger("callwarden.watch")
BATCH: Final = 500
# Hexadecimal digits as letters: a run of figures could be taken for a number somebody can dial.
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
LOCK: Final = 0x0CA11A2A1
# A call that is this long past is not in hand, whatever its length says.
_LONGEST_CALL = timedelta(hours=12)
ACTIONS: Final[Mapping[str, str]] = {
    Event.DISCLOSE_VIEW_MASKED: "view_masked",
    Event.DISCLOSE_REVEAL: "reveal",
    Event.DISCLOSE_PLAY_REDACTED: "play_redacted",
    Event.DISCLOSE_PLAY_ORIGINAL: "play_original",
    Event.DISCLOSE_SEARCH: "search",
    Event.DISCLOSE_EXPORT: "export",
}


@dataclass
class Known:
    """What is looked up once for a batch."""

    users: dict[str, User]
    records: dict[UUID, tuple[UUID, str]]
    calls: dict[str, list[Call]]
    customers: dict[UUID, Customer]
    people: dict[UUID, UUID]
    links: dict[UUID, frozenset[UUID]]
    canaries: set[UUID]


class Stream:
    """Reads the log from its cursor on and feeds the watch."""

    def __init__(self) -> None:
        self._watch: Watch | None = None
        self._cursor = -1

    @staticmethod
    def acquire() -> bool:
        """Be the only one; held as long as the connection."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            (mine,) = cursor.fetchone()
        return bool(mine)

    def step(self) -> int:
        """Take in one batch; how many entries it was. After an error nothing of the batch has happened."""
        try:
            with transaction.atomic():
                return self._take_in()
        except BaseException:
            self._watch = None  # it may be ahead of what was kept
            raise

    def _take_in(self) -> int:
        now = clock.now()
        WatchState.objects.get_or_create(id=1, defaults={"learn_until": now})
        state = WatchState.objects.select_for_update().get(id=1)
        rows = list(LedgerEntry.objects.filter(index__gte=state.cursor).order_by("index")[:BATCH])
        if not rows:
            WatchState.objects.filter(id=1).update(beat_at=now)
            return 0
        watch = self._ready(state)
        watch.settings = Settings(strictness=actions.strictness(), utc_offset_s=_offset())
        happenings = list(happenings_of(rows))
        old = [pair for pair in happenings if pair[1].at < state.learn_until]
        now_on = [pair for pair in happenings if pair[1].at >= state.learn_until]
        if old:
            watch.learn(one for one, _row in old)
        for happening, row in now_on:
            for alert in watch.feed(happening):
                actions.raise_alert(alert, committed_at=row.at)
        for alert, row in emergencies.alerts_of(row for row in rows if row.at >= state.learn_until):
            actions.raise_alert(alert, committed_at=row.at)
        _count(happenings)
        _keep(watch.changes())
        self._cursor = rows[-1].index + 1
        WatchState.objects.filter(id=1).update(cursor=self._cursor, beat_at=now)
        return len(rows)

    def _ready(self, state: WatchState) -> Watch:
        if self._watch is None or self._cursor != state.cursor:
            parts = dict(WatchPart.objects.values_list("key", "data"))
            self._watch, self._cursor = Watch(Settings(), parts), state.cursor
        return self._watch


def run(stop: Stop, *, pause_s: float = 0.5) -> None:
    """Watch until told to stop; wait for the lock while another process watches."""
    from django.db import OperationalError, close_old_connections

    stream, mine = Stream(), False
    while not stop.is_set():
        try:
            mine = mine or Stream.acquire()
            if mine and stream.step() >= BATCH:
                continue
        except OperationalError as error:
            log.error("watch_waits", extra={"code": type(error).__name__})
            mine = False
            close_old_connections()
        stop.wait(pause_s)


def _keep(changes: Mapping[str, Any]) -> None:
    gone = [key for key, data in changes.items() if data is None]
    kept = [WatchPart(key=key, data=data) for key, data in changes.items() if data is not None]
    if gone:
        WatchPart.objects.filter(key__in=gone).delete()
    WatchPart.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["key"], update_fields=["data"], batch_size=200
    )


def _count(happenings: Sequence[tuple[Happening, LedgerEntry]]) -> None:
    counted: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for one, row in happenings:
        if isinstance(one, Access):
            key = (row.at.date(), one.actor, one.peers, one.action, one.link, row.purpose)
            counted[key][0] += 1
            counted[key][1] += not one.allowed
    for (day, actor, peers, action, link, purpose), (count, refused) in sorted(counted.items(), key=str):
        made, new = AccessDay.objects.get_or_create(
            day=day, actor=actor, peers=peers, action=action, link=link, purpose=purpose,
            defaults={"count": count, "refused": refused},
        )  # fmt: skip
        if not new:
            AccessDay.objects.filter(pk=made.pk).update(count=F("count") + count, refused=F("refused") + refused)


def _offset() -> float:
    """Where the centre's day begins, in seconds east of UTC."""
    return float(settings.WATCH_UTC_OFFSET_S)


def happenings_of(rows: Sequence[LedgerEntry]) -> Iterable[tuple[Happening, LedgerEntry]]:
    """Each entry that means something to the watch, as a happening, in the order of the log."""
    told: dict[int, Happening] = {}
    by_client: dict[UUID | None, list[tuple[LedgerEntry, dict[str, Any]]]] = defaultdict(list)
    users = _users(rows)
    for row in rows:
        body = json.loads(bytes(row.body))
        if row.event in ACTIONS:
            if row.actor in users or row.actor.startswith("service:"):
                by_client[row.client].append((row, body))
        elif row.event == Event.DISCLOSE_SHARE:
            told[row.index] = Delivery(
                index=row.index,
                at=row.at.timestamp(),
                partner=str(body.get("data", {}).get("recipient", row.actor)),
                records=int(body.get("count", len(body.get("records", ())))),
                fields=frozenset(body.get("fields", ())),
            )
        elif (privilege := _privilege(row, body, users)) is not None:
            told[row.index] = privilege
    for client, pairs in by_client.items():
        if client is None:
            for row, body in pairs:
                told[row.index] = _access_to_nobody(row, body, users)
            continue
        with client_scope(client):
            known = _known(client, pairs, users)
            for row, body in pairs:
                told[row.index] = _access(client, row, body, known)
    of = {row.index: row for row in rows}
    elsewhere = _elsewhere([row for row in rows if row.event == Event.NEIGHBOUR_JUDGED])
    found: list[tuple[Happening, LedgerEntry]] = []
    for index in sorted(told.keys() | elsewhere.keys()):
        found += [(one, of[index]) for one in elsewhere.get(index, [])]
        if index in told:
            found.append((told[index], of[index]))
    return found


def _elsewhere(rows: Sequence[LedgerEntry]) -> dict[int, list[Elsewhere]]:
    """The acts in neighbouring systems that these entries tell of, by the entry's place in the log."""
    by_client: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for row in rows:
        if row.client is not None:
            by_client[row.client][row.entry] = row.index
    found: dict[int, list[Elsewhere]] = defaultdict(list)
    for client, indices in by_client.items():
        with client_scope(client):
            acts = list(neighbours.of_judgements(indices))
            subjects = {one.subject for one in acts if one.subject}
            links = PersonLink.objects.filter(subject__in=subjects, revoked_at=None)
            people = dict(links.values_list("subject_id", "person_id"))
            canaries = actions.canaries(subjects)
        for one in acts:
            index = indices[one.judged_in] if one.judged_in else -1
            found[index].append(_act(one, index, len(found[index]), people, canaries))
    return found


def _act(
    one: NeighbourEntry, index: int, part: int, people: Mapping[UUID, UUID], canaries: Collection[UUID]
) -> Elsewhere:
    return Elsewhere(
        index=index,
        part=part,
        at=one.at.timestamp(),
        actor=one.user.actor if one.user else f"elsewhere:{bytes(one.who).hex()[:16].translate(_LETTERS)}",
        peers=peers_of(one.user) if one.user else f"elsewhere:{one.neighbour.kind}",
        act=one.act,
        subject=str(people.get(one.subject, one.subject)) if one.subject else "",
        rows=one.rows or 0,
        link=cast(Link, one.link),
        outside=one.inside is False,
        canary=one.subject in canaries,
    )


def _users(rows: Iterable[LedgerEntry]) -> dict[str, User]:
    names = {row.actor for row in rows if len(row.actor) == 36}
    return {user.actor: user for user in User.objects.filter(pseudonym__in=names)}


def peers_of(user: User | None) -> str:
    """Who does the same work: the same roles for the same lines."""
    if user is None:
        return "service"
    lines = "all" if user.lines is None else ",".join(sorted(str(line)[:8] for line in user.lines))
    return f"{'+'.join(sorted(user.roles))}/{lines}"[:120]


def _known(client: UUID, pairs: Sequence[tuple[LedgerEntry, dict[str, Any]]], users: dict[str, User]) -> Known:
    """Call it inside `client_scope`."""
    named = {UUID(one) for _row, body in pairs for one in body.get("records", ())}
    found = Record.objects.filter(pk__in=named).values_list("pk", "subject_id", "subject__kind")
    records = {pk: (subject, kind) for pk, subject, kind in found}
    first, last = min(row.at for row, _body in pairs), max(row.at for row, _body in pairs)
    calls: dict[str, list[Call]] = defaultdict(list)
    actors = {row.actor for row, _body in pairs if row.actor in users}
    theirs = Call.objects.filter(agent__pseudonym__in=actors).select_related("customer", "agent")
    if not settings.DEMO:
        theirs = theirs.filter(started_at__gt=first - _LONGEST_CALL, started_at__lte=last)
    for call in theirs.order_by("started_at"):
        if call.agent is not None:
            calls[call.agent.actor].append(call)
    subjects = {row.subject for row, _body in pairs if row.subject} | {subject for subject, _kind in records.values()}
    subjects |= {call.customer.subject_id for some in calls.values() for call in some if call.customer}
    people = dict(
        PersonLink.objects.filter(subject__in=subjects, revoked_at=None).values_list("subject_id", "person_id")
    )
    holders: dict[UUID, set[UUID]] = defaultdict(set)
    linked = PersonLink.objects.filter(person__in=set(people.values()), revoked_at=None)
    for person, subject in linked.values_list("person_id", "subject_id"):
        holders[person].add(subject)
    every = subjects | {one for some in holders.values() for one in some}
    customers = {one.subject_id: one for one in Customer.objects.filter(subject__in=every)}
    return Known(
        users=users,
        records=records,
        calls=calls,
        customers=customers,
        people=people,
        links={person: frozenset(some) for person, some in holders.items()},
        canaries=actions.canaries(every),
    )


def _access(client: UUID, row: LedgerEntry, body: dict[str, Any], known: Known) -> Access:
    user = known.users.get(row.actor)
    subject, many = _subject(row, body, known)
    person = known.people.get(subject) if subject else None
    holders = known.links.get(person, frozenset()) if person else frozenset()
    holders |= {subject} if subject else frozenset()
    call, named = _in_hand(row, known, holders)
    link: Link = ""
    if user is not None and subject is not None:
        link = "call" if named else link_of(Question(client, user, holders, person, row.at, body.get("data", {})))
    customer = next((known.customers[one] for one in holders if one in known.customers), None)
    explained = link or not subject
    touched = {known.records[UUID(pk)][0] for pk in body.get("records", ()) if UUID(pk) in known.records}
    return Access(
        index=row.index,
        at=row.at.timestamp(),
        actor=row.actor,
        peers=peers_of(user),
        action=ACTIONS[row.event],
        subject=str(person or subject or ""),
        subjects=many,
        allowed=row.decision != "refuse",
        link=link,
        caller=_caller(call, known),
        order=None if explained or customer is None else _order(client, customer),
        vip=customer is not None and customer.vip,
        canary=bool((holders | touched) & known.canaries),
        close=user is not None and bool(holders) and _close(client, user, holders),
        on_shift=on_shift(user, row.at) if user is not None else None,
    )


def _access_to_nobody(row: LedgerEntry, body: dict[str, Any], users: dict[str, User]) -> Access:
    return Access(
        index=row.index,
        at=row.at.timestamp(),
        actor=row.actor,
        peers=peers_of(users.get(row.actor)),
        action=ACTIONS[row.event],
        subject="",
        subjects=int(body.get("count", 0)),
        allowed=row.decision != "refuse",
    )


def _subject(row: LedgerEntry, body: dict[str, Any], known: Known) -> tuple[UUID | None, int]:
    """Whose data it was: one key holder who is no agent of ours, and how many there were."""
    found = {known.records[UUID(pk)] for pk in body.get("records", ()) if UUID(pk) in known.records}
    others = {subject for subject, kind in found if kind != Subject.Kind.AGENT}
    if row.subject is not None and not others:
        others = {row.subject}
    people = {known.people.get(one, one) for one in others}
    if len(people) == 1:
        return min(others), 1
    if not people:
        return None, int(body.get("count", 0))
    named = int(body.get("count", 0)) > len(body.get("records", ()))
    return None, max(len(people), int(body.get("count", 0)) if named else 0)


def _in_hand(row: LedgerEntry, known: Known, holders: frozenset[UUID]) -> tuple[Call | None, bool]:
    """The call this person had in hand then, and whether the access was about that call or its caller."""
    live = [
        call
        for call in known.calls.get(row.actor, ())
        if settings.DEMO
        or call.started_at <= row.at < call.started_at + timedelta(milliseconds=call.duration_ms) + ACTIVE_FOR
    ]
    for call in live:
        if call.pk == row.call or (call.customer is not None and call.customer.subject_id in holders):
            return call, True
    return (live[-1] if live else None), False


def _caller(call: Call | None, known: Known) -> str:
    if call is None or call.customer is None:
        return ""
    subject = call.customer.subject_id
    return str(known.people.get(subject, subject))


def _order(client: UUID, customer: Customer) -> int:
    """Place among the client's customers in the order they were taken in, which is that of their numbers in a list.

    The numbers themselves lie sealed; only for accesses that nothing explains is this counted.
    """
    earlier = Q(created_at__lt=customer.created_at) | Q(created_at=customer.created_at, pk__lt=customer.pk)
    return Customer.objects.filter(earlier, client_id=client).count()


def _close(client: UUID, user: User, holders: frozenset[UUID]) -> bool:
    own = Subject.objects.filter(pk__in=holders, user=user).exists()
    return own or bool(close_to(client, user) & holders)


def _privilege(row: LedgerEntry, body: dict[str, Any], users: dict[str, User]) -> Privilege | None:
    data = body.get("data", {})
    person = str(data.get("person", ""))
    at, index = row.at.timestamp(), row.index
    if row.event == Event.SIGN_IN_FAILED:
        where = str(data.get("network", ""))
        return Privilege(index=index, at=at, actor=person, what="sign_in_failed", where=where) if person else None
    if row.actor not in users and row.event != Event.ROLES_CHANGED:
        return None
    if row.event == Event.SESSION_OPENED:
        where, region = str(data.get("network", "")), str(data.get("region", ""))
        idle = _idle_days(users[row.actor], row.at, body.get("session"))
        return Privilege(
            index=index, at=at, actor=row.actor, what="signed_in", where=where, region=region, idle_days=idle
        )
    if row.event == Event.ROLES_CHANGED:
        gained = set(data.get("after", ())) - set(data.get("before", ()))
        return Privilege(index=index, at=at, actor=row.actor, what="role_given", about=person) if gained else None
    if row.event == Event.EMERGENCY_BEGUN:
        return Privilege(index=index, at=at, actor=row.actor, what="emergency_opened")
    if row.event == Event.APPROVAL_OWN_TRIED:
        return Privilege(index=index, at=at, actor=row.actor, what="own_approval_tried")
    return None


def _idle_days(user: User, at: datetime, session: str | None) -> float | None:
    earlier = Session.objects.filter(user=user, created_at__lt=at)
    if session:
        earlier = earlier.exclude(pk=session)
    last = earlier.order_by("-created_at").values_list("last_seen_at", flat=True).first()
    return max(0.0, (at - last).total_seconds() / 86_400) if last else None
