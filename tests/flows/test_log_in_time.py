"""The fail-closed table once as it ships: nothing shortened, every threshold waited for by the clock on the wall.

Some sixteen minutes, so only `make prove NAME=audit` asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from callwarden.custody.ledger.health import health
from callwarden.kernel import approvals
from callwarden.kernel.errors import Unavailable
from tests.flows.centre_of_controls import sequence
from tests.flows.test_fail_closed import KIND, Load, approved, load

__all__ = ["load"]
pytestmark = pytest.mark.long
# As settings has them where nobody says otherwise.
INSERT_SECONDS, LAG_SECONDS, SILENCE_SECONDS = 2.0, 60.0, 900.0


def wait_for(seconds: float, since: float, each: Callable[[], None]) -> None:
    """Until so long after `since`; meanwhile `each` must hold."""
    while time.monotonic() < since + seconds:
        each()
        time.sleep(1)


def test_an_entry_that_takes_two_seconds(load: Load, settings):
    settings.LEDGER_TIMEOUT_MS, settings.CALLWARDEN_LEDGER_DEADLINE = 2000, INSERT_SECONDS
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE custody_ledgerpending IN EXCLUSIVE MODE")
        begun = time.monotonic()
        assert load.seen("view") == load.seen("read") == "ledger_unavailable"
        assert time.monotonic() - begun >= INSERT_SECONDS
    assert load.seen("view") == load.seen("read") == "open"
    load.stop()
    assert load.unlogged() == []


def test_a_sequencer_that_is_a_minute_behind(load: Load, settings):
    settings.LEDGER_LAG_SECONDS = LAG_SECONDS
    sequence()
    begun = time.monotonic()
    load.seen("view")  # from here on something waits

    def shown() -> None:
        assert load.seen("read", after_next=False) == "open" or time.monotonic() > begun + LAG_SECONDS - 5

    wait_for(LAG_SECONDS - 5, begun, shown)
    wait_for(LAG_SECONDS + 3, begun, lambda: None)
    assert load.seen("read") == "ledger_behind"
    assert load.seen("view") == "open"
    load.stop()
    sequence()
    assert health().lag_seconds == 0
    assert load.unlogged() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(1500)
def test_no_head_that_leaves_for_a_quarter_of_an_hour(keeper, settings, tmp_path):
    settings.DATA_DIR, settings.DEMO = tmp_path, False
    settings.LEDGER_SINKS = [str(tmp_path / "elsewhere")]
    (tmp_path / "elsewhere").write_text("no folder")
    acts = [approved(KIND, number) for number in range(3)]
    sequence()
    begun = time.monotonic()
    asked, act = acts.pop()
    assert approvals.execute(asked, act, by=approvals.Approval.objects.get(pk=asked).requester) == asked
    wait_for(SILENCE_SECONDS - 15, begun, lambda: None)
    asked, act = acts.pop()
    assert approvals.execute(asked, act, by=approvals.Approval.objects.get(pk=asked).requester) == asked
    wait_for(SILENCE_SECONDS + 5, begun, lambda: None)
    asked, act = acts.pop()
    by = approvals.Approval.objects.get(pk=asked).requester
    with pytest.raises(Unavailable) as refused:
        approvals.execute(asked, act, by=by)
    assert refused.value.code == "ledger_unwitnessed"
    (tmp_path / "elsewhere").unlink()
    sequence()
    assert health().silent_seconds == 0
    assert approvals.execute(asked, act, by=by) == asked
