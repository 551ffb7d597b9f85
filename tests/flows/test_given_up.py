"""A yes to what was given up ends, can be taken back meanwhile, and does not stand again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callwarden.custody.models import Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import renewals
from callwarden.flows.consents import Told, say_for_person
from callwarden.flows.replay import replay
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.lawful.consent.queries import of_person
from callwarden.lawful.purposes import actions, earlier
from callwarden.lawful.purposes.entries import RecipientEntry, TwoTexts
from callwarden.lawful.purposes.models import LinePurpose, PurposeGround, Recipient
from tests.centre import _keeper, client, keeper, keeper_folder, line
from tests.copies import Copied, slug, tables
from tests.purposes import serve

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "tables"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.fixture
def served(line: Line) -> LinePurpose:
    made = serve(line, f"p-{slug()}")
    PurposeGround.objects.create(
        purpose=made.purpose, jurisdiction=line.jurisdiction, ground="consent", certainty="read"
    )
    return made


def agreed(line: Line, purpose: str, recipient: str = "") -> Subject:
    with client_scope(line.client_id):
        subject = Subject.objects.create(client_id=line.client_id, kind="caller", created_at=clock.now())
    say(line, subject, purpose, "given", recipient)
    return subject


def say(line: Line, subject: Subject, purpose: str, state: str, recipient: str = "") -> None:
    told = Told(purpose, state, "web", clock.now(), recipient=recipient, apart=True)
    say_for_person(line, subject, told, actor="system")


def now(line: Line, subject: Subject, purpose: str, recipient: str = "") -> str:
    with client_scope(line.client_id):
        return of_person([subject.pk], recipient=recipient)[purpose].state


def test_a_yes_does_not_stand_again_when_its_purpose_is_served_again(line: Line, served: LinePurpose) -> None:
    purpose, other = served.purpose, serve(line, f"p-{slug()}").purpose
    one, two = agreed(line, purpose.slug), agreed(line, other.slug)
    actions.stop_serving(line, purpose, actor="system")
    actions.serve(line, purpose, core=False, actor="system")
    assert now(line, one, purpose.slug) == "invalidated"
    assert now(line, two, other.slug) == "given"
    say(line, one, purpose.slug, "given")
    actions.serve(line, purpose, core=True, actor="system")
    assert now(line, one, purpose.slug) == "given", "it was served all the time"


def test_many_are_ended_by_night_before_it_is_served_again(
    line: Line, served: LinePurpose, monkeypatch: pytest.MonkeyPatch
) -> None:
    purpose = served.purpose
    people = [agreed(line, purpose.slug) for _one in range(3)]
    monkeypatch.setattr(earlier, "ENDED_AT_ONCE", 2)
    actions.stop_serving(line, purpose, actor="system")
    with pytest.raises(Conflict, match="consents"):
        actions.serve(line, purpose, core=False, actor="system")
    assert renewals.end_given_up() == 3
    assert renewals.end_given_up() == 0
    actions.serve(line, purpose, core=False, actor="system")
    assert {now(line, one, purpose.slug) for one in people} == {"invalidated"}


def test_a_yes_to_a_retired_purpose_and_to_an_ended_recipient_ends(line: Line, served: LinePurpose) -> None:
    retired, kept = served.purpose, serve(line, f"p-{slug()}").purpose
    to = Recipient.objects.create(client=line.client, slug=f"to-{slug()}", name="x", role="controller", country="CN")
    to.purposes.add(kept)
    one, two = agreed(line, retired.slug), agreed(line, kept.slug, to.slug)
    say(line, two, kept.slug, "given")
    actions.retire(retired, actor="system")
    to.purposes.clear()
    actions.end_recipient(to, actor="system")
    assert renewals.end_given_up() == 2
    assert now(line, one, retired.slug) == "invalidated"
    assert now(line, two, kept.slug, to.slug) == "invalidated"
    assert now(line, two, kept.slug) == "given", "what they allow ourselves stands"


# What is written of each consent by itself: its end, and the entry that a restore ends it again by.
OF_EACH = ("lawful_consentevent", "lawful_consentstate", "custody_ledgerpending", "SAVEPOINT")


def test_dates_and_views_are_looked_at_once_for_all_that_ends_together(line: Line, served: LinePurpose) -> None:
    def asked(people: int) -> list[str]:
        for _one in range(people):
            agreed(line, served.purpose_id)
        actions.stop_serving(line, served.purpose, actor="system")
        with CaptureQueriesContext(connection) as queries:
            assert renewals.end_given_up() == people
        serve(line, served.purpose_id)
        return [one["sql"][:60] for one in queries if not any(name in one["sql"] for name in OF_EACH)]

    few, many = asked(3), asked(30)
    assert any("custody_personlink" in one for one in few), "whose they are is asked"
    assert len(many) == len(few), many


def test_a_yes_can_be_taken_back_while_its_purpose_is_not_served(line: Line, served: LinePurpose) -> None:
    purpose = served.purpose
    subject = agreed(line, purpose.slug)
    actions.stop_serving(line, purpose, actor="system")
    with pytest.raises(InvalidInput, match="serve"):
        say(line, subject, purpose.slug, "given")
    with pytest.raises(InvalidInput, match="serve"):
        say(line, subject, "nothing-of-ours", "withdrawn")
    say(line, subject, purpose.slug, "withdrawn")
    assert now(line, subject, purpose.slug) == "withdrawn"


def test_what_ended_that_way_ends_again_after_a_restore(tables: Any, line: Line) -> None:
    made = serve(line, f"p-{slug()}")
    PurposeGround.objects.create(
        purpose=made.purpose, jurisdiction=line.jurisdiction, ground="consent", certainty="read"
    )
    subject = agreed(line, made.purpose_id)
    copy = Copied(tables)
    actions.stop_serving(line, made.purpose, actor="system")
    actions.serve(line, made.purpose, core=False, actor="system")
    told = copy.lay_down()
    assert now(line, subject, made.purpose_id) == "given", "the copy knows nothing of it"
    for _time in range(2):
        assert not replay(told).unplaced
        assert now(line, subject, made.purpose_id) == "invalidated"


def test_the_name_of_an_ended_recipient_is_said_to_be_taken(line: Line) -> None:
    to = Recipient.objects.create(client=line.client, slug=f"to-{slug()}", name="x", role="processor", country="CN")
    actions.end_recipient(to, actor="system")
    entry = RecipientEntry(TwoTexts("x", "x"), "processor", "CN")
    with pytest.raises(actions.RegistryRefused, match="Nothing is given to this recipient any more"):
        actions.put_recipient(to.key, entry, actor="system")
