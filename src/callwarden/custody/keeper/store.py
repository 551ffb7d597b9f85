"""What the keeper reads and writes in PostgreSQL, as role cw_keeper, in plain SQL on the primary."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from callwarden.custody.keeper import arrays
from callwarden.custody.steady import GAP, SLACK, STEADY
from callwarden.kernel import clock

# What the permit's own ledger entry says must be this very thing: that this principal, in this session, was allowed
# this purpose. A permit that leans on a refusal, or on somebody else's entry, opens nothing.
_SAID = """
WITH said AS (
  SELECT convert_from(l.body, 'UTF8')::jsonb AS tells
    FROM custody_permit p
    JOIN LATERAL (SELECT body FROM custody_ledgerpending WHERE entry = p.entry
                  UNION ALL SELECT body FROM custody_ledgerentry WHERE entry = p.entry) l ON true
   WHERE p.id = %(permit)s
)"""
_ALLOWED = """jsonb_strip_nulls(jsonb_build_object(
     'decision', 'allow', 'actor', p.principal, 'purpose', p.purpose, 'session', p.session::text))"""

# An entry names fifty records at most. Of a larger set it holds the digest, which must be that of the permit's rows.
# The digest of a set the keeper has read and hashed itself need not be made again for each of its records.
_SAME_SET = """CASE WHEN said.tells -> 'data' ->> 'records_digest' = %(hashed)s THEN true
   ELSE said.tells -> 'data' ->> 'records_digest' = (
     SELECT encode(sha256(string_agg(id, ''::bytea ORDER BY id)), 'hex')
       FROM (SELECT uuid_send(coalesce(q.record_id, q.item_id)) AS id
               FROM custody_permitrecord q WHERE q.permit_id = p.id) AS covered) END"""


def _over_what_the_ledger_says(statement: str) -> str:
    return _SAID + statement.replace("ALLOWED", _ALLOWED).replace("SAME_SET", _SAME_SET)


# One statement decides, so that nothing can change between the check and the count of uses. `now()` is the primary's.
_USE = _over_what_the_ledger_says("""
UPDATE custody_permitrecord AS pr SET uses = pr.uses + 1
  FROM custody_permit AS p
 WHERE pr.permit_id = p.id AND p.id = %(permit)s AND pr.record_id = %(record)s
   AND p.principal = %(principal)s AND p.session IS NOT DISTINCT FROM %(session)s
   AND p.revoked_at IS NULL AND p.issued_at <= now() + interval '5 seconds' AND p.expires_at > now()
   AND pr.uses < pr.max_uses
   AND (p.session IS NULL OR EXISTS (SELECT 1 FROM kernel_session s WHERE s.id = p.session
                                      AND s.revoked_at IS NULL AND s.expires_at > now()))
   AND EXISTS (SELECT 1 FROM said WHERE said.tells @> ALLOWED
                AND (said.tells -> 'records' ? pr.record_id::text OR SAME_SET))
RETURNING p.action, p.purpose, (SELECT said.tells -> 'data' ->> 'records_digest' FROM said) AS set_digest
""")

_COVERED = "SELECT coalesce(record_id, item_id) AS id FROM custody_permitrecord WHERE permit_id = %(permit)s"
# Of how many large permits the keeper remembers what they cover.
_SETS_KEPT = 64

# Time has passed evenly for long enough, by the looks that `custody.times` takes; true before the first of them.
EVENLY = """NOT EXISTS (SELECT 1 FROM custody_clocklook c
  WHERE now() - c.steady_since < interval 'STEADY s'
     OR now() > c.at + interval 'GAP s' OR now() < c.at - interval 'SLACK s')"""
for _name, _span in (("STEADY", STEADY), ("GAP", GAP), ("SLACK", SLACK)):
    EVENLY = EVENLY.replace(_name, str(int(_span.total_seconds())))

# A clock set back opens nothing again that was due at a time which had passed evenly (see `custody.times`).
_NOW = "GREATEST(now(), (SELECT mark FROM custody_clocklook))"
_READABLE = f"((r.due_at > {_NOW} AND b.expires_on >= ({_NOW})::date - 1) OR b.hold)"

_WRAPS = """
SELECT r.client_id, r.line_id, r.suite, r.purposes, r.state, r.object_key, r.sealed_size,
       READABLE AS readable,
       r.category, b.expires_on, b.hold, r.subject_id = k.subject_id AND r.bucket_id = k.bucket_id AS agrees,
       k.subject_id, k.generation, k.bucket_id, k.wrapped,
       s.wrapped AS subject_wrapped, s.epoch_id AS subject_epoch,
       bk.wrapped AS bucket_wrapped, bk.epoch_id AS bucket_epoch
  FROM custody_record r
  JOIN custody_datakey k ON k.record_id = r.id
  JOIN custody_subjectkey s ON s.subject_id = k.subject_id AND s.generation = k.generation AND s.suite = r.suite
  JOIN custody_bucket b ON b.id = k.bucket_id AND b.destroyed_at IS NULL
  JOIN custody_bucketkey bk ON bk.bucket_id = k.bucket_id
