"""A turn that the recogniser was in doubt of is silent, is shown to the reviewer as such, and is never given back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from callwarden.custody.categories import Category
from callwarden.custody.models import Call
from callwarden.doors.console.checking import laid
from callwarden.flows import checking
from callwarden.kernel import approvals
from callwarden.kernel.models import Approval
from tests.exchange import Exchange, words_of
from tests.flows.test_checking import asked, heard, login, officer, plain, reviewer, turns
from tests.flows.test_mentions import live, noise
from tests.work import do_all

__all__ = ["login", "officer", "reviewer"]
PHONE, DOUBTFUL, FINE = (10.1, 11.3), (18.0, 21.0), (13.0, 17.0)


@pytest.fixture
def call(exchange: Exchange) -> Call:
    said = turns()
    said[3]["doubts"] = ["no_speech"]
    exchange.call("C1", audio=noise(2, 24), words=words_of(said))
    exchange.settle()
    (found,) = exchange.calls()
    assert found.redaction == "done"
    return found


def is_heard(call: Call, login, stretch: tuple[float, float]) -> bool:
    (record,) = [one for one in live(call, Category.RECORDING_REDACTED) if one.leg and one.leg.channel == 0]
    samples, rate = heard(record, login)
    return bool(np.any(samples[int(stretch[0] * rate) : int(stretch[1] * rate)]))


def test_the_turn_is_silent_and_the_reviewer_is_told(call, reviewer, login):
    assert not is_heard(call, login, DOUBTFUL)
    assert is_heard(call, login, FINE)
    shown = laid.turns_of(checking.check(reviewer, call))
    assert [turn.is_doubtful for turn in shown] == [False, False, False, True]
    marks = json.loads(plain(live(call, Category.REDACTION_SPANS)[0], login))
    assert ["DOUBTFUL"] in [row["types"] for row in marks["sound"]]


def test_what_two_people_give_back_elsewhere_leaves_it_silent(call, reviewer, officer, login):
    assert not is_heard(call, login, PHONE)
    approval = asked(reviewer, call)
    approvals.approve(approval.pk, by=officer.user)
    approvals.execute(approval.pk, approvals.act_of(Approval.objects.get(pk=approval.pk)), by=reviewer.user)
    do_all()
    assert is_heard(call, login, PHONE)
    assert not is_heard(call, login, DOUBTFUL)
