"""The due date of stored records as SQL: the same as `rules.due_dates`, for a page of the table at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from callwarden.custody.categories import Category
from callwarden.custody.models import Line
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.terms import Ground
from callwarden.lawful.retention.models import RetentionRule, Trigger
from callwarden.lawful.retention.queries import rules_of
from callwarden.lawful.retention.statutes import strictest

# `asks`: whether what was said of the purpose decides anything.
_RULES: Final = """
rules AS MATERIALIZED (
  SELECT t.*, t.refusable OR t.began_by = 'consent_withdrawn' AS asks
    FROM unnest(%(lines)s::uuid[], %(categories)s::text[], %(purposes)s::text[], %(triggers)s::text[], %(days)s::int[],
                %(floors)s::int[], %(refusable)s::bool[])
      AS t(line, category, purpose, began_by, days, floor_days, refusable)
),
laws AS MATERIALIZED (
  SELECT * FROM unnest(%(law_lines)s::uuid[], %(law_categories)s::text[], %(law_directions)s::text[],
                       %(law_days)s::int[]) AS t(line, category, direction, days)
)"""
_NO: Final = "('refused', 'withdrawn')"
# What stands of a purpose for a record: the same as `gate.answers_about`. A no in the call stays for the call.
_SAID: Final = """
SELECT t.COLUMN FROM (
  (SELECT e.state, LEAST(e.at, e.recorded_at) AS said_at, lawful_consent_rank(e.state) AS rank,
          e.state IN REFUSAL AS stays
     FROM lawful_consentevent e
    WHERE e.line_id = f.call_line AND e.reference = f.reference AND e.purpose = q.purpose
      AND e.recipient = '' AND e.state <> 'requested'
    ORDER BY 2 DESC, 3 DESC LIMIT 1)
  UNION ALL
  SELECT s.state, s.said_at, s.rank, false FROM lawful_consentstate s
   WHERE s.subject_id = ANY(f.people) AND s.purpose = q.purpose AND s.recipient = ''
     AND s.state <> 'requested' AND (f.call_id IS NULL OR s.scope <> 'call' OR s.state IN REFUSAL)
) t ORDER BY t.stays DESC, t.said_at DESC, t.rank DESC LIMIT 1
""".replace("REFUSAL", _NO)
_EVENT: Final = "(SELECT max(e.at) FROM lawful_retentionevent e WHERE e.customer_id = f.customer AND e.trigger = KIND)"
# When a period begins; NULL while it waits for its event. An event can only be waited for where there is a customer.
_BEGINS: Final = """
CASE WHEN f.proof THEN f.base ELSE CASE u.began_by
  WHEN 'call_end' THEN f.base
  WHEN 'last_contact' THEN GREATEST(f.base, EVENT,
    (SELECT max(k.started_at + k.duration_ms * interval '1 millisecond') FROM custody_call k
      WHERE k.customer_id = f.customer))
  WHEN 'consent_withdrawn' THEN COALESCE(
    GREATEST(EVENT, CASE WHEN u.state <> 'given' THEN u.said_at END),
    CASE WHEN f.customer IS NULL THEN f.base END)
  ELSE COALESCE(EVENT, CASE WHEN f.customer IS NULL THEN f.base END)
END END""".replace("EVENT", _EVENT.replace("KIND", "u.began_by"))
# A purpose that was refused keeps nothing any longer; its floor, a duty of law, keeps on. Where the period counts from
# the withdrawal, that is what the rule says.
_LEFT_OUT: Final = "(u.refusable AND u.began_by <> 'consent_withdrawn' AND u.state IN REFUSAL) IS TRUE"
# Most people have refused nothing: they cost no look at what was said. Whether they did is asked once for each call
# (the planner remembers it), and not for each of its records. The proof of a yes outlives its withdrawal: until then
# it has to be shown that it was given.
_ASKED: Final = "CASE WHEN q.asks AND f.said AND NOT f.proof THEN (SAID) END"
# A proof is kept for what the answer in it was about: the same as `queries.kept_for`.
_PROVEN: Final = """(SELECT e.purpose FROM lawful_consentevidence s JOIN lawful_consentevent e ON e.evidence_id = s.id
                      WHERE s.record_id = f.id)"""
# `CHOSEN` narrows the records: a page of the table, or those of one question.
_COMPUTED = (
    """