""".replace("READABLE", _READABLE)
_RECORD = _WRAPS + " WHERE r.id = %(record)s"
_RECORDS = _WRAPS.replace("SELECT r.", "SELECT r.id, r.", 1) + " WHERE r.id = ANY(%(records)s)"

# The fields of records of which nobody may open anything any more are not indexed again.
_INDEXED = (
    _WRAPS.replace("SELECT r.", "SELECT r.id, r.customer_id, f.name, f.position, f.blob, r.", 1)
    + """
  JOIN custody_sealedfield f ON f.record_id = r.id AND f.name = %(field)s
 WHERE r.client_id = %(client)s AND r.customer_id = ANY(%(customers)s) AND r.call_id IS NULL
   AND r.state <> 'destroyed' AND READABLE
""".replace("READABLE", _READABLE)
)

_RESEALABLE = (
    _WRAPS
    + """
  JOIN custody_keyrun n ON n.id = %(run)s AND n.client_id = r.client_id AND n.kind = 'reencrypt'
   AND n.state IN ('running', 'paused') AND k.version < n.version
 WHERE r.id = %(record)s AND r.object_key <> ''
"""
)

_REINDEXING = """
SELECT 1 FROM custody_keyrun r JOIN custody_indexkey i
    ON i.client_id = r.client_id AND i."column" = r."column" AND i.version = r.version AND i.state = 'current'
 WHERE r.client_id = %(client)s AND r."column" = %(column)s AND r.version = %(version)s
   AND r.kind = 'reindex' AND r.state = 'running'
"""

_INDEX_LEFT = """
SELECT (SELECT count(*) FROM custody_identifiertoken t
         WHERE t.client_id = i.client_id AND t."column" = i."column" AND t.version = i.version)
     + (SELECT count(*) FROM custody_customer c
         WHERE i."column" = 'customer_no' AND c.client_id = i.client_id AND c.number_version = i.version) AS left
  FROM custody_indexkey i
 WHERE i.client_id = %(client)s AND i."column" = %(column)s AND i.version = %(version)s AND i.state = 'destroyed'
"""

_INTAKE = _over_what_the_ledger_says(
    """
UPDATE custody_permitrecord AS pr SET uses = pr.uses + 1
  FROM custody_permit p, custody_intakeitem i, custody_intakekey k
 WHERE pr.permit_id = p.id AND p.id = %(permit)s AND pr.item_id = %(item)s AND i.id = pr.item_id
   AND p.principal = %(principal)s AND p.session IS NULL AND p.action = 'admit'
   AND p.revoked_at IS NULL AND p.expires_at > now() AND pr.uses < pr.max_uses
   AND EXISTS (SELECT 1 FROM said WHERE said.tells @> ALLOWED)
   AND k.id = i.key_id AND k.destroyed_at IS NULL
   AND i.state IN ('sealed', 'waiting') AND i.delete_at > NOW
RETURNING i.key_id, i.sealed_key, i.line_id, i.kind
""".replace("NOW", _NOW)
)

_DETAIL = _over_what_the_ledger_says("""
SELECT 1 FROM custody_permit p
 WHERE p.id = %(permit)s AND p.principal = %(principal)s AND p.session = %(session)s AND p.action = 'read_ledger'
   AND p.records_digest = %(digest)s AND p.revoked_at IS NULL AND p.expires_at > now()
   AND EXISTS (SELECT 1 FROM kernel_session s WHERE s.id = p.session
                AND s.revoked_at IS NULL AND s.expires_at > now())
   AND EXISTS (SELECT 1 FROM said WHERE said.tells @> ALLOWED)
""")

_DAY_KEY = """
SELECT (k.expires_at <= LEAST(now(), %(host)s)
        AND EVENLY)
       OR (k.destroyed_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM custody_intakeitem i WHERE i.key_id = k.id
                            AND i.state NOT IN ('admitted', 'duplicate', 'destroyed'))) AS ended
  FROM custody_intakekey k WHERE k.id = %(key)s
