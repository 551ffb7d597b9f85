"""Everything a decision on use has to know, brought by one prepared statement inside `client_scope`.

The decision stands before every use, so it must cost next to nothing. Asked through the object mapper the same facts
took some ten statements; here the server keeps one plan, and every table is reached by an index (in the plan of ten
million consent events too, see docs/guides/figures.md). What the columns mean is said where they are defined; that
both ways find the same is shown in tests/lawful/test_using.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from callwarden.custody.models import Call, Line, Record
from callwarden.kernel import prepared
from callwarden.lawful.consent.rules import Answer, concerns, newest, of_call_and_person, reaches_every_call
from callwarden.lawful.purposes.queries import Served
from callwarden.lawful.purposes.rules import OnRecord

# A call still counts as going on while its agent wraps it up.
WRAP_UP: Final = timedelta(minutes=30)

# What a line serves of the purposes asked about. One whose ground contradicts the registry is left out.
_SERVED: Final = """
  SELECT purpose.slug, purpose.use, of_line.ground, of_line.core,
         purpose.separate_consent OR of_line.ground = 'separate_consent' AS separate_consent,
         purpose.sensitive, purpose.abroad, registered.condition, registered.ends_with, registered.provision,
         registered.reference, registered.recorded_on, registered.valid_until,
         purpose.assessment_id IS NOT NULL AS assessed, purpose.state
    FROM lawful_linepurpose of_line
    JOIN lawful_purpose purpose ON purpose.slug = of_line.purpose_id AND purpose.state = 'active'
    LEFT JOIN lawful_purposeground registered
      ON registered.purpose_id = purpose.slug AND registered.jurisdiction = %(jurisdiction)s::text
   WHERE of_line.line_id = %(line)s::uuid
     AND (registered.id IS NULL OR registered.ground = of_line.ground)
     AND """
_OF_USE: Final = f"{_SERVED} purpose.use = %(use)s::text"
# A purpose somebody states need not be one of the line's; what was said about it is wanted all the same.
_OF_PURPOSE: Final = f"""
  SELECT asked.slug, served.use, served.ground, served.core, served.separate_consent, served.sensitive, served.abroad,
         served.condition, served.ends_with, served.provision,
         served.reference, served.recorded_on, served.valid_until, served.assessed,
         (SELECT known.state FROM lawful_purpose known WHERE known.slug = asked.slug) AS state
    FROM (SELECT %(purpose)s::text AS slug) asked
    LEFT JOIN ({_SERVED} purpose.slug = %(purpose)s::text) served ON served.slug = asked.slug"""  # noqa: S608

# Whether the yes of `event` was one act with a yes to something else, as `consent.rules.is_bundled` has it.
_BUNDLED: Final = """
         CASE WHEN event.state = 'given' AND NOT (event.apart AND event.method = 'web') THEN EXISTS (
           SELECT FROM lawful_consentevent other
            WHERE other.line_id = event.line_id AND other.reference = event.reference AND other.at = event.at
              AND other.state = 'given'
              AND (other.purpose <> event.purpose OR other.recipient <> event.recipient)) ELSE false END"""

_STATEMENT: Final = """
WITH wanted AS MATERIALIZED ({wanted}
), caller AS MATERIALIZED (
  SELECT COALESCE(%(subject)s::uuid, (
           SELECT leg.subject_id FROM custody_leg leg
            WHERE leg.call_id = %(call)s::uuid AND leg.party <> 'agent' ORDER BY leg.id LIMIT 1)) AS id
   WHERE %(person)s::uuid IS NULL
), person AS MATERIALIZED (
  SELECT COALESCE(%(person)s::uuid, (
           SELECT link.person_id FROM custody_personlink link
            WHERE link.subject_id = (SELECT id FROM caller) AND link.revoked_at IS NULL)) AS id
), people AS MATERIALIZED (
  SELECT link.subject_id AS id FROM custody_personlink link
   WHERE link.person_id = (SELECT id FROM person) AND link.revoked_at IS NULL
  UNION
  SELECT id FROM caller WHERE id IS NOT NULL
), customers AS MATERIALIZED (
  SELECT customer.id FROM custody_customer customer
   WHERE customer.person_id = (SELECT id FROM person) AND EXISTS (SELECT FROM people)
), said AS (
  SELECT false AS in_call, stands.purpose, stands.recipient, stands.state, stands.said_at, stands.scope,
         stands.expires_at, event.by, event.notice_id, {bundled} AS bundled
    FROM lawful_consentstate stands
    JOIN lawful_consentevent event ON event.id = stands.event_id
   WHERE stands.subject_id = ANY (ARRAY (SELECT id FROM people))
     AND stands.recipient IN ('', %(recipient)s::text) AND stands.purpose IN (SELECT slug FROM wanted)
  UNION ALL
  SELECT true, event.purpose, event.recipient, event.state, LEAST(event.at, event.recorded_at), event.scope,
         event.expires_at, event.by, event.notice_id, {bundled}
    FROM lawful_consentevent event
   WHERE event.line_id = %(line)s::uuid AND event.reference = %(reference)s::bytea
     AND event.recipient IN ('', %(recipient)s::text) AND event.purpose IN (SELECT slug FROM wanted)
  UNION ALL
  SELECT false, event.purpose, '*', event.state, LEAST(event.at, event.recorded_at), event.scope, event.expires_at,
         event.by, event.notice_id, false
    FROM lawful_consentevent event
   WHERE %(recipient)s::text <> '' AND event.subject_id = ANY (ARRAY (SELECT id FROM people))
     AND event.recipient = '' AND event.state IN ('refused', 'withdrawn')
     AND event.purpose IN (SELECT slug FROM wanted)
), recipient AS (
  SELECT found.id, found.role, found.country, EXISTS (
           SELECT FROM lawful_transfer abroad
            WHERE abroad.recipient_id = found.id AND abroad.jurisdiction = %(jurisdiction)s::text
              AND abroad.registered_at IS NOT NULL AND abroad.ended_at IS NULL
              AND abroad.valid_from <= %(today)s::date
              AND (abroad.valid_until IS NULL OR abroad.valid_until >= %(today)s::date)) AS transferred
    FROM lawful_recipient found
   WHERE found.client_id = %(client)s::uuid AND found.slug = %(recipient)s::text AND found.ended_at IS NULL
     AND EXISTS (
       SELECT FROM lawful_recipient_purposes theirs
         JOIN lawful_linepurpose ours ON ours.purpose_id = theirs.purpose_id AND ours.line_id = %(line)s::uuid
        WHERE theirs.recipient_id = found.id)
)
SELECT wanted.*, recipient.role, recipient.country, recipient.transferred,
       EXISTS (SELECT FROM lawful_recipient_purposes theirs
                WHERE theirs.recipient_id = recipient.id AND theirs.purpose_id = wanted.slug),
       CASE WHEN wanted.ground = 'contract' THEN EXISTS (SELECT FROM customers) ELSE false END,
       CASE WHEN wanted.ground NOT IN ('consent', 'separate_consent') THEN ARRAY(
         SELECT told.trigger::text FROM lawful_retentionevent told
          WHERE told.customer_id = ANY (ARRAY (SELECT id FROM customers))
          GROUP BY told.customer_id, told.trigger HAVING max(told.at) <= %(now)s::timestamptz) END,
       CASE WHEN said.state IS NOT NULL THEN EXISTS (
         SELECT FROM lawful_minor young
          WHERE young.subject_id = ANY (ARRAY (SELECT id FROM people UNION ALL SELECT %(holder)s::uuid))
            AND young.until > %(today)s::date) ELSE false END,
       said.in_call, said.recipient, said.state, said.said_at, said.scope, said.expires_at, said.by, said.notice_id,
       said.bundled
  FROM wanted
  LEFT JOIN recipient ON true
  LEFT JOIN said ON said.purpose = wanted.slug
 ORDER BY wanted.core DESC, wanted.slug
