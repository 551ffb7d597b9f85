"""Ten million consent events of a million people, laid into the real tables by SQL.

What each person is: a customer with a contract, known by two key holders, the customer's own and that of one call. The
customer said five things outside calls (by web form; a tenth of them named a recipient), the caller five things in the
call: three with one key at one moment, which is one act, and two that changed it. A third of the latest answers are
withdrawals. One contract in four has ended; one person in fifty is, or was, too young to consent.

The rows are what the product would have written, and every index and constraint of uniqueness is kept while they are
laid. Not at work meanwhile are foreign keys (all ids come from one formula) and the triggers, row by row: the one that
keeps what stands would take a quarter of an hour for ten million events; it is measured by `consent_event_ms`. What
stands is laid by the same formula, and compared with a replay of the events of a thousand people.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

# Each person has two key holders, each of which said five things.
EVENTS_A_PERSON = 10
_TABLES = (
    "custody_subject",
    "custody_person",
    "custody_personlink",
    "custody_customer",
    "custody_call",
    "custody_leg",
    "lawful_retentionevent",
    "lawful_minor",
    "lawful_consentevent",
    "lawful_consentstate",
)


def lay(line: Any, events: int) -> int:
    """Lay the rows and return how many people they are of."""
    import psycopg
    from django.db import connection as product

    people = max(2, events // EVENTS_A_PERSON)
    told = {"client": str(line.client_id), "line": str(line.id), "people": people}
    told_by = {"host": product.settings_dict["HOST"], "dbname": product.settings_dict["NAME"], "port": 5432}
    # As superuser: row security and triggers step aside for this one connection, and nothing of the schema changes but
    # indexes that are built anew when the rows are there.
    with psycopg.connect(**told_by, user="postgres", autocommit=True) as connection:
        for setting in ("session_replication_role = replica", "synchronous_commit = off"):
            connection.execute(f"SET {setting}")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET work_mem = '512MB'")
        found = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY (%s)"
            " AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
            [list(_TABLES)],
        ).fetchall()
        for name, _made in found:
            connection.execute(f'DROP INDEX "{name}"')
        for statement in _SEEDS:
            connection.execute(statement, told)
        for _name, made in found:
            connection.execute(made)
        if wrong := connection.execute(_WRONG).fetchone()[0]:
            raise RuntimeError(f"{wrong} rows of what stands are not what was said")
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return people


def _id(kind: str, number: str) -> str:
    """SQL for the id of the n-th row of a kind; what is random need not be here, as rows are asked for at random."""
    return f"('{kind}0000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def own(kind: str, number: int) -> UUID:
    """The same id in Python."""
    return UUID(f"{kind}0000-0000-4000-8000-{number:012x}")


SUBJECT, PERSON, CUSTOMER, CALL = "000a", "000b", "000d", "0009"
_REFERENCE = "decode(lpad(to_hex({n}), 64, '0'), 'hex')"


def reference(number: int) -> bytes:
    """The token of the n-th call."""
    return bytes.fromhex(f"{number:064x}")


# k: 1 to 5 what the customer said outside calls, 6 to 10 what was said in the call.
_SUBJECT_OF_K = f"""CASE WHEN k <= 5 THEN {_id(SUBJECT, "n * 2 + 1")} ELSE {_id(SUBJECT, "n * 2")} END"""
_PURPOSE_OF_K = """(ARRAY['quality', 'offers', 'quality', 'offers', 'quality', 'recording', 'quality', 'offers',
              'quality', 'offers'])[k]"""
_RECIPIENT_OF_K = "CASE WHEN k = 3 AND n %% 2 = 0 THEN 'maker' ELSE '' END"
_STATE_OF_K = "CASE WHEN k IN (4, 5, 9, 10) AND (n + k) %% 3 = 0 THEN 'withdrawn' ELSE 'given' END"
_SCOPE_OF_K = "CASE WHEN k <= 5 THEN 'person' ELSE 'call' END"
_AT_OF_K = """now()::date - make_interval(days => 400 - 30 * CASE WHEN k BETWEEN 6 AND 8 THEN 6 ELSE k END,
                                           secs => n %% 86400)"""
_EVENTS = f"""
INSERT INTO lawful_consentevent (id, client_id, line_id, reference, scope, call_id, subject_id, purpose, recipient,
                                 state, method, key, by, apart, script_version, reason, at, recorded_at)
SELECT {_id("000e", "n * 16 + k")}, %(client)s::uuid, %(line)s::uuid,
       CASE WHEN k <= 5 THEN decode(lpad(replace({_id(SUBJECT, "n * 2 + 1")}::text, '-', ''), 64, '0'), 'hex')
            ELSE {_REFERENCE.format(n="n")} END,
       {_SCOPE_OF_K}, CASE WHEN k > 5 THEN {_id(CALL, "n")} END, {_SUBJECT_OF_K}, {_PURPOSE_OF_K}, {_RECIPIENT_OF_K},
       {_STATE_OF_K}, CASE WHEN k <= 5 THEN 'web' ELSE 'keypress' END, CASE WHEN k <= 5 THEN '' ELSE '1' END,
       'subject', k <= 5, '', '', {_AT_OF_K}, now()
  FROM generate_series(1, %(people)s) n, generate_series(1, 10) k"""
# The last of each: the third only where it named a recipient.
_STATES = f"""
INSERT INTO lawful_consentstate (id, client_id, subject_id, purpose, recipient, state, scope, event_id, said_at, rank,
                                 expires_at, asked_at, refused_at)