""".replace("EVENLY", EVENLY)

_APPROVED = """
SELECT 1 FROM kernel_approval a
 WHERE a.id = %(approval)s AND a.kind = %(kind)s AND a.digest = %(digest)s AND a.state = 'approved'
   AND a.expires_at > now()
   AND (SELECT count(*) FROM kernel_vote v
         WHERE v.approval_id = a.id AND v.choice = 'approve' AND v.digest = a.digest
           AND v.voter_id <> a.requester_id) >= a.quorum
"""


class DayKey(enum.Enum):
    """Whether a day key is needed, has ended, or was never registered."""

    NEEDED = "needed"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class KeyRow:
    """A wrapped key and the epoch it is wrapped under."""

    wrapped: bytes
    epoch: UUID


class Store:
    """A small pool of connections; every method is one short transaction."""

    def __init__(self, conninfo: str) -> None:
        self._pool = ConnectionPool(
            conninfo,
            min_size=1,
            max_size=8,
            open=False,
            # Connections die with a restarted database; a dead one must cost nobody their opening.
            check=ConnectionPool.check_connection,
            kwargs={"row_factory": dict_row, "autocommit": False},
            configure=arrays.teach,
        )
        self._lock = threading.Lock()
        self._sets: dict[UUID, tuple[str, frozenset[UUID]]] = {}

    def open(self) -> None:
        self._pool.open(wait=False)

    def close(self) -> None:
        self._pool.close()

    def ping(self) -> None:
        with self.transaction() as connection:
            connection.execute("SELECT 1")

    def use_permit(self, *, permit: UUID, record: UUID, principal: str, session: UUID | None) -> dict[str, Any] | None:
        """The record's wrapped keys if this permit covers it now; the use is counted. None: refused."""
        hashed, covered = self._sets.get(permit, (None, frozenset()))
        arguments = {
            "permit": permit,
            "record": record,
            "principal": principal,
            "session": session,
            # A row added to the permit since is not in the set, and has the whole hashed anew.
            "hashed": hashed if record in covered else None,
        }
        with self.transaction() as connection:
            used = connection.execute(_USE, arguments).fetchone()
            if used is None:
                return None
            if (digest := used.pop("set_digest")) and digest != hashed:
                self._remember(permit, digest, connection)
            row = connection.execute(_RECORD, arguments).fetchone()
            if row is None or not row["readable"] or row["state"] == "destroyed":
                return None
            return {**row, **used}

    def _remember(self, permit: UUID, digest: str, connection: psycopg.Connection[dict[str, Any]]) -> None:
        """Keep the set of a large permit whose digest the ledger holds."""
        rows = connection.execute(_COVERED, {"permit": permit}).fetchall()
        covered = frozenset(row["id"] for row in rows)
        if sha256(b"".join(sorted(one.bytes for one in covered))).hexdigest() != digest:
            return
        with self._lock:
            self._sets[permit] = (digest, covered)
            while len(self._sets) > _SETS_KEPT:
                del self._sets[next(iter(self._sets))]

    def ensure_subject_key(
        self, *, subject: UUID, generation: int, suite: int, client: UUID, epoch: UUID, wrap: Callable[[UUID], bytes]
    ) -> KeyRow:
        """The committed key of this generation; a fresh one if there was none. Committed before it returns.

        Args:
            epoch: to wrap it under while the client has no epoch of its own that was committed.
            wrap: makes the wrap of a fresh key under an epoch.
        """
        with self.transaction() as connection:
            active = _active_epoch(connection, client) or epoch
            connection.execute(
                "INSERT INTO custody_subjectkey (id, subject_id, generation, suite, epoch_id, wrapped)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (subject_id, generation, suite) DO NOTHING",
                (uuid4(), subject, generation, suite, active, wrap(active)),
            )
            row = connection.execute(
                "SELECT wrapped, epoch_id FROM custody_subjectkey"
                " WHERE subject_id = %s AND generation = %s AND suite = %s",
                (subject, generation, suite),
            ).fetchone()
        return _key_row(row)

    def subject_key(self, *, subject: UUID, generation: int, suite: int) -> KeyRow | None:
        with self.transaction() as connection:
            row = connection.execute(
                "SELECT wrapped, epoch_id FROM custody_subjectkey"
                " WHERE subject_id = %s AND generation = %s AND suite = %s",
                (subject, generation, suite),
            ).fetchone()
        return _key_row(row) if row else None

    def bucket_key(self, bucket: UUID) -> KeyRow | None:
        with self.transaction() as connection:
            row = connection.execute(
                "SELECT wrapped, epoch_id FROM custody_bucketkey WHERE bucket_id = %s", (bucket,)
            ).fetchone()
        return _key_row(row) if row else None

    def ensure_bucket_key(
        self, *, bucket: UUID, suite: int, client: UUID, epoch: UUID, wrap: Callable[[UUID], bytes]
    ) -> KeyRow:
        """As `ensure_subject_key`."""
        with self.transaction() as connection:
            active = _active_epoch(connection, client) or epoch
            connection.execute(
                "INSERT INTO custody_bucketkey (bucket_id, suite, epoch_id, wrapped) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (bucket_id) DO NOTHING",
                (bucket, suite, active, wrap(active)),
            )
            row = connection.execute(
                "SELECT wrapped, epoch_id FROM custody_bucketkey WHERE bucket_id = %s", (bucket,)
            ).fetchone()
        return _key_row(row)

    def record_wrap(self, record: UUID) -> dict[str, Any] | None:
        """A record's wraps without a permit: for rewrapping inside the keeper, never for release."""
        with self.transaction() as connection:
            return connection.execute(_RECORD, {"record": record}).fetchone()

    def record_wraps(self, records: list[UUID]) -> dict[UUID, dict[str, Any]]:
        """As `record_wrap`, for several records; those that are gone are left out."""
        with self.transaction() as connection:
            rows = connection.execute(_RECORDS, {"records": records}).fetchall()
        return {row["id"]: row for row in rows}

    def resealable(self, *, run: UUID, record: UUID) -> dict[str, Any] | None:
        """A record's wraps while a re-encrypt run of its client is under way that has not moved it yet."""
        with self.transaction() as connection:
            return connection.execute(_RESEALABLE, {"run": run, "record": record}).fetchone()

    def use_intake_permit(self, *, permit: UUID, item: UUID, principal: str) -> dict[str, Any] | None:
        """The HPKE-sealed key of an intake item if this job's permit to admit covers it now. None: refused."""
        with self.transaction() as connection:
            return connection.execute(_INTAKE, {"permit": permit, "item": item, "principal": principal}).fetchone()

    def day_key(self, key_id: UUID) -> DayKey:
        """What the rows say of a day key. It ends by both clocks and after time has passed evenly, so that a clock set
        forward ends nothing.
        """
        arguments = {"key": key_id, "host": clock.now()}
        with self.transaction() as connection:
            row = connection.execute(_DAY_KEY, arguments).fetchone()
        if row is None:
            return DayKey.UNKNOWN
        return DayKey.ENDED if row["ended"] else DayKey.NEEDED

    def reindexing(self, *, client: UUID, column: str, version: int) -> bool:
        arguments = {"client": client, "column": column, "version": version}
        with self.transaction() as connection:
            return connection.execute(_REINDEXING, arguments).fetchone() is not None

    def indexed_values(self, *, client: UUID, customers: list[UUID], field: str) -> list[dict[str, Any]]:
        arguments = {"client": client, "customers": customers, "field": field}
        with self.transaction() as connection:
            return connection.execute(_INDEXED, arguments).fetchall()

    def index_rows_left(self, *, client: UUID, column: str, version: int) -> int | None:
        arguments = {"client": client, "column": column, "version": version}
        with self.transaction() as connection:
            row = connection.execute(_INDEX_LEFT, arguments).fetchone()
        return None if row is None else int(row["left"])

    def may_read_details(self, *, permit: UUID, entry: UUID, principal: str, session: UUID | None) -> bool:
        """Whether this permit is for the detail of exactly this entry."""
        digest = sha256(entry.bytes).digest()
        arguments = {"permit": permit, "principal": principal, "session": session, "digest": digest}
        with self.transaction() as connection:
            return connection.execute(_DETAIL, arguments).fetchone() is not None

    def is_approved(self, *, approval: UUID, kind: str, digest: str) -> bool:
        """Whether this very act stands approved now, by enough people, and was not carried out yet."""
        arguments = {"approval": approval, "kind": kind, "digest": digest}
        with self.transaction() as connection:
            return connection.execute(_APPROVED, arguments).fetchone() is not None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection of the pool for one short transaction."""
        with self._pool.connection(timeout=5) as connection, connection.transaction():
            yield connection  # type: ignore[misc]


def _active_epoch(connection: psycopg.Connection[Any], client: UUID) -> UUID | None:
    """The epoch keys are made under now. It stays that until the transaction ends: a turn waits for it.

    None while the client's first epoch is not committed yet.
    """
    # Whoever had to wait for a turn to begin finds the old epoch changed and cannot see the new one: it looks again.
    for _look in range(2):
        row = connection.execute(
            "SELECT id FROM custody_epoch WHERE client_id = %s AND state = 'active' FOR SHARE", (client,)
        ).fetchone()
        if row:
            active: UUID = row["id"]
            return active
    return None


def _key_row(row: Any) -> KeyRow:
    return KeyRow(bytes(row["wrapped"]), row["epoch_id"])
