"""Batches of the two rotation runs: data keys wrapped anew, and values sealed anew under fresh data keys.

A batch reads some pages of data keys, works on them in memory, and writes each row only if its wrap still is the one
that was read. Rows whose locks are gone are not looked at: nobody can open them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from callwarden.custody.keeper.arrays import Byteas, Ids, Places
from callwarden.custody.naming import field_part
from callwarden.engines.seal import Key, ManyLocks, Suite, open_bytes, seal_bytes, unwrap_keys

Connection = psycopg.Connection[dict[str, Any]]
EpochKey = Callable[[UUID, Suite], Key]

_FROM = """
  FROM custody_datakey k
  JOIN custody_record r ON r.id = k.record_id AND r.client_id = %(client)s
  JOIN custody_subjectkey s ON s.subject_id = k.subject_id AND s.generation = k.generation AND s.suite = r.suite
  JOIN custody_bucket b ON b.id = k.bucket_id AND b.destroyed_at IS NULL
  JOIN custody_bucketkey bk ON bk.bucket_id = k.bucket_id
 WHERE {chosen}"""
# Names as text and ids as bytes, as they are needed: thousands of objects of a batch need not be made.
_READ = (
    """
SELECT k.ctid, uuid_send(k.record_id), k.wrapped, r.suite, k.record_id::text, r.line_id::text, r.purposes,
       k.subject_id::text, k.generation, s.wrapped, s.epoch_id::text,
       k.bucket_id::text, bk.wrapped, bk.epoch_id::text"""
    + _FROM
    + " AND k.ctid >= %(first)s::tid AND k.ctid < %(end)s::tid"
)
_LEFT = "SELECT count(*) AS rows" + _FROM
# What a run moves. Records made meanwhile have a fresh wrap and the current version; a value that lies in an object
# is moved by `custody.reseal`.
_CHOSEN = {
    "rewrap": "k.wrap < %(version)s AND r.created_at < %(started)s",
    "reencrypt": "k.version < %(version)s AND r.object_key = ''",
}
# No two wraps are alike, so a row with this wrap at this place is the row that was read.
_WRITE = """
UPDATE custody_datakey AS k SET wrapped = v.wrapped, {column} = %(version)s
  FROM unnest(%(places)s, %(old)s, %(new)s) AS v(place, old, wrapped)
 WHERE k.ctid = v.place AND k.wrapped = v.old
RETURNING uuid_send(k.record_id)
"""
_COLUMN = {"rewrap": "wrap", "reencrypt": "version"}
_FIELDS = """
SELECT f.ctid, uuid_send(f.id), uuid_send(f.record_id), f.name, f.position, f.blob
  FROM custody_sealedfield f WHERE f.record_id = ANY(%(records)s)
"""
_WRITE_FIELDS = """
UPDATE custody_sealedfield AS f SET blob = v.blob
  FROM unnest(%(places)s, %(ids)s, %(blobs)s) AS v(place, id, blob) WHERE f.ctid = v.place AND f.id = v.id
"""
_Row = tuple[Any, ...]


def left(connection: Connection, run: Mapping[str, Any]) -> int:
    """Rows a run has not moved yet."""
    statement = _LEFT.format(chosen=_CHOSEN[run["kind"]])
    return int(connection.execute(statement, _arguments(run)).fetchone()["rows"])  # type: ignore[index]


def batch(connection: Connection, run: Mapping[str, Any], span: tuple[int, int], epoch_key: EpochKey) -> int:
    """Move the rows on these pages. Returns how many."""
    statement = _READ.format(chosen=_CHOSEN[run["kind"]])
    places = {"first": f"({span[0]},0)", "end": f"({span[1]},0)"}
    by_suite: dict[int, list[_Row]] = defaultdict(list)
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        for row in cursor.execute(statement, {**_arguments(run), **places}):
            by_suite[row[3]].append(row)
        return sum(_moved(cursor, run, Suite(suite), rows, epoch_key) for suite, rows in by_suite.items())


def _moved(
    cursor: psycopg.Cursor[_Row], run: Mapping[str, Any], suite: Suite, rows: list[_Row], epoch_key: EpochKey
) -> int:
    locks, old_wraps = _locks(str(run["client_id"]), suite, rows, epoch_key), [row[2] for row in rows]
    keys = locks.unwrap(old_wraps)
    again = run["kind"] == "reencrypt"
    fresh = [Key.generate(key.suite) for key in keys] if again else keys
    given = {
        "version": run["version"],
        "places": Places([row[0] for row in rows]),
        "old": Byteas(old_wraps),
        "new": Byteas(locks.wrap(fresh)),
    }
    written = {record for (record,) in cursor.execute(_WRITE.format(column=_COLUMN[run["kind"]]), given)}
    if again and written:
        pairs = {row[1]: pair for row, *pair in zip(rows, keys, fresh, strict=True) if row[1] in written}
        _seal_again(cursor, pairs)
    return len(written)


def _seal_again(cursor: psycopg.Cursor[_Row], keys: Mapping[bytes, list[Key]]) -> None:
    """Seal the values of these records, by their ids, under the second of their keys instead of the first."""
    places, ids, blobs = [], [], []
    for place, id_, record, name, position, blob in cursor.execute(_FIELDS, {"records": Ids(list(keys))}).fetchall():
        (old, fresh), part = keys[record], field_part(name, position)
        places.append(place)
        ids.append(id_)
        blobs.append(seal_bytes(fresh, open_bytes(old, blob, record_id=record, part=part), record_id=record, part=part))
    if ids:
        cursor.execute(_WRITE_FIELDS, {"places": Places(places), "ids": Ids(ids), "blobs": Byteas(blobs)})


def _locks(client: str, suite: Suite, rows: list[_Row], epoch_key: EpochKey) -> ManyLocks:
    """The locks of these records, each subject and bucket key unwrapped once."""
    wanted: dict[str, dict[tuple[str, ...], bytes]] = defaultdict(dict)
    contexts = []
    for row in rows:
        _, _, _, _, _, line, _, subject, generation, subject_wrap, subject_epoch, bucket, bucket_wrap, bucket_epoch = (
            row
        )
        both = ("subject", client, subject, str(generation)), ("bucket", client, line, bucket)
        wanted[subject_epoch][both[0]] = subject_wrap
        wanted[bucket_epoch][both[1]] = bucket_wrap
        contexts.append(both)
    known: dict[tuple[str, ...], Key] = {}
    for epoch, wraps in wanted.items():
        under = ((wrapped, (*context, epoch)) for context, wrapped in wraps.items())
        known.update(zip(wraps, unwrap_keys(epoch_key(UUID(epoch), suite), under), strict=True))
    return ManyLocks(
        suite,
        (
            (known[subject], known[bucket], (client, row[5], row[4], row[7], row[8], row[11], tuple(row[6])))
            for row, (subject, bucket) in zip(rows, contexts, strict=True)
        ),
    )


def _arguments(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"client": run["client_id"], "version": run["version"], "started": run["started_at"]}
