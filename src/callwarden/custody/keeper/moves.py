"""Moving wraps by the million, inside the keeper: no key leaves it, and nobody else can do it.

A run goes through a table page by page. Each batch is one transaction that moves rows (each only if it still is what
was read) and the run's position together; a keeper that was killed goes on where the last one committed. A row that
changed its page meanwhile is found by the count at the end, which starts the run over for what is left.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import rfc8785

from callwarden.custody.keeper import rotation
from callwarden.custody.keeper.folder import KeyFolder
from callwarden.custody.keeper.root import Refusal
from callwarden.custody.keeper.store import EVENLY, Store
from callwarden.engines.seal import Suite, rewrap_keys

DESTROY_EPOCH = "protection:keys:destroy_epoch"
# Pages of a batch at most, and seconds one request works: its asker waits for the answer.
MOST_PAGES = 256
LONGEST_SECONDS = 5.0
Request = dict[str, Any]
Answer = dict[str, Any]
Connection = psycopg.Connection[dict[str, Any]]

_RUN = """
SELECT kind, state, from_epoch, to_epoch, client_id, version, step, position, done, rate, started_at,
       pg_current_wal_insert_lsn()::text AS wal
  FROM custody_keyrun WHERE id = %s FOR UPDATE
"""
_MOVED = """
UPDATE custody_keyrun SET step = %(step)s, position = %(position)s, done = done + %(rows)s, moved_at = now(),
       wal_bytes = wal_bytes + pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %(wal)s::pg_lsn)::bigint
 WHERE id = %(run)s
"""
_BY_INDEX = """
SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
"""
_PAGES = "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int AS pages"
_SUBJECT_KEYS = """
SELECT k.ctid::text AS place, k.id, k.suite, k.wrapped,
       ARRAY['subject', %(client)s, k.subject_id::text, k.generation::text] AS context
  FROM custody_subjectkey k WHERE k.ctid >= %(first)s::tid AND k.ctid < %(end)s::tid AND k.epoch_id = %(old)s
"""
_BUCKET_KEYS = """
SELECT k.ctid::text AS place, k.bucket_id AS id, k.suite, k.wrapped,
       ARRAY['bucket', %(client)s, b.line_id::text, k.bucket_id::text] AS context
  FROM custody_bucketkey k JOIN custody_bucket b ON b.id = k.bucket_id
 WHERE k.ctid >= %(first)s::tid AND k.ctid < %(end)s::tid AND k.epoch_id = %(old)s
"""
_TURN = """
UPDATE {table} AS k SET wrapped = v.wrapped, epoch_id = %(new)s
  FROM unnest(%(places)s::tid[], %(ids)s::uuid[], %(wraps)s::bytea[]) AS v(place, id, wrapped)
 WHERE k.ctid = v.place AND k.{id} = v.id AND k.epoch_id = %(old)s
"""
_LEFT = """
SELECT (SELECT count(*) FROM custody_subjectkey WHERE epoch_id = %(epoch)s)
     + (SELECT count(*) FROM custody_bucketkey WHERE epoch_id = %(epoch)s) AS rows