found AS (
  SELECT r.ctid AS place, r.id, r.line_id, r.category, r.purposes, r.due_at, r.call_id, r.bucket_id,
         r.category = 'consent_proof' AS proof, c.line_id AS call_line, c.reference,
         COALESCE(c.direction, l.direction) AS direction,
         CASE WHEN c.id IS NULL OR r.category = 'consent_proof' THEN r.created_at
              ELSE c.started_at + c.duration_ms * interval '1 millisecond' END AS base,
         COALESCE(r.customer_id, c.customer_id) AS customer,
         CASE WHEN %(asked)s THEN c.id END AS heard_in,
         CASE WHEN %(asked)s AND c.id IS NULL THEN r.subject_id END AS alone
    FROM custody_record r JOIN custody_line l ON l.id = r.line_id LEFT JOIN custody_call c ON c.id = r.call_id
   WHERE r.client_id = %(client)s AND r.state <> 'destroyed' AND r.erase_at IS NULL AND CHOSEN
),
facts AS MATERIALIZED (
  SELECT found.*, w.people, w.said
    FROM found LEFT JOIN LATERAL (
      SELECT p.people, EXISTS (SELECT 1 FROM lawful_consentstate s WHERE s.subject_id = ANY(p.people)
                                 AND s.recipient = '' AND s.state NOT IN ('requested', 'given')) AS said
        FROM (SELECT ARRAY(SELECT h.holder UNION
                           SELECT theirs.subject_id FROM custody_personlink mine JOIN custody_personlink theirs
                               ON theirs.person_id = mine.person_id AND theirs.revoked_at IS NULL
                            WHERE mine.subject_id = h.holder AND mine.revoked_at IS NULL) AS people
                FROM (SELECT COALESCE(found.alone, (SELECT g.subject_id FROM custody_leg g
                        WHERE g.call_id = found.heard_in AND g.party <> 'agent' ORDER BY g.id LIMIT 1)) AS holder
                      OFFSET 0) AS h
               WHERE h.holder IS NOT NULL OFFSET 0) AS p
    ) AS w ON true
),
bounds AS MATERIALIZED (
  SELECT f.place, f.id, f.line_id, f.category, f.bucket_id, f.due_at AS was, d.ceiling, d.ended,
         GREATEST(d.floor, (SELECT f.base + max(w.days) * ONE_DAY FROM laws w
           WHERE w.line = f.line_id AND w.category = f.category AND w.direction = f.direction)) AS floor
    FROM facts f LEFT JOIN LATERAL (
      SELECT max(COALESCE(v.begins + v.days * ONE_DAY, %(open)s)) FILTER (WHERE NOT v.left_out) AS ceiling,
             max(v.said_at) FILTER (WHERE v.left_out) AS ended,
             max(COALESCE(v.begins, f.base) + v.floor_days * ONE_DAY) FILTER (WHERE v.floor_days > 0) AS floor
        FROM (SELECT u.days, u.floor_days, u.said_at, LEFT_OUT AS left_out, BEGINS AS begins
                FROM (SELECT q.*, STATE AS state, MOMENT AS said_at FROM rules q
                       WHERE q.line = f.line_id AND q.category = f.category
                         AND (q.purpose = ANY(f.purposes) OR f.proof AND q.purpose IN PROVEN) OFFSET 0) AS u) AS v
    ) d ON true
),
computed AS (
  SELECT place, id, line_id, category, bucket_id, was,
         CASE WHEN COALESCE(ceiling, ended) IS NOT NULL THEN GREATEST(COALESCE(ceiling, ended), floor)
              WHEN floor > was THEN floor END AS due
    FROM bounds
)""".replace("BEGINS", _BEGINS)
    .replace("LEFT_OUT", _LEFT_OUT)
    .replace("PROVEN", _PROVEN)
    .replace("REFUSAL", _NO)
)
for _part, _column in (("STATE", "state"), ("MOMENT", "said_at")):
    _COMPUTED = _COMPUTED.replace(_part, _ASKED.replace("SAID", _SAID.replace("COLUMN", _column)))
_COMPUTED = _COMPUTED.replace("ONE_DAY", "interval '24 hours'")
_PAGE: Final = "r.ctid >= %(first)s::tid AND r.ctid < %(end)s::tid"
_CONCERNED: Final = "r.line_id = ANY(%(concerned)s) AND r.category = %(category)s"
_THESE: Final = "r.id = ANY(%(records)s)"
_IN_BUCKETS: Final = "r.bucket_id = ANY(%(buckets)s)"


def _over(chosen: str, statement: str) -> str:
    return f"WITH {_RULES}, {_COMPUTED.replace('CHOSEN', chosen)}\n{statement}"


# What no rule covers any more keeps the date it has, unless a floor outlasts it.
_UPDATE: Final = """
UPDATE custody_record r SET due_at = x.due FROM computed x
 WHERE r.ctid = x.place AND r.id = x.id AND x.due IS NOT NULL AND x.due <> x.was
