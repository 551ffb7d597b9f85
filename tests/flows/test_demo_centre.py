"""The demonstration call centre end to end: every sample call ends as its ground truth says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callwarden.custody.models import Call, Client, IntakeItem, Line
from callwarden.custody.scope import client_scope
from callwarden.doors.spool.watcher import Watcher
from callwarden.flows import demo
from callwarden.flows.matching import reconcile
from tests.flows.run import work

EXPECTED = json.loads((Path(__file__).parents[2] / "samples" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def centre(keeper, settings, tmp_path) -> Client:
    settings.SPOOL_INCOMING = tmp_path / "incoming"
    settings.WORDS_GRACE_SECONDS = 0
    demo.load()
    Watcher(settings.SPOOL_INCOMING, stable_seconds=0).look()
    work()
    settings.MATCH_GRACE_SECONDS = 0
    for line in Line.objects.all():
        reconcile(line)
    return Client.objects.get()


def test_every_sample_call_ends_as_expected(centre):
    items = {item.shown: item for item in IntakeItem.objects.filter(kind="audio")}
    copies = {copy["of"]: Path(copy["audio"]).name for copy in EXPECTED["copies"]}
    # Of two names for one recording, the one that came first is kept.
    ended = {
        call["call_id"]: items.get(Path(call["audio"]).name) or items[copies[call["call_id"]]]
        for call in EXPECTED["calls"]
    }
    wrong = {
        call["call_id"]: (call["outcome"], call["reason"], ended[call["call_id"]].state, ended[call["call_id"]].reason)
        for call in EXPECTED["calls"]
        # Sealed, waiting for its record, opened by nobody: that is a quarantine too.
        if ended[call["call_id"]].state.replace("waiting", "quarantined") != call["outcome"]
    }
    assert wrong == {}
    with client_scope(centre.id):
        admitted = [call for call in EXPECTED["calls"] if call["outcome"] == "admitted"]
        assert list(Call.objects.values_list("redaction", flat=True)) == ["done"] * len(admitted)
