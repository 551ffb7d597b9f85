"""Reading values over HTTP: the web server and the sequencer as they ship, people with calls in hand, and a program.

- `reveal`: the console's `POST /reveal/RECORD/FIELD/`: one value in clear. One statement of purpose and reason, one
  decision, one committed entry in the ledger, one release by the keeper. The REST door opens nothing in clear.
- `lookup`: `GET /api/v1/customers/NUMBER`, the REST door's reading of a customer: the masked profile of three records
  (name, contact, identity), with two committed entries (the look-up and the opening) and three releases.

Twenty people read the telephone number of the customer whose call they have, in turn, over one kept-open connection.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from bench._site import stop

PEOPLE = 20
PURPOSE = "service"
_TOKEN = "t" * 32  # of a form: the same in cookie and header, as a browser sends it


@dataclass(frozen=True)
class Reader:
    """Somebody signed in with a call in hand, and the record whose number they read."""

    cookie: str
    record: UUID
    call: UUID
    number: str


class Door:
    """One connection to the web server, kept open."""

    def __init__(self, port: int, certificate: Path, key: str) -> None:
        self._line = http.client.HTTPSConnection(
            "127.0.0.1", port, context=ssl.create_default_context(cafile=str(certificate)), timeout=30
        )
        self._origin = f"https://127.0.0.1:{port}"
        self.port = port
        self.key = key

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        self._line.request(method, path, body.encode(), headers)
        answer = self._line.getresponse()
        return answer.status, answer.read().decode()

    def reveal(self, reader: Reader) -> None:
        status, page = self.ask(
            "POST",
            f"/reveal/{reader.record}/phone/?{urlencode({'purpose': PURPOSE, 'call': reader.call})}",
            urlencode({"purpose": PURPOSE, "reason": "to call back"}),
            **{
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": reader.cookie,
                "X-CSRFToken": _TOKEN,
                "Origin": self._origin,
                "HX-Request": "true",
            },
        )
        if status != 200 or reader.number not in re.sub(r"[^0-9]", "", page):
            raise RuntimeError(f"a value was not revealed ({status})")

    def lookup(self, number: str) -> None:
        status, told = self.api("GET", f"/customers/{number}?purpose={PURPOSE}")
        if status != 200 or not any(field["name"] == "phone" for field in told["fields"]):
            raise RuntimeError(f"a customer was not shown ({status})")

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        status, told = self.ask(method, f"/api/v1{path}", json.dumps(body) if body is not None else "", **headers)
        return status, json.loads(told)

    def close(self) -> None:
        self._line.close()


@contextmanager
def served(folder: Path, line: Any, certificate: Path, private: Path) -> Iterator[Door]:
    """The web server over TLS on loopback and the sequencer, each in its database role, and a connection with a key."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "metrics").mkdir(exist_ok=True)
    common = {**os.environ, "CALLWARDEN_TLS": "1", "CALLWARDEN_LOG_LEVEL": "INFO"}
    common |= {"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"), "CALLWARDEN_MALWARE_SCANNER": "none-accepted"}
    # The limit of look-ups is for guessing; this is the same customer again and again.
    common |= {"CALLWARDEN_SERVICE_LOOKUPS_PER_MINUTE": "1000000", "CALLWARDEN_SERVICE_LOOKUPS_PER_HOUR": "1000000"}
    web = ["callwarden.site.web", "--port", str(port), "--workers", "2"]
    web += ["--tls-cert", str(certificate), "--tls-key", str(private)]
    started = []
    try:
        for role, command in (("cw_sequencer", ["callwarden.custody.sequencer.__main__"]), ("cw_app", web)):
            with (folder / f"{role}.log").open("ab") as log:
                started.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "callwarden.site.run", *command],
                        env={**common, "CALLWARDEN_DATABASE_ROLE": role},
                        stdout=log,
                        stderr=log,
                    )
                )
        door = Door(port, certificate, _key(line))
        _await(door, started[-1])
        yield door
        door.close()
    finally:
        for process in reversed(started):
            stop(process)


def _await(door: Door, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if door.ask("GET", "/healthz")[0] == 200:
                return
        except OSError:
            door.close()
            time.sleep(0.1)
    raise RuntimeError("the web server did not start")


def _key(line: Any) -> str:
    from callwarden.kernel.models import User
    from callwarden.protection.signin.actions import create
    from callwarden.protection.signin.models import ServiceKey

    owner = User.objects.create(username="integrator", roles=["system_administrator"])
    scopes = [ServiceKey.Scope.CUSTOMERS]
    _made, written = create(owner=owner, purpose="bench", client=line.client, actor="system", scopes=scopes)
    return str(written)


def readers(door: Door, line: Any) -> list[Reader]:
    """Customers taken in through the REST door, and for each somebody who is on the telephone with them."""
    _allow_service(line)
    return [_reader(door, line, number) for number in range(PEOPLE)]


def customer_no(number: int) -> str:
    return f"C{number:05d}"


def _allow_service(line: Any) -> None:
    from callwarden.custody.categories import Category
    from callwarden.lawful.purposes.models import LinePurpose, Purpose
    from callwarden.lawful.retention.models import RetentionRule

    kept = Purpose.objects.create(slug=PURPOSE, name=PURPOSE, name_zh=PURPOSE)
    Purpose.machine.move(kept, Purpose.State.ACTIVE, actor="system")
    LinePurpose.objects.create(line=line, purpose=kept, ground="contract", core=False)
    for category in Category:
        RetentionRule.objects.create(line=line, category=category, purpose=kept, ceiling_days=90)


def _reader(door: Door, line: Any, number: int) -> Reader:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from callwarden.custody import indexes
    from callwarden.custody.models import Call, Customer, Record
    from callwarden.custody.scope import client_scope
    from callwarden.kernel import clock, sessions
    from callwarden.kernel.models import User

    phone = f"1380000{number:04d}"
    told = {"name": f"Customer {number}", "phones": [phone], "emails": [f"c{number}@example.com"]}
    if (status := door.api("PUT", f"/customers/{customer_no(number)}?line={line.slug}", told)[0]) != 201:
        raise RuntimeError(f"a customer was not taken in ({status})")
    user = User.objects.create(username=f"agent-{number}", roles=["agent"])
    web = SessionStore()
    web[SESSION_KEY], web[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    web[BACKEND_SESSION_KEY] = "callwarden.doors.console.accounts.PasswordBackend"
    web.create()
    sessions.open(user, str(web.session_key), mfa=True)
    with client_scope(line.client_id):
        known = indexes.known_by(line.client_id, indexes.NUMBER, customer_no(number))
        customer = Customer.objects.get(known)
        call = Call.objects.create(
            client_id=line.client_id, line=line, reference=uuid4().bytes, direction="inbound", customer=customer,
            agent=user, started_at=clock.now() - timedelta(minutes=1), duration_ms=60_000, admitted_at=clock.now(),
        )  # fmt: skip
        record = Record.objects.get(customer=customer, category="contact")
    return Reader(f"sessionid={web.session_key}; csrftoken={_TOKEN}", record.id, call.id, phone)