"""
OF_USE: Final = _STATEMENT.format(wanted=_OF_USE, bundled=_BUNDLED)
OF_PURPOSE: Final = _STATEMENT.format(wanted=_OF_PURPOSE, bundled=_BUNDLED)


@dataclass(frozen=True)
class Said:
    """One answer, whether it was said in the call in question, and to whom the data would go.

    Attributes:
        recipient: "*" for what was once said no to for ourselves, whatever was said of us since.
    """

    in_call: bool
    recipient: str
    answer: Answer

    def concerns(self, recipient: str) -> bool:
        if self.recipient == "*":
            return bool(recipient)
        return concerns(self.answer.state, self.recipient, recipient)


@dataclass(frozen=True)
class Wanted:
    """One purpose with everything known about it here.

    Attributes:
        served: as the line serves it; None where it does not.
        role, country: of the recipient; None where the line gives nothing to such a one.
        state: of the purpose in the registry; None where it has no such purpose.
        transferred: what allows a transfer to the recipient, were they abroad, is registered and holds today.
        theirs: the recipient is registered for this purpose.
        contract, ended, young: looked up only where the ground, or an answer, makes them count.
    """

    purpose: str
    served: Served | None
    state: str | None
    role: str | None
    country: str | None
    transferred: bool
    theirs: bool
    contract: bool
    ended: frozenset[str]
    young: bool
    said: list[Said] = field(default_factory=list)


def of_use(
    use: str,
    *,
    line: Line,
    subject: UUID | None,
    person: UUID | None,
    call: Call | None,
    recipient: str,
    now: datetime,
) -> list[Wanted]:
    """The purposes of this use that the line serves, core ones first. Call it inside `client_scope`."""
    asked = _of_line(line, now) | {
        "use": str(use),
        "subject": subject,
        "person": person,
        "holder": subject,
        "call": call.pk if call else None,
        "reference": bytes(call.reference) if call else None,
        "recipient": recipient,
    }
    return _read(prepared.ask(OF_USE, asked))


def of_record(record: Record, purpose: str, *, now: datetime) -> Wanted:
    """One purpose for a record: of its call and that call's caller, or of the customer or key holder it is about."""
    call, customer = record.call, record.customer
    asked = _of_line(record.line, now) | {
        "purpose": purpose,
        "subject": record.subject_id if call is None and customer is None else None,
        "person": customer.person_id if call is None and customer is not None else None,
        "holder": record.subject_id,
        "call": call.pk if call else None,
        "reference": bytes(call.reference) if call else None,
        "recipient": "",
    }
    (found,) = _read(prepared.ask(OF_PURPOSE, asked))
    return found


