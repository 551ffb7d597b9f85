"""What took access away after a copy was made takes it away again in the restored store."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from callwarden.custody.models import Bucket, Hold, Record
from callwarden.custody.scope import client_scope
from callwarden.flows.replay import replay
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User
from callwarden.kernel.people import open_account
from tests.centre import _keeper, client, keeper, keeper_folder, line  # noqa: F401
from tests.custody.test_locks import put_sound, sign_in

NOW = "2031-02-14T08:30:00.000+00:00"


@pytest.fixture
def record(line) -> Record:  # noqa: F811
    return put_sound(line)


def told(event: Event, record: Record, **further: Any) -> dict[str, Any]:
    return {"event": str(event), "at": NOW, "client": str(record.client_id), **further}


def state_of(record: Record) -> str:
    with client_scope(record.client_id):
        return Record.objects.get(pk=record.pk).state


def ended(record: Record) -> bool:
    with client_scope(record.client_id):
        return Bucket.objects.get(pk=record.bucket_id).destroyed_at is not None


def test_a_record_that_was_destroyed_is_destroyed_again(record: Record) -> None:
    result = replay([told(Event.RECORD_DESTROYED, record, records=[str(record.pk)], count=1, reasons=["request"])])
    assert state_of(record) == "destroyed"
    assert not result.unplaced


def test_a_subject_that_was_erased_is_erased_again_and_twice_is_once(record: Record) -> None:
    entry = told(Event.RECORD_DESTROYED, record, subject=str(record.subject_id), count=1, reasons=["request"])
    assert not replay([entry]).unplaced
    assert not replay([entry]).unplaced
    assert state_of(record) == "destroyed"


def test_a_bucket_that_was_ended_is_ended_again(record: Record) -> None:
    replay([told(Event.KEY_BUCKET_DESTROYED, record, data={"bucket": str(record.bucket_id)})])
    assert ended(record)


def test_a_bucket_with_a_record_on_hold_since_is_left_to_people(record: Record) -> None:
    result = replay(
        [
            told(Event.HOLD_SET, record, records=[str(record.pk)], data={"hold": str(uuid4()), "matter": str(uuid4())}),
            told(Event.KEY_BUCKET_DESTROYED, record, data={"bucket": str(record.bucket_id)}),
        ]
    )
    assert not ended(record)
    assert result.unplaced == {Event.HOLD_SET: 1, Event.KEY_BUCKET_DESTROYED: 1}


def test_a_hold_that_is_in_the_copy_is_no_trouble(record: Record) -> None:
    with client_scope(record.client_id):
        Hold.objects.create(
            client_id=record.client_id, record=record, matter=uuid4(), set_by="system", set_at=clock.now()
        )
    assert not replay([told(Event.HOLD_SET, record, records=[str(record.pk)])]).unplaced


def test_a_long_list_that_nothing_else_ends_is_told_as_not_placed(record: Record) -> None:
    result = replay([told(Event.RECORD_DESTROYED, record, records=[str(record.pk)], count=51, reasons=["request"])])
    assert result.unplaced == {Event.RECORD_DESTROYED: 1}


def test_a_leaver_stays_out_and_a_lost_role_stays_lost(record: Record) -> None:
    leaver = open_account("leaver", roles=["agent"], actor="system")
    mover = open_account("mover", roles=["agent", "team_leader"], actor="system")
    replay(
        [
            {"event": str(Event.ACCOUNT_CLOSED), "at": NOW, "data": {"person": str(leaver.pseudonym)}},
            {
                "event": str(Event.ROLES_CHANGED),
                "at": NOW,
                "data": {"person": str(mover.pseudonym), "after": ["agent", "auditor"]},
            },
        ]
    )
    assert not User.objects.get(pk=leaver.pk).is_active
    assert User.objects.get(pk=mover.pk).roles == ["agent"], "what was gained since is not known to be right"


def test_every_session_of_the_copy_ends(record: Record) -> None:
    login = sign_in()
    replay([])
    assert Session.objects.get(pk=login.pk).revoked_at is not None


def test_an_act_nobody_here_knows_is_told_and_not_passed_over(record: Record) -> None:
    assert replay([{"event": "custody:something:new", "at": NOW}]).unplaced == {"custody:something:new": 1}
