"""What a data subject with a thousand records waits for: the access report, and the erasure with its certificate.

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


def run(line: Any, rows: int, progress: Progress) -> dict[str, float]:
    from django.core.management import call_command

    from callwarden.custody.models import Record
    from callwarden.custody.scope import client_scope
    from callwarden.flows.requests import report, work

    call_command("createcachetable")
    records = min(rows, RECORDS)
    progress(f"laying a customer with {records:,} records")
    customer = _customer(line, records)
    officer = _officer()
    with client_scope(line.client_id):
        kept = Record.objects.filter(subject=customer.subject).count()
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
    _check(line, request)
    return {
        "subject_records": float(kept),
        "access_records": float(answer.records),
        "access_report_s": access,
        "access_to_limit": 10 / access,
        "erase_to_certificate_s": erased,
        "erase_to_limit": 30 / erased,
    }


def _customer(line: Any, records: int) -> Any:
    from datetime import UTC, datetime

    from callwarden.custody.categories import Category
    from callwarden.flows.customers import take_in_customer
    from callwarden.flows.formats import CustomerRow, OrderRow
    from callwarden.lawful.purposes.models import LinePurpose, Purpose
    from callwarden.lawful.retention.models import RetentionRule

    service = Purpose.objects.create(slug="service", name="service", name_zh="service")
    Purpose.machine.move(service, Purpose.State.ACTIVE, actor="system")
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
        for number in range(max(1, records - 2))
    )
    row = CustomerRow(
        line_no=0, customer_no="K7000001", name="欧阳测量", phones=("13912345678",), emails=("ouyang@example.com",),
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


def _check(line: Any, request: uuid.UUID) -> None:
    from callwarden.custody.scope import client_scope
    from callwarden.lawful.certificates.models import Certificate
    from callwarden.lawful.requests.models import SubjectRequest

    with client_scope(line.client_id):
        done = SubjectRequest.objects.get(pk=request)
    if done.state != "answered" or not Certificate.objects.filter(pk=done.certificate).exists():
        raise RuntimeError(f"the erasure is {done.state}, not answered with a certificate")