def _of_line(line: Line, now: datetime) -> dict[str, object]:
    return {
        "line": line.pk,
        "client": line.client_id,
        "jurisdiction": line.jurisdiction,
        "now": now,
        "today": now.date(),
    }


def _read(rows: Iterable[tuple[Any, ...]]) -> list[Wanted]:
    found: dict[str, Wanted] = {}
    for row in rows:
        purpose = row[0]
        if purpose not in found:
            found[purpose] = _wanted(row)
        if row[_SAID] is not None:
            found[purpose].said.append(_said(row))
    return list(found.values())


# Where the columns of an answer begin.
_SAID: Final = 22


def _wanted(row: tuple[Any, ...]) -> Wanted:
    purpose, use, ground, core, separate, sensitive, abroad, condition, ends_with, provision = row[:10]
    reference, recorded_on, valid_until, assessed, state = row[10:15]
    role, country, transferred, theirs, contract, ended, young = row[15:_SAID]
    served = None
    if ground is not None:
        known = OnRecord(provision or "", reference or "", recorded_on, valid_until, assessed)
        told = condition or "", ends_with or "", provision or "", known
        served = Served(purpose, use, ground, core, separate, sensitive, abroad, *told)
    return Wanted(
        purpose, served, state, role, country, bool(transferred), theirs, contract, frozenset(ended or ()), young
    )


def _said(row: tuple[Any, ...]) -> Said:
    in_call, recipient, state, said_at, scope, ends, by, notice, bundled = row[_SAID:]
    return Said(
        in_call,
        recipient,
        Answer(
            state=state,
            said_at=said_at,
            of_call=scope == "call",
            bundled=bundled,
            guardian=by == "guardian",
            ends=ends,
            notice=str(notice) if notice else None,
        ),
    )


def stands(wanted: Wanted, *, recipient: str, call: bool) -> Answer | None:
    """The answer that stands for this purpose and recipient, from what was said in the call and anywhere else."""
    theirs = [said for said in wanted.said if said.concerns(recipient)]
    anywhere = [said.answer for said in theirs if not said.in_call]
    if not call:
        return newest(anywhere)
    by_person = newest(answer for answer in anywhere if reaches_every_call(answer))
    return of_call_and_person(newest(said.answer for said in theirs if said.in_call), by_person)


def over(call: Call | None, now: datetime) -> bool:
    """Whether a call has ended, wrapping up included."""
    return call is not None and call.started_at + timedelta(milliseconds=call.duration_ms) + WRAP_UP < now
