"""What data subjects of the demonstration centre have asked for, each as far as the samples say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from callwarden.custody import indexes
from callwarden.custody.models import Customer, Line
from callwarden.custody.scope import client_scope
from callwarden.flows.customers import normal_number
from callwarden.flows.requests import codes, verify, work
from callwarden.kernel import clock
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest

ACTOR = "system"
_STEPS = ("asked", "verified", "planned", "begun")


def load(folder: Path, lines: dict[str, Line]) -> None:
    """Take in the sample requests; on a second start nothing is added."""
    entries = yaml.safe_load((folder / "requests.yaml").read_text(encoding="utf-8"))["requests"]
    for entry in entries:
        line = lines[entry["line"]]
        with client_scope(line.client_id):
            if SubjectRequest.objects.filter(line=line).count() < len(entries):
                _take_in(line, entry)


def _take_in(line: Line, entry: dict[str, Any]) -> None:
    known = indexes.known_by(line.client_id, indexes.NUMBER, normal_number(entry["customer"]))
    customer = Customer.objects.get(known)
    request = actions.receive(
        line,
        kind=Kind(entry["kind"]),
        channel=Channel(entry["channel"]),
        received_at=clock.now() - timedelta(days=entry["days_ago"]),
        language="zh-hans",
        claimed=customer,
        actor=ACTOR,
    )
    done = _STEPS.index(entry["step"])
    if done == 0:
        codes.make(request, customer, codes.Way.CALL_BACK, actor=ACTOR)
    if done >= 1:
        request = actions.verified(request, customer, how=verify.AGENT, actor=ACTOR)
    if done >= 2:
        request = work.plan(request, actor=ACTOR)
    if done >= 3:
        work.begin(request, actor=ACTOR)
