"""What left before an erasure is named by its certificate: nobody reads there that nothing left when something did."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from callwarden.custody import permits
from callwarden.custody.categories import Category
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Record
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.flows.requests import found, left, work
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.purposes.models import LinePurpose, Recipient
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.flows.requests.conftest import Caller, approved


def exported(caller: Caller, *, purpose: str = "quality", opened: bool = True) -> None:
    """Somebody takes the recording away; or only got leave to."""
    with client_scope(caller.client):
        record = Record.objects.filter(call=caller.call, category=Category.RECORDING_REDACTED).first()
        assert record is not None
        entry = journal.record(
            journal.Entry(
                event=Event.DISCLOSE_EXPORT, actor="job:test", records=(record.id,), purpose=purpose, decision="allow",
                client=caller.client, data={"action": "export"},
            )
        )  # fmt: skip
        grant = permits.issue(
            WITNESS, principal="job:test", session=None, action="export", purpose=purpose, records={record.id: ()},
            policy="test", entry=entry, lasts=timedelta(minutes=1),
        )  # fmt: skip
    if opened:
        assert open_record(grant, record).readall()


@pytest.fixture
def erased(caller: Caller, officer: User, second: User) -> Any:
    def run() -> dict[str, Any]:
        request = caller.asks(Kind.ERASURE)
        with client_scope(caller.client):
            work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")
        approved(request, officer, second)
        work.run(caller.client, request.id)
        certificate = Certificate.objects.get(pk=caller.now(request).certificate)
        text: dict[str, Any] = json.loads(bytes(certificate.body))
        return text

    return run


def told(text: dict[str, Any], what: str) -> list[tuple[str, int | None, list[str] | None]]:
    return [(one["why"], one.get("count"), one.get("days")) for one in text["not_covered"] if one["what"] == what]


def test_what_left_is_asked_for_by_each_of_the_three_ways_by_itself(caller: Caller) -> None:
    """Of their records, of calls they took part in, of what speaks of them: asked as one, no index answers it."""
    exported(caller)
    with client_scope(caller.client):
        taken = left.exports(found.subjects_of(caller.customer.person_id))
        assert taken.count() == 1
        assert not [step for step in taken.explain().splitlines() if step.count("subject_id") > 1]


def test_files_that_were_taken_away_are_named_with_their_number_and_days(
    caller: Caller, erased: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left, "RELEASED", left.LEFT)  # a job stands for the colleague here
    exported(caller)
    exported(caller)
    exported(caller, purpose="subject_request")
    exported(caller, opened=False)
    today = clock.now().date().isoformat()
    text = erased()
    assert sorted(told(text, "exports")) == [("given_to_the_person", 1, [today]), ("left_by_export", 2, [today])]
    assert "exports" not in text["scope"]["none_on_record"]
    assert "exports" not in text["scan"]["covered"]


def test_who_is_registered_to_be_given_data_is_not_passed_over_in_silence(caller: Caller, erased: Any) -> None:
    with client_scope(caller.client):
        purpose = LinePurpose.objects.filter(line=caller.exchange.line).first()
        assert purpose is not None
        for slug, ended in (("carrier", None), ("former", clock.now()), ("earlier", clock.now() - timedelta(days=9))):
            one = Recipient.objects.create(
                client_id=caller.client, slug=slug, name=slug, role="controller", country="CN", ended_at=ended
            )
            one.purposes.add(purpose.purpose_id)
    text = erased()
    assert told(text, "recipients") == [("giving_is_not_recorded", 2, None)]
    assert text["scope"]["none_on_record"] == ["exports"]


def test_where_nothing_is_on_record_it_says_that_and_no_more(caller: Caller, erased: Any) -> None:
    text = erased()
    assert text["scope"]["none_on_record"] == ["exports", "recipients"]
    assert "nothing_there" not in text["scope"]
