"""People and programs who open personal data without pause while something breaks, and what came of it.

Five of them, each with a thread of its own: a program looks a customer up masked, a leader has a value revealed, a
reviewer plays a recording, an officer takes a recording along under a grant of access, and answers an access request.
Beside them calls arrive. Every key that the keeper released to any of them is noted, and `unlogged` compares that with
what stands committed in the log.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pyrage
import pytest
from django.db import connections

from callwarden.control.grants import actions as grants
from callwarden.custody.categories import Category
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.models import Call, Customer, LedgerEntry, LedgerPending, Permit, Record
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.flows import granting, handing_out, playback, reveal
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.formats import customer_of
from callwarden.flows.masking import mask
from callwarden.flows.receive import receive_file
from callwarden.flows.requests import report, work
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role
from callwarden.lawful.requests import actions as requests
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest
from samples.generate import generate_call
from tests.exchange import CALLER, Exchange
from tests.flows.centre_of_controls import login_of, person

# `make prove NAME=audit` asks for twenty.
TIMES = int(os.environ.get("CALLWARDEN_TEST_TIMES", "2"))
SEED = 20261130
NAME, NUMBER = "欧阳长风", "K7"
WHY = "The caller disputes a bill."
OPENING = ("view", "reveal", "play", "export", "answer")
# Short, for it is redacted again and again while others work.
SPOKEN = generate_call(91, 0, minutes=0.12, line="service-zh")
_mine = threading.local()


@dataclass(frozen=True)
class Centre:
    """A customer, their call, redacted, and the people who work with it."""

    exchange: Exchange
    customer: Customer
    call: Call
    acts: Mapping[str, Callable[[], object]]
    reviewer: Actor

    @property
    def client(self) -> UUID:
        return self.exchange.line.client_id


class Work:
    """The threads, what each attempt came to, and every key that was released meanwhile."""

    def __init__(self, acts: Mapping[str, Callable[[], object]]) -> None:
        self.acts = dict(acts)
        self.outcomes: dict[str, list[str]] = {name: [] for name in acts}
        self.released: list[tuple[UUID, UUID]] = []
        self.faults: list[BaseException] = []
        self._stop, self._turn = threading.Event(), threading.Condition()
        self._threads = [threading.Thread(target=self._work, args=(name,), daemon=True) for name in acts]
        for thread in self._threads:
            thread.start()

    def _work(self, name: str) -> None:
        try:
            while not self._stop.is_set():
                outcome = self._attempt(name)
                with self._turn:
                    self.outcomes[name].append(outcome)
                    self._turn.notify_all()
                if outcome != "open":
                    self._stop.wait(0.01)  # whoever is refused asks again, and lets others breathe
        except BaseException as fault:  # a thread that dies would let the test pass by silence
            self.faults.append(fault)
            raise
        finally:
            connections.close_all()

    def _attempt(self, name: str) -> str:
        before = _mine.keys = getattr(_mine, "keys", 0)
        try:
            self.acts[name]()
        except CallwardenError as refused:
            return refused.code
        except AssertionError:
            raise
        except Exception as error:
            return type(error).__name__
        assert name not in OPENING or _mine.keys > before, f"{name} showed something without a key"
        return "open"

    def seen(self, name: str) -> str:
        """What an attempt came to that began after this was asked."""
        return self.see(name)[name]

    def see(self, *names: str) -> dict[str, str]:
        """The same of several, or of all who open something: the attempt after the one under way."""
        wanted, begun = names or OPENING, time.monotonic()
        with self._turn:
            start = {name: len(self.outcomes[name]) + 1 for name in wanted}
            done = self._turn.wait_for(
                lambda: self.faults or all(len(self.outcomes[name]) > at for name, at in start.items()), timeout=120
            )
            assert not self.faults, self.faults
            assert done, f"nothing came of it in {time.monotonic() - begun:.0f} s"
            return {name: self.outcomes[name][at] for name, at in start.items()}

    def all_well(self) -> None:
        """Everybody is served, at the latest the second time they ask."""
        seen = self.see(*self.acts)
        for name in [name for name, outcome in seen.items() if outcome != "open"]:
            assert self.seen(name) == "open", (name, seen[name])

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert not self.faults, self.faults
        assert not any(thread.is_alive() for thread in self._threads)

    def unlogged(self) -> list[tuple[UUID, str]]:
        """Permits under which a key was released that no committed entry stands for, and what is wrong with them."""
        with self._turn:
            released = {permit for permit, _record in self.released}
        entries = {
            entry: json.loads(bytes(body))
            for rows in (LedgerEntry, LedgerPending)
            for entry, body in rows.objects.values_list("entry", "body")
        }
        found = {permit.pk: permit for permit in Permit.objects.filter(pk__in=released)}
        return [(permit, why) for permit in released if (why := _wrong(found.get(permit), entries))]


def _wrong(permit: Permit | None, entries: Mapping[UUID, Mapping[str, Any]]) -> str:
    if permit is None:
        return "no permit"
    told = entries.get(permit.entry)
    if told is None:
        return "no entry"
    as_told = (told.get("actor"), told.get("decision"), told.get("purpose"), told.get("data", {}).get("action"))
    return "" if as_told == (permit.principal, "allow", permit.purpose, permit.action) else f"entry says {as_told}"


def moments(times: int = TIMES) -> Iterator[None]:
    """Some random moments."""
    chance, wait = random.Random(SEED), threading.Event()
    for _ in range(times):
        wait.wait(chance.uniform(0, 0.1))
        yield


@contextmanager
def at_work(acts: Mapping[str, Callable[[], object]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """They work until the block ends; then nothing that got out may be missing in the log."""
    running: list[Work] = []
    release = keeper_client.release

    def followed(**asked: Any) -> Any:
        given = release(**asked)
        _mine.keys = getattr(_mine, "keys", 0) + 1
        for one in running:
            one.released.append((asked["permit"], asked["record"]))
        return given

    monkeypatch.setattr(keeper_client, "release", followed)
    running.append(Work(acts))
    try:
        yield running[0]
    finally:
        running[0].stop()
    assert running[0].released or not set(acts) & set(OPENING)
    assert running[0].unlogged() == []


def centre_at(exchange: Exchange, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Centre:
    """One customer of the exchange who has called, and what each of its people does all day."""
    settings.LEDGER_LAG_SECONDS, settings.GRANT_USES = 3600, 1_000_000  # nothing is sequenced here
    # A passphrase costs age a second by design. What is looked at here comes before: who gets what into the file.
    monkeypatch.setattr(pyrage.passphrase, "encrypt", lambda plain, _passphrase: plain)
    row = customer_of({"name": NAME, "phones": [CALLER]}, customer_no=NUMBER)
    customer = take_in_customer(exchange.line, row, actor="system").customer
    exchange.call("C1", audio=SPOKEN.audio, words=SPOKEN.words_json, customer=NUMBER)
    exchange.settle()
    (call,) = exchange.calls()
    assert call.redaction == Call.Redaction.DONE
    acts = _Acts(exchange, customer, call)
    each = {name: getattr(acts, name) for name in (*OPENING, "arrive")}
    return Centre(exchange, customer, call, each, acts.reviewer)


class _Acts:
    """What each does, once. None of them shows half of anything: what comes is whole, or an error came instead."""

    def __init__(self, exchange: Exchange, customer: Customer, call: Call) -> None:
        self.line, self.customer, self.call = exchange.line, customer, call
        self.client = exchange.line.client_id
        self.program = Actor.service(uuid4(), client=self.client, lines=None)
        leader, reviewer = person("leader", Role.TEAM_LEADER), person("reviewer", Role.QUALITY_REVIEWER)
        self.leader, self.reviewer = (Actor.person(one, login_of(one)) for one in (leader, reviewer))
        self.user = person("officer", Role.DPO)
        self.officer = Actor.person(self.user, login_of(self.user))
        with client_scope(self.client):
            self.identity = Record.objects.get(customer=customer, category=Category.IDENTITY)
        self.grant = self._to_export(leader, person("second", Role.SECURITY_ADMIN))
        self.request = self._access_request()
        self.number = 0

    def _to_export(self, *voters: User) -> Any:
        wish = granting.wish_for(
            self.officer, self.client, granting.Scope.CALL, [self.call.id],
            action="export", purpose="complaint_handling", reason=WHY, minutes=480, uses=1_000_000,
        )  # fmt: skip
        asked = granting.ask(self.officer, wish)
        for one in voters:
            approvals.approve(asked.approval, by=one)
        return grants.begin(asked.pk, by=self.user)

    def _access_request(self) -> SubjectRequest:
        with client_scope(self.client):
            request = requests.receive(
                self.line, kind=Kind.ACCESS, channel=Channel.PHONE, actor="system", claimed=self.customer
            )
            requests.verified(request, self.customer, how="agent", actor="system")
            planned = work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")
            work.begin(planned, actor="system")
        return request

    def view(self) -> None:
        ask = Ask(self.program, self.client, "view_masked", "service", {self.identity.id: ("name",)})
        opened = disclose(ask)
        with client_scope(self.client):
            (value,) = open_fields(opened, self.identity)["name"]
        assert mask("name", value) not in ("", NAME)

    def reveal(self) -> None:
        shown = reveal.reveal(
            self.leader, self.client, self.identity.id, "name", purpose="complaint_handling", reason=WHY
        )
        assert shown.values == [NAME]

    def play(self) -> None:
        permit = playback.permit_to_play(self.reviewer, self.call, purpose="quality")
        sound = playback.sound_of(permit.permit, self.client)
        assert len(playback.read(permit, sound, 44, 44 + 64_000)) == 64_000

    def export(self) -> None:
        file = handing_out.sound(self.officer, self.grant, reason=WHY)
        assert sum(map(len, file.pieces)) == file.size

    def answer(self) -> None:
        made = report.prepare(self.officer, self.client, self.request.id, reason=WHY)
        assert NAME.encode() in _first_file(made.sealed)

    def arrive(self) -> None:
        self.number += 1
        content = f"recording {self.number} {uuid4()}".encode()
        receive_file(BytesIO(content), name=f"s{self.number}.wav", line=self.line, door="spool")


def _first_file(archive: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(archive)) as files:
        return files.read("report.json")
