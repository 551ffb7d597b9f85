"""Decisions on use among ten million consent events, and a dialler that asks about numbers in batches.

- consent_p50_ms, consent_p99_ms: `lawful.using.may_use`, in process, one transaction a decision: a caller with their
  call, a customer, a controller who is to be given something, a purpose on contract, in turn, of people at random.
  consent_cpu_ms: CPU of this process and the server a decision, whatever else the machine does.
  consent_first_ms: the first of them, on a connection that has to be opened and has no plan yet. What the events are
  is said in `_lawful_consent_seed`.
- consent_event_ms: recording an answer, with the trigger that keeps what stands.
- consent_http_p99_ms: a decision through the REST door and its ledger entry, for one number of a customer, in
  process over Django's client: authentication, keeper, decision and entry, without the network. consent_http_500_ms:
  500 of them in one request.
- dialler_checks_s: numbers a second, asked about in batches of 500 by two processes.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

from bench._lawful_consent_seed import CALL, PERSON, SUBJECT, lay, own, reference
from bench._site import cpu_seconds

Progress = Callable[[str], None]
DECISIONS = 3_000
REQUESTS = 500
CUSTOMERS = 2_000
BATCH = 500
BATCHES = 20
PROCESSES = 2
# Ten million events beside a million of what other parts measure.
EVENTS_A_ROW = 10


def run(line: Any, rows: int, progress: Progress) -> dict[str, float]:
    _purposes(line)
    events = rows * EVENTS_A_ROW
    progress(f"laying {events:,} consent events")
    begin = time.perf_counter()
    people = lay(line, events)
    figures: dict[str, float] = {"consent_events": events, "consent_seed_s": time.perf_counter() - begin}
    progress("deciding")
    figures |= _decide(line, people)
    progress("recording")
    figures |= _record(line, people)
    progress("dialling")
    figures |= _dial(line)
    progress("asking over HTTP")
    return figures | _ask(line)


def _questions(line: Any, person: int) -> list[tuple[str, dict[str, Any]]]:
    """What is asked about one person: of the caller of a call, of a customer, for a controller, on a contract."""
    from callwarden.custody.models import Call
    from callwarden.kernel import clock
    from callwarden.lawful.purposes.terms import Use

    call = Call(
        id=own(CALL, person), line=line, reference=reference(person), started_at=clock.now() - timedelta(days=220)
    )
    return [
        (Use.QUALITY_REVIEW, {"subject": own(SUBJECT, person * 2), "call": call}),
        (Use.MARKETING, {"person": own(PERSON, person)}),
        (Use.QUALITY_REVIEW, {"subject": own(SUBJECT, person * 2 + 1), "recipient": "maker"}),
        (Use.ANALYTICS, {"person": own(PERSON, person)}),
    ]


def _decide(line: Any, people: int) -> dict[str, float]:
    from django.db import connection

    from callwarden.custody.scope import client_scope
    from callwarden.lawful.using import Allowed, may_use

    _through_indexes(line)
    connection.close()
    chosen = random.Random(7)
    times: list[float] = []
    allowed = [0, 0, 0, 0]
    burnt = cpu_seconds()
    for turn in range(DECISIONS):
        which = turn % 4
        use, about = _questions(line, chosen.randint(1, people))[which]
        begin = time.perf_counter()
        with client_scope(line.client_id):
            decision = may_use(use, line=line, **about)
        times.append((time.perf_counter() - begin) * 1000)
        allowed[which] += isinstance(decision, Allowed)
    burnt = cpu_seconds() - burnt
    if not all(0.1 < one / DECISIONS * 4 < 0.95 for one in allowed):
        raise RuntimeError(f"what was laid was not decided on: {allowed}")
    # The first decisions on a connection have it opened and their plans made.
    warm = times[200:]
    return {
        "consent_p50_ms": _share(warm, 0.5),
        "consent_p99_ms": _share(warm, 0.99),
        "consent_first_ms": times[0],
        "consent_cpu_ms": burnt / DECISIONS * 1000,
    }


def _through_indexes(line: Any) -> None:
    """Refuse to measure a decision whose plan, kept for every value, reads a large table from end to end."""
    from django.db import connection

    from callwarden.custody.scope import client_scope
    from callwarden.lawful.use_facts import OF_USE

    typed = list(dict.fromkeys(re.findall(r"%\((\w+)\)s::(\w+)", OF_USE)))
    places = {name: f"${at}" for at, (name, _kind) in enumerate(typed, 1)}
    text = re.sub(r"%\((\w+)\)s", lambda found: places[found[1]], OF_USE)
    with client_scope(line.client_id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE asked ({', '.join(kind for _name, kind in typed)}) AS {text}")
        cursor.execute(f"EXPLAIN EXECUTE asked ({', '.join(['NULL'] * len(typed))})")
        plan = "\n".join(row for (row,) in cursor.fetchall())
        cursor.execute("DEALLOCATE asked")
        cursor.execute("SELECT relname FROM pg_class WHERE reltuples > 10000 AND relkind = 'r'")
        large = {name for (name,) in cursor.fetchall()}
    if found := sorted(large & set(re.findall(r"Seq Scan on (\w+)", plan))):
        raise RuntimeError(f"a decision reads {', '.join(found)} from end to end:\n{plan}")


def _record(line: Any, people: int) -> dict[str, float]:
    """Recording an answer, with the trigger that keeps what stands, and its ledger entry."""
    from callwarden.custody.models import Subject
    from callwarden.custody.scope import client_scope
    from callwarden.kernel import clock
    from callwarden.lawful.consent import actions, queries

    times: list[float] = []
    for number in random.Random(8).sample(range(2, people + 1), min(300, people - 1)):
        begin = time.perf_counter()
        with client_scope(line.client_id):
            subject = Subject.objects.get(pk=own(SUBJECT, number * 2))
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

    from callwarden.custody import indexes
    from callwarden.custody.models import IdentifierToken
    from callwarden.custody.scope import client_scope
    from callwarden.custody.subjects import new_customer
    from callwarden.flows.dialling import stop_calling
    from callwarden.lawful.dialling.models import DoNotCall

    with client_scope(line.client_id):
        normal = [f"+86{_number(at)}" for at in range(CUSTOMERS)]
        version, numbers = indexes.make(line.client_id, indexes.NUMBER, [_named(at) for at in range(CUSTOMERS)])
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
    return {"dialler_checks_s": done / spent}


def _ask(line: Any) -> dict[str, float]:
    """The REST door: one customer or one call a request, and 500 at once."""
    from callwarden.flows.consents import Told, customer_called, say_for_person
    from callwarden.kernel import clock
    from callwarden.kernel.models import User
    from callwarden.protection.signin.actions import create

    for at in range(0, CUSTOMERS, 10):
        subject = customer_called(line.client_id, _named(at)).subject
        say_for_person(line, subject, Told("offers", "given", "web", clock.now(), apart=True), actor="system")
    owner = User.objects.create(username="bench-program", roles=["system_administrator"])
    _key, written = create(owner=owner, purpose="bench", client=line.client, scopes=["decide"], actor="system")
    single, batch = [], []
    for turn in range(REQUESTS + 20):
        spent, allowed = _post(written, [{"customer_no": _named(turn * 5 % CUSTOMERS)}])
        if turn >= 20:
            single.append(spent)
    for turn in range(BATCHES):
        spent, allowed = _post(written, [{"customer_no": _named(at)} for at in range(turn, turn + BATCH)])
        batch.append(spent)
        if allowed != BATCH // 10:
            raise RuntimeError(f"the batch was not decided on ({allowed})")
    return {
        "consent_http_p50_ms": _share(single, 0.5),
        "consent_http_p99_ms": _share(single, 0.99),
        "consent_http_500_ms": _share(batch, 0.5),
    }


def _named(at: int) -> str:
    return f"B{at:08d}"


def _post(key: object, about: list[dict[str, str]]) -> tuple[float, int]:
    from django.test import Client as Browser

    browser, body = Browser(), json.dumps({"use": "marketing", "about": about})
    begin = time.perf_counter()
    answer = browser.post(
        "/api/v1/decide/use",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
        HTTP_HOST="127.0.0.1",
        secure=True,
    )
    spent = (time.perf_counter() - begin) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"the program was not answered ({answer.status_code})")
    return spent, int(answer.json()["allowed"])


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
    from callwarden.lawful.purposes.models import LinePurpose, Purpose, PurposeGround, Recipient
    from callwarden.lawful.purposes.terms import Use

    Purpose.objects.filter(slug="quality").update(use=Use.QUALITY_REVIEW)
    for slug, use, ground in (("offers", Use.MARKETING, "consent"), ("care", Use.ANALYTICS, "contract")):
        made = Purpose.objects.create(slug=slug, name=slug, name_zh=slug, use=use)
        Purpose.machine.move(made, Purpose.State.ACTIVE, actor="system")
        LinePurpose.objects.create(line=line, purpose=made, ground=ground)
    PurposeGround.objects.create(
        purpose_id="care", jurisdiction=line.jurisdiction, ground="contract", ends_with="contract_end"
    )
    maker = Recipient.objects.create(client=line.client, slug="maker", name="maker", role="controller", country="CN")
    maker.purposes.add(Purpose.objects.get(slug="quality"))
