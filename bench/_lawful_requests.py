"""What a data subject with a thousand records waits for: the access report, and the erasure with its certificate.

The person has called: recordings of both legs, their words and redacted forms, consents, look-up tokens; and others
have spoken of them. All of it came in as it does in life, by recorder, transcript and call record; the rest are orders.
The erasure is judged only where each replica held something before and holds nothing after.

- access_report_s: from the officer's click to the sealed file; every record opened through the door in one act.
- erase_to_certificate_s: closing views, going over calls, ending keys, the search for what is left, the certificate.
  Copies end with their keys, by the date the certificate names.
Limits: 10 s and 30 s (the ratios divide the limit by what was measured; above 1 is within it).
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Progress = Callable[[str], None]
RECORDS = 1_000
CALLS = 60
OF_OTHERS = 3
_OF_A_CALL = 5  # records of a call that are its caller's: sound and words, as they were and redacted, and the spans
NUMBER = "13912345678"
CUSTOMER = "K7000001"
SPOKEN_OF = "一三九一二三四五六七八"


def run(line: Any, rows: int, progress: Progress) -> dict[str, float]:
    from django.core.management import call_command

    from callwarden.custody.scope import client_scope
    from callwarden.flows.requests import found, report, work

    call_command("createcachetable")
    exchange = _exchange(line)
    calls = max(1, min(CALLS, rows // 15))
    orders = max(1, min(rows, RECORDS) - _OF_A_CALL * calls)
    progress(f"laying a customer with {orders:,} orders")
    customer = _customer(line, orders)
    progress(f"{calls} calls of theirs, and {OF_OTHERS} that speak of them")
    _call(exchange, calls)
    officer = _officer()
    with client_scope(line.client_id):
        kept = found.live_records(found.subjects_of(customer.person_id)).count()
    progress("answering an access request")
    request = _ready(line, customer, "access")
    began = time.perf_counter()
    answer = report.prepare(officer, line.client_id, request, reason="Measured.")
    access = time.perf_counter() - began
    progress("erasing")
    request = _ready(line, customer, "erasure")
    tempfile.tempdir = str(Path(tempfile.mkdtemp(prefix="searched-")))
    began = time.perf_counter()
    work.run(line.client_id, request)
    erased = time.perf_counter() - began
    held = _check(line, request)
    return {
        "subject_records": float(kept),
        **{f"subject_{replica}": float(count) for replica, count in held.items()},
        "access_records": float(answer.records),
        "access_report_s": access,
        "access_to_limit": 10 / access,
        "erase_to_certificate_s": erased,
        "erase_to_limit": 30 / erased,
    }


def _exchange(line: Any) -> Any:
    """A telephone system on a line of its own, whose files are taken in through a watch folder."""
    from django.conf import settings

    from tests.exchange import Exchange, open_line

    settings.SPOOL_INCOMING = Path(tempfile.mkdtemp(prefix="incoming-"))
    settings.WORDS_GRACE_SECONDS = 3600
    return Exchange(open_line(line.client, "spoken"), settings.SPOOL_INCOMING)


def _call(exchange: Any, count: int) -> None:
    """Calls of the customer, and some of others that speak of them; taken in and redacted."""
    from callwarden.custody.ledger.sequencer import Sequencer
    from tests.exchange import SPOKEN, words_of
    from tests.work import do_all

    for number in range(count):
        words = SPOKEN.words_json.replace(b"{", f'{{"told": {number}, '.encode(), 1)
        exchange.call(f"C{number}", audio=_sound(SPOKEN.audio, number), words=words, caller=NUMBER, customer=CUSTOMER)
    for number in range(OF_OTHERS):
        turns = [
            {
                "speaker": "customer",
                "text": f"请打我同事的电话，{SPOKEN_OF}",
                "start_ms": 2_000,
                "end_ms": 9_000 + number,
                "channel": 0,
            }
        ]
        sound = _sound(SPOKEN.audio, count + number)
        exchange.call(f"M{number}", audio=sound, caller=f"1380013800{number}", words=words_of(turns))
    exchange.look()
    do_all(limit=20 * (count + OF_OTHERS))
    # Nothing is opened while the log lags behind; here no sequencer runs beside.
    sequencer = Sequencer()
    while sequencer.step():
        pass
    if len(exchange.calls()) != count + OF_OTHERS:
        raise RuntimeError(
            f"{len(exchange.calls())} of {count + OF_OTHERS} calls were taken in: {exchange.states()[:3]}"
        )


def _sound(wave: bytes, number: int) -> bytes:
    """The same recording with another last sample: a recording that comes twice is taken in once."""
    return wave[:-2] + number.to_bytes(2, "little")


def _customer(line: Any, count: int) -> Any:
    from datetime import UTC, datetime

    from callwarden.custody.categories import Category
    from callwarden.flows.customers import take_in_customer
    from callwarden.flows.formats import CustomerRow, OrderRow
    from callwarden.lawful.purposes.models import LinePurpose, Purpose
    from callwarden.lawful.retention.models import RetentionRule

    service = Purpose.objects.get(slug="service")
    LinePurpose.objects.create(line=line, purpose=service, ground="contract")
    for category in Category:
        RetentionRule.objects.create(line=line, category=category, purpose=service, ceiling_days=900)
    orders = tuple(
        OrderRow(
            line_no=number,
            order_no=f"O-{number}",
            placed_at=datetime(2026, 3, 1, tzinfo=UTC),
            product=f"Product {number}",
            amount=Decimal("10.00"),
            currency="CNY",
            status="delivered",
        )
        for number in range(count)
    )
    row = CustomerRow(
        line_no=0, customer_no=CUSTOMER, name="欧阳测量", phones=(NUMBER,), emails=("ouyang@example.com",),
        orders=orders,
    )  # fmt: skip
    return take_in_customer(line, row, actor="system").customer


def _officer() -> Any:
    from callwarden.flows.actors import Actor
    from callwarden.kernel import clock
    from callwarden.kernel.models import Session, User

    user = User.objects.create(username="bench.officer", roles=["data_protection_officer"])
    now = clock.now()
    ends = {"expires_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=2)}
    login = Session.objects.create(
        user=user, key=uuid.uuid4().bytes, created_at=now, last_seen_at=now, mfa_at=now, **ends
    )
    return Actor.person(user, login)


def _ready(line: Any, customer: Any, kind: str) -> uuid.UUID:
    """A request that two people have decided to carry out."""
    from callwarden.custody.scope import client_scope
    from callwarden.flows.requests import work
    from callwarden.lawful.requests import actions
    from callwarden.lawful.requests.kinds import Channel, Kind

    with client_scope(line.client_id):
        request = actions.receive(line, kind=Kind(kind), channel=Channel.API, actor="system")
        request = actions.verified(request, customer, how="system", actor="system")
        work.plan(request, actor="system")
        actions.begin(request, actor="system", approval=uuid.uuid4())
    return request.id


def _check(line: Any, request: uuid.UUID) -> dict[str, int]:
    """Replica -> how many things of the person lay there; all gone, and certified."""
    from callwarden.custody.scope import client_scope
    from callwarden.lawful.certificates.models import Certificate
    from callwarden.lawful.requests.models import RequestTask, SubjectRequest

    with client_scope(line.client_id):
        done = SubjectRequest.objects.get(pk=request)
        tasks = list(RequestTask.objects.filter(request=request))
    if done.state != "answered" or not Certificate.objects.filter(pk=done.certificate).exists():
        raise RuntimeError(f"the erasure is {done.state}, not answered with a certificate")
    held = {task.replica: task.before for task in tasks}
    for replica in ("records", "recordings", "transcripts", "indexes", "mentions", "consents"):
        if not held.get(replica):
            raise RuntimeError(f"nothing lay in {replica} before: {held}")
    return held
