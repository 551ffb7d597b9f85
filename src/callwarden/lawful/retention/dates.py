"""The due date of stored records as SQL: the same as `rules.due_dates`, for a page of the table at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from callwarden.custody.models import Line
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.retention.queries import rules_of

_RULES: Final = """
rules AS MATERIALIZED (
  SELECT * FROM unnest(%(lines)s::uuid[], %(categories)s::text[], %(purposes)s::text[], %(triggers)s::text[],
                       %(days)s::int[]) AS t(line, category, purpose, began_by, days)
)"""
_EVENT: Final = "(SELECT max(e.at) FROM lawful_retentionevent e WHERE e.customer_id = f.customer AND e.trigger = KIND)"
# When a period begins; NULL while it waits for its event. An event can only be waited for where there is a customer.
_BEGINS: Final = """
CASE u.began_by
  WHEN 'call_end' THEN f.base
  WHEN 'last_contact' THEN GREATEST(f.base, EVENT,
    (SELECT max(k.started_at + k.duration_ms * interval '1 millisecond') FROM custody_call k
      WHERE k.customer_id = f.customer))
  WHEN 'consent_withdrawn' THEN COALESCE(
    GREATEST(EVENT,
      (SELECT max(w.at) FROM lawful_consentevent w
        WHERE w.call_id = f.call_id AND w.purpose = u.purpose AND w.state IN ('withdrawn', 'expired', 'invalidated'))),
    CASE WHEN f.customer IS NULL THEN f.base END)
  ELSE COALESCE(EVENT, CASE WHEN f.customer IS NULL THEN f.base END)
END""".replace("EVENT", _EVENT.replace("KIND", "u.began_by"))
# `CHOSEN` narrows the records: a page of the table, or those of one question.
_COMPUTED: Final = """
facts AS (
  SELECT r.ctid AS place, r.id, r.line_id, r.category, r.purposes, r.due_at, r.call_id,
         COALESCE(c.started_at + c.duration_ms * interval '1 millisecond', r.created_at) AS base,
         COALESCE(r.customer_id, c.customer_id) AS customer
    FROM custody_record r LEFT JOIN custody_call c ON c.id = r.call_id
   WHERE r.client_id = %(client)s AND r.state <> 'destroyed' AND r.erase_at IS NULL AND CHOSEN
),
computed AS (
  SELECT f.place, f.id, f.line_id, f.category, f.due_at AS was,
         (SELECT max(COALESCE((BEGINS) + u.days * interval '24 hours', %(open)s)) FROM rules u
           WHERE u.line = f.line_id AND u.category = f.category AND u.purpose = ANY(f.purposes)) AS due
    FROM facts f
)""".replace("BEGINS", _BEGINS)
_PAGE: Final = "r.ctid >= %(first)s::tid AND r.ctid < %(end)s::tid"
_CONCERNED: Final = "r.line_id = ANY(%(concerned)s) AND r.category = %(category)s"


def _over(chosen: str, statement: str) -> str:
    return f"WITH {_RULES}, {_COMPUTED.replace('CHOSEN', chosen)}\n{statement}"


# What no rule covers any more keeps the date it has.
_WRITE: Final = _over(
    _PAGE,
    """
UPDATE custody_record r SET due_at = x.due FROM computed x
 WHERE r.ctid = x.place AND r.id = x.id AND x.due IS NOT NULL AND x.due <> x.was
""",
)
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
    """One rule as it holds for one line."""

    line: UUID
    category: str
    purpose: str
    trigger: str
    days: int


def line_rules(lines: Iterable[Line]) -> list[LineRule]:
    """What holds now for each of these lines."""
    return [of(line, rule) for line in lines for rule in rules_of(line)]


def of(line: Line, rule: RetentionRule) -> LineRule:
    return LineRule(line.pk, rule.category, rule.purpose_id, rule.trigger, rule.ceiling_days)


def pages() -> int:
    """Pages of the table of records."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('custody_record'::regclass) / current_setting('block_size')::int")
        return int(cursor.fetchone()[0])


def write(client: UUID, rules: Sequence[LineRule], *, first: int, end: int) -> int:
    """Give the records on these pages their due dates. Call it inside `client_scope`. Returns how many changed."""
    arguments = {**_arguments(client, rules), "first": f"({first},0)", "end": f"({end},0)"}
    with connection.cursor() as cursor:
        cursor.execute(_BY_PLACE)
        cursor.execute(_WRITE, arguments)
        return int(cursor.rowcount)


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


def preview(
    client: UUID, rules: Sequence[LineRule], *, lines: Sequence[UUID], category: str, now: datetime
) -> list[Shift]:
    """What would become of the stored records of a category on these lines under these rules. Call it inside
    `client_scope`; nothing is changed.
    """
    given = {**_arguments(client, rules), "concerned": list(lines), "category": category, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_PREVIEW, given)
        return [Shift(*row) for row in cursor.fetchall()]


def _arguments(client: UUID, rules: Sequence[LineRule]) -> dict[str, Any]:
    return {
        "client": client,
        "open": OPEN_UNTIL,
        "lines": [rule.line for rule in rules],
        "categories": [rule.category for rule in rules],
        "purposes": [rule.purpose for rule in rules],
        "triggers": [rule.trigger for rule in rules],
        "days": [rule.days for rule in rules],
    }