"""
# A clock set forward ends no overlap: time must have passed evenly.
_OVER = """
SELECT retired_at, retired_at + %s <= now() AND EVENLY AS over FROM custody_epoch WHERE id = %s FOR UPDATE
""".replace("EVENLY", EVENLY)
# Step -> (table, its key column, what is read of a batch, the step after it).
_STEPS = {
    "subjects": ("custody_subjectkey", "id", _SUBJECT_KEYS, "buckets"),
    "buckets": ("custody_bucketkey", "bucket_id", _BUCKET_KEYS, "count"),
    "records": ("custody_datakey", "record_id", "", "count"),
}


class Moves:
    """Runs over wraps, and the end of epochs.

    Args:
        overlap: how long the key of an epoch is kept after its last row has moved on.
    """

    def __init__(self, store: Store, folder: KeyFolder, *, overlap: timedelta) -> None:
        self._store = store
        self._folder = folder
        self._overlap = overlap
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "move": self.move,
            "destroy_epoch": self.destroy_epoch,
        }

    def move(self, request: Request) -> Answer:
        """Work on a run for a few seconds. `ended`: nothing is left to move."""
        run = UUID(str(request["run"]))
        until = time.monotonic() + min(float(request.get("seconds", LONGEST_SECONDS)), LONGEST_SECONDS)
        while True:
            began = time.monotonic()
            with self._store.transaction() as connection:
                known = connection.execute(_RUN, (run,)).fetchone()
                if known is None:
                    raise Refusal("no_such_run")
                if known["state"] != "running" or known["step"] == "ended":
                    return {"ended": known["step"] == "ended", "running": known["state"] == "running"}
                step, position, rows = self._step(connection, known)
                arguments = {"step": step, "position": position, "rows": rows, "run": run, "wal": known["wal"]}
                connection.execute(_MOVED, arguments)
            if known["rate"]:
                # A run that was slowed down leaves the database to others between its batches.
                time.sleep(min(max(rows / known["rate"] - (time.monotonic() - began), 0.0), LONGEST_SECONDS))
            if time.monotonic() >= until and step != "ended":
                return {"ended": False, "running": True}

    def destroy_epoch(self, request: Request) -> Answer:
        """End an epoch's key: once no key is under it and the overlap is over, or two people want it now.

        Repeating it changes nothing. The rows, the time and the votes are looked at here: nobody has to be believed.
        """
        epoch, approval = UUID(str(request["epoch"])), request.get("approval")
        with self._store.transaction() as connection:
            row = connection.execute(
                _OVER,
                (self._overlap, epoch),
            ).fetchone()
            if row is None:
                raise Refusal("no_such_epoch")
            if row["retired_at"] is None or self._left(connection, epoch):
                raise Refusal("rows_remain")
            if not row["over"] and not (approval and self._is_approved(UUID(str(approval)), {"epoch": str(epoch)})):
                raise Refusal("epoch_overlaps")
            self._folder.destroy_epoch(epoch)
        return {}

    def _is_approved(self, approval: UUID, parameters: Mapping[str, str]) -> bool:
        act = rfc8785.dumps({"kind": DESTROY_EPOCH, "parameters": dict(parameters)})
        digest = hashlib.sha256(act).hexdigest()
        return self._store.is_approved(approval=approval, kind=DESTROY_EPOCH, digest=digest)

    def _step(self, connection: Connection, run: Mapping[str, Any]) -> tuple[str, int, int]:
        """One batch: the step and page to go on with, and how many rows were moved."""
        first = "subjects" if run["kind"] == "turn" else "records"
        step, position = run["step"] or first, run["position"]
        if step == "count":
            return self._ended(connection, run, first)
        table, key, read, after = _STEPS[step]
        pages = connection.execute(_PAGES, (table,)).fetchone()["pages"]  # type: ignore[index]
        if position >= pages:
            return after, 0, 0
        # A batch is a small part of its table whatever the planner guesses: look its rows up, never read all of it.
        connection.execute(_BY_INDEX)
        span = (position, position + _batch(run["rate"]))
        if step == "records":
            return step, span[1], rotation.batch(connection, run, span, self._folder.epoch_key)
        return step, span[1], self._turn(connection, run, read, table, key, span)

    def _turn(
        self, connection: Connection, run: Mapping[str, Any], read: str, table: str, key: str, span: tuple[int, int]
    ) -> int:
        old, new = run["from_epoch"], run["to_epoch"]
        arguments = {
            "client": str(run["client_id"]),
            "old": old,
            "first": f"({span[0]},0)",
            "end": f"({span[1]},0)",
        }
        suites: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in connection.execute(read, arguments):
            suites[row["suite"]].append(row)
        moved = 0
        for number, rows in suites.items():
            suite = Suite(number)
            wraps = rewrap_keys(
                ((row["wrapped"], (*row["context"], str(old)), (*row["context"], str(new))) for row in rows),
                old=self._folder.epoch_key(old, suite),
                new=self._folder.epoch_key(new, suite),
            )
            places, ids = [row["place"] for row in rows], [row["id"] for row in rows]
            statement = _TURN.format(table=table, id=key)
            given = {"new": new, "old": old, "places": places, "ids": ids, "wraps": wraps}
            moved += connection.execute(statement, given).rowcount
        return moved

    def _ended(self, connection: Connection, run: Mapping[str, Any], first: str) -> tuple[str, int, int]:
        if run["kind"] != "turn":
            return (first if rotation.left(connection, run) else "ended"), 0, 0
        if self._left(connection, run["from_epoch"]):
            return first, 0, 0
        connection.execute(
            "UPDATE custody_epoch SET state = 'retired', retired_at = now(), destroy_after = now() + %s"
            " WHERE id = %s AND state = 'turning'",
            (self._overlap, run["from_epoch"]),
        )
        return "ended", 0, 0

    @staticmethod
    def _left(connection: Connection, epoch: UUID) -> int:
        return int(connection.execute(_LEFT, {"epoch": epoch}).fetchone()["rows"])  # type: ignore[index]


def _batch(rate: int) -> int:
    """Pages of one batch: about a twentieth of a second's work, where a run was slowed down."""
    return max(1, min(MOST_PAGES, rate // 320)) if rate else MOST_PAGES