"""
_WRITE: Final = _over(_PAGE, _UPDATE)
_WRITE_THESE: Final = _over(_THESE, _UPDATE)
_LATER: Final = _over(_THESE, "SELECT id FROM computed WHERE due > %(now)s")
_WAITED_FOR: Final = _over(_IN_BUCKETS, "SELECT DISTINCT bucket_id FROM computed WHERE due > %(now)s")
_PREVIEW: Final = _over(
    _CONCERNED,
    """
SELECT CASE WHEN was >= %(open)s THEN NULL ELSE date_trunc('month', GREATEST(was, %(now)s) AT TIME ZONE 'UTC') END,
       CASE WHEN due >= %(open)s THEN NULL ELSE date_trunc('month', GREATEST(due, %(now)s) AT TIME ZONE 'UTC') END,
       count(*), count(*) FILTER (WHERE due <= %(now)s AND was > %(now)s), count(*) FILTER (WHERE due <> was)
  FROM (SELECT was, COALESCE(due, was) AS due FROM computed) AS dated GROUP BY 1, 2 ORDER BY 1, 2
""",
)
# A batch is a small part of its table whatever the planner guesses.
_BY_PLACE: Final = """
SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)
"""


@dataclass(frozen=True)
class LineRule:
    """One rule as it holds for one line.

    Attributes:
        refusable: whether a no ends what is kept for the purpose: it rests on consent on this line, or on an interest
            that one objects to.
    """

    line: UUID
    category: str
    purpose: str
    trigger: str
    days: int
    floor_days: int = 0
    refusable: bool = False


@dataclass(frozen=True)
class Law:
    """How long a law has records of a line kept at least, for calls of one direction."""

    line: UUID
    category: str
    direction: str
    days: int


@dataclass(frozen=True)
class Terms:
    """Everything that says how long the records of some lines are kept."""

    rules: tuple[LineRule, ...]
    laws: tuple[Law, ...]


def line_rules(lines: Iterable[Line]) -> Terms:
    """What holds now for each of these lines."""
    every = list(lines)
    rules = tuple(of(line, rule, refusable(line)) for line in every for rule in rules_of(line))
    return Terms(rules, tuple(law for line in every for law in laws_of(line)))


def refusable(line: Line) -> frozenset[str]:
    """Purposes of the line for which a no is heard. On a contract or a duty of law none is.

    Source: GDPR art. 17(1)(b), (c); PIPL art. 47(1)(3).
    """
    grounds = registry.grounds(line)
    return frozenset(one.purpose for one in grounds if one.by_consent or one.ground == Ground.LEGITIMATE_INTEREST)


def of(line: Line, rule: RetentionRule, refusing: frozenset[str]) -> LineRule:
    return LineRule(
        line.pk,
        rule.category,
        rule.purpose_id,
        rule.trigger,
        rule.ceiling_days,
        rule.floor_days,
        rule.purpose_id in refusing,
    )


def laws_of(line: Line) -> list[Law]:
    """Statutory floors of a line's records."""
    found: list[Law] = []
    for category in Category.values:
        for direction in Line.Direction.values:
            law = strictest("floor", jurisdiction=line.jurisdiction, direction=direction, category=category)
            if law:
                found.append(Law(line.pk, category, direction, law.days))
    return found


