"""The demonstration call centre end to end: every sample call ends as its ground truth says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callwarden.custody.models import Call, Client, IntakeItem, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.spool.watcher import Watcher
from callwarden.flows import demo
from tests.flows.run import work

EXPECTED = json.loads((Path(__file__).parents[2] / "samples" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def centre(keeper, settings, tmp_path) -> Client:
    settings.SPOOL_INCOMING = tmp_path / "incoming"
    settings.WORDS_GRACE_SECONDS = 0
    demo.load()
    Watcher(settings.SPOOL_INCOMING, stable_seconds=0).look()
    work()
    return Client.objects.get()


def test_every_sample_call_ends_as_expected(centre):
    admitted = {call["call_id"] for call in EXPECTED["calls"] if call["outcome"] == "admitted"}
    with client_scope(centre.id):
        redactions = Call.objects.values_list("redaction", flat=True)
        assert list(redactions) == ["done"] * len(admitted)
        for call in EXPECTED["calls"]:
            name = Path(call["audio"]).name
            item = IntakeItem.objects.get(kind="audio", shown=name)
            wanted = {"admitted": "admitted", "quarantined": "quarantined", "set_aside": "set_aside"}[call["outcome"]]
            assert (name, item.state, item.reason) == (name, wanted, item.reason)
