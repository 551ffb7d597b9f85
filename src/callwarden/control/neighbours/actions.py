"""Connecting neighbouring systems, keeping what they tell, what it was found to mean, and letting it go.

Whatever touches batches and entries is called inside `client_scope`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from callwarden.control.neighbours import rules
from callwarden.control.neighbours.models import Neighbour, NeighbourBatch, NeighbourEntry
from callwarden.control.neighbours.rules import AsReceived
from callwarden.engines.neighbours import BadMapping
from callwarden.engines.neighbours import Mapping as Reading
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.kernel.structural import Value
from callwarden.kernel.tokens import keyed

ACTOR: Final = "job:neighbours"
State, Way = Neighbour.State, Neighbour.Way
_SLUG: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_CERTIFICATE: Final = re.compile(r"[0-9a-f]{64}")
_CHANGED_BY_PEOPLE: Final = (
    "name", "name_zh", "owner", "quiet_minutes", "mapping", "named_by", "way", "program", "certificates",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """A neighbouring system as it shall be."""

    name: str
    name_zh: str
    owner: User
    quiet_minutes: int
    mapping: Mapping[str, Any]
    named_by: str
    way: str
    program: str = ""
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heard:
    """One line that was read: as received but for its place, and what was known of it at once."""

    received: AsReceived
    user: UUID | None = None
    subject: UUID | None = None
    call: UUID | None = None


@dataclass(frozen=True)
class Kept:
    """What became of the lines of a batch."""

    taken: int = 0
    repeated: int = 0
    left_out: int = 0
    refused: Mapping[str, int] | None = None


@transaction.atomic
def connect(client: UUID, slug: str, kind: str, wish: Wish, *, by: User, session: UUID | None = None) -> Neighbour:
    """Register a system, so that its lines are taken in.

    Raises:
        InvalidInput: the mapping cannot be used, the name is taken, or it is not said who may bring its lines.
    """
    fields = _fields(wish)
    if not _SLUG.fullmatch(slug) or re.search(r"\d{5}", slug):
        raise InvalidInput(
            "bad_name", _("A short name has up to 40 of a-z, 0-9 and -, begins with a letter and holds no long number.")
        )
    if Neighbour.objects.filter(slug=slug).exists():
        raise InvalidInput("name_taken", _("There is a neighbouring system of this short name already."))
    made = Neighbour.objects.create(client_id=client, slug=slug, kind=kind, created_at=clock.now(), **fields)
    _record(Event.NEIGHBOUR_CONNECTED, made, by.actor, session, slug=slug, kind=kind, way=wish.way)
    return made


@transaction.atomic
def change(neighbour: Neighbour, wish: Wish, *, by: User, session: UUID | None = None) -> Neighbour:
    """Change what is set about a system; the log says which parts changed.

    Raises:
        InvalidInput: as `connect`.
    """
    locked = Neighbour.objects.select_for_update().get(pk=neighbour.pk)
    fields = _fields(wish)
    changed = sorted(name for name, value in fields.items() if getattr(locked, name) != value)
    if not changed:
        return locked
    for name in changed:
        setattr(locked, name, fields[name])
    locked.save(update_fields=changed)
    _record(Event.NEIGHBOUR_CHANGED, locked, by.actor, session, slug=locked.slug, changed=changed)
    return locked


def pause(neighbour: Neighbour, *, by: User, session: UUID | None = None) -> Neighbour:
    """Take nothing of it in for now; what it sends meanwhile is refused."""
    return Neighbour.machine.move(neighbour, State.PAUSED, actor=by.actor, about={"session": session})


def resume(neighbour: Neighbour, *, by: User, session: UUID | None = None) -> Neighbour:
    """Take its lines in again."""
    changes = {"heard_at": clock.now()}
    return Neighbour.machine.move(
        neighbour, State.CONNECTED, actor=by.actor, changes=changes, about={"session": session}
    )


def end(neighbour: Neighbour, *, by: User, session: UUID | None = None) -> Neighbour:
    """It is not a neighbour any more. What it told stays as long as logs are kept."""
    return Neighbour.machine.move(neighbour, State.ENDED, actor=by.actor, about={"session": session})


def mark_of(neighbour: UUID, line: bytes) -> bytes:
    """By which the same line is known again. Keyed: a line holds numbers that a plain digest would give away."""
    return keyed(f"neighbour.{neighbour}", line)


@transaction.atomic
def keep(neighbour: Neighbour, heard: Sequence[Heard], refused: Mapping[str, int], *, way: str, actor: str) -> Kept:
    """Keep the lines that were read, count the others, and commit all of it to the operation log.

    A line that came before, in this batch or an earlier one, is a repeat and is counted only.
    """
    now = clock.now()
    # One batch of a system after the other, so that two connections with the same line do not both keep it.
    neighbour = Neighbour.objects.select_for_update().get(pk=neighbour.pk)
    before = NeighbourEntry.objects.filter(neighbour=neighbour, mark__in=[one.received.mark for one in heard])
    known = set(map(bytes, before.values_list("mark", flat=True)))
    fresh: dict[bytes, Heard] = {}
    for one in heard:
        if one.received.mark not in known:
            fresh.setdefault(one.received.mark, one)
    counted = Counter(refused)
    left_out = counted.pop("not_meant", 0)
    result = Kept(len(fresh), len(heard) - len(fresh), left_out, dict(counted))
    if not (heard or counted):
        _count(neighbour, result, now if left_out else None, neighbour.skew_s)
        return result
    # The least age of a line: what is on its way for longer says nothing of a clock.
    skew = min((round((now - one.received.at).total_seconds()) for one in fresh.values()), default=0)
    salted = [(replace(one.received, number=number), os.urandom(32), one) for number, one in enumerate(fresh.values())]
    commitments = [received.commitment(salt) for received, salt, _one in salted]
    batch_id, digest = uuid4(), rules.digest_of(commitments)
    entry = _record(
        Event.NEIGHBOUR_TOLD,
        neighbour,
        actor,
        None,
        batch=str(batch_id),
        slug=neighbour.slug,
        digest=digest,
        way=way,
        repeated=result.repeated,
        refused=sum(counted.values()),
        skew_s=skew,
        count=result.taken,
    )
    batch = NeighbourBatch.objects.create(
        id=batch_id,
        client_id=neighbour.client_id,
        neighbour=neighbour,
        way=way,
        received_at=now,
        taken=result.taken,
        repeated=result.repeated,
        left_out=left_out,
        refused=result.refused,
        skew_s=skew,
        digest=digest,
        entry=entry,
    )
    NeighbourEntry.objects.bulk_create(
        NeighbourEntry(
            client_id=neighbour.client_id,
            batch=batch,
            neighbour=neighbour,
            number=received.number,
            mark=received.mark,
            at=received.at,
            act=received.act,
            rows=received.rows,
            inside=received.inside,
            who=received.who,
            person_token=received.person,
            calls=received.calls,
            commitment=commitment,
            salt=salt,
            user_id=one.user,
            subject=one.subject,
            call=one.call,
        )
        for commitment, (received, salt, one) in zip(commitments, salted, strict=True)
    )
    _count(neighbour, result, now if heard or left_out else None, skew if fresh else neighbour.skew_s)
    return result


@dataclass(frozen=True)
class Judged:
    """What an act was found to belong to. `link` is "" for what nothing explains."""

    entry: UUID
    subject: UUID | None
    call: UUID | None
    link: str


@transaction.atomic
def judge(neighbour: Neighbour, judged: Sequence[Judged]) -> UUID:
    """Write down what explains these acts; the entry of the log that says so is what the watch goes on from."""
    unexplained = sum(not one.link for one in judged)
    entry = _record(
        Event.NEIGHBOUR_JUDGED,
        neighbour,
        ACTOR,
        None,
        slug=neighbour.slug,
        unexplained=unexplained,
        count=len(judged),
    )
    now = clock.now()
    for one in judged:
        NeighbourEntry.objects.filter(pk=one.entry, judged_at=None).update(
            subject=one.subject, call=one.call, link=one.link, judged_at=now, judged_in=entry
        )
    return entry


def erase(subjects: Iterable[UUID]) -> int:
    """Take from what neighbours told whatever says that it was about these people. How many entries it was.

    Entries that name the same number and were never matched go with them.
    """
    theirs = NeighbourEntry.objects.filter(subject__in=list(subjects))
    tokens = [bytes(one) for one in theirs.values_list("person_token", flat=True) if one is not None]
    found = theirs | NeighbourEntry.objects.filter(person_token__in=tokens)
    return found.update(subject=None, person_token=None, call=None, calls=None, salt=None, erased_at=clock.now())


@transaction.atomic
def forget(client: UUID, before: datetime) -> int:
    """Delete batches that arrived before. What the operation log says of them stays. How many entries went."""
    old = NeighbourBatch.objects.filter(received_at__lt=before)
    count = NeighbourEntry.objects.filter(batch__in=old).count()
    batches, _by = old.count(), old.delete()
    if batches:
        facts: dict[str, Value] = {"batches": batches, "before": before.isoformat(timespec="seconds")}
        journal.record(Entry(event=Event.NEIGHBOUR_FORGOTTEN, actor=ACTOR, client=client, count=count, data=facts))
    return count


def _fields(wish: Wish) -> dict[str, Any]:
    try:
        mapping = Reading.of(dict(wish.mapping)).data()
    except BadMapping as bad:
        raise InvalidInput(
            "bad_mapping",
            _("The mapping cannot be used: look at “%(where)s”."),
            data={"where": bad.where, "cause": bad.code},
        ) from None
    certificates = [one.replace(":", "").lower() for one in wish.certificates if one]
    if wish.way == Way.SYSLOG and not (certificates and all(map(_CERTIFICATE.fullmatch, certificates))):
        raise InvalidInput(
            "no_certificate",
            _("Name the SHA-256 digest of the certificate the system shows: 64 characters of 0-9 and a-f."),
        )
    if wish.way == Way.HTTP and not wish.program:
        raise InvalidInput("no_program", _("Name the program whose service key brings the lines."))
    named = {name: getattr(wish, name) for name in _CHANGED_BY_PEOPLE}
    return {
        **named,
        "mapping": mapping,
        "certificates": certificates if wish.way == Way.SYSLOG else [],
        "program": wish.program if wish.way == Way.HTTP else "",
    }


def _count(neighbour: Neighbour, kept: Kept, heard: datetime | None, skew: int) -> None:
    reasons = Counter(neighbour.refused)
    reasons.update(kept.refused or {})
    changes: dict[str, Any] = {
        "taken": F("taken") + kept.taken,
        "repeated": F("repeated") + kept.repeated,
        "left_out": F("left_out") + kept.left_out,
        "refused": dict(reasons),
    }
    if heard is not None:
        changes |= {"heard_at": heard, "skew_s": max(-(2**31), min(skew, 2**31 - 1))}
    Neighbour.objects.filter(pk=neighbour.pk).update(**changes)


def _record(
    event: Event,
    neighbour: Neighbour,
    actor: str,
    session: UUID | None,
    *,
    count: int | None = None,
    **facts: Value,
) -> UUID:
    data: dict[str, Value] = {"neighbour": str(neighbour.pk), **facts}
    return journal.record(
        Entry(event=event, actor=actor, session=session, client=neighbour.client_id, count=count, data=data)
    )


def oldest_kept(days: int) -> datetime:
    """What arrived before this is let go."""
    return clock.now() - timedelta(days=max(days, rules.SHORTEST_KEPT_DAYS))
