"""Lines of neighbouring systems become acts of our people upon our data subjects.

On the way in, everything that says something of a person becomes a keyed token, and what is known here is matched: the
account of who acted, the customer, the call. Nothing of a line is kept that its mapping does not name. Calls come to us
after they have ended and the neighbour tells of them while they last, so what explains an act is looked for later
(`judge`), and the watch goes on from there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from callwarden.control.alerts.links import Question, link_of
from callwarden.control.neighbours import actions, queries, rules
from callwarden.control.neighbours.actions import Heard, Judged, Kept
from callwarden.control.neighbours.models import Neighbour, NeighbourEntry
from callwarden.control.neighbours.rules import AsReceived
from callwarden.custody import indexes
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import AgentLogin, Call, Client, Customer, IdentifierToken, Line, PersonLink
from callwarden.custody.scope import client_scope
from callwarden.engines.neighbours import Mapping as Reading
from callwarden.engines.neighbours import Told, Unreadable, read, read_document
from callwarden.engines.seal import InvalidInput as UnusableValue
from callwarden.engines.seal.normalise import normalise_customer_no, normalise_email, normalise_phone
from callwarden.engines.watch import Link
from callwarden.flows.facts import ACTIVE_FOR
from callwarden.kernel import clock
from callwarden.kernel.models import User

# Tokens that are never given another key: from a token nothing can be read again to make a new one.
WHO: Final = "neighbour_who"
PERSON: Final = "neighbour_person"
# People open a record a little before the telephone rings.
BEFORE_A_CALL: Final = timedelta(minutes=5)
JUDGED_AT_ONCE: Final = 500
_LONGEST_CALL: Final = timedelta(hours=12)
_NORMAL: Final[Mapping[str, Callable[[str], str]]] = {
    "phone": normalise_phone,
    "customer_no": normalise_customer_no,
    "email": normalise_email,
}


def take_lines(
    neighbour: Neighbour, lines: Sequence[bytes], *, refused: Mapping[str, int] | None = None, actor: str
) -> Kept:
    """Take in syslog messages of a system, at most `rules.MOST` at once.

    Args:
        refused: how many more there were that never became a message, by reason.

    Raises:
        KeeperUnavailable, Unavailable: nothing was kept; bring the same lines again.
    """
    mapping = Reading.of(neighbour.mapping)
    reads = [(line, partial(read, line, mapping)) for line in lines]
    return _take(neighbour, mapping, reads, Counter(refused or {}), way=neighbour.way, actor=actor)


def take_documents(
    neighbour: Neighbour,
    documents: Sequence[tuple[bytes, Mapping[str, Any]]],
    *,
    refused: Mapping[str, int] | None = None,
    actor: str,
) -> Kept:
    """Take in objects of JSON, each with its canonical octets, by which a repeat is known.

    Raises:
        KeeperUnavailable, Unavailable: as `take_lines`.
    """
    mapping = Reading.of(neighbour.mapping)
    reads = [(raw, partial(read_document, one, mapping)) for raw, one in documents]
    return _take(neighbour, mapping, reads, Counter(refused or {}), way=neighbour.way, actor=actor)


@dataclass(frozen=True)
class Understood:
    """What a line would be read as; for people who write a mapping. Nothing of it is kept."""

    told: Told | None
    reason: str
    known_who: bool = False
    known_subject: bool | None = False


def try_line(
    client: UUID, mapping: Reading, line: str, *, named_by: str, document: bool, look_up: bool = True
) -> Understood:
    """Read a line as a mapping says and look up who and whose it is, storing nothing.

    Args:
        document: it is an object of JSON, without a syslog message around it.
        look_up: say whether the data subject is known; without it a trial as somebody types tells nothing of anybody.
    """
    raw = line.strip().encode()
    try:
        if document:
            try:
                found = json.loads(raw)
            except (ValueError, RecursionError):
                raise Unreadable("not_json") from None
            if not isinstance(found, dict):
                raise Unreadable("not_json")
            told = read_document(found, mapping)
        else:
            told = read(raw, mapping)
        if far := rules.too_far(told.at, clock.now()):
            raise Unreadable(far)
        subject = _normal(told, mapping)
    except Unreadable as refused:
        return Understood(None, refused.reason)
    with client_scope(client):
        users = _users(client, named_by, [told.who])
        subjects = _subjects(client, mapping.subject_kind, [subject] if subject and look_up else [])
    return Understood(told, "", told.who in users, subject in subjects if look_up else None)


def _take(
    neighbour: Neighbour,
    mapping: Reading,
    reads: Iterable[tuple[bytes, Callable[[], Told]]],
    refused: Counter[str],
    *,
    way: str,
    actor: str,
) -> Kept:
    now = clock.now()
    told: list[tuple[bytes, Told, str]] = []
    for raw, reading in reads:
        try:
            one = reading()
            if far := rules.too_far(one.at, now):
                raise Unreadable(far)
            told.append((raw, one, _normal(one, mapping)))
        except Unreadable as bad:
            refused[bad.reason] += 1
    with client_scope(neighbour.client_id):
        return actions.keep(neighbour, _heard(neighbour, mapping, told), refused, way=way, actor=actor)


def _normal(told: Told, mapping: Reading) -> str:
    """The subject's number or address in the spelling that is indexed; "" where none is named."""
    if not told.subject:
        return ""
    try:
        return _NORMAL[mapping.subject_kind](told.subject)
    except UnusableValue:
        raise Unreadable("bad_subject") from None


