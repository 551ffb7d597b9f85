"""How the erasure of an agent is carried to its end: what can go now, a search for what is left, a certificate.

An agent is a key holder for each client whose calls they took; each is erased, searched for and certified by itself.
What a hold or a legal period keeps of their own waits, as a caller's does. What a legal period keeps of the callers
does not stop the certificate: it names it with its last day. What is under way is seen by looking, so nobody has to
remember it.

Source: PIPL art. 47; GDPR art. 17; DESIGN section 4 (agents as data subjects).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.custody.models import Client, Hold, Permit, PermitRecord, Record, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import mentioned, mentions, residue
from callwarden.flows.requests import found, proving
from callwarden.flows.requests.certify import METHODS, SEARCHED, UNNUMBERED, approvers
from callwarden.flows.requests.erase import HOLD_PROVISION, backups_end
from callwarden.flows.requests.of_agents import ERASE, REASON
from callwarden.flows.residue import not_covered_of
from callwarden.kernel import clock
from callwarden.kernel.models import Approval, User
from callwarden.lawful.certificates.actions import issue
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.certificates.rules import Exempt, NotCovered, Replica, Scan, Statement
from callwarden.lawful.requests.models import RequestTask
from callwarden.lawful.retention.queries import Floor, Floors

ABOUT: Final = "agent"
# By reference, never by what was said: who did what has to stay provable.
PROVABLE: Final = "kept_to_prove_who_did_what"
REFERENCES: Final = ("account", "ledger", "staff_records")
# What they said lay in transcripts under the callers' keys: the search knows the sound under their own.
WORDS_UNKNOWN: Final = "words_under_keys_of_callers"
Kind = RequestTask.Replica


class Stage(StrEnum):
    """How far the erasure of one key holder has come."""

    UNDER_WAY = "under_way"
    WAITS = "waits"
    SEARCHED_FOR = "searched_for"
    CERTIFIED = "certified"


@dataclass(frozen=True)
class Standing:
    """How the erasure of an agent stands with one client.

    Attributes:
        decided_at: when two people had decided; None where this store does not know it (it was restored).
        left: records of their own that are still there.
        kept_by: the provision that keeps one the longest, or that a hold does; "" where nothing waits.
        until: the last day of it; None for a hold.
        certificate: its id, once there is one.
    """

    client: UUID
    subject: UUID
    stage: Stage
    decided_at: datetime | None
    left: int
    kept_by: str = ""
    until: datetime | None = None
    certificate: UUID | None = None


def erase(client: UUID, subject: UUID, *, actor: str) -> bool:
    """Do all that can be done now; when nothing of their own is left, search and certify. Whether it is certified.

    Killed anywhere it is called again (`waiting`), and goes on by looking at what is left.
    """
    with client_scope(client):
        person = Subject.objects.get(pk=subject)
        _close_views(person)
    alive = person.destroyed_at is None
    if not alive and proving.too_soon([subject], clock.now()):
        return False
    marks = residue.gather(client, [subject], values=alive)
    if alive:
        mentions.erase_subject(client, subject, actor=actor, reason=REASON)
    with client_scope(client):
        person = Subject.objects.get(pk=subject)
        _close_views(person)  # those that erasing itself needed
        if not _is_over(person):
            return False
    searched = proving.search(client, marks)
    if searched is None:
        return False
    with client_scope(client):
        person = Subject.objects.select_for_update().get(pk=subject)
        if not _is_over(person):
            return False  # somebody marked a call of others, or a hold came
        issue(_statement(person, searched), actor=proving.ACTOR)
    return True


def waiting() -> list[tuple[UUID, UUID]]:
    """(client, key holder) of agents whose erasure goes on now: decided and not begun, or gone and not certified.

    What a hold or a legal period keeps is ended by its release or by the clock, and comes back here then.
    """
    found_now = []
    for client in Client.objects.filter(closed_at__isnull=True).order_by("id").values_list("id", flat=True):
        with client_scope(client):
            for person in _open_ones(client):
                if person.destroyed_at is None or _may_be_searched(person):
                    found_now.append((client, person.pk))
    return found_now


def standing(client: UUID, *, person: User | None = None) -> list[Standing]:
    """How the erasures of agents stand with this client, or that of one of them. Call it inside `client_scope`."""
    decided = _decisions()
    named = Q(destroyed_at__isnull=False) | Q(erasure_due=True) | Q(pk__in=decided)
    agents = Subject.objects.filter(named, client_id=client, kind=Subject.Kind.AGENT)
    if person is not None:
        agents = agents.filter(user=person)
    issued = dict(_certificates().values_list("about_id", "id"))
    return [_stands(one, decided.get(one.pk), issued.get(one.pk)) for one in agents.order_by("created_at", "id")]


def standing_everywhere(person: User) -> list[Standing]:
    """How the erasures of one agent stand with every client."""
    told = []
    for client in Client.objects.filter(closed_at__isnull=True).order_by("slug").values_list("id", flat=True):
        with client_scope(client):
            told += standing(client, person=person)
    return told


def _stands(person: Subject, decided: Approval | None, certificate: UUID | None) -> Standing:
    live = found.live_records([person])
    stage = Stage.CERTIFIED if certificate else Stage.UNDER_WAY
    kept = None
    if not certificate and person.destroyed_at:
        # A hold on what callers said with them keeps the search back, whatever is gone of their own.
        stage = Stage.SEARCHED_FOR if _is_over(person) else Stage.WAITS if _held_with(person) else stage
    if person.erasure_due:
        stage, kept = Stage.WAITS, _kept_longest(live)
    return Standing(
        client=person.client_id,
        subject=person.pk,
        stage=stage,
        decided_at=decided.executed_at if decided else None,
        left=live.count(),
        kept_by="" if stage != Stage.WAITS else kept.provision if kept else HOLD_PROVISION,
        until=kept.until if kept else None,
        certificate=certificate,
    )


def _kept_longest(records: QuerySet[Record]) -> Floor | None:
    """The legal period that ends last; None where a hold has the last word."""
    if records.filter(_held()).exists():
        return None
    floors = Floors()
    kept = [floors.of(one) for one in records.filter(erase_at__isnull=False).select_related("line", "call")]
    return max((one for one in kept if one), key=lambda one: one.until, default=None)


def _held_with(person: Subject) -> bool:
    return Record.objects.filter(_held(), pk__in=[one.pk for one in mentioned.with_them(person)]).exists()


def _held() -> Exists:
    return Exists(Hold.objects.filter(record=OuterRef("pk"), released_at__isnull=True))


def _open_ones(client: UUID) -> list[Subject]:
    agents = Subject.objects.filter(client_id=client, kind=Subject.Kind.AGENT)
    begun = Q(pk__in=_decisions(), destroyed_at__isnull=True, erasure_due=False)
    gone = Q(destroyed_at__isnull=False) & ~Q(pk__in=_certificates().values("about_id"))
    return list(agents.filter(begun | gone).order_by("id"))


def _may_be_searched(person: Subject) -> bool:
    return not proving.too_soon([person.pk], clock.now()) and _is_over(person)


def _certificates() -> QuerySet[Certificate]:
    return Certificate.objects.filter(kind=Certificate.Kind.ERASURE, about_kind=ABOUT)


def _decisions() -> dict[UUID, Approval]:
    """Key holder -> what two people decided and had carried out."""
    done = Approval.objects.filter(kind=ERASE, state=Approval.State.EXECUTED).order_by("executed_at")
    return {UUID(one): approval for approval in done for one in approval.parameters["subjects"]}


def _close_views(person: Subject) -> None:
    permits = found.open_views([person]).values("permit")
    Permit.objects.filter(id__in=permits, revoked_at__isnull=True).update(revoked_at=clock.now())


def _is_over(person: Subject) -> bool:
    """Whether nothing of their own is left, and of others' records only what ends by itself on a day that is known."""
    if person.destroyed_at is None:
        return False
    there = [one.pk for one in mentioned.with_them(person) if one.state != Record.State.DESTROYED]
    still = Record.objects.filter(pk__in=there)
    return not still.filter(_held() | Q(erase_at__isnull=True) | Q(erase_at__lte=clock.now())).exists()


