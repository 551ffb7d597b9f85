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

from callwarden.custody.naming import field_part
from callwarden.engines.seal import (
    Binding,
    Key,
    Suite,
    open_bytes,
    seal_bytes,
    unwrap_data_key,
    unwrap_keys,
    wrap_data_key,
)

Connection = psycopg.Connection[dict[str, Any]]
EpochKey = Callable[[UUID, Suite], Key]

_FROM = """
  FROM custody_datakey k
  JOIN custody_record r ON r.id = k.record_id AND r.client_id = %(client)s
  JOIN custody_subjectkey s ON s.subject_id = k.subject_id AND s.generation = k.generation AND s.suite = r.suite
  JOIN custody_bucket b ON b.id = k.bucket_id AND b.destroyed_at IS NULL
  JOIN custody_bucketkey bk ON bk.bucket_id = k.bucket_id
 WHERE {chosen}"""
_READ = (
    """
SELECT k.ctid::text AS place, k.record_id, k.wrapped, k.subject_id, k.generation, k.bucket_id, r.line_id, r.suite,
       r.purposes, s.wrapped AS subject_wrapped, s.epoch_id AS subject_epoch, bk.wrapped AS bucket_wrapped,
       bk.epoch_id AS bucket_epoch"""
    + _FROM
    + " AND k.ctid >= %(first)s::tid AND k.ctid < %(end)s::tid"
)
_LEFT = "SELECT count(*) AS rows" + _FROM
# What a run moves. Records made meanwhile have a fresh wrap and the current version; a value that lies in an object
# is none of the keeper's.
_CHOSEN = {
    "rewrap": "k.wrap < %(version)s AND r.created_at < %(started)s",
    "reencrypt": "k.version < %(version)s AND r.object_key = ''",
}
_WRITE = """
UPDATE custody_datakey AS k SET wrapped = v.wrapped, {column} = %(version)s
  FROM unnest(%(places)s::tid[], %(records)s::uuid[], %(old)s::bytea[], %(new)s::bytea[]) AS v(place, id, old, wrapped)
 WHERE k.ctid = v.place AND k.record_id = v.id AND k.wrapped = v.old
RETURNING k.record_id
"""
_COLUMN = {"rewrap": "wrap", "reencrypt": "version"}
_FIELDS = """
SELECT id, record_id, name, position, blob FROM custody_sealedfield WHERE record_id = ANY(%(records)s)
"""
_WRITE_FIELDS = """
UPDATE custody_sealedfield AS f SET blob = v.blob
  FROM unnest(%(ids)s::uuid[], %(blobs)s::bytea[]) AS v(id, blob) WHERE f.id = v.id
"""


def left(connection: Connection, run: Mapping[str, Any]) -> int:
    """Rows a run has not moved yet."""
    statement = _LEFT.format(chosen=_CHOSEN[run["kind"]])
    return int(connection.execute(statement, _arguments(run)).fetchone()["rows"])  # type: ignore[index]


def batch(connection: Connection, run: Mapping[str, Any], span: tuple[int, int], epoch_key: EpochKey) -> int:
    """Move the rows on these pages. Returns how many."""
    statement = _READ.format(chosen=_CHOSEN[run["kind"]])
    places = {"first": f"({span[0]},0)", "end": f"({span[1]},0)"}
    rows = connection.execute(statement, {**_arguments(run), **places}).fetchall()
    if not rows:
        return 0
    keys = _Locks(str(run["client_id"]), epoch_key, rows)
    again = run["kind"] == "reencrypt"
    moved: dict[UUID, tuple[Key, Key]] = {}
    new = []
    for row in rows:
        data_key, binding = keys.open(row)
        fresh = Key.generate(data_key.suite) if again else data_key
        moved[row["record_id"]] = (data_key, fresh)
        new.append(keys.close(fresh, row, binding))
    written = connection.execute(
        _WRITE.format(column=_COLUMN[run["kind"]]),
        {
            "version": run["version"],
            "places": [row["place"] for row in rows],
            "records": [row["record_id"] for row in rows],
            "old": [row["wrapped"] for row in rows],
            "new": new,
        },
    ).fetchall()
    if again:
        _seal_again(connection, {row["record_id"]: moved[row["record_id"]] for row in written})
    return len(written)


def _seal_again(connection: Connection, keys: Mapping[UUID, tuple[Key, Key]]) -> None:
    ids, blobs = [], []
    for field in connection.execute(_FIELDS, {"records": list(keys)}):
        old, fresh = keys[field["record_id"]]
        record, part = field["record_id"].bytes, field_part(field["name"], field["position"])
        plain = open_bytes(old, bytes(field["blob"]), record_id=record, part=part)
        ids.append(field["id"])
        blobs.append(seal_bytes(fresh, plain, record_id=record, part=part))
    connection.execute(_WRITE_FIELDS, {"ids": ids, "blobs": blobs})


class _Locks:
    """Subject and bucket keys of one batch, each unwrapped once."""

    def __init__(self, client: str, epoch_key: EpochKey, rows: list[dict[str, Any]]) -> None:
        self._client = client
        self._known: dict[tuple[Suite, tuple[str, ...]], Key] = {}
        wanted: dict[tuple[UUID, Suite], dict[tuple[str, ...], bytes]] = defaultdict(dict)
        for row in rows:
            suite, (subject, bucket) = Suite(row["suite"]), self._contexts(row)
            wanted[row["subject_epoch"], suite][subject] = row["subject_wrapped"]
            wanted[row["bucket_epoch"], suite][bucket] = row["bucket_wrapped"]
        for (epoch, suite), wraps in wanted.items():
            opened = unwrap_keys(
                epoch_key(epoch, suite), ((wrapped, (*context, str(epoch))) for context, wrapped in wraps.items())
            )
            self._known.update(((suite, context), key) for context, key in zip(wraps, opened, strict=True))

    def _contexts(self, row: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (
            ("subject", self._client, str(row["subject_id"]), str(row["generation"])),
            ("bucket", self._client, str(row["line_id"]), str(row["bucket_id"])),
        )

    def open(self, row: Mapping[str, Any]) -> tuple[Key, Binding]:
        binding = Binding(
            client=self._client,
            line=str(row["line_id"]),
            record=str(row["record_id"]),
            subject=str(row["subject_id"]),
            generation=row["generation"],
            bucket=str(row["bucket_id"]),
            purposes=tuple(sorted(row["purposes"])),
        )
        subject, bucket = self._both(row)
        return unwrap_data_key(row["wrapped"], subject_key=subject, bucket_key=bucket, binding=binding), binding

    def close(self, key: Key, row: Mapping[str, Any], binding: Binding) -> bytes:
        subject, bucket = self._both(row)
        return wrap_data_key(key, subject_key=subject, bucket_key=bucket, binding=binding)

    def _both(self, row: Mapping[str, Any]) -> tuple[Key, Key]:
        suite, (subject, bucket) = Suite(row["suite"]), self._contexts(row)
        return self._known[suite, subject], self._known[suite, bucket]


def _arguments(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"client": run["client_id"], "version": run["version"], "started": run["started_at"]}
