"""What stands: per call, per subject, per person. Everything here works inside `client_scope`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from callwarden.custody.models import Line, PersonLink, Subject
from callwarden.kernel import clock
from callwarden.lawful.consent.models import ConsentEvent, ConsentState, Minor
from callwarden.lawful.consent.rules import NO, OVER, Answer, concerns, is_bundled, newest

_FIELDS = (
    "purpose",
    "recipient",
    "state",
    "said_at",
    "scope",
    "expires_at",
    "event__by",
    "event__notice",
    "bundled",
)


def of_call(line: Line, reference: bytes, *, recipient: str = "") -> dict[str, Answer]:
    """The answer that stands per purpose of one call. A purpose that is missing is unknown, and unknown means no.

    Args:
        recipient: to whom the data would go; a no to ourselves counts for them too.
    """
    events = list(ConsentEvent.objects.filter(line=line, reference=reference))
    found: dict[str, list[Answer]] = defaultdict(list)
    for event in events:
        if concerns(event.state, event.recipient, recipient):
            found[event.purpose].append(answer_of(event, events))
    return {purpose: answer for purpose, answers in found.items() if (answer := newest(answers))}


def current(line: Line, reference: bytes) -> dict[str, str]:
    """Newest state per purpose of one call, for ourselves."""
    now = clock.now()
    return {purpose: answer.as_of(now) for purpose, answer in of_call(line, reference).items()}


def of_person(
    subjects: Iterable[UUID], *, purpose: str | None = None, recipient: str = "", for_calls: bool = False
) -> dict[str, Answer]:
    """The answer that stands per purpose over all these key holders of one person.

    Args:
        recipient: to whom the data would go; a no to ourselves counts for them too.
        for_calls: only what reaches every call of theirs: not the yes of one call, nor its end.
    """
    rows = ConsentState.objects.filter(subject__in=list(subjects), recipient=recipient)
    if for_calls:
        rows = rows.exclude(scope=ConsentEvent.Scope.CALL, state__in=[ConsentEvent.State.GIVEN, *OVER])
    if purpose is not None:
        rows = rows.filter(purpose=purpose)
    found: dict[str, list[Answer]] = defaultdict(list)
    for row in _with_siblings(rows).values(*_FIELDS):
        found[row["purpose"]].append(_stored(row))
    if recipient:
        # Not what stands for ourselves: a later yes to us alone opens nothing to them.
        refused = ConsentEvent.objects.filter(subject__in=list(subjects), recipient="", state__in=NO)
        for event in refused.filter(purpose=purpose) if purpose is not None else refused:
            found[event.purpose].append(answer_of(event, ()))
    return {purpose: answer for purpose, answers in found.items() if (answer := newest(answers))}


def of_people(
    holders: Mapping[UUID, Iterable[UUID]], *, today: date
) -> tuple[dict[UUID, dict[str, Answer]], set[UUID]]:
    """For many people at once, given their key holders: what stands for each, and who is too young to consent."""
    person_of = {subject: person for person, subjects in holders.items() for subject in subjects}
    stored = ConsentState.objects.filter(subject__in=list(person_of), recipient="")
    rows = _with_siblings(stored).values("subject", *_FIELDS)
    found: dict[UUID, dict[str, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[person_of[row["subject"]]][row["purpose"]].append(_stored(row))
    answers = {
        person: {purpose: answer for purpose, said in theirs.items() if (answer := newest(said))}
        for person, theirs in found.items()
    }
    young = Minor.objects.filter(subject__in=list(person_of), until__gt=today).values_list("subject", flat=True)
    return answers, {person_of[subject] for subject in young}


def same_person(subject: UUID) -> list[UUID]:
    """Every key holder that belongs to the same person as this one, as linked now; itself at least."""
    return sorted(same_people([subject]))


def same_people(subjects: Iterable[UUID]) -> set[UUID]:
    """Every key holder that belongs to the same person as one of these, as linked now; themselves at least."""
    asked = set(subjects)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT theirs.subject_id FROM custody_personlink mine"
            " JOIN custody_personlink theirs ON theirs.person_id = mine.person_id AND theirs.revoked_at IS NULL"
            " WHERE mine.subject_id = ANY(%s) AND mine.revoked_at IS NULL",
            [sorted(asked)],
        )
        return asked | {row[0] for row in cursor.fetchall()}


def linked(person: UUID) -> list[UUID]:
    """The key holders of a person, as linked now."""
    links = PersonLink.objects.filter(person=person, revoked_at__isnull=True)
    return sorted(links.values_list("subject", flat=True))


def last_refusals(subjects: Iterable[UUID], *, recipient: str = "") -> dict[str, datetime]:
    """Purpose -> when this person last refused it. A yes since then ends what a refusal forbids."""
    rows = ConsentState.objects.filter(subject__in=list(subjects), recipient=recipient, refused_at__isnull=False)
    found: dict[str, datetime] = {}
    for purpose, refused_at in rows.values_list("purpose", "refused_at"):
        if refused_at is not None:
            found[purpose] = max(refused_at, found.get(purpose, refused_at))
    stands = of_person(subjects, recipient=recipient)
    return {
        purpose: at
        for purpose, at in found.items()
        if not (stands[purpose].state == ConsentEvent.State.GIVEN and stands[purpose].said_at > at)
    }


def refused_by(subjects: Iterable[UUID]) -> list[tuple[str, str]]:
    """(purpose, recipient) for which a no of this person stands now."""
    theirs = list(subjects)
    said = ConsentState.objects.filter(subject__in=theirs, state__in=NO).values_list("recipient", flat=True)
    return [
        (purpose, recipient)
        for recipient in sorted(set(said))
        for purpose, answer in sorted(of_person(theirs, recipient=recipient).items())
        if answer.state in NO
    ]


def allowed_to(subjects: Iterable[UUID]) -> set[tuple[str, str]]:
    """(purpose, recipient) for which one of these key holders said yes to a recipient by name."""
    said = ConsentState.objects.filter(subject__in=list(subjects), state=ConsentEvent.State.GIVEN)
    return set(said.exclude(recipient="").values_list("purpose", "recipient"))


def agreed(subjects: Iterable[UUID]) -> set[str]:
    """Purposes that one of these key holders said yes to, for whomever, where that stands."""
    said = ConsentState.objects.filter(subject__in=list(subjects), state=ConsentEvent.State.GIVEN)
    return set(said.values_list("purpose", flat=True))


def is_minor(subjects: Iterable[UUID], *, today: date) -> bool:
    """Whether any of these key holders is known to be of somebody too young to consent themselves."""
    return Minor.objects.filter(subject__in=list(subjects), until__gt=today).exists()


def history(subjects: Iterable[UUID]) -> QuerySet[ConsentEvent]:
    """Everything these key holders ever said, newest first."""
    return (
        ConsentEvent.objects.select_related("line", "notice", "evidence", "call")
        .filter(subject__in=list(subjects))
        .order_by("-at", "-recorded_at", "id")
    )


def answer_of(event: ConsentEvent, others: Iterable[ConsentEvent]) -> Answer:
    """One event as an answer. Nothing was said later than it was recorded: a telephone system whose clock runs ahead
    must not make a yes outlive the no that follows it."""
    given = event.state == ConsentEvent.State.GIVEN
    return Answer(
        state=event.state,
        said_at=min(event.at, event.recorded_at),
        of_call=event.scope == ConsentEvent.Scope.CALL,
        bundled=given and is_bundled(event, others),
        guardian=event.by == ConsentEvent.By.GUARDIAN,
        ends=event.expires_at,
        notice=str(event.notice_id) if event.notice_id else None,
    )


def _stored(row: Mapping[str, object]) -> Answer:
    return Answer(
        state=str(row["state"]),
        said_at=row["said_at"],  # type: ignore[arg-type]
        of_call=row["scope"] == ConsentEvent.Scope.CALL,
        bundled=bool(row["bundled"]),
        guardian=row["event__by"] == ConsentEvent.By.GUARDIAN,
        ends=row["expires_at"],  # type: ignore[arg-type]
        notice=str(row["event__notice"]) if row["event__notice"] else None,
    )


def _with_siblings(rows: QuerySet[ConsentState]) -> QuerySet[ConsentState]:
    """With each row whether its yes was one act with a yes to something else (`rules.is_bundled`)."""
    given = ConsentEvent.State.GIVEN
    others = ConsentEvent.objects.filter(
        line=OuterRef("event__line"), reference=OuterRef("event__reference"), at=OuterRef("event__at"), state=given
    ).exclude(purpose=OuterRef("purpose"), recipient=OuterRef("recipient"))
    apart = Q(event__apart=True, event__method=ConsentEvent.Method.WEB)
    return rows.annotate(bundled=Case(When(Q(state=given) & ~apart, then=Exists(others)), default=Value(False)))


def person_reference(subject: Subject) -> bytes:
    """What an event hangs on that was not said in a call: the key holder itself. A random id, so no key is needed."""
    return subject.id.bytes.rjust(32, b"\0")