def _statement(person: Subject, searched: proving.Searched) -> Statement:
    report, also = searched.report, searched.untold()
    decided = _decisions().get(person.pk)
    theirs = mentioned.with_them(person)
    kept = [one for one in theirs if one.state != Record.State.DESTROYED]
    there = {one.pk for one in kept}
    theirs = [one for one in theirs if one.pk in there or _was_there(one, decided)]
    own = [one for one in Record.objects.filter(subject=person) if _was_there(one, decided)]
    replicas = list(_replicas(decided, own, theirs, kept))
    names = {one.name for one in replicas}
    seen = {name for name in names if SEARCHED.get(name) in report.covered}
    return Statement(
        kind=Certificate.Kind.ERASURE,
        client=person.client_id,
        about=(ABOUT, person.pk),
        scope={
            "asked_for": "erasure_of_agent",
            **({"agent": str(person.user.pseudonym)} if person.user else {}),
            "subjects": len(report.subjects),
            "calls": len({one.call_id for one in theirs}),
            "decision_known": decided is not None,
            "values_known_to_the_search": report.values_known,
            "none_on_record": sorted({str(Kind.EXPORTS), str(Kind.RECIPIENTS)} - {one.what for one in also}),
        },
        replicas=replicas,
        scan=Scan(covered=sorted({*report.covered, *seen}), found=report.found, report=report.digest),
        exempt=list(_exempt(kept)),
        not_covered=[*_untold(names - seen), *not_covered_of(report), *also],
        approvers=approvers(decided.pk if decided else None),
    )


