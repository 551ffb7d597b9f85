"""Decisions on consent among ten million events, and a dialler that asks about numbers in batches.

- consent_p99_ms: `lawful.using.may_use`, in process, of one person of several key holders, one transaction a decision:
  purposes of the line, links, what stands. Events lie in the real table with its indexes; they and what stands are
  seeded by SQL (the trigger that keeps what stands is measured by `consent_event_ms`).
- consent_http_p99_ms: the same decision through the REST door and its ledger entry, for one number of a customer, in
  process over Django's client: authentication, keeper, decision and entry, without the network.
- dialler_checks_s: numbers a second, asked about in batches of 500 by two processes.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any
from uuid import UUID

Progress = Callable[[str], None]
DECISIONS = 3_000
REQUESTS = 500
CUSTOMERS = 2_000
BATCH = 500
BATCHES = 20
PROCESSES = 2
# Ten million events beside a million of what other parts measure.
EVENTS_A_ROW = 10
# Each person has two key holders, each of which said five things.
EACH = 5


def run(line: Any, rows: int, progress: Progress) -> dict[str, float]:
    _purposes(line)
    events = rows * EVENTS_A_ROW
    progress(f"seeding {events:,} consent events")
    seeded = time.perf_counter()
    subjects = _seed(line, events)
    figures: dict[str, float] = {"consent_events": events, "consent_seed_s": time.perf_counter() - seeded}
    progress("deciding")
    figures |= _decide(line, subjects)
    progress("recording")
    figures |= _record(line, subjects)
    progress("dialling")
    return figures | _dial(line)


def _seed(line: Any, events: int) -> int:
    """Events, links and what stands, without going through the product: the tables alone are wanted."""
    from django.db import connection

    subjects = max(2, events // EACH)
    told = {"client": str(line.client_id), "line": str(line.id), "subjects": subjects, "persons": subjects // 2}
    with connection.cursor() as cursor:
        for table in ("lawful_consentevent", "lawful_consentstate", "custody_personlink"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f' AND conrelid IN"
            " ('lawful_consentevent'::regclass, 'lawful_consentstate'::regclass, 'custody_personlink'::regclass)"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute("SELECT set_config('callwarden.client', %(client)s, false)", told)
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('lawful_consentevent',"
            " 'lawful_consentstate', 'custody_personlink') AND indexdef NOT LIKE 'CREATE UNIQUE%%'"
        )
        indexes = cursor.fetchall()
        for name, _made in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for statement in _SEEDS:
            cursor.execute(statement, told)
        for _name, made in indexes:
            cursor.execute(made)
        cursor.execute("ANALYZE")
        cursor.execute("SELECT set_config('callwarden.client', '', false)")
        for table in ("lawful_consentevent", "lawful_consentstate", "custody_personlink"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return subjects


def _id(kind: str, number: str) -> str:
    """SQL for the id of the n-th row of a kind; what is random need not be here."""
    return f"('{kind}0000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


_SEEDS = (
    f"""INSERT INTO custody_subject (id, client_id, kind, generation, created_at, turn_due, erasure_due)
        SELECT {_id("000a", "n")}, %(client)s::uuid, 'caller', 1, now(), false, false
          FROM generate_series(1, %(subjects)s) n""",
    f"""INSERT INTO custody_person (id, client_id, created_at)
        SELECT {_id("000b", "n")}, %(client)s::uuid, now() FROM generate_series(1, %(persons)s) n""",
    f"""INSERT INTO custody_personlink (id, client_id, person_id, subject_id, linked_at)
        SELECT {_id("000c", "n")}, %(client)s::uuid, {_id("000b", "(n + 1) / 2")}, {_id("000a", "n")}, now()
          FROM generate_series(1, %(persons)s * 2) n""",
    f"""INSERT INTO lawful_consentevent (id, client_id, line_id, reference, scope, subject_id, purpose, recipient,
                                        state, method, key, by, apart, script_version, reason, at, recorded_at)
        SELECT {_id("000e", "n * 8 + k")}, %(client)s::uuid, %(line)s::uuid,
               decode(lpad(to_hex(n), 64, '0'), 'hex'), 'person', {_id("000a", "n")},
               CASE WHEN k %% 2 = 0 THEN 'quality' ELSE 'offers' END, '',
               CASE WHEN (n + k) %% 3 = 0 THEN 'withdrawn' ELSE 'given' END, 'web', '', 'subject', true, '', '',
               now() - make_interval(days => 400 - k * 30, secs => n %% 86400), now()
          FROM generate_series(1, %(subjects)s) n, generate_series(1, 5) k""",
    """INSERT INTO lawful_consentstate (id, client_id, subject_id, purpose, recipient, state, scope, event_id, said_at,
                                        rank, expires_at, asked_at, refused_at)
        SELECT DISTINCT ON (subject_id, purpose) gen_random_uuid(), client_id, subject_id, purpose, recipient, state,
               scope, id, at, lawful_consent_rank(state), NULL::timestamptz, NULL::timestamptz, NULL::timestamptz
          FROM lawful_consentevent
         ORDER BY subject_id, purpose, at DESC""",
)


def _subject(number: int) -> UUID:
    return UUID(f"000a0000-0000-4000-8000-{number:012x}")


def _decide(line: Any, subjects: int) -> dict[str, float]:
    from callwarden.custody.scope import client_scope
    from callwarden.lawful.purposes.terms import Use
    from callwarden.lawful.using import Allowed, may_use

    chosen = random.Random(7)
    times: list[float] = []
    allowed = 0
    for turn in range(DECISIONS + 200):
        subject = _subject(chosen.randint(1, subjects))
        begin = time.perf_counter()
        with client_scope(line.client_id):
            decision = may_use(Use.QUALITY_REVIEW, line=line, subject=subject)
        spent = time.perf_counter() - begin
        if turn >= 200:
            times.append(spent * 1000)
            allowed += isinstance(decision, Allowed)
    if not 0.2 < allowed / DECISIONS < 0.9:
        raise RuntimeError("the seeded consents were not decided on")
    return {"consent_p50_ms": _share(times, 0.5), "consent_p99_ms": _share(times, 0.99)}


def _record(line: Any, subjects: int) -> dict[str, float]:
    """Recording an answer, with the trigger that keeps what stands, and its ledger entry."""
    from callwarden.custody.models import Subject
    from callwarden.custody.scope import client_scope
    from callwarden.kernel import clock
    from callwarden.lawful.consent import actions, queries

    times: list[float] = []
    for number in random.Random(8).sample(range(1, subjects + 1), min(300, subjects)):
        begin = time.perf_counter()
        with client_scope(line.client_id):
            subject = Subject.objects.get(pk=_subject(number))
            actions.record(
                line,
                reference=queries.person_reference(subject),
                purpose="quality",
                state="withdrawn",
                how=actions.How("web"),
                at=clock.now(),
                actor="system",
                subject=subject,
            )
        times.append((time.perf_counter() - begin) * 1000)
    return {"consent_event_p50_ms": _share(times, 0.5), "consent_event_p99_ms": _share(times, 0.99)}


def _number(number: int) -> str:
    return f"154{number:08d}"


def _dial(line: Any) -> dict[str, float]:
    from django.db import connections
    from django.test import Client as Browser

    from callwarden.custody import indexes
    from callwarden.custody.models import IdentifierToken
    from callwarden.custody.scope import client_scope
    from callwarden.custody.subjects import new_customer
    from callwarden.flows.dialling import stop_calling
    from callwarden.kernel.models import User
    from callwarden.lawful.dialling.models import DoNotCall
    from callwarden.protection.signin.actions import create

    with client_scope(line.client_id):
        normal = [f"+86{_number(at)}" for at in range(CUSTOMERS)]
        version, numbers = indexes.make(line.client_id, indexes.NUMBER, [f"B{at:08d}" for at in range(CUSTOMERS)])
        phones_version, phones = indexes.make(line.client_id, "phone", normal)
        for number, phone in zip(numbers, phones, strict=True):
            found = new_customer(line.client_id, number=number, version=version)
            IdentifierToken.objects.create(
                client_id=line.client_id, column="phone", token=phone, customer=found, version=phones_version
            )
    listed = [_number(at) for at in range(0, CUSTOMERS, 10)]
    stop_calling(line.client_id, listed, source=DoNotCall.Source.IMPORT, actor="system")
    connections.close_all()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_prepare) as pool:
        list(pool.map(_batches, [str(line.id)] * PROCESSES, [1] * PROCESSES))
        begin = time.perf_counter()
        done = sum(pool.map(_batches, [str(line.id)] * PROCESSES, [BATCHES] * PROCESSES))
        spent = time.perf_counter() - begin
    owner = User.objects.create(username="bench-dialler", roles=["system_administrator"])
    _key, written = create(owner=owner, purpose="bench", client=line.client, scopes=["dialler"], actor="system")
    browser, times = Browser(), []
    for turn in range(REQUESTS + 20):
        body = json.dumps({"numbers": [_number(turn % CUSTOMERS)], "purpose": "offers"})
        begin = time.perf_counter()
        answer = browser.post(
            "/api/v1/dialler/check",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {written}"},
            HTTP_HOST="127.0.0.1",
            secure=True,
        )
        if turn >= 20:
            times.append((time.perf_counter() - begin) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"the dialler was not answered ({answer.status_code})")
    return {
        "dialler_checks_s": done / spent,
        "consent_http_p50_ms": _share(times, 0.5),
        "consent_http_p99_ms": _share(times, 0.99),
    }


def _prepare() -> None:
    import django

    django.setup()


def _batches(line_id: str, count: int) -> int:
    from callwarden.custody.models import Line
    from callwarden.flows.dialling import check

    line = Line.objects.select_related("client").get(pk=line_id)
    chosen, done = random.Random(9), 0
    for _turn in range(count):
        numbers = [_number(chosen.randrange(CUSTOMERS * 2)) for _ in range(BATCH)]
        done += len(check(line, numbers, actor="system", purpose="offers"))
    return done


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _purposes(line: Any) -> None:
    from callwarden.lawful.purposes.models import LinePurpose, Purpose
    from callwarden.lawful.purposes.terms import Use

    Purpose.objects.filter(slug="quality").update(use=Use.QUALITY_REVIEW)
    offers = Purpose.objects.create(slug="offers", name="offers", name_zh="offers", use=Use.MARKETING)
    Purpose.machine.move(offers, Purpose.State.ACTIVE, actor="system")
    LinePurpose.objects.create(line=line, purpose=offers, ground="consent")
