"""What somebody agreed to is the text they were told, and nobody can be told a text that is not published."""

from __future__ import annotations

import pytest

from callwarden.custody.scope import client_scope
from callwarden.flows.take_in import call_reference
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.consent.queries import current
from callwarden.lawful.notices.actions import draft, publish
from tests.exchange import Exchange


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