def _heard(neighbour: Neighbour, mapping: Reading, told: Sequence[tuple[bytes, Told, str]]) -> list[Heard]:
    """Tokens in place of names and numbers, and what is known of them here. Call it inside `client_scope`."""
    client = neighbour.client_id
    users = _users(client, neighbour.named_by, [one.who for _raw, one, _subject in told])
    values = {subject for _raw, _one, subject in told if subject}
    subjects = _subjects(client, mapping.subject_kind, values)
    who = _tokens(client, WHO, {one.who.casefold() for _raw, one, _subject in told})
    people = _tokens(client, PERSON, {f"{mapping.subject_kind}:{one}" for one in values})
    calls = _calls(client, {one.call for _raw, one, _subject in told if one.call})
    return [
        Heard(
            AsReceived(
                number=0,
                mark=actions.mark_of(neighbour.pk, raw),
                at=one.at,
                act=one.act,
                rows=one.rows,
                inside=one.inside,
                who=who[one.who.casefold()],
                person=people[f"{mapping.subject_kind}:{subject}"] if subject else None,
                calls=calls.get(one.call),
            ),
            user=users.get(one.who),
            subject=subjects.get(subject),
        )
        for raw, one, subject in told
    ]


def _tokens(client: UUID, column: str, values: Iterable[str]) -> dict[str, bytes]:
    named = sorted(set(values))
    return dict(zip(named, keeper.tokens(client, column, named), strict=True))


def _users(client: UUID, named_by: str, names: Iterable[str]) -> dict[str, UUID]:
    """The other system's name of a person -> whose account here, for those that are somebody's."""
    named = sorted(set(names))
    if named_by == Neighbour.NamedBy.ACCOUNT:
        accounts = User.objects.filter(username__in=[one.casefold() for one in named]).values_list("username", "pk")
        known = {username.casefold(): pk for username, pk in accounts}
        return {one: known[one.casefold()] for one in named if one.casefold() in known}
    tokens = _tokens(client, "agent", (one.casefold() for one in named))
    logins = AgentLogin.objects.filter(login__in=list(tokens.values())).values_list("login", "user")
    whose = {bytes(login): user for login, user in logins}
    return {one: whose[tokens[one.casefold()]] for one in named if tokens[one.casefold()] in whose}


def _subjects(client: UUID, kind: str, values: Iterable[str]) -> dict[str, UUID]:
    """Number or address -> the customer's key holder, where it is one customer's alone."""
    named = sorted(set(values))
    found: dict[str, set[UUID]] = {}
    for tokens in indexes.ask_many(client, kind, named) if named else ():
        if kind == indexes.NUMBER:
            rows = list(Customer.objects.filter(number__in=tokens).values_list("number", "subject"))
        else:
            stored = IdentifierToken.objects.filter(column=kind, token__in=tokens)
            rows = list(stored.values_list("token", "customer__subject"))
        of = dict(zip(tokens, named, strict=True))
        for token, subject in rows:
            found.setdefault(of[bytes(token)], set()).add(subject)
    return {value: next(iter(some)) for value, some in found.items() if len(some) == 1}


def _calls(client: UUID, numbers: Iterable[str]) -> dict[str, bytes]:
    """The number of a call -> its tokens, one for each line of the client: which line it came by is not said."""
    lines = list(Line.objects.filter(client=client).order_by("slug").values_list("pk", flat=True)[:100])
    named = sorted(set(numbers))
    made = keeper.tokens(client, "call", [f"{line}:{number}" for number in named for line in lines])
    size = len(lines)
    return {number: b"".join(made[at * size : (at + 1) * size]) for at, number in enumerate(named)}


