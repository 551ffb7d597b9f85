"""What somebody agreed to is the text they were told, and nobody can be told a text that is not published."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.custody.scope import client_scope
from callwarden.flows.take_in import call_reference
from callwarden.kernel import clock
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.consent.queries import current
from callwarden.lawful.notices.actions import draft, publish
from callwarden.lawful.notices.queries import AHEAD
from tests.exchange import MAPPING, Exchange
from tests.notices import tell


@pytest.mark.parametrize("version", ["2099-9", "2026-2"])
def test_a_yes_to_a_text_nobody_published_covers_nothing_also_once_it_is(exchange: Exchange, version: str) -> None:
    later = draft(exchange.line, version="2026-2", text_en="More is recorded.", text_zh="录得更多。")
    exchange.call("C1", notice=version)
    exchange.settle()
    assert exchange.states() == [("quarantined", "notice_not_given")]
    publish(later, actor="system")
    reference = call_reference(exchange.line, "C1")
    with client_scope(exchange.line.client_id):
        assert set(current(exchange.line, reference).values()) == {"invalidated"}
        ended = ConsentEvent.objects.filter(state="invalidated")
        assert set(ended.values_list("reason", flat=True)) == {"notice_unknown"}


def said(exchange: Exchange, **wanted: object) -> list[tuple[str, str, str]]:
    """(purpose, reason, version of the notice) of what was said and how it ended."""
    with client_scope(exchange.line.client_id):
        events = ConsentEvent.objects.filter(**wanted).order_by("purpose")
        return [(one.purpose, one.reason, one.notice.version if one.notice else "") for one in events]


@pytest.mark.parametrize("later", [AHEAD + timedelta(seconds=1), timedelta(hours=1)], ids=str)
def test_a_yes_to_a_text_published_after_it_was_said_covers_nothing(exchange: Exchange, later: timedelta) -> None:
    """A call record is no way around what the API refuses. PIPL art. 14, 17."""
    at = clock.now().replace(microsecond=0) - timedelta(hours=2)
    tell(exchange.line, "2026-2", since=at + later)
    exchange.call("C1", notice="2026-2", consent_at=at.isoformat())
    exchange.settle()
    assert exchange.states() == [("quarantined", "consent_invalidated")]
    assert not exchange.calls()
    # Nothing is lost silently: what was told is kept, and why it does not count.
    assert said(exchange, state="given") == [("quality", "", ""), ("recording", "", "")]
    ended = [("quality", "notice_unknown", ""), ("recording", "notice_unknown", "")]
    assert said(exchange, state="invalidated") == ended


@pytest.mark.parametrize("later", [timedelta(0), AHEAD], ids=str)
def test_a_yes_counts_from_the_publication_on_with_what_clocks_run_ahead(exchange: Exchange, later: timedelta) -> None:
    at = clock.now().replace(microsecond=0) - timedelta(hours=2)
    tell(exchange.line, "2026-2", since=at + later)
    exchange.call("C1", notice="2026-2", consent_at=at.isoformat())
    exchange.settle()
    assert [state for state, _reason in exchange.states()] == ["admitted"]
    assert said(exchange, state="given") == [("quality", "", "2026-2"), ("recording", "", "2026-2")]
    assert not said(exchange, state="invalidated")


def test_a_no_is_taken_whatever_was_published(exchange: Exchange) -> None:
    at = clock.now() - timedelta(hours=2)
    tell(exchange.line, "2026-2", since=at + timedelta(hours=1))
    exchange.call("C1", notice="2026-2", consent="no", consent_at=at.isoformat())
    exchange.settle()
    assert exchange.states() == [("quarantined", "consent_refused")]
    assert said(exchange, state="refused") == [("quality", "", ""), ("recording", "", "")]
    assert not said(exchange, state="invalidated")


def test_who_is_said_to_have_heard_a_text_before_it_was_told_was_told_nothing(exchange: Exchange) -> None:
    """What needs no consent needs a notice all the same. PIPL art. 17; GDPR art. 13."""
    heard = clock.now().replace(microsecond=0) - timedelta(hours=2)
    tell(exchange.line, "2026-2", since=heard + timedelta(hours=1))
    exchange.call("C1", notice="2026-2", notice_at=heard.isoformat())
    exchange.settle()
    assert exchange.states() == [("quarantined", "notice_not_given")]


@pytest.mark.parametrize(
    ("days", "version"), [(1, "2026-2"), (40, "2026-1"), (400, "")], ids=["now", "before", "older than any"]
)
def test_who_agreed_before_the_call_agreed_to_what_was_told_then(exchange: Exchange, days: int, version: str) -> None:
    """A new notice does not take back what somebody gave for good under the one before."""
    line = exchange.line
    line.cdr_mapping = MAPPING.replace("{constant: keypress}", "{constant: prior}")
    line.save()
    tell(line, "2026-2", since=clock.now() - timedelta(days=30))
    at = clock.now().replace(microsecond=0) - timedelta(days=days)
    exchange.call("C1", notice="2026-2", consent_at=at.isoformat())
    exchange.settle()
    assert [state for state, _reason in exchange.states()] == ["admitted"]
    assert said(exchange, state="given") == [("quality", "", version), ("recording", "", version)]
    assert not said(exchange, state="invalidated")
