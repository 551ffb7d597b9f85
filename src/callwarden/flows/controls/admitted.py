"""Calls that were admitted without the yes their line needs, judged anew from what had been said by then.

The gate judges by what stands; this looks at the events themselves, so that a fault of either shows. Most calls have a
plain yes of their own and are told in one statement; the rest are judged one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.custody.models import Call, Leg, Line, PersonLink
from callwarden.lawful.consent.models import ConsentEvent, Minor
from callwarden.lawful.consent.queries import answer_of
from callwarden.lawful.consent.rules import NO, Answer, newest, of_call_and_person, reaches_every_call, why_not
from callwarden.lawful.gate import needs_its_own
from callwarden.lawful.purposes import queries as registry

# How many calls without a plain yes are judged at most, the newest first; a look at the page must end.
MOST = 2_000
_GIVEN = ConsentEvent.State.GIVEN


def without_consent(line: Line, calls: QuerySet[Call]) -> tuple[int, int]:
    """How many of these calls nobody had said yes to when they were admitted, and how many more were not judged. Call
    it inside `client_scope`.
    """
    needed = [one for one in registry.grounds(line) if one.core and one.by_consent]
    if not needed:
        return 0, 0
    doubtful = calls.exclude(_plainly(line, needed)).order_by("-admitted_at")
    judged = list(doubtful[:MOST])
    uncovered = sum(1 for said in _said(line, judged) if not all(said.covers(one) for one in needed))
    return uncovered, doubtful.count() - MOST if len(judged) == MOST else 0


def _plainly(line: Line, needed: Sequence[registry.Served]) -> Q:
    """That the call itself has a yes to each purpose, nobody spoke against it, and nothing more is asked of the yes."""
    callers = Leg.objects.exclude(party=Leg.Party.AGENT).values("subject")
    here = {"line": line, "reference": OuterRef("reference")}
    plainly = Q(pk__isnull=False)
    for one in needed:
        if needs_its_own(one):
            return Q(pk__isnull=True)
        known = ConsentEvent.objects.filter(purpose=one.purpose, recipient="", recorded_at__lte=OuterRef("admitted_at"))
        last = known.filter(**here).exclude(state=ConsentEvent.State.REQUESTED).order_by("-at", "-recorded_at")
        lasting = last.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=OuterRef("admitted_at")))
        plainly &= Q(Exists(lasting.filter(state=_GIVEN)))
        plainly &= ~Q(Exists(known.filter(**here).exclude(state__in=(_GIVEN, ConsentEvent.State.REQUESTED))))
        holders: tuple[Any, Any] = (
            callers.filter(call=OuterRef(OuterRef("pk"))),
            _linked(callers.filter(call=OuterRef(OuterRef(OuterRef(OuterRef("pk")))))),
        )
        for theirs in holders:
            plainly &= ~Q(Exists(known.filter(state__in=NO, subject__in=theirs)))
    young = Minor.objects.filter(subject__in=callers.filter(call=OuterRef(OuterRef("pk"))))
    return plainly & ~Q(Exists(young))


def _linked(subjects: Any) -> Any:
    """The key holders of the people whose key holders these are."""
    links = PersonLink.objects.filter(revoked_at__isnull=True)
    return links.filter(person__in=links.filter(subject__in=subjects).values("person")).values("subject")


@dataclass(frozen=True)
class _Said:
    """What was known at the moment of admission of one call.

    Attributes:
        in_call: what was said in it; the siblings of an answer among them tell whether it was bundled.
        elsewhere: what its caller said anywhere.
    """

    call: Call
    in_call: Sequence[ConsentEvent]
    elsewhere: Sequence[ConsentEvent]
    minor: bool

    def covers(self, needed: registry.Served) -> bool:
        """Whether what had been said allowed this purpose."""
        at = self.call.admitted_at
        in_call = newest(_answers(self.in_call, needed.purpose))
        person = newest(one for one in _answers(self.elsewhere, needed.purpose) if reaches_every_call(one))
        stood = of_call_and_person(in_call, person)
        return not why_not(stood, separate=needs_its_own(needed), minor=self.minor, now=at)


def _answers(events: Sequence[ConsentEvent], purpose: str) -> Iterator[Answer]:
    return (
        answer_of(event, [other for other in events if other.reference == event.reference])
        for event in events
        if event.purpose == purpose and not event.recipient
    )


def _said(line: Line, calls: Sequence[Call]) -> Iterator[_Said]:
    """For each call what had been said by then, in five statements for all of them."""
    in_calls: dict[bytes, list[ConsentEvent]] = defaultdict(list)
    for event in ConsentEvent.objects.filter(line=line, reference__in=[call.reference for call in calls]):
        in_calls[bytes(event.reference)].append(event)
    holders = _holders(calls)
    everybody = {subject for theirs in holders.values() for subject in theirs}
    by_subject: dict[UUID, list[ConsentEvent]] = defaultdict(list)
    for event in ConsentEvent.objects.filter(subject__in=everybody):
        assert event.subject_id is not None
        by_subject[event.subject_id].append(event)
    young = set(Minor.objects.filter(subject__in=everybody).values_list("subject", flat=True))
    for call in calls:
        theirs = holders[call.pk]
        known = [event for subject in theirs for event in by_subject[subject] if event.recorded_at <= call.admitted_at]
        said = [event for event in in_calls[bytes(call.reference)] if event.recorded_at <= call.admitted_at]
        yield _Said(call, said, known, bool(young & theirs))


def _holders(calls: Sequence[Call]) -> dict[UUID, set[UUID]]:
    """Call -> the key holders of its caller, as linked now."""
    of_call: dict[UUID, set[UUID]] = {call.pk: set() for call in calls}
    legs = Leg.objects.filter(call__in=list(of_call)).exclude(party=Leg.Party.AGENT)
    for call, subject in legs.values_list("call", "subject"):
        of_call[call].add(subject)
    people: dict[UUID, set[UUID]] = defaultdict(set)
    person_of: dict[UUID, UUID] = {}
    subjects = {subject for theirs in of_call.values() for subject in theirs}
    links = PersonLink.objects.filter(revoked_at__isnull=True)
    alike = links.filter(person__in=links.filter(subject__in=subjects).values("person"))
    for person, subject in alike.values_list("person", "subject"):
        people[person].add(subject)
        person_of[subject] = person
    return {
        call: theirs.union(*(people[person_of[subject]] for subject in theirs if subject in person_of))
        for call, theirs in of_call.items()
    }
