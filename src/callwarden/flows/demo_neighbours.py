"""Neighbouring systems of the demonstration: a customer system that tells, a recorder gone silent, no database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from callwarden.control.neighbours import actions
from callwarden.control.neighbours.actions import Wish
from callwarden.control.neighbours.models import Neighbour
from callwarden.custody.models import Client
from callwarden.engines.neighbours import PRESETS
from callwarden.flows import neighbours
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role

ACTOR: Final = "system"
# Minutes ago, who by their login, act, customer, call.
_TOLD: Final = (
    (58, "a103", "view", "C-2001", "SZ-1001"),
    (56, "a103", "edit", "C-2001", "SZ-1001"),
    (51, "a104", "view", "C-2002", "SZ-1002"),
    (44, "a202", "view", "C-2002", "OB-2001"),
    (39, "a202", "view", "C-2005", "OB-2002"),
    (31, "a301", "view", "C-3001", "PE-3001"),
    (27, "a302", "view", "C-3002", "PE-3002"),
    (14, "a104", "search", "C-2005", ""),
    (13, "a104", "view", "C-2005", ""),
    (6, "report-server", "export", "", ""),
)
_SILENT: Final = timedelta(hours=7)


def load(client: Client) -> None:
    """Once: whoever runs it again finds them there and does nothing."""
    owner = User.objects.filter(is_active=True, roles__contains=[Role.SECURITY_ADMIN]).order_by("username").first()
    if owner is None or Neighbour.objects.exists():
        return
    crm = _connect(client, owner, "crm", Neighbour.Kind.CUSTOMER_SYSTEM, "Customer system", "客户系统")
    now = clock.now()
    events = [_event(now - timedelta(minutes=ago), *told) for ago, *told in _TOLD]
    events += [events[0], {**events[1], "user": ""}]  # one that comes twice, one that does not say who
    neighbours.take_documents(crm, [(_octets(one), one) for one in events], actor=ACTOR)
    recorder = _connect(client, owner, "recorder", Neighbour.Kind.RECORDER, "Recorder", "录音系统")
    played = _event(now - _SILENT, "a103", "play", "C-2001", "")
    neighbours.take_documents(recorder, [(_octets(played), played)], actor=ACTOR)
    Neighbour.objects.filter(pk=recorder.pk).update(heard_at=now - _SILENT)


def _connect(client: Client, owner: User, slug: str, kind: str, name: str, name_zh: str) -> Neighbour:
    crm = PRESETS["crm"]
    words = {**crm["act"]["words"], "play": "play"}
    wish = Wish(
        name=name,
        name_zh=name_zh,
        owner=owner,
        quiet_minutes=24 * 60 if slug == "crm" else 60,
        mapping={**crm, "act": {**crm["act"], "words": words}},
        named_by=Neighbour.NamedBy.LOGIN,
        way=Neighbour.Way.HTTP,
        program=f"{slug}-log",
    )
    return actions.connect(client.pk, slug, kind, wish, by=owner)


def _event(at: Any, who: str, act: str, customer: str, call: str) -> dict[str, Any]:
    told = {"at": at.isoformat(timespec="seconds"), "user": who, "action": act, "customer": customer, "call_id": call}
    return {**told, "rows": 40} if act == "export" else told


def _octets(event: dict[str, Any]) -> bytes:
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