def pages() -> int:
    """Pages of the table of records."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('custody_record'::regclass) / current_setting('block_size')::int")
        return int(cursor.fetchone()[0])


def write(client: UUID, rules: Terms, *, first: int, end: int) -> int:
    """Give the records on these pages their due dates. Call it inside `client_scope`. Returns how many changed."""
    arguments = {**_arguments(client, rules), "first": f"({first},0)", "end": f"({end},0)"}
    with connection.cursor() as cursor:
        cursor.execute(_BY_PLACE)
        cursor.execute(_WRITE, arguments)
        return int(cursor.rowcount)


def write_these(client: UUID, rules: Terms, records: Sequence[UUID]) -> int:
    """Give these records their due dates; their subjects are locked by the caller. Call it inside `client_scope`.
    Returns how many changed.
    """
    return _change(_WRITE_THESE, {**_arguments(client, rules), "records": list(records)})


def later(client: UUID, rules: Terms, records: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Those of the records that are due after `now` by these rules, whatever date is written. Call it inside
    `client_scope`.
    """
    return _ids(_LATER, {**_arguments(client, rules), "records": list(records), "now": now})


def waited_for(client: UUID, rules: Terms, buckets: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Those of the buckets with a record that is due after `now` by these rules, whatever date is written. Call it
    inside `client_scope`.
    """
    return _ids(_WAITED_FOR, {**_arguments(client, rules), "buckets": list(buckets), "now": now})


def _change(statement: str, arguments: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return int(cursor.rowcount)


def _ids(statement: str, arguments: dict[str, Any]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return {row[0] for row in cursor.fetchall()}


@dataclass(frozen=True)
class Shift:
    """Records that would go in another month: from when to when (first day; None: open), how many.

    Attributes:
        now: of them, those that would be destroyed at once and are not yet.
        changed: of them, those whose day changes, within the month or beyond.
    """

    was: datetime | None
    due: datetime | None
    count: int
    now: int
    changed: int


def preview(client: UUID, rules: Terms, *, lines: Sequence[UUID], category: str, now: datetime) -> list[Shift]:
    """What would become of the stored records of a category on these lines under these rules. Call it inside
    `client_scope`; nothing is changed.
    """
    given = {**_arguments(client, rules), "concerned": list(lines), "category": category, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_PREVIEW, given)
        return [Shift(*row) for row in cursor.fetchall()]


def _arguments(client: UUID, terms: Terms) -> dict[str, Any]:
    rules, laws = terms.rules, terms.laws
    return {
        "client": client,
        "open": OPEN_UNTIL,
        "asked": any(rule.refusable or rule.trigger == Trigger.CONSENT_WITHDRAWN for rule in rules),
        "lines": [rule.line for rule in rules],
        "categories": [rule.category for rule in rules],
        "purposes": [rule.purpose for rule in rules],
        "triggers": [rule.trigger for rule in rules],
        "days": [rule.days for rule in rules],
        "floors": [rule.floor_days for rule in rules],
        "refusable": [rule.refusable for rule in rules],
        "law_lines": [law.line for law in laws],
        "law_categories": [law.category for law in laws],
        "law_directions": [law.direction for law in laws],
        "law_days": [law.days for law in laws],
    }
