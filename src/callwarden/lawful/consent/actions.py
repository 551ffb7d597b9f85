"""Recording what people were asked, allowed, refused and took back. Everything here works inside `client_scope`."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody import permits
from callwarden.custody.models import Call, Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value
from callwarden.lawful.consent import queries
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence, ConsentState, Minor
from callwarden.lawful.consent.rules import AGE_OF_CONSENT, NO, OVER, ask_again_at
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import LinePurpose, Purpose, Recipient
from callwarden.lawful.retention.due import taken_back

State = ConsentEvent.State
_EVENTS = {
    State.REQUESTED: Event.CONSENT_REQUESTED,
    State.GIVEN: Event.CONSENT_GIVEN,
    State.REFUSED: Event.CONSENT_REFUSED,
    State.WITHDRAWN: Event.CONSENT_WITHDRAWN,
    State.EXPIRED: Event.CONSENT_EXPIRED,
    State.INVALIDATED: Event.CONSENT_INVALIDATED,
}
_Kind, _Method = ConsentEvidence.Kind, ConsentEvent.Method
_KINDS: dict[str, str] = {
    _Method.KEYPRESS: _Kind.KEYPRESS,
    _Method.SPOKEN: _Kind.ATTESTATION,
    _Method.WEB: _Kind.WEB_FORM,
}
# How many consents one transaction ends; the next batch goes on where this one stopped.
BATCH = 500
# Key holders of the same person an entry names.
HOLDERS = 50


class CoolingDown(Conflict):
    """Somebody who refused may not be asked again yet. `data["again_at"]` is an ISO 8601 date."""


@dataclass(frozen=True)
class Shown:
    """What shows that something was said (`ConsentEvidence`).

    Attributes:
        interval: milliseconds of the recording, for sound.
        digest: of the interval's samples, where it is known already.
    """

    kind: str
    interval: tuple[int, int] | None = None
    digest: bytes = b""
    script: str = ""

    @classmethod
    def by_method(cls, method: str, *, script: str = "") -> Shown:
        """What shows an answer that came by this means and without sound."""
        return cls(_KINDS.get(method, ConsentEvidence.Kind.IMPORTED), script=script)


@dataclass(frozen=True)
class How:
    """By which means something was said, and what shows it.

    Attributes:
        apart: the purpose was asked about by itself (a box of its own in a form).
    """

    method: str
    key: str = ""
    by: str = ConsentEvent.By.SUBJECT
    apart: bool = False
    notice: Notice | None = None
    script_version: str = ""
    shown: Shown | None = None
    expires_at: datetime | None = None


def record(
    line: Line,
    *,
    reference: bytes,
    purpose: str,
    state: str,
    how: How,
    at: datetime,
    actor: str,
    session: UUID | None = None,
    recipient: str = "",
    call: Call | None = None,
    subject: Subject | None = None,
    reason: str = "",
) -> ConsentEvent:
    """Append one event. The same event told twice is one event. A no ends at once what is open for its purpose.

    Args:
        reference: keyed token of the call's own number at its telephone system, or `queries.person_reference`.
        at: when it was said, by the clock of whoever reports it.
        subject: whose consent it is; None while the call has not been admitted, `attach` ties it later. A subject
            without a call says it outside any call.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("consent events are recorded inside client_scope")
    of_call = call is not None or subject is None
    event, created = ConsentEvent.objects.get_or_create(
        line=line,
        reference=reference,
        purpose=purpose,
        recipient=recipient,
        state=state,
        at=at,
        defaults={
            "client_id": line.client_id,
            "scope": ConsentEvent.Scope.CALL if of_call else ConsentEvent.Scope.PERSON,
            "method": how.method,
            "key": how.key,
            "by": how.by,
            "apart": how.apart,
            "notice": how.notice,
            "script_version": how.script_version,
            "expires_at": how.expires_at,
            "call": call,
            "subject": subject,
            "reason": reason,
            "recorded_at": clock.now(),
        },
    )
    if created:
        if how.shown is not None:
            _add_evidence(event, how.shown, actor)
        closed = close_views([subject.id], purpose) if subject and state in NO | OVER else 0
        about: dict[str, Value] = {"line": line.slug, "method": how.method, "said_at": at.isoformat()}
        if recipient:
            about["recipient"] = recipient
        if closed:
            about["views_closed"] = closed
        if subject and call and state in NO:
            # A store restored without this call still has to know whom the no reaches.
            others = [str(one) for one in queries.same_person(subject.id) if one != subject.id]
            about |= {"person_holders": others[:HOLDERS]} if others else {}
        journal.record(
            journal.Entry(
                event=_EVENTS[State(state)],
                actor=actor,
                session=session,
                client=line.client_id,
                subject=subject.id if subject else None,
                call=call.id if call else None,
                purpose=purpose,
                reasons=(reason,) if reason else (),
                data=about,
            )
        )
        if subject and state in NO | OVER:
            # After everything else: an earlier date may be all that is left of what the yes carried.
            _date_again(line.client_id, [subject.id], ended=state in OVER)
    return event