def judge(neighbour: Neighbour, *, most: int = JUDGED_AT_ONCE) -> int:
    """Look for what explains acts that have waited long enough for their calls. How many were looked at."""
    with client_scope(neighbour.client_id):
        waiting = queries.unjudged(neighbour, clock.now() - _grace(neighbour)).select_related("user")
        rows = list(waiting.select_for_update(of=("self",), skip_locked=True)[:most])
        if not rows:
            return 0
        actions.judge(neighbour, [_judged(neighbour, row) for row in rows])
        return len(rows)


def judge_all() -> int:
    """Every system's acts that are due."""
    return sum(judge(one) for one in Neighbour.objects.all())


def forget_old() -> int:
    """Delete what is older than logs are kept."""
    before = actions.oldest_kept(settings.NEIGHBOUR_LOG_DAYS)
    count = 0
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            count += actions.forget(client, before)
    return count


def _grace(neighbour: Neighbour) -> timedelta:
    """How long an act waits for the calls around it to be taken in. A database's needs no call to be judged by."""
    if neighbour.kind == Neighbour.Kind.DATABASE:
        return timedelta(0)
    return timedelta(minutes=3 if settings.DEMO else settings.NEIGHBOUR_GRACE_MINUTES)


def _judged(neighbour: Neighbour, row: NeighbourEntry) -> Judged:
    call = _named_call(row)
    subject = row.subject
    if subject is None and call is not None and call.customer is not None:
        subject = call.customer.subject_id
    person = _person_of(subject)
    holders = _holders(subject, person)
    link = _link(neighbour, row, call, person, holders)
    return Judged(row.pk, subject, call.pk if call else None, link)


def _named_call(row: NeighbourEntry) -> Call | None:
    if row.calls is None:
        return None
    tokens = bytes(row.calls)
    each = [tokens[at : at + 32] for at in range(0, len(tokens), 32)]
    return Call.objects.select_related("customer").filter(reference__in=each).first()


def _person_of(subject: UUID | None) -> UUID | None:
    if subject is None:
        return None
    links = PersonLink.objects.filter(subject=subject, revoked_at=None)
    return links.values_list("person_id", flat=True).first()


def _holders(subject: UUID | None, person: UUID | None) -> frozenset[UUID]:
    if subject is None:
        return frozenset()
    if person is None:
        return frozenset({subject})
    linked = PersonLink.objects.filter(person=person, revoked_at=None).values_list("subject_id", flat=True)
    return frozenset(linked) | {subject}


def _link(
    neighbour: Neighbour, row: NeighbourEntry, call: Call | None, person: UUID | None, holders: frozenset[UUID]
) -> Link:
    """What explains an act: its own call, a call of that person with that customer around then, or a task."""
    if row.act == "call" or (call is not None and (row.user_id is None or call.agent_id == row.user_id)):
        return "call"
    if row.user is None:
        return ""
    if _called(row.user, holders, row.at) or _rang(row):
        return "call"
    if not holders:
        return ""
    return link_of(Question(neighbour.client_id, row.user, holders, person, row.at, {}))


def _called(user: User, holders: frozenset[UUID], at: datetime) -> bool:
    if not holders:
        return False
    calls = Call.objects.filter(agent=user, customer__subject__in=holders)
    if not settings.DEMO:
        calls = calls.filter(started_at__gt=at - _LONGEST_CALL, started_at__lte=at + BEFORE_A_CALL)
    return any(
        settings.DEMO or at <= started + timedelta(milliseconds=duration) + ACTIVE_FOR
        for started, duration in calls.values_list("started_at", "duration_ms")
    )


def _rang(row: NeighbourEntry) -> bool:
    """Whether a telephone system told of a call of this person with this number around then: also one that was never
    taken in here, because its caller refused."""
    if row.person_token is None and row.subject is None:
        return False
    around = NeighbourEntry.objects.filter(
        user=row.user, act="call", at__gt=row.at - _LONGEST_CALL / 6, at__lte=row.at + BEFORE_A_CALL
    )
    same = around.filter(subject=row.subject) if row.subject else around.none()
    if row.person_token is not None:
        same |= around.filter(person_token=bytes(row.person_token))
    return same.exists()