def _was_there(record: Record, decided: Approval | None) -> bool:
    """Whether it was there when it was decided: neither ended before nor published on the way. Where the decision is
    not known all that ever was counts."""
    at = decided.executed_at if decided else None
    return at is None or (record.created_at <= at and (record.destroyed_at is None or record.destroyed_at >= at))


def _replicas(
    decided: Approval | None, own: list[Record], theirs: list[Record], kept: list[Record]
) -> Iterator[Replica]:
    counts = Counter(_kind(one.category) for one in own)
    for kind in sorted(counts):
        yield Replica(kind, METHODS["key_destroyed"], counts[kind], 0)
    if theirs:
        yield Replica(Kind.MENTIONS, METHODS["version_without_person"], len(theirs), len(kept))
    if decided is not None:
        yield Replica(Kind.OPEN_VIEWS, METHODS["permits_revoked"], _closed_views(own, decided), 0)
    ends = backups_end(clock.now()).date()
    yield Replica(Kind.BACKUPS, METHODS["ends_with_epoch"], len(own), 0, by=ends)


def _closed_views(own: list[Record], decided: Approval) -> int:
    """How many views by people and programs outside were closed; those that erasing itself needed are no copies."""
    covering = PermitRecord.objects.filter(record__in=own).values("permit")
    ended = Permit.objects.filter(id__in=covering, revoked_at__gte=decided.executed_at)
    return ended.exclude(principal__startswith="job:").count()


def _kind(category: str) -> str:
    if category in found.RECORDINGS:
        return Kind.RECORDINGS
    return Kind.TRANSCRIPTS if category in found.TRANSCRIPTS else Kind.RECORDS


def _exempt(kept: list[Record]) -> Iterator[Exempt]:
    """What legal periods keep of the callers, and with it what the agent said there."""
    floors, by = Floors(), dict[str, list[Record]]()
    for record in kept:
        floor = floors.of(record)
        by.setdefault(floor.provision if floor else "retention-rule", []).append(record)
    for provision, records in sorted(by.items()):
        last = max(one.erase_at for one in records if one.erase_at)
        yield Exempt(provision, len(records), last.date())


def _untold(unsearched: set[str]) -> Iterator[NotCovered]:
    for name in sorted(unsearched - {Kind.MENTIONS}):
        yield NotCovered(name, "unreadable_when_their_keys_end" if name == Kind.BACKUPS else "not_measured")
    yield NotCovered(Kind.MENTIONS, UNNUMBERED)
    yield NotCovered(Kind.TRANSCRIPTS, WORDS_UNKNOWN)
    for what in REFERENCES:
        yield NotCovered(what, PROVABLE)