def _date_again(client: UUID, subjects: Iterable[UUID], *, ended: bool) -> None:
    """Periods of these people's data end, or begin, with what they took back or what ended."""
    taken_back(client, queries.same_people(subjects), ended=ended)


def _add_evidence(event: ConsentEvent, shown: Shown, by: str) -> None:
    start, end = shown.interval or (None, None)
    event.evidence = ConsentEvidence.objects.create(
        client_id=event.client_id,
        kind=shown.kind,
        start_ms=start,
        end_ms=end,
        claimed=shown.digest,
        script=shown.script,
        attested_by=by,
        made_at=clock.now(),
    )
    event.save(update_fields=["evidence"])


def ask(
    line: Line,
    subject: Subject,
    purpose: str,
    *,
    reference: bytes,
    how: How,
    at: datetime,
    actor: str,
    session: UUID | None = None,
    recipient: str = "",
    call: Call | None = None,
) -> ConsentEvent:
    """Note that somebody is asked.

    Raises:
        CoolingDown: they refused not long ago.
    Source: NDSR (China, 2025) art. 22(5).
    """
    people = hold_person(subject.id)
    refused = queries.last_refusals(people, recipient=recipient).get(purpose)
    again = ask_again_at(refused, days=cool_down_days(line))
    if again is not None and at < again:
        raise CoolingDown(
            "asked_too_soon",
            _("This person refused not long ago. They may be asked again from %(again_at)s."),
            data={"again_at": again.date().isoformat(), "purpose": purpose},
        )
    return record(
        line,
        reference=reference,
        purpose=purpose,
        state=State.REQUESTED,
        how=how,
        at=at,
        actor=actor,
        session=session,
        recipient=recipient,
        call=call,
        subject=subject,
    )


def cool_down_days(line: Line) -> int:
    """Days in which somebody who refused is not asked again, by the line's jurisdiction."""
    days: dict[str, int] = settings.CONSENT_COOL_DOWN_DAYS
    return days.get(getattr(line, "jurisdiction", ""), days["*"])


def close_views(subjects: Iterable[UUID], purpose: str) -> int:
    """End every permit open for this purpose on anything of these people, under whichever key holder it lies."""
    return permits.revoke_of_subjects(queries.same_people(subjects), purpose)


