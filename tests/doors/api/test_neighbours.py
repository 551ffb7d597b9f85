"""What other systems tell of acts upon our customers: tokens in, commitments out, nothing in clear, nothing twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from callwarden.control.alerts.models import Alert
from callwarden.control.neighbours import actions, queries
from callwarden.control.neighbours.actions import Wish
from callwarden.control.neighbours.models import Neighbour, NeighbourBatch, NeighbourEntry
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.models import AgentLogin, Call, Customer, LedgerEntry
from callwarden.custody.scope import client_scope
from callwarden.engines.neighbours import PRESETS
from callwarden.flows import neighbours, troubles
from callwarden.flows.watching import Stream
from callwarden.kernel import clock
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.models import User
from tests.doors.api.conftest import assert_says_nothing_of, program_for
from tests.flows.centre_of_controls import sequence

from .test_customers import ANN

PHONE = "13800138000"


@pytest.fixture
def agent(line) -> User:
    user = User.objects.create(username="lin", roles=["agent"])
    token = keeper_client.tokens(line.client_id, "agent", ["lin.li"])[0]
    with client_scope(line.client_id):
        AgentLogin.objects.create(client=line.client, login=token, user=user)
    return user


@pytest.fixture
def ann(program, line) -> Customer:
    program.send("PUT", "/customers/C-2001", ANN)
    with client_scope(line.client_id):
        return Customer.objects.get()


def wish(owner: User, **changes: Any) -> Wish:
    told = {
        "name": "Customer system",
        "name_zh": "客户系统",
        "owner": owner,
        "quiet_minutes": 60,
        "mapping": PRESETS["crm"],
        "named_by": "login",
        "way": "http",
        "program": "crm-log",
    }
    return Wish(**{**told, **changes})


@pytest.fixture
def crm(line, owner) -> Neighbour:
    return actions.connect(line.client_id, "crm", "crm", wish(owner), by=owner)


@pytest.fixture
def sender(line, owner, crm):
    return program_for(line.client, owner, scopes=["neighbours"], purpose="crm-log")


def event(**changes: Any) -> dict[str, Any]:
    told = {"at": clock.now().isoformat(), "user": "lin.li", "action": "view", "customer": "C-2001"}
    return {**told, **changes}


def tell(sender, *events: dict[str, Any], to: str = "crm"):
    return sender.send("POST", f"/neighbours/{to}/events", {"events": list(events)})


def entries(neighbour: Neighbour) -> list[NeighbourEntry]:
    with client_scope(neighbour.client_id):
        return list(NeighbourEntry.objects.order_by("batch__received_at", "number"))


def test_an_act_is_known_by_who_and_whose(sender, crm, agent, ann) -> None:
    answer = tell(sender, event(), event(user="somebody.else", customer="C-9999", action="export", rows=40))
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"taken": 2, "repeated": 0, "left_out": 0, "refused": {}}
    ours, theirs = entries(crm)
    assert (ours.user, ours.subject, ours.act) == (agent, ann.subject_id, "read")
    assert (theirs.user, theirs.subject, theirs.act, theirs.rows) == (None, None, "export", 40)
    crm.refresh_from_db()
    assert (crm.taken, queries.health(crm)) == (2, "pass")


def test_nothing_of_a_line_is_kept_in_clear(sender, crm, agent, logged) -> None:
    actions.change(crm, wish(crm.owner, mapping={**PRESETS["crm"], "subject": {"path": "tel", "kind": "phone"}}),
                   by=crm.owner)  # fmt: skip
    answer = tell(sender, event(tel=PHONE, note=f"王小明 {PHONE}", user="lin.li"), event(tel=f"x{PHONE}"))
    (row,) = entries(crm)
    assert row.person_token is not None
    with connection.cursor() as cursor:
        for table in ("control_neighbour", "control_neighbourbatch", "custody_ledgerentry", "custody_ledgerpending"):
            cursor.execute(f"SELECT count(*) FROM pg_tables WHERE tablename = '{table}'")
            if cursor.fetchone()[0]:
                cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
                text = str(cursor.fetchone()[0])
                assert PHONE not in text
                assert "lin.li" not in text
    with client_scope(crm.client_id), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM control_neighbourentry t")
        text = cursor.fetchone()[0]
        assert PHONE not in text
        assert "王小明" not in text
        assert PHONE.encode().hex() not in text
    assert_says_nothing_of([PHONE, "lin.li"], answer, logged)


def test_what_comes_twice_is_kept_once(sender, crm, agent, ann) -> None:
    same = event()
    assert tell(sender, same, same).json()["repeated"] == 1
    assert tell(sender, same).json() == {"taken": 0, "repeated": 1, "left_out": 0, "refused": {}}
    assert len(entries(crm)) == 1


def test_bad_events_are_counted_by_reason_and_kept_out(sender, crm, agent) -> None:
    now = clock.now()
    answer = tell(
        sender,
        event(user=""),
        event(at="soon"),
        event(at=(now - timedelta(days=40)).isoformat()),
        event(at=(now + timedelta(days=1)).isoformat()),
        event(customer="!!!"),
        event(pad="x" * 20_000),
    )
    assert answer.json()["refused"] == {
        "no_who": 1, "no_time": 1, "too_old": 1, "ahead": 1, "bad_subject": 1, "too_long": 1,
    }  # fmt: skip
    assert answer.json()["taken"] == 0
    crm.refresh_from_db()
    assert crm.refused["no_who"] == 1
    assert not entries(crm)


def test_only_the_program_of_a_system_brings_its_log(line, owner, crm, agent) -> None:
    other = program_for(line.client, owner, scopes=["neighbours"], purpose="another")
    assert tell(other, event()).status_code == 404
    without = program_for(line.client, owner, scopes=["work"], purpose="crm-log")
    assert tell(without, event()).status_code == 403
    assert not entries(crm)


def test_a_paused_system_is_refused(sender, crm, agent) -> None:
    actions.pause(crm, by=crm.owner)
    assert tell(sender, event()).status_code == 404
    actions.resume(crm, by=crm.owner)
    assert tell(sender, event()).status_code == 200


def test_a_batch_holds_against_the_log_and_a_changed_entry_is_named(sender, crm, agent, ann) -> None:
    tell(sender, event(), event(action="edit"))
    sequence()
    with client_scope(crm.client_id):
        batch = NeighbourBatch.objects.get()
        assert queries.verify(batch).holds
        # Whoever owns the database goes around the guard.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE control_neighbourentry DISABLE TRIGGER keep_columns")
            cursor.execute("UPDATE control_neighbourentry SET act = 'other' WHERE number = 1")
        found = queries.verify(batch)
        assert (found.holds, found.changed) == (False, (1,))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE control_neighbourentry SET act = 'change' WHERE number = 1")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE control_neighbourentry ENABLE TRIGGER keep_columns")
        assert queries.verify(batch).holds
        NeighbourEntry.objects.filter(number=1).delete()
        assert not queries.verify(batch).holds


def test_what_was_received_is_not_changed_by_anybody(sender, crm, agent, ann) -> None:
    tell(sender, event())
    with pytest.raises(IntegrityError), client_scope(crm.client_id), transaction.atomic():
        NeighbourEntry.objects.update(act="other")


def test_erasure_takes_the_person_and_leaves_the_commitment(sender, crm, agent, ann) -> None:
    tell(sender, event(), event(customer="C-7"))
    sequence()
    with client_scope(crm.client_id):
        assert actions.erase([ann.subject_id]) == 1
        gone = NeighbourEntry.objects.get(number=0)
        assert (gone.subject, gone.person_token, gone.salt, gone.calls) == (None, None, None, None)
        found = queries.verify(NeighbourBatch.objects.get())
        assert found.holds
        assert found.erased == 1
        assert NeighbourEntry.objects.get(number=1).person_token is not None


def test_a_call_that_comes_later_explains_and_nothing_else_does(sender, crm, agent, ann, line, settings) -> None:
    settings.NEIGHBOUR_GRACE_MINUTES = 0
    tell(sender, event(at=(clock.now() - timedelta(minutes=3)).isoformat()), event(customer="C-8", rows=1))
    with client_scope(line.client_id):
        call = Call.objects.create(
            client=line.client, line=line, reference=b"r" * 32, direction="inbound", customer=ann, agent=agent,
            started_at=clock.now() - timedelta(minutes=4), duration_ms=60_000, admitted_at=clock.now(),
        )  # fmt: skip
    assert neighbours.judge(crm) == 2
    first, second = entries(crm)
    assert (first.link, second.link) == ("call", "")
    assert first.judged_in == second.judged_in
    assert first.call is None  # it did not name the call
    assert call.customer == ann
    assert neighbours.judge(crm) == 0


def test_an_act_that_names_its_call_belongs_to_it(sender, crm, agent, ann, line, settings) -> None:
    settings.NEIGHBOUR_GRACE_MINUTES = 0
    tell(sender, event(customer="", call_id="8812"))
    reference = keeper_client.tokens(line.client_id, "call", [f"{line.id}:8812"])[0]
    with client_scope(line.client_id):
        call = Call.objects.create(
            client=line.client, line=line, reference=reference, direction="inbound", customer=ann, agent=agent,
            started_at=clock.now(), duration_ms=60_000, admitted_at=clock.now(),
        )  # fmt: skip
    neighbours.judge(crm)
    (row,) = entries(crm)
    assert (row.call, row.subject, row.link) == (call.id, ann.subject_id, "call")


def test_a_clock_ahead_of_ours_is_told_and_a_late_batch_is_not(sender, crm, agent) -> None:
    tell(sender, event(at=(clock.now() - timedelta(hours=2)).isoformat()))
    crm.refresh_from_db()
    assert queries.health(crm) == "pass"
    tell(sender, event(at=(clock.now() + timedelta(minutes=5)).isoformat()))
    crm.refresh_from_db()
    assert queries.health(crm) == "warn"


def test_acts_wait_for_their_calls(sender, crm, agent, ann) -> None:
    tell(sender, event())
    assert neighbours.judge(crm) == 0


def test_silence_beyond_the_quiet_time_is_a_finding(sender, crm, agent) -> None:
    tell(sender, event())
    assert not queries.silent()
    with clock.frozen(clock.now() + timedelta(minutes=61)):
        crm.refresh_from_db()
        assert queries.health(crm) == "fail"
        (finding,) = [one for one in troubles.look() if one.kind == "neighbour-silent"]
        assert troubles.see_again(finding) == 1


def test_kinds_without_a_system_are_not_measured(crm) -> None:
    assert set(queries.not_connected()) == {"telephony", "recorder", "database"}


def test_old_lines_go_and_the_log_keeps_their_digest(sender, crm, agent, settings) -> None:
    settings.NEIGHBOUR_LOG_DAYS = 1  # never less than half a year
    tell(sender, event())
    with clock.frozen(clock.now() + timedelta(days=100)):
        assert neighbours.forget_old() == 0
    with clock.frozen(clock.now() + timedelta(days=190)):
        assert neighbours.forget_old() == 1
    assert not entries(crm)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mapping": {"who": {"path": "user"}}}, "bad_mapping"),
        ({"way": "syslog", "certificates": ("not hex",)}, "no_certificate"),
        ({"way": "http", "program": ""}, "no_program"),
    ],
)
def test_a_system_that_cannot_be_connected_says_why(line, owner, changes, code) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.connect(line.client_id, "x", "crm", wish(owner, **changes), by=owner)
    assert caught.value.code == code


@pytest.mark.parametrize("slug", ["13800138000", "a b", "X", "crm-13800138000", "9a"])
def test_a_short_name_is_no_number(line, owner, slug) -> None:
    with pytest.raises(InvalidInput):
        actions.connect(line.client_id, slug, "crm", wish(owner), by=owner)


def test_a_mapping_is_tried_without_keeping_anything(line, crm, agent, ann) -> None:
    from callwarden.engines.neighbours import Mapping

    mapping = Mapping.of(PRESETS["crm"])
    understood = neighbours.try_line(line.client_id, mapping, json.dumps(event()), named_by="login", document=True)
    assert understood.told is not None
    assert (understood.known_who, understood.known_subject) == (True, True)
    assert not neighbours.try_line(line.client_id, mapping, "{", named_by="login", document=True).told
    assert not entries(crm)


def test_the_watch_goes_on_from_what_was_judged_and_its_evidence_names_the_system(line, owner) -> None:
    mapping = {**PRESETS["crm"], "inside": {"path": "program", "values": ["crm"]}}
    base = actions.connect(
        line.client_id, "base", "database", wish(owner, mapping=mapping, program="base-log"), by=owner
    )
    bulk = event(user="dba_wu", action="export", customer="", rows=5000, program="psql")
    neighbours.take_documents(base, [(json.dumps(bulk).encode(), bulk)], actor="system")
    sequence()
    stream = Stream()
    while stream.step():
        pass
    assert neighbours.judge(base) == 1
    sequence()
    while stream.step():
        pass
    alert = Alert.objects.get(kind="read_outside")
    assert alert.actor.startswith("elsewhere:")
    assert alert.facts["seen"] == 5000
    (leaf,) = alert.evidence
    told = json.loads(bytes(LedgerEntry.objects.get(index=leaf).body))
    assert (told["event"], told["data"]["slug"]) == ("control:neighbour:judged", "base")
