"""What the register gave up since the copy is given up in the restored store, and what came in since is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from callwarden.custody.models import Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows.replay import replay
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding
from callwarden.lawful.consent.actions import note_age
from callwarden.lawful.consent.queries import is_minor
from callwarden.lawful.purposes import actions
from callwarden.lawful.purposes.entries import RuleEntry
from callwarden.lawful.purposes.models import CategoryRule, LinePurpose, Purpose, PurposeGround, Recipient, Transfer
from callwarden.lawful.purposes.queries import entry_of
from callwarden.lawful.requests import actions as requests
from tests.centre import _keeper, client, keeper, keeper_folder, line
from tests.copies import Copied, slug, tables
from tests.purposes import active_purpose, serve

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "tables"]  # fixtures
ORDERS = pytest.mark.parametrize("way", [1, -1], ids=["as told", "the other way round"])


def again(told: list[dict[str, Any]], way: int = 1) -> None:
    """Replay twice: that is once."""
    for _time in range(2):
        assert not replay(told[::way]).unplaced


def recipient(line: Line, **more: Any) -> Recipient:
    given = {"name": "Insurer", "role": "third_party", "country": "DE", **more}
    return Recipient.objects.create(client=line.client, slug=f"to-{slug()}", **given)


@ORDERS
def test_who_is_given_nothing_any_more_is_given_nothing_again(tables: Any, line: Line, way: int) -> None:
    """Though in the copy a purpose in force names them still: the revision that left them out is lost."""
    named, purpose = recipient(line), active_purpose(f"p-{slug()}")
    purpose.recipients.add(named)
    copy = Copied(tables)
    purpose.recipients.remove(named)
    actions.end_recipient(named, actor="system")
    told = copy.lay_down()
    named.refresh_from_db()
    assert named.ended_at is None, "the copy knows nothing of it"
    again(told, way)
    named.refresh_from_db()
    assert named.ended_at is not None
    assert named.ended_at.isoformat(timespec="milliseconds") == told[0]["at"]


@ORDERS
def test_what_a_purpose_gave_up_it_has_given_up_again_and_what_came_to_it_has_not(
    tables: Any, line: Line, way: int
) -> None:
    kept, left, new = (recipient(line, country="CN") for _one in range(3))
    purpose = active_purpose(f"p-{slug()}")
    purpose.recipients.add(kept, left)
    for category in ("identity", "contact"):
        purpose.categories.create(category=category)
    copy = Copied(tables)
    entry = entry_of(purpose)

    def become(*recipients: Recipient, categories: tuple[str, ...]) -> None:
        wanted = replace(entry, recipients=tuple(sorted(one.key for one in recipients)), categories=categories)
        actions.become(fresh(purpose), wanted, actor="system")

    become(kept, categories=("contact",))
    become(kept, new, categories=("contact", "identity"))
    become(kept, new, categories=("identity",))
    again(copy.lay_down(), way)
    now = entry_of(fresh(purpose))
    assert (now.recipients, now.categories) == ((kept.key,), ("identity",))


def fresh(purpose: Purpose) -> Purpose:
    return Purpose.objects.get(pk=purpose.pk)


def test_a_transfer_abroad_that_ended_has_ended_again(tables: Any, line: Line) -> None:
    made = actions.propose_transfer(
        recipient(line), jurisdiction="cn", mechanism="standard_contract", valid_from=date(2026, 1, 1)
    )
    actions.register_transfer(made, actor="system")
    copy = Copied(tables)
    actions.end_transfer(made, actor="system")
    again(copy.lay_down())
    assert Transfer.objects.get(pk=made.pk).ended_at is not None


@ORDERS
def test_a_retired_purpose_is_retired_again_and_not_served_again(tables: Any, line: Line, way: int) -> None:
    served, other = serve(line, f"p-{slug()}"), serve(line, f"p-{slug()}")
    copy = Copied(tables)
    actions.stop_serving(line, served.purpose, actor="system")
    actions.retire(served.purpose, actor="system")
    again(copy.lay_down(), way)
    assert Purpose.objects.get(pk=served.purpose_id).state == Purpose.State.RETIRED
    assert not LinePurpose.objects.filter(pk=served.pk).exists()
    assert LinePurpose.objects.filter(pk=other.pk).exists()


@ORDERS
def test_the_last_word_on_what_a_line_serves_holds(tables: Any, line: Line, way: int) -> None:
    one, two = serve(line, f"p-{slug()}"), serve(line, f"p-{slug()}")
    PurposeGround.objects.create(
        purpose=one.purpose, jurisdiction=line.jurisdiction, ground="consent", certainty="read"
    )
    copy = Copied(tables)
    for each in (one, two):
        actions.stop_serving(line, each.purpose, actor="system")
    actions.serve(line, one.purpose, core=False, actor="system")
    again(copy.lay_down(), way)
    assert set(LinePurpose.objects.filter(line=line).values_list("purpose", flat=True)) >= {one.purpose_id}
    assert not LinePurpose.objects.filter(line=line, purpose=two.purpose).exists()


def test_what_the_copy_knows_of_a_line_is_not_done_again(tables: Any, line: Line) -> None:
    one = serve(line, f"p-{slug()}")
    PurposeGround.objects.create(
        purpose=one.purpose, jurisdiction=line.jurisdiction, ground="consent", certainty="read"
    )
    before = Copied(tables)
    actions.stop_serving(line, one.purpose, actor="system")
    (stopped,) = [told for told in before.journal() if told["event"] == Event.LINE_PURPOSE_CHANGED]
    actions.serve(line, one.purpose, core=False, actor="system")
    again([stopped])
    assert LinePurpose.objects.filter(line=line, purpose=one.purpose).exists()


def rule(level: int, *, sensitive: bool = False, never_store: bool = False) -> RuleEntry:
    return RuleEntry(level=level, sensitive=sensitive, never_store=never_store, provision="", certainty="uncertain")


def ruled(level: int, **more: bool) -> None:
    actions.write_rule("dtmf", "eu", rule(level, **more), actor="system")


def stands() -> tuple[int, bool, bool]:
    now = CategoryRule.objects.get(category="dtmf", jurisdiction="eu")
    return now.level, now.sensitive, now.never_store


@ORDERS
def test_a_stricter_rule_for_a_kind_of_data_holds_again_and_a_laxer_one_does_not(tables: Any, way: int) -> None:
    ruled(3)
    copy = Copied(tables)
    ruled(4, sensitive=True)
    ruled(2, never_store=True)
    again(copy.lay_down(), way)
    assert stands() == (3, False, True), "the last word, where it is stricter; what the copy has, where that is"


def test_a_rule_that_came_after_the_copy_holds_again(tables: Any) -> None:
    CategoryRule.objects.filter(category="dtmf", jurisdiction="eu").delete()
    copy = Copied(tables)
    ruled(4, never_store=True)
    again(copy.lay_down())
    assert stands() == (4, False, True)


def test_who_turned_out_to_be_too_young_to_consent_is_so_again(tables: Any, line: Line) -> None:
    today = clock.now().date()
    with client_scope(line.client_id):
        young, grown = (
            Subject.objects.create(client_id=line.client_id, kind="customer", created_at=clock.now())
            for _one in range(2)
        )
    copy = Copied(tables)
    with client_scope(line.client_id):
        for _time in range(2):
            note_age(young, today - timedelta(days=3_000), jurisdiction="cn", today=today, actor="system")
        note_age(grown, today - timedelta(days=9_000), jurisdiction="cn", today=today, actor="system")
    told = copy.lay_down()
    assert len(told) == 1, "the same word twice is no news"
    assert "until" not in told[0].get("data", {}), "the log tells no year of birth"
    again(told)
    with client_scope(line.client_id):
        assert is_minor([young.pk], today=today)
        assert not is_minor([grown.pk], today=today)


def asked(line: Line, kind: str = "erasure") -> str:
    with client_scope(line.client_id):
        made = requests.receive(line, kind=kind, channel="letter", language="en", actor="system")
    return str(made.pk)


def lost_requests(line: Line) -> list[Finding]:
    return list(Finding.objects.filter(kind="requests-lost", client=line.client_id).order_by("where"))


def test_requests_that_came_in_since_are_told_with_kind_and_date(tables: Any, line: Line) -> None:
    kept = asked(line)
    copy = Copied(tables)
    lost = {asked(line): "erasure", asked(line, "access"): "access"}
    told = copy.lay_down()
    again(told)
    (finding,) = lost_requests(line)
    day = told[0]["at"][:10]
    assert sorted(finding.data["requests"]) == sorted(f"{pk}/{kind}/letter/{day}" for pk, kind in lost.items())
    assert not any(kept in one for one in finding.data["requests"])
    assert finding.severity == "high"


def test_of_many_lost_requests_each_is_told(tables: Any, line: Line) -> None:
    at = clock.now().isoformat(timespec="milliseconds")
    told = [
        {
            "event": str(Event.REQUEST_RECEIVED), "id": str(uuid4()), "at": at, "client": str(line.client_id),
            "data": {"request": str(uuid4()), "kind": "access", "channel": "form", "line": line.slug},
        }
        for _one in range(230)
    ]  # fmt: skip
    again(told)
    named = [one for finding in lost_requests(line) for one in finding.data["requests"]]
    assert {one.partition("/")[0] for one in named} == {one["data"]["request"] for one in told}
    assert len(named) == 230


def test_what_the_copy_never_had_is_no_trouble(line: Line) -> None:
    at, client_ = "2031-02-14T08:30:00.000+00:00", str(line.client_id)
    told = [
        (Event.RECIPIENT_CHANGED, {"recipient": "nobody", "ended": True}),
        (Event.RECIPIENT_CHANGED, {"recipient": "nobody", "role": "processor", "country": "CN"}),
        (Event.TRANSFER_ENDED, {"transfer": str(uuid4())}),
        (Event.PURPOSE_RETIRED, {}),
        (Event.LINE_PURPOSE_CHANGED, {"line": "nowhere", "purpose": "nothing", "serves": False}),
        (Event.MINOR_NOTED, {}),
    ]
    again(
        [
            {
                "event": str(event),
                "at": at,
                "client": client_,
                "purpose": "nothing",
                "subject": str(uuid4()),
                "data": one,
            }
            for event, one in told
        ]
    )
    with transaction.atomic():
        assert not Purpose.objects.filter(slug="nothing").exists()