def hold(line: Line, reference: bytes) -> None:
    """Let nobody else judge this call, or report consent for it, until the transaction ends.

    Whoever judges sees all that was said before; whoever speaks sees what was judged. Without this a consent that
    commits while its call is being judged could be missed by both.
    """
    with connection.cursor() as cursor:
        number = int.from_bytes(hashlib.sha256(line.id.bytes + reference).digest()[:8], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def hold_person(subject: UUID) -> list[UUID]:
    """Hold every key holder of this person. Disclosures hold the same rows, so none is decided by what was known
    before, and none that was decided before stays unseen by whoever closes views now.
    """
    people = queries.same_person(subject)
    list(Subject.objects.select_for_update().filter(id__in=people).order_by("id").values_list("id"))
    return people


def attach(line: Line, reference: bytes, call: Call) -> None:
    """Tie the events of a call to its row and its caller once it has been admitted."""
    leg = call.legs.exclude(party="agent").first()
    untied = ConsentEvent.objects.filter(line=line, reference=reference)
    untied.filter(call=None).update(call=call)
    if leg is not None:
        untied.filter(subject=None).update(subject=leg.subject)
        if untied.filter(state__in=NO | OVER).exists():
            _date_again(line.client_id, [leg.subject_id], ended=False)


def mark_for_renewal(
    line: Line, purposes: Iterable[str], *, notice: Notice, actor: str = "system", batch: int = BATCH
) -> int:
    """End what was consented to under an older notice that said less. Returns how many consents that ended.

    Each batch is a transaction of its own; killed anywhere it is called again and goes on with what is left. Opens its
    own `client_scope`.

    Source: PIPL art. 14(2); GDPR recital 32 (a new purpose needs a new consent).
    """
    ended = 0
    wanted = sorted(set(purposes))
    while True:
        with client_scope(line.client_id):
            stale = list(
                ConsentState.objects.select_related("event")
                .filter(state=State.GIVEN, purpose__in=wanted, event__line=line)
                .exclude(event__notice=notice)
                .order_by("id")[:batch]
            )
            for row in stale:
                _end(row, State.INVALIDATED, at=clock.now(), reason="notice_widened")
            _end_what_hung_on(stale)
            if stale:
                journal.record(
                    journal.Entry(
                        event=Event.CONSENT_INVALIDATED,
                        actor=actor,
                        client=line.client_id,
                        reasons=("notice_widened",),
                        count=len(stale),
                        data={"line": line.slug, "purposes": wanted, "notice": str(notice.id)},
                    )
                )
        ended += len(stale)
        if len(stale) < batch:
            return ended


def end_for_renewal(states: Iterable[UUID], *, actor: str, because: str) -> set[UUID]:
    """End these consents, so that they are asked for again. Returns those that stood. Call it inside `client_scope`.

    Args:
        because: id of the act on many rows that says why.

    Source: PIPL art. 14(2); GDPR recital 32.
    """
    rows = ConsentState.objects.select_related("event", "event__line").filter(pk__in=list(states), state=State.GIVEN)
    ended = list(rows.order_by("id"))
    _end_and_tell(ended, reason="asked_again", actor=actor, because=because)
    return {row.pk for row in ended}


def let_no_reach(one: Iterable[UUID], other: Iterable[UUID], *, actor: str) -> int:
    """Two sets of key holders turn out to be one person: what one of them refused, the other's yes does not open.

    That yes ends and has to be asked for again; whoever joined the two could be mistaken. Returns how many ended. Call
    it inside `client_scope`, before the two are joined.
    """
    ended: dict[UUID, ConsentState] = {}
    for said, reached in ((list(one), list(other)), (list(other), list(one))):
        for purpose, recipient in queries.refused_by(said):
            rows = ConsentState.objects.select_related("event", "event__line").filter(
                subject__in=reached, purpose=purpose, state=State.GIVEN
            )
            if recipient:
                rows = rows.filter(recipient=recipient)
            ended |= {row.pk: row for row in rows.order_by("id")}
    _end_and_tell(list(ended.values()), reason="joined_with_a_no", actor=actor)
    return len(ended)


def end_what_is_over(client: UUID, *, batch: int = BATCH) -> int:
    """Note which consents have come to the end they were given for. Returns how many. Opens its own `client_scope`.

    The gate sees the end by itself; this says so in the record and closes what is open.
    """
    ended = 0
    while True:
        with client_scope(client):
            over = list(
                ConsentState.objects.select_related("event", "event__line")
                .filter(state=State.GIVEN, expires_at__lte=clock.now())
                .order_by("id")[:batch]
            )
            for row in over:
                # At the moment of the yes it ends, so that a later yes stands whichever of them arrives first.
                _end(row, State.EXPIRED, at=row.event.at, reason="period_over")
            _end_what_hung_on(over)
            if over:
                journal.record(
                    journal.Entry(
                        event=Event.CONSENT_EXPIRED,
                        actor="job:retention",
                        client=client,
                        reasons=("period_over",),
                        count=len(over),
                    )
                )
        ended += len(over)
        if len(over) < batch:
            return ended


def end_unfounded(event: ConsentEvent, *, reason: str, actor: str) -> ConsentEvent:
    """A yes that covers nothing from its beginning: it is kept as it was told, and ends in the moment it was said. Told
    twice it ends once. Call it inside `client_scope`.
    """
    return record(
        event.line,
        reference=bytes(event.reference),
        purpose=event.purpose,
        recipient=event.recipient,
        state=State.INVALIDATED,
        how=How(ConsentEvent.Method.SYSTEM),
        at=event.at,
        call=event.call,
        subject=event.subject,
        actor=actor,
        reason=reason,
    )


def given_up(client: UUID, *, line: Line | None = None, purpose: str = "") -> QuerySet[ConsentState]:
    """What stands for purposes that were retired, that its line serves no more, or to recipients that have ended. Call
    it inside `client_scope`.

    Args:
        line, purpose: look at these alone.
    """
    served = LinePurpose.objects.filter(line=OuterRef("event__line"), purpose=OuterRef("purpose"))
    ended = Recipient.objects.filter(client=client, slug=OuterRef("recipient"), ended_at__isnull=False)
    rows = ConsentState.objects.filter(state=State.GIVEN)
    if line is not None:
        rows = rows.filter(event__line=line, purpose=purpose)
    return rows.filter(~Exists(served.exclude(purpose__state=Purpose.State.RETIRED)) | Exists(ended))


def end_given_up(
    client: UUID, *, line: Line | None = None, purpose: str = "", actor: str = "job:consents", batch: int = BATCH
) -> int:
    """End what stands for what was given up, so that it does not stand again when that is taken up again. Returns how
    many consents that ended. Opens its own `client_scope`.

    Source: PIPL art. 14(2), 47(1)(3); GDPR recital 32.
    """
    ended = 0
    while True:
        with client_scope(client):
            rows = given_up(client, line=line, purpose=purpose).select_related("event", "event__line")
            over = list(rows.order_by("id")[:batch])
            _end_and_tell(over, reason="given_up", actor=actor)
        ended += len(over)
        if len(over) < batch:
            return ended


def _end_and_tell(rows: Sequence[ConsentState], *, reason: str, actor: str, because: str = "") -> None:
    """End consents of one client, and say of each whose it was in an entry of its own: a restored store ends it again
    by that entry, and at the same moment. `rows` come with their events and the events' lines.
    """
    for row in rows:
        at = clock.now()
        _end(row, State.INVALIDATED, at=at, reason=reason)
        about: dict[str, Value] = {"line": row.event.line.slug, "said_at": at.isoformat()}
        if row.recipient:
            about["recipient"] = row.recipient
        if because:
            about["bulk"] = because
        journal.record(
            journal.Entry(
                event=Event.CONSENT_INVALIDATED,
                actor=actor,
                client=row.client_id,
                subject=row.subject_id,
                call=row.event.call_id,
                purpose=row.purpose,
                reasons=(reason,),
                data=about,
            )
        )
    _end_what_hung_on(rows)


def _end_what_hung_on(rows: Sequence[ConsentState]) -> None:
    """Close the views that these consents of one client opened, and date anew what was kept by them: once for all of
    them, as each time looks at every line of the client.
    """
    subjects: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        subjects[row.purpose].append(row.subject_id)
    for purpose, theirs in sorted(subjects.items()):
        close_views(theirs, purpose)
    if rows:
        _date_again(rows[0].client_id, [row.subject_id for row in rows], ended=True)


def _end(row: ConsentState, state: str, *, at: datetime, reason: str) -> None:
    given = row.event
    ConsentEvent.objects.get_or_create(
        line_id=given.line_id,
        reference=bytes(given.reference),
        purpose=row.purpose,
        recipient=row.recipient,
        state=state,
        at=at,
        defaults={
            "client_id": row.client_id,
            "scope": given.scope,
            "method": ConsentEvent.Method.SYSTEM,
            "call_id": given.call_id,
            "subject_id": row.subject_id,
            "reason": reason,
            "recorded_at": clock.now(),
        },
    )


def note_age(subject: Subject, born: date | None, *, jurisdiction: str, today: date, actor: str) -> None:
    """Note until when somebody is too young to consent themselves; nothing for whoever is not.

    The year alone is kept: the day is nobody's business here. Whoever was noted stays so where their birth date is not
    told any more: nobody grows up by a list that leaves it out.

    Source: PIPL art. 31; GDPR art. 8.
    """
    if born is None:
        return
    age = AGE_OF_CONSENT.get(jurisdiction, max(AGE_OF_CONSENT.values()))
    until = date(born.year + age + 1, 1, 1)
    if until <= today:
        Minor.objects.filter(subject=subject).delete()
        return
    _note_young(subject, until, actor)


def note_young(subject: Subject, *, noted: date, actor: str) -> None:
    """Note that somebody was too young to consent on this day, where nobody knows their age any more: for as long as
    that can last.
    """
    until = date(noted.year + max(AGE_OF_CONSENT.values()) + 1, 1, 1)
    known = Minor.objects.filter(subject=subject).values_list("until", flat=True).first()
    _note_young(subject, max(until, known or until), actor)


def _note_young(subject: Subject, until: date, actor: str) -> None:
    """The log is told that it is so, and not until when: the year of birth would be read from that."""
    if Minor.objects.filter(subject=subject, until=until).exists():
        return
    Minor.objects.update_or_create(subject=subject, defaults={"client_id": subject.client_id, "until": until})
    told = journal.Entry(event=Event.MINOR_NOTED, actor=actor, client=subject.client_id, subject=subject.pk)
    journal.record(told)
