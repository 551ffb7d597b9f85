"""Due dates of a million records computed anew after a rule changed, and keys moved to the buckets of their dates.

- recompute_s: from the change of the rule until every one of the records has its new date, in the batches of the
  background job: the pass that writes, and the one that finds nothing left. Four records a call, every date changes.
- rebucket_rows_s: records a second moved to another week's bucket: keys unwrapped and wrapped anew by the keeper.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

Progress = Callable[[str], None]
RECORDS = 1_000_000
A_CALL = 4
REAL = 2_000
DAYS = 400
CATEGORY, PURPOSE = "recording_redacted", "quality"

_CALLS = """
INSERT INTO custody_subject (id, client_id, kind, generation, created_at)
SELECT gen_random_uuid(), %(client)s, 'caller', 1, now() FROM generate_series(1, %(calls)s);
INSERT INTO custody_call (id, client_id, line_id, reference, direction, language, started_at, duration_ms, redaction,
                          admitted_at, spans)
SELECT s.id, %(client)s, %(line)s, uuid_send(s.id) || uuid_send(s.id), 'inbound', 'zh',
       now() - random() * interval '60 days', 180000, 'done', now(), 0
  FROM custody_subject s;
"""
_RECORDS = """
INSERT INTO custody_record (id, client_id, line_id, category, purposes, basis, subject_id, bucket_id, call_id, state,
                            suite, object_key, sealed_size, plain_size, sealed_digest, media, created_at, due_at)
SELECT gen_random_uuid(), %(client)s, %(line)s, %(category)s, %(purposes)s, gen_random_uuid(), c.id, %(bucket)s, c.id,
       'stored', 1, '', 0, 0, '', '{}', now(), c.started_at + interval '90 days'
  FROM custody_call c, generate_series(1, %(each)s);
"""


def run(line: Any, rows: int, progress: Progress) -> dict[str, float]:
    records = min(rows, RECORDS)
    progress(f"laying {records:,} records")
    seeded = _seed(line, records)
    progress("computing due dates anew")
    figures = {"retention_records": float(records), "retention_seed_s": seeded} | _recompute(line, records)
    progress("moving records to other buckets")
    return figures | _rebucket(line)


def _seed(line: Any, records: int) -> float:
    from django.db import connection

    from callwarden.custody.models import Bucket
    from callwarden.custody.put import expiry_week
    from callwarden.custody.scope import client_scope
    from callwarden.kernel import clock

    began = time.perf_counter()
    with client_scope(line.client_id):
        week = expiry_week(clock.now() + timedelta(days=90))
        bucket = Bucket.objects.create(client_id=line.client_id, line=line, category=CATEGORY, expires_on=week)
        told = {"client": line.client_id, "line": line.id, "category": CATEGORY, "purposes": [PURPOSE]}
        told |= {"bucket": bucket.id, "each": A_CALL, "calls": -(-records // A_CALL)}
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            for statement in (*_CALLS.split(";\n")[:2], _RECORDS):
                cursor.execute(statement, told)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE custody_record")
        cursor.execute("ANALYZE custody_call")
    return time.perf_counter() - began


def _recompute(line: Any, records: int) -> dict[str, float]:
    """Change the rule as two people would, then do what the worker does until the dates are written."""
    from django.db import connection

    from callwarden.custody.scope import client_scope
    from callwarden.lawful.retention import actions, runs
    from callwarden.lawful.retention.acts import asked_now
    from callwarden.lawful.retention.models import RetentionRun

    change = asked_now(line.id, CATEGORY, PURPOSE, floor_days=0, ceiling_days=DAYS)
    actions.put(change, actor="system")
    began = time.perf_counter()
    while (now := RetentionRun.objects.get(finished_at=None)).step == "dates":
        runs.step(now)
    seconds = time.perf_counter() - began
    with client_scope(line.client_id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM custody_record r JOIN custody_call c ON c.id = r.call_id"
            " WHERE r.due_at <> c.started_at + c.duration_ms * interval '1 millisecond' + %s * interval '24 hours'",
            [DAYS],
        )
        if (wrong := cursor.fetchone()[0]) or now.dates_changed < records:
            raise RuntimeError(f"{wrong} records have another date; {now.dates_changed} were changed")
    return {"recompute_s": seconds, "recompute_rows_s": records / seconds, "recompute_to_limit": 60 / seconds}


def _rebucket(line: Any) -> dict[str, float]:
    from callwarden.custody.basis import Basis
    from callwarden.custody.categories import Category
    from callwarden.custody.mint import WITNESS
    from callwarden.custody.models import Record, Subject
    from callwarden.custody.moving import move
    from callwarden.custody.put import Place, Shelf, put_fields
    from callwarden.custody.scope import client_scope
    from callwarden.custody.subjects import new_subject
    from callwarden.kernel import clock

    due = clock.now() + timedelta(days=90)
    basis = Basis(
        witness=WITNESS, client=line.client_id, line=line.id, purposes=(PURPOSE,),
        due={Category.CONTACT: due}, grounds={PURPOSE: "consent"},
    )  # fmt: skip
    made = []
    with client_scope(line.client_id):
        shelf = Shelf(basis)
        for _ in range(REAL):
            subject = new_subject(line.client_id, Subject.Kind.CALLER)
            fields = [("phone", "13800000000")]
            made.append(put_fields(shelf, category=Category.CONTACT, subject=subject, fields=fields, place=Place()).id)
        Record.objects.filter(pk__in=made).update(due_at=due + timedelta(days=70))
    began, moved = time.perf_counter(), 0
    for start in range(0, REAL, 200):
        with client_scope(line.client_id):
            moved += move(made[start : start + 200])
    if moved != REAL:
        raise RuntimeError(f"{moved} records moved of {REAL}")
    return {"rebucket_rows_s": REAL / (time.perf_counter() - began)}
