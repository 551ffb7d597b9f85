"""The product as the walk drives it: one client with its line, its people and their calls, and what may happen to them.

Everything goes through the product's own acts, its door, its keeper and its jobs. Time passes by making every row
older (the keeper is a process with a clock of its own); a copy is a copy of the tables, laid down again and followed by
the product's own journal. The search for residue after an erasure is left out: it has a proof of its own.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from django.db import connection

from callwarden.control.access.actions import ensure_default
from callwarden.custody.categories import Category
from callwarden.custody.epochs import open_client
from callwarden.custody.holds import move_held
from callwarden.custody.keeper.client import NotPermitted
from callwarden.custody.models import Call, Customer, Leg, Line, Record
from callwarden.custody.open import open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, new_customer, new_subject
from callwarden.flows import holding, timers
from callwarden.flows.actors import Actor
from callwarden.flows.consents import Told, say_for_person, take_in_consent
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.replay import replay
from callwarden.flows.requests import work
from callwarden.flows.take_in import call_reference
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError, NotFound, Refused
from callwarden.kernel.models import Approval, Session, User
from callwarden.lawful.holds import actions as holds
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Wish
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.requests import actions as requests
from callwarden.lawful.requests import acts
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.lawful.retention import actions as retention
from callwarden.lawful.retention import runs
from callwarden.lawful.retention.acts import asked_now
from callwarden.lawful.retention.models import RetentionRule
from callwarden.protection.backup.journal import RESTRICTIVE
from tests.centre import basis_for
from tests.prove._lawful_keeper import FILE
from tests.prove._lawful_model import Kept, Model, Person, Said
from tests.purposes import serve
from tests.work import forget_jobs

PURPOSES = ("recording", "quality", "service")
SOUND = b"what somebody said " * 8
DAY = 86_400.0
# A name with some digits in a row would be taken for a number.
LETTERS = str.maketrans("0123456789", "ghijklmnop")
_OURS = """SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
 AND (table_name ~ '^(custody|lawful)_' OR table_name IN ('kernel_approval', 'kernel_vote', 'kernel_deadline',
 'kernel_finding', 'kernel_notification'))
 AND table_name !~ '^custody_(ledger|checkpoint|clocklook)' AND table_name !~ '^lawful_purpose$'"""


class Forbidden(AssertionError):
    """A state that must never be."""


class Store:
    """The tables as whoever has the database sees them: copied, laid down again, made older."""

    def __init__(self) -> None:
        values = connection.settings_dict
        self._connection = psycopg.connect(
            host=values["HOST"], port=values["PORT"] or 5432, user="postgres", dbname=values["NAME"], autocommit=True
        )
        self._tables = [name for (name,) in self.rows(_OURS)]
        self.run("CREATE SCHEMA IF NOT EXISTS copy", *(f"DROP TABLE IF EXISTS copy.{one}" for one in self._tables))
        self.run(*(f"CREATE TABLE copy.{one} AS TABLE public.{one} WITH NO DATA" for one in self._tables))
        self._times = self._columns()
        self._emptied = 0

    def close(self) -> None:
        self._connection.close()

    def rows(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, arguments or None).fetchall()

    def run(self, *statements: str) -> None:
        self._connection.execute(
            "BEGIN; SET LOCAL session_replication_role = replica;" + ";".join(statements) + "; COMMIT"
        )

    def _columns(self) -> dict[str, list[tuple[str, bool]]]:
        found: dict[str, list[tuple[str, bool]]] = {}
        for table, column, kind in self.rows(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('date', 'timestamp with time zone') AND table_name = ANY(%s)",
            self._tables,
        ):
            found.setdefault(table, []).append((column, kind == "date"))
        return found

    def copy(self) -> None:
        self.run(*(f"DELETE FROM copy.{one}; INSERT INTO copy.{one} TABLE public.{one}" for one in self._tables))

    def lay_down(self) -> None:
        self.run(*(f"DELETE FROM public.{one}; INSERT INTO public.{one} TABLE copy.{one}" for one in self._tables))

    def empty(self) -> None:
        self.run(
            *(f"DELETE FROM public.{one}; DELETE FROM copy.{one}" for one in self._tables),
            "DELETE FROM custody_ledgerpending; DELETE FROM custody_ledgerdetail",
        )
        self._emptied += 1
        if self._emptied % 10 == 0:  # the database of tests hardly ever does this by itself, and would grow slow
            self._connection.execute(
                "VACUUM custody_ledgerpending, " + ", ".join(f"public.{one}, copy.{one}" for one in self._tables)
            )

    def age(self, days: int) -> None:
        """Everything lies so many days further back. Far ahead first, so that no two rows meet on the way."""
        steps = []
        for shift in (40_000, -40_000 - days):
            for table, columns in self._times.items():
                moved = ", ".join(f"{name} = {name} + {_span(shift, day)}" for name, day in columns)
                steps += [f"UPDATE {schema}.{table} SET {moved}" for schema in ("public", "copy")]
        self.run(*steps)


def _span(days: int, of_dates: bool) -> str:
    return f"({days})" if of_dates else f"interval '{days} days'"


class World:
    """One client from its beginning. `step` does one thing and then looks at everything."""

    def __init__(self, store: Store) -> None:
        self.store, self.model = store, Model()
        store.empty()
        forget_jobs()
        ensure_default()
        self.begun, self.aged = clock.now(), 0
        self._tell_days()
        client = open_client(slug=uuid.uuid4().hex.translate(LETTERS)[:12], name="Walk", actor="system")
        self.client = client.id
        self.line = Line.objects.create(
            client=client, slug="walk", name="walk", languages=["zh"], direction="inbound", jurisdiction="cn"
        )
        for purpose in PURPOSES:
            use = {"use": Use.RECORDING} if purpose == "recording" else {}
            serve(self.line, purpose, "contract" if purpose == "service" else "consent", **use)
            RetentionRule.objects.create(
                line=self.line, category=Category.RECORDING_REDACTED, purpose_id=purpose, ceiling_days=90
            )
        name = uuid.uuid4().hex[:10]
        self.first = User.objects.create(username=f"{name}1", roles=["data_protection_officer"])
        self.second = User.objects.create(username=f"{name}2", roles=["security_administrator"])
        self.reader = User.objects.create(username=f"{name}3", roles=["team_leader"])
        self.customers: dict[int, Customer] = {}
        self.calls: dict[int, Call] = {}
        self.records: dict[int, Record] = {}
        self.matters: dict[int, tuple[uuid.UUID, str, int]] = {}
        self.ended_matters: set[int] = set()
        self.asked: dict[uuid.UUID, int] = {}
        self.permits: list[tuple[Grant, int, str]] = []
        self.saved: tuple[Model, dict[str, Any], int] | None = None
        self.journal: list[dict[str, Any]] = []
        self.numbers = 0
        self._sign_in()

    # Time

    @property
    def now(self) -> float:
        return self.days(clock.now())

    def days(self, at: datetime) -> float:
        return (at - self.begun).total_seconds() / DAY + self.aged

    def at(self, days: float) -> datetime:
        return self.begun + timedelta(days=days - self.aged)

    def _tell_days(self) -> None:
        Path(os.environ[FILE]).write_text(str(self.aged))

    def _sign_in(self) -> None:
        now = clock.now()
        login = Session.objects.create(
            user=self.reader, key=uuid.uuid4().bytes, created_at=now, last_seen_at=now, mfa_at=now,
            expires_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2),
        )  # fmt: skip
        self.actor = Actor.person(self.reader, login)

    def next(self) -> int:
        self.numbers += 1
        return self.numbers

    # What may happen

    def step(self, name: str, choice: int) -> None:
        self.model.now = self.now
        random = Random(choice)
        getattr(self, f"do_{name}")(random)
        self.model.now = self.now
        self.look()

    def somebody(self, random: Random) -> int | None:
        alive = [number for number, person in self.model.people.items() if not person.erased]
        if len(alive) < 3:
            return self._arrive()
        return random.choice(alive)

    def something(self, random: Random, *, alive: bool = False) -> int | None:
        found = [number for number, one in self.model.kept.items() if not (alive and one.gone)]
        return random.choice(found[-12:]) if found else None

    def _arrive(self) -> int:
        number = self.next()
        with client_scope(self.client):
            self.customers[number] = new_customer(self.client, number=os.urandom(32))
        self.model.people[number] = Person()
        return number

    def do_call(self, random: Random) -> None:
        """A call is taken in: of somebody known, in or out, today or long ago, with what was said in it."""
        person, number = self.somebody(random), self.next()
        assert person is not None
        outbound, ended = random.random() < 0.4, self.now - random.choice([0.3, 3.3, 11.3, 25.3, 29.3])
        if ended + self.model.days <= self.now + 1:
            return
        customer, at = self.customers[person], self.at(ended)
        with client_scope(self.client):
            call = Call.objects.create(
                client_id=self.client, line=self.line, reference=call_reference(self.line, f"n{number}"),
                direction="outbound" if outbound else "inbound", started_at=at, admitted_at=clock.now(),
                customer=customer,
            )  # fmt: skip
            caller = new_subject(self.client, "caller")
            link(customer.person, caller)
            leg = Leg.objects.create(client_id=self.client, call=call, party="caller", channel=0, subject=caller)
            basis = basis_for(self.line, purposes=PURPOSES)
            basis.due[Category.RECORDING_REDACTED] = at + timedelta(days=self.model.days)
            record = put(
                basis, category=Category.RECORDING_REDACTED, subject=caller, write=lambda out: out.write(SOUND),
                place=Place(call=call, leg=leg),
            )  # fmt: skip
        self.calls[number], self.records[number] = call, record
        self.model.kept[number] = Kept(number, person, outbound, ended, ended + self.model.days)
        for purpose in PURPOSES[:2]:
            if random.random() < 0.8:
                self._say_in_call(number, purpose, "given", max(ended, self.now - 0.2), None)

    def do_say(self, random: Random) -> None:
        """Somebody says something about a purpose: in a call or outside any, late, out of order, twice."""
        purpose, state = random.choice(PURPOSES), random.choice(["given", "given", "refused", "withdrawn"])
        ago = random.choice([0.0, 0.001, 0.01, 0.02, 1.0, 5.0])
        ends = random.choice([3.0, 10.0]) if state == "given" and random.random() < 0.2 else None
        number = self.something(random, alive=True)
        if random.random() < 0.4 and number is not None:
            self._say_in_call(number, purpose, state, self.now - ago, ends)
            return
        person = self.somebody(random)
        assert person is not None
        for _time in range(random.choice([1, 1, 2])):
            self._say(person, purpose, state, self.now - ago, ends)

    def _say(self, person: int, purpose: str, state: str, at: float, ends: float | None) -> None:
        told = self._told(purpose, state, at, ends, slot=0)
        say_for_person(self.line, self.customers[person].subject, told, actor="system")
        self._heard(person, told, None)
        if state != "given" and purpose == "recording":
            self.model.end_recordings(person)

    def _say_in_call(self, number: int, purpose: str, state: str, at: float, ends: float | None) -> None:
        told = self._told(purpose, state, at, ends, slot=number % 50 + 1)
        take_in_consent(self.line, f"n{number}", told, actor="system")
        record = self.model.kept[number]
        self._heard(record.person, told, number)
        if state != "given" and purpose == "recording":
            self.model.end_recordings(record.person)
        if state != "given" and self.model.answer(record, "recording") != "given" and not record.gone:
            record.asked = record.frozen = True  # what was heard ends, or waits for its floor or its hold
            self.model.go(record)

    def _told(self, purpose: str, state: str, at: float, ends: float | None, *, slot: int) -> Told:
        # Each call and each person speaks at a second of its own: of one moment nobody says two things but a yes and a
        # no, of which the no holds.
        second = self.at(at).replace(microsecond=0)
        moment = second - timedelta(seconds=second.second + 60) + timedelta(seconds=slot)
        over = moment + timedelta(days=ends) if ends else None
        return Told(purpose, state, "web", moment, apart=True, expires_at=over)

    def _heard(self, person: int, told: Told, call: int | None) -> None:
        at = round(self.days(told.at) * DAY) / DAY
        ends = self.days(told.expires_at) if told.expires_at else None
        said = self.model.people[person].said
        same = [one for one in said if (one.purpose, one.state, one.call) == (told.purpose, told.state, call)]
        if not any(abs(one.at - at) * DAY < 0.5 for one in same):
            said.append(Said(told.purpose, told.state, at, call, ends))

    def do_read(self, random: Random) -> None:
        """Somebody opens a record through the door. What must not be read is refused; what may be is opened."""
        number, purpose = self.something(random), random.choice(PURPOSES[1:])
        if number is None:
            return
        record = self.model.kept[number]
        allowed = self.model.may_read(record, purpose)
        grant = self._permit(number, purpose)
        opened = grant is not None and self._opens(grant, number)
        if opened and not allowed:
            raise Forbidden(f"read for {purpose} though it must not be: {record}")
        if self.model.surely_opens(record, purpose) and not opened:
            raise Forbidden(f"not read for {purpose} though nothing forbids it: {record}")
        if opened and random.random() < 0.5 and grant is not None:
            self.permits.append((grant, number, purpose))

    def do_use(self, random: Random) -> None:
        """A permit that was given earlier is used: it opens nothing that must not be read now."""
        if not self.permits:
            return
        grant, number, purpose = random.choice(self.permits)
        if self._opens(grant, number) and not self.model.may_read(self.model.kept[number], purpose):
            raise Forbidden(f"an old permit opens it for {purpose}: {self.model.kept[number]}")

    def _permit(self, number: int, purpose: str) -> Grant | None:
        record = self.records[number]
        ask = Ask(
            actor=self.actor, client=self.client, action="play_redacted", purpose=purpose, records={record.id: ()},
            call=record.call_id, lasts=timedelta(minutes=30), max_uses=1000,
        )  # fmt: skip
        try:
            return disclose(ask)
        except (Refused, NotFound):
            return None

    def _opens(self, grant: Grant, number: int) -> bool:
        try:
            with client_scope(self.client):
                found = Record.objects.get(pk=self.records[number].pk)
                return bool(open_record(grant, found).read() == SOUND)
        except (CallwardenError, NotPermitted, Record.DoesNotExist, OSError):
            return False

    def do_hold(self, random: Random) -> None:
        """One asks for a hold on a call or a person, alone in vain, and another puts it into force."""
        number = self.something(random, alive=True)
        if number is None or len(self.matters) - len(self.ended_matters) >= 3:
            return
        record, matter = self.model.kept[number], self.next()
        scope = random.choice(["call", "person"])
        target = self.calls[number].pk if scope == "call" else self.customers[record.person].person_id
        wish = Wish(
            client=self.client, label=f"M-{matter}", ground="litigation", scope=scope, target=target,
            review_on=clock.now().date() + timedelta(days=300),
        )  # fmt: skip
        try:
            made = holds.ask(wish, by=self.first, reason="A dispute.", provisional=False)
        except NotFound:
            return
        self._alone_in_vain(made.approval)
        self._decide(made.approval)
        self.matters[matter] = (made.pk, scope, number if scope == "call" else record.person)
        self._cover(matter)

    def _cover(self, matter: int) -> None:
        _pk, scope, target = self.matters[matter]
        for record in self.model.kept.values():
            if not record.gone and target == (record.number if scope == "call" else record.person):
                record.holds.add(matter)

    def _alone_in_vain(self, approval: Any) -> None:
        with suppress(CallwardenError):
            approvals.approve(approval, by=self.first)
            raise Forbidden("one person alone decided what needs two")

    def _decide(self, approval: Any) -> None:
        approvals.approve(approval, by=self.second)
        asked = Approval.objects.get(pk=approval)
        approvals.execute(asked.pk, approvals.act_of(asked), by=self.first)

    def do_release(self, random: Random) -> None:
        """Two people release a hold; the job lets its records go."""
        active = sorted(set(self.matters) - self.ended_matters)
        if not active:
            return
        matter = random.choice(active)
        found = Matter.objects.filter(pk=self.matters[matter][0]).first()
        if found is None or found.state != Matter.State.HELD:
            return
        asked = holds.ask_release(found, by=self.first, reason="Settled.")
        self._alone_in_vain(asked.pk)
        self._decide(asked.pk)
        self.ended_matters.add(matter)
        for record in self.model.kept.values():
            if matter in record.holds:
                record.holds.discard(matter)
                record.perhaps.add(matter)
        if random.random() < 0.5:
            self.do_jobs(random)

    def do_jobs(self, _random: Random) -> None:
        """Everything that goes on by itself."""
        for matter in sorted(set(self.matters) - self.ended_matters):
            self._cover(matter)
        holding.tend(seconds=5)
        for matter in self.ended_matters:
            self.model.let_go(matter)
        timers.end_retention()
        timers.purge_ended(seconds=2)
        timers.end_consents()
        for client, request in work.waiting():
            work.run(client, request)
        self.model.jobs()

    def do_age(self, random: Random) -> None:
        """Time passes."""
        weeks = random.choice([1, 1, 1, 2, 4])
        self._remember()
        self.store.age(7 * weeks)
        self.aged += 7 * weeks
        self._tell_days()
        self.permits.clear()

    def do_rule(self, random: Random) -> None:
        """The period of retention changes, and due dates are computed anew."""
        days = random.choice([40, 60, 90])
        for purpose in PURPOSES:
            change = asked_now(self.line.pk, Category.RECORDING_REDACTED, purpose, floor_days=0, ceiling_days=days)
            retention.put(change, actor="system")
        self._let_run()
        self.model.rule(days)

    def _let_run(self) -> None:
        for run in runs.waiting():
            runs.carry_on(run, seconds=20)

    def do_erase(self, random: Random) -> None:
        """Somebody asks to be erased; one person alone carries nothing out."""
        person = self.somebody(random)
        assert person is not None
        request = self._request(person, Kind.ERASURE)
        with client_scope(self.client):
            act = acts.carrying_out(request)
        asked = approvals.request(act, requester=self.first, reason="Asked by the person.", client=self.client)
        self._alone_in_vain(asked.pk)
        approvals.approve(asked.pk, by=self.second)
        approvals.execute(asked.pk, act, by=self.first)
        work.run(self.client, request.id)
        self.asked[request.id] = person
        self.model.erase(person)

    def do_restrict(self, random: Random) -> None:
        """Somebody asks that what is kept of them is stored only."""
        person = self.somebody(random)
        assert person is not None
        self._carry_out(self._request(person, Kind.RESTRICTION))
        self.model.restrict(person)

    def do_withdraw(self, random: Random) -> None:
        """Somebody asks to take everything back."""
        person = self.somebody(random)
        assert person is not None
        request = self._request(person, Kind.WITHDRAWAL)
        self._carry_out(request)
        for purpose in PURPOSES[:2]:
            self._heard(person, Told(purpose, "withdrawn", "spoken", request.received_at), None)
        self.model.end_recordings(person)

    def _request(self, person: int, kind: Kind) -> SubjectRequest:
        with client_scope(self.client):
            customer = Customer.objects.get(pk=self.customers[person].pk)
            request = requests.receive(self.line, kind=kind, channel=Channel.PHONE, actor="system", claimed=customer)
            requests.verified(request, customer, how="agent", actor="system")
            return work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")

    def _carry_out(self, request: SubjectRequest) -> None:
        with client_scope(self.client):
            work.begin(request, actor="system")
        work.run(self.client, request.id)

    def do_copy(self, _random: Random) -> None:
        self._remember()
        self.store.copy()
        self.journal.clear()
        mine = {name: dict(getattr(self, name)) for name in ("customers", "calls", "records", "matters", "asked")}
        self.saved = deepcopy(self.model), mine, self.aged

    def do_restore(self, random: Random) -> None:
        """The copy is laid down, what the journal says is done again, and people sign in anew."""
        if self.saved is None or random.random() < 0.5:
            return
        self._remember()
        copy, mine, _aged = self.saved
        self.store.lay_down()
        replay(aged(self.journal, self.aged))
        with client_scope(self.client):
            move_held(self.client)
        self._let_run()
        self._remember()
        for name, value in mine.items():
            setattr(self, name, dict(value))
        self.model = self.model.restored(deepcopy(copy))
        self.ended_matters = {one for one in self.matters if not self._in_force(one)}
        self.permits.clear()
        self._sign_in()

    def _in_force(self, matter: int) -> bool:
        return Matter.objects.filter(pk=self.matters[matter][0], state=Matter.State.HELD).exists()

    def _remember(self) -> None:
        """What the product's journal would hold since the copy, as old as the rows are."""
        rows = self.store.rows("SELECT id, body FROM custody_ledgerpending ORDER BY id")
        self.store.run("DELETE FROM custody_ledgerpending")
        wanted = {str(event) for event in RESTRICTIVE}
        new = [entry for _id, raw in rows if (entry := json.loads(bytes(raw)))["event"] in wanted]
        self.journal += [{**entry, "_aged": self.aged} for entry in new]

    # What must be true

    def look(self) -> None:
        found = self._look_at_rows()
        ids = {record.pk: number for number, record in self.records.items()}
        for pk, (state, openable, due) in found.items():
            number = ids.get(pk)
            if number is None:
                raise Forbidden(f"a record nobody knows of: {pk}")
            record = self.model.kept[number]
            if openable and record.gone:
                raise Forbidden(f"erased or over, and can be opened: {record}")
            if openable and record.frozen and state != "restricted":
                raise Forbidden(f"restricted, and is not: {record}")
            if not openable and self.model.must_be_there(record):
                raise Forbidden(f"gone though it must be kept: {record}")
            if openable and not record.asked and abs(self.days(due) - record.due) > 0.01:
                raise Forbidden(f"due on another day ({self.days(due):.2f}): {record}")
        self._look_at_requests()

    def _look_at_rows(self) -> dict[uuid.UUID, tuple[str, bool, datetime]]:
        rows = self.store.rows(
            "SELECT r.id, r.state, r.state <> 'destroyed' AND k.record_id IS NOT NULL AND b.destroyed_at IS NULL"
            " AND EXISTS (SELECT 1 FROM custody_bucketkey x WHERE x.bucket_id = k.bucket_id)"
            " AND EXISTS (SELECT 1 FROM custody_subjectkey x WHERE x.subject_id = k.subject_id), r.due_at"
            " FROM custody_record r JOIN custody_bucket b ON b.id = r.bucket_id"
            " LEFT JOIN custody_datakey k ON k.record_id = r.id WHERE r.client_id = %s",
            self.client,
        )
        return {pk: (state, openable, due) for pk, state, openable, due in rows}

    def _look_at_requests(self) -> None:
        twice = self.store.rows(
            "SELECT 1 FROM custody_client WHERE EXISTS (SELECT 1 FROM lawful_consentstate"
            " GROUP BY client_id, subject_id, purpose, recipient HAVING count(*) > 1)"
        )
        if twice:
            raise Forbidden("two consents stand for one subject, purpose and recipient")
        done = self.store.rows(
            "SELECT q.id FROM lawful_subjectrequest q JOIN custody_personlink l ON l.person_id = q.person_id"
            " JOIN custody_record r ON r.subject_id = l.subject_id JOIN custody_datakey k ON k.record_id = r.id"
            " JOIN custody_bucket b ON b.id = k.bucket_id"
            " WHERE q.kind = 'erasure' AND q.state = 'answered' AND r.state <> 'destroyed' AND b.destroyed_at IS NULL"
            " AND r.created_at < q.received_at"
        )
        if done:
            raise Forbidden("an erasure is answered while data of the person can be opened")


def aged(entries: list[dict[str, Any]], aged: int) -> list[dict[str, Any]]:
    """Entries of the journal as old as the rows are now."""
    return [_aged(entry, aged - entry["_aged"]) for entry in entries]


def _aged(entry: dict[str, Any], days: int) -> dict[str, Any]:
    def back(told: str) -> str:
        return (datetime.fromisoformat(told) - timedelta(days=days)).isoformat()

    made = {**entry, "at": back(entry["at"])}
    data = entry.get("data", {})
    made["data"] = {**data, **{name: back(data[name]) for name in ("until", "said_at") if name in data}}
    if "due" in data:
        made["data"]["due"] = [back(told) for told in data["due"]]
    return made
