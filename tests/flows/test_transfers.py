"""Nothing goes abroad without a registered transfer that holds today, and its end is told before it comes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.flows import transfers
from callwarden.kernel import clock, findings
from callwarden.kernel.models import Finding
from callwarden.lawful.gate import Refusal
from callwarden.lawful.purposes import actions
from callwarden.lawful.purposes.models import PurposeGround, Recipient, Transfer
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.using import may_use
from tests.centre import _keeper, client, keeper, keeper_folder, line
from tests.copies import slug
from tests.purposes import active_purpose, serve

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line"]  # fixtures
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NO_TRANSFER = Refusal(("no_transfer",))


@pytest.fixture
def abroad(line: Line) -> Recipient:
    """A processor in Germany, to whom a purpose of the (Chinese) line gives data."""
    purpose = active_purpose(f"p-{slug()}", use=Use.COLLECTION)
    PurposeGround.objects.create(purpose=purpose, jurisdiction="cn", ground="consent", certainty="read")
    serve(line, purpose.slug)
    made = Recipient.objects.create(client=line.client, slug=f"to-{slug()}", name="x", role="processor", country="DE")
    made.purposes.add(purpose)
    return made


def today() -> date:
    return clock.now().date()


def registered(to: Recipient, *, until: date | None = None, since: date | None = None) -> Transfer:
    made = actions.propose_transfer(
        to, jurisdiction="cn", mechanism="standard_contract", valid_from=since or today() - DAY, valid_until=until
    )
    return actions.register_transfer(made, actor="system")


def asked(line: Line, to: Recipient) -> object:
    with client_scope(line.client_id):
        return may_use(Use.COLLECTION, line=line, recipient=to.slug)


def found(line: Line) -> list[Finding]:
    return list(Finding.objects.filter(kind="transfer-ending", client=line.client_id))


def test_nothing_is_given_abroad_without_a_transfer_that_holds(line: Line, abroad: Recipient) -> None:
    assert asked(line, abroad) == NO_TRANSFER
    transfer = registered(abroad)
    assert asked(line, abroad) == Refusal(("consent_unknown",)), "the transfer stands in the way no more"
    actions.end_transfer(transfer, actor="system")
    assert asked(line, abroad) == NO_TRANSFER


def test_a_transfer_holds_from_its_first_day_to_its_last(line: Line, abroad: Recipient) -> None:
    registered(abroad, until=today())
    assert asked(line, abroad) != NO_TRANSFER
    registered(abroad, since=today() - 9 * DAY, until=today() - DAY)
    assert asked(line, abroad) == NO_TRANSFER
    registered(abroad, since=today() + DAY)
    assert asked(line, abroad) == NO_TRANSFER


def test_its_end_is_told_thirty_days_before_and_the_next_transfer_closes_that(line: Line, abroad: Recipient) -> None:
    registered(abroad, until=today() + 31 * DAY)
    transfers.look()
    assert not found(line)
    last = today() + 29 * DAY
    registered(abroad, until=last)
    for _time in range(2):
        transfers.look()
    (finding,) = found(line)
    assert finding.data == {"recipient": abroad.slug, "jurisdiction": "cn", "until": last.isoformat()}
    assert transfers.still_ending(finding) == 1
    registered(abroad)
    assert transfers.still_ending(finding) == 0
    for step in (findings.triage, findings.start, findings.remedied):
        finding = step(finding, actor="system")
    transfers.look()
    finding.refresh_from_db()
    assert finding.state == Finding.State.CLOSED


def test_one_that_has_ended_is_told_and_one_that_nothing_rests_on_is_not(line: Line, abroad: Recipient) -> None:
    actions.end_transfer(registered(abroad), actor="system")
    transfers.look()
    assert [finding.data["until"] for finding in found(line)] == ["ended"]
    abroad.purposes.clear()
    assert transfers.still_ending(found(line)[0]) == 0
    assert transfers.still_ending(Finding(kind="drill-failed")) is None