SELECT gen_random_uuid(), %(client)s::uuid, {_SUBJECT_OF_K}, {_PURPOSE_OF_K}, {_RECIPIENT_OF_K}, {_STATE_OF_K},
       {_SCOPE_OF_K}, {_id("000e", "n * 16 + k")}, {_AT_OF_K}, lawful_consent_rank({_STATE_OF_K}), NULL, NULL, NULL
  FROM generate_series(1, %(people)s) n, unnest(ARRAY[3, 4, 5, 6, 9, 10]) k
 WHERE k <> 3 OR n %% 2 = 0"""
# What stands for some people, replayed from their events as migration 0011 replays it, has to be what was laid.
_WRONG = f"""
SELECT count(*) FROM (
  SELECT DISTINCT ON (subject_id, purpose, recipient) subject_id, purpose, recipient, id, state, LEAST(at, recorded_at)
    FROM lawful_consentevent
   WHERE subject_id IN (SELECT {_id(SUBJECT, "n")} FROM generate_series(2, 2001) n)
   ORDER BY subject_id, purpose, recipient, LEAST(at, recorded_at) DESC, lawful_consent_rank(state) DESC, id DESC
  ) replayed
  FULL JOIN (SELECT subject_id, purpose, recipient, event_id, state, said_at FROM lawful_consentstate
              WHERE subject_id IN (SELECT {_id(SUBJECT, "n")} FROM generate_series(2, 2001) n)) laid
    ON replayed = laid
 WHERE replayed IS NULL OR laid IS NULL"""

_SEEDS = (
    f"""INSERT INTO custody_subject (id, client_id, kind, generation, created_at, turn_due, erasure_due)
        SELECT {_id(SUBJECT, "n")}, %(client)s::uuid, CASE n %% 2 WHEN 1 THEN 'customer' ELSE 'caller' END, 1, now(),
               false, false
          FROM generate_series(2, %(people)s * 2 + 1) n""",
    f"""INSERT INTO custody_person (id, client_id, created_at)
        SELECT {_id(PERSON, "n")}, %(client)s::uuid, now() FROM generate_series(1, %(people)s) n""",
    f"""INSERT INTO custody_personlink (id, client_id, person_id, subject_id, linked_at)
        SELECT {_id("000c", "n")}, %(client)s::uuid, {_id(PERSON, "n / 2")}, {_id(SUBJECT, "n")}, now()
          FROM generate_series(2, %(people)s * 2 + 1) n""",
    f"""INSERT INTO custody_customer (id, client_id, person_id, subject_id, number, number_version, language, vip,
                                      created_at, updated_at)
        SELECT {_id(CUSTOMER, "n")}, %(client)s::uuid, {_id(PERSON, "n")}, {_id(SUBJECT, "n * 2 + 1")},
               {_REFERENCE.format(n="n")}, 1, 'zh', false, now(), now()
          FROM generate_series(1, %(people)s) n""",
    f"""INSERT INTO custody_call (id, client_id, line_id, reference, direction, language, started_at, duration_ms,
                                  customer_id, redaction, admitted_at, spans)
        SELECT {_id(CALL, "n")}, %(client)s::uuid, %(line)s::uuid, {_REFERENCE.format(n="n")}, 'inbound', 'zh',
               now() - make_interval(days => 220), 180000, {_id(CUSTOMER, "n")}, 'done', now(), 0
          FROM generate_series(1, %(people)s) n""",
    f"""INSERT INTO custody_leg (id, client_id, call_id, party, channel, subject_id)
        SELECT {_id("000f", "n")}, %(client)s::uuid, {_id(CALL, "n")}, 'caller', 0, {_id(SUBJECT, "n * 2")}
          FROM generate_series(1, %(people)s) n""",
    f"""INSERT INTO lawful_retentionevent (id, client_id, customer_id, trigger, at, recorded_at, actor)
        SELECT {_id("0008", "n")}, %(client)s::uuid, {_id(CUSTOMER, "n")}, 'contract_end', now() - interval '9 days',
               now(), 'system'
          FROM generate_series(4, %(people)s, 4) n""",
    f"""INSERT INTO lawful_minor (id, client_id, subject_id, until)
        SELECT {_id("0007", "n")}, %(client)s::uuid, {_id(SUBJECT, "n * 2 + 1")}, now()::date + (n %% 400 - 200)
          FROM generate_series(1, %(people)s, 50) n""",
    _EVENTS,
    _STATES,
)
