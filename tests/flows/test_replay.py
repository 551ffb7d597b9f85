"""What took access away after a copy was made takes it away again in the restored store."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from callwarden.custody.clients import is_closed
from callwarden.custody.destroy import buckets_over, destroy_buckets
from callwarden.custody.holds import hold, move_held, release
from callwarden.custody.keeper.folder import KeyFolder, KeyLost
from callwarden.custody.models import Bucket, Epoch, Hold, Record, Subject
from callwarden.custody.open import open_record
from callwarden.custody.restrict import end_restricted
from callwarden.custody.scope import client_scope
from callwarden.flows.replay import replay
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User
from callwarden.kernel.people import open_account
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.retention.due import Due
from callwarden.lawful.retention.models import RetentionRule
from callwarden.protection.backup.journal import RESTRICTIVE
from callwarden.protection.backup.restoring import end_keys
from tests.centre import _keeper, client, keeper, keeper_folder, line  # noqa: F401
from tests.custody.test_locks import grant_for, put_sound, sign_in
from tests.purposes import active_purpose

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


def restricted_told(record: Record, until: str) -> dict[str, Any]:
    data = {"until": until, "provision": "CN-ECL-31"}
    return told(Event.RECORD_RESTRICTED, record, records=[str(record.pk)], reasons=["erased"], data=data)


def waits(record: Record) -> tuple[str, str, str]:
    with client_scope(record.client_id):
        now = Record.objects.get(pk=record.pk)
    return now.state, now.erase_at.isoformat() if now.erase_at else "", now.erase_reason


def test_an_erasure_that_waited_for_a_floor_waits_again_until_the_same_day(record: Record) -> None:
    until = "2033-03-01T00:00:00+00:00"
    assert not replay([restricted_told(record, until)]).unplaced
    assert waits(record) == ("restricted", until, "erased")
    assert Event.RECORD_RESTRICTED in RESTRICTIVE  # else no copy would be told


def test_the_last_word_on_a_restriction_holds_and_twice_is_once(record: Record) -> None:
    later, last = "2033-03-01T00:00:00+00:00", "2032-01-01T00:00:00+00:00"
    entries = [restricted_told(record, later), restricted_told(record, last)]
    replay(entries)
    replay(entries)
    assert waits(record) == ("restricted", last, "erased")


def test_a_restricted_record_that_was_erased_since_is_not_brought_back(record: Record) -> None:
    erased = told(Event.RECORD_DESTROYED, record, records=[str(record.pk)], count=1, reasons=["erased"])
    entries = [restricted_told(record, "2033-03-01T00:00:00+00:00"), erased]
    assert not replay(entries).unplaced
    assert not replay(entries).unplaced
    assert state_of(record) == "destroyed"


def test_what_was_restricted_and_came_due_before_the_restore_goes_with_the_clock(record: Record) -> None:
    replay([restricted_told(record, "2020-01-01T00:00:00+00:00")])
    with client_scope(record.client_id):
        assert end_restricted(Due(record.client_id, ()).after_floors(9), actor="job:retention") == 1
    assert state_of(record) == "destroyed"


def test_a_floor_that_grew_while_an_erasure_waited_keeps_in_the_restored_store_too(record: Record) -> None:
    """Erased, and kept until a day that was put off afterwards; the first day is over by the time of the restore."""
    (purpose,) = map(active_purpose, record.purposes)
    rules = {"line_id": record.line_id, "category": record.category, "purpose": purpose}
    RetentionRule.objects.create(**rules, floor_days=30, ceiling_days=90)
    erased = told(Event.RECORD_DESTROYED, record, subject=str(record.subject_id), count=0, reasons=["erased"])
    for _twice in range(2):
        assert not replay([restricted_told(record, "2020-01-01T00:00:00+00:00"), erased]).unplaced
    assert state_of(record) == "restricted"
    with client_scope(record.client_id):
        assert Subject.objects.get(pk=record.subject_id).erasure_due
        assert not Due(record.client_id, ()).after_floors(9), "it waits for the later day"
    assert waits(record)[1] > "2021"


def test_a_bucket_that_was_ended_is_ended_again(record: Record) -> None:
    replay([told(Event.KEY_BUCKET_DESTROYED, record, data={"bucket": str(record.bucket_id)})])
    assert ended(record)


@pytest.fixture
def others(line) -> list[Record]:  # noqa: F811
    """Two more of the same bucket."""
    return [put_sound(line), put_sound(line)]


def hold_told(event: Event, record: Record, number: UUID, matter: UUID | None = None) -> dict[str, Any]:
    data = {"hold": str(number), "matter": str(matter or uuid4())}
    return told(event, record, records=[str(record.pk)], actor="system", data=data)


def holds_on(record: Record) -> list[Hold]:
    with client_scope(record.client_id):
        return list(Hold.objects.filter(record=record, released_at=None))


def opens(record: Record) -> bool:
    with client_scope(record.client_id):
        now = Record.objects.get(pk=record.pk)
    grant = grant_for(now, sign_in())
    with client_scope(record.client_id):
        return bool(open_record(grant, now).read())


def on_hold(record: Record) -> Hold:
    """A hold as it stands in the copy, with the record in its hold bucket."""
    with client_scope(record.client_id):
        return hold(record, matter=uuid4(), actor="system")


def test_a_hold_set_after_the_copy_is_set_again_and_keeps_its_number_and_matter(record: Record) -> None:
    number, matter = uuid4(), uuid4()
    entry = hold_told(Event.HOLD_SET, record, number, matter)
    assert not replay([entry]).unplaced
    assert not replay([entry]).unplaced, "twice is once"
    assert [(one.pk, one.matter) for one in holds_on(record)] == [(number, matter)]


def test_a_record_held_after_the_copy_outlives_the_end_of_its_bucket(record: Record, others: list[Record]) -> None:
    end = told(Event.KEY_BUCKET_DESTROYED, record, data={"bucket": str(record.bucket_id)})
    assert {one.bucket_id for one in others} == {record.bucket_id}
    result = replay([end, hold_told(Event.HOLD_SET, record, uuid4())])  # in whatever order the chains are read
    assert not result.unplaced
    assert [state_of(one) for one in (record, *others)] == ["stored", "destroyed", "destroyed"]
    assert not ended(record), "the key of the bucket is what still opens it"
    with client_scope(record.client_id):
        day = Bucket.objects.get(pk=record.bucket_id).expires_on
        assert destroy_buckets(buckets_over(record.client_id, today=day), actor="system") == 0
        assert move_held(record.client_id) == 1
        assert destroy_buckets(buckets_over(record.client_id, today=day), actor="system") == 1
        assert Record.objects.get(pk=record.pk).bucket.hold
    assert ended(record)
    assert opens(record)


def test_a_record_held_after_the_copy_outlives_an_erasure_of_its_subject(record: Record) -> None:
    number = uuid4()
    erased = told(Event.RECORD_DESTROYED, record, subject=str(record.subject_id), count=1, reasons=["request"])
    assert not replay([hold_told(Event.HOLD_SET, record, number), erased]).unplaced
    assert state_of(record) == "restricted", "kept for the hold, and for nothing else"
    with client_scope(record.client_id):
        move_held(record.client_id)
        assert release(number, actor="system"), "the erasure was asked for and comes with the last release"
    assert state_of(record) == "destroyed"


def test_a_hold_on_a_record_that_the_copy_never_had_is_no_trouble(record: Record) -> None:
    entry = hold_told(Event.HOLD_SET, record, uuid4()) | {"records": [str(uuid4())]}
    assert not replay([entry]).unplaced


def test_a_hold_that_is_in_the_copy_is_no_trouble(record: Record) -> None:
    known = on_hold(record)
    assert not replay([hold_told(Event.HOLD_SET, record, known.pk, known.matter)]).unplaced
    assert [one.pk for one in holds_on(record)] == [known.pk]


def test_a_hold_released_after_the_copy_stays_until_people_release_it_again(record: Record) -> None:
    known = on_hold(record)
    result = replay([hold_told(Event.HOLD_RELEASED, record, known.pk)])
    assert (result.kept, result.unplaced) == (1, {})
    assert holds_on(record)


def test_what_was_destroyed_after_its_release_is_destroyed_again(record: Record) -> None:
    known = on_hold(record)
    released = hold_told(Event.HOLD_RELEASED, record, known.pk)
    gone = told(Event.RECORD_DESTROYED, record, records=[str(record.pk)], count=1, reasons=["request"])
    result = replay([released, gone])
    assert (state_of(record), result.kept) == ("destroyed", 0)


def test_what_came_back_from_a_hold_into_a_bucket_that_ended_ends_with_it(record: Record) -> None:
    known, home = on_hold(record), record.bucket_id
    released = hold_told(Event.HOLD_RELEASED, record, known.pk)
    replay([released, told(Event.KEY_BUCKET_DESTROYED, record, data={"bucket": str(home)})])
    assert state_of(record) == "destroyed"
    assert ended(record)


def test_a_second_hold_that_lasts_keeps_what_the_first_let_go(record: Record) -> None:
    known, home = on_hold(record), record.bucket_id
    on_hold(record)
    released = hold_told(Event.HOLD_RELEASED, record, known.pk)
    replay([released, told(Event.KEY_BUCKET_DESTROYED, record, data={"bucket": str(home)})])
    assert state_of(record) == "stored"
    assert opens(record)


def test_a_client_that_was_closed_is_closed_again_and_its_keys_are_named(record: Record) -> None:
    later = str(uuid4())
    entry = told(Event.CLIENT_CLOSED, record, data={"epochs": [later]})
    result = replay([entry])
    assert not result.unplaced
    assert is_closed(record.client_id)
    assert state_of(record) == "destroyed"
    with client_scope(record.client_id):
        own = [str(one) for one in Epoch.objects.values_list("pk", flat=True)]
        assert {one.state for one in Epoch.objects.all()} == {"destroyed"}
    assert set(result.epochs) == {*own, later}
    assert result.clients == [str(record.client_id)]


def test_keys_of_a_closed_client_do_not_come_back_from_an_older_copy_of_the_key_files(tmp_path: Path) -> None:
    mine, other = str(uuid4()), str(uuid4())
    epoch, kept = str(uuid4()), str(uuid4())
    names = [f"epochs/{epoch}.1", f"epochs/{epoch}.2", f"clients/{mine}.detail", f"clients/{mine}.index.phone.1"]
    stay = [f"epochs/{kept}.1", f"clients/{other}.detail", f"clients/{other}.index.phone.2"]
    for name in (*names, *stay, f"clients/{other}.index.phone.1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"wrapped")
    end_keys(tmp_path, epochs=[epoch], clients=[mine], indexes=[(other, "phone", 1)])
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*stay, f"closed/{mine}"}
    with pytest.raises(KeyLost):
        KeyFolder(tmp_path, provider=None).index(UUID(mine), "phone", 1)


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


def test_an_account_frozen_after_the_copy_is_frozen_again(record: Record) -> None:
    suspect = open_account("suspect", roles=["agent"], actor="system")
    told_of = {"event": str(Event.ACCOUNT_FROZEN), "at": NOW, "data": {"person": str(suspect.pseudonym)}}
    assert replay([told_of, told_of]).done == {Event.ACCOUNT_FROZEN: 2}
    assert User.objects.get(pk=suspect.pk).frozen_at is not None


def test_every_session_of_the_copy_ends(record: Record) -> None:
    login = sign_in()
    replay([])
    assert Session.objects.get(pk=login.pk).revoked_at is not None


def test_an_act_nobody_here_knows_is_told_and_not_passed_over(record: Record) -> None:
    assert replay([{"event": "custody:something:new", "at": NOW}]).unplaced == {"custody:something:new": 1}


def no_of(record: Record, **further: Any) -> list[ConsentEvent]:
    data = {"line": record.line.slug, "method": "web", **further.pop("data", {})}
    given = {"subject": str(record.subject_id), **further}
    assert not replay([told(Event.CONSENT_WITHDRAWN, record, purpose="quality", data=data, **given)]).unplaced
    with client_scope(record.client_id):
        return list(ConsentEvent.objects.filter(subject=record.subject_id))


def test_a_withdrawal_is_done_again_at_the_moment_it_was_said(record: Record) -> None:
    said_at = "2026-01-05T08:30:00+00:00"
    (event,) = no_of(record, data={"said_at": said_at})
    assert (event.state, event.at.isoformat()) == ("withdrawn", said_at)


def test_a_withdrawal_in_a_call_the_copy_never_had_reaches_the_person_all_the_same(record: Record) -> None:
    holders = {"person_holders": [str(uuid4()), str(record.subject_id)]}
    (event,) = no_of(record, call=str(uuid4()), subject=str(uuid4()), data=holders)
    assert (event.state, event.scope) == ("withdrawn", "person")
