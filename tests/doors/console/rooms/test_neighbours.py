"""The page of neighbouring systems: who sees it, who connects, and a line that is tried and kept nowhere."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from callwarden.control.neighbours import actions
from callwarden.control.neighbours.actions import Wish
from callwarden.control.neighbours.models import Neighbour, NeighbourEntry
from callwarden.custody.scope import client_scope
from callwarden.engines.neighbours import PRESETS
from callwarden.flows import neighbours
from callwarden.kernel import clock
from callwarden.kernel.models import User
from tests.doors.console.rooms.conftest import ROLES

PAGE = "/audit/neighbours/"
SEES = {"data_protection_officer", "security_administrator", "auditor"}
LINE = {"user": "lin.li", "action": "view", "customer": "C-2001"}


def text(answer) -> str:
    return answer.content.decode()


def wish(owner: User) -> Wish:
    return Wish(
        name="Customer system", name_zh="客户系统", owner=owner, quiet_minutes=60, mapping=PRESETS["crm"],
        named_by="login", way="http", program="crm-log",
    )  # fmt: skip


@pytest.fixture
def crm(centre, client) -> Neighbour:
    owner = User.objects.create(username="keeper-of-crm", roles=["security_administrator"])
    return actions.connect(client.pk, "crm", "crm", wish(owner), by=owner)


def filled(owner: User, **changes: str) -> dict[str, str]:
    told = {
        "slug": "recorder", "kind": "recorder", "name": "Recorder", "name_zh": "录音系统", "owner": str(owner.pk),
        "quiet_minutes": "30", "way": "http", "program": "rec-log", "named_by": "login", "preset": "crm",
        "mapping": "", "line": "",
    }  # fmt: skip
    return {**told, **changes}


@pytest.mark.parametrize("role", ROLES)
def test_it_opens_to_those_who_prove(person, role, crm):
    assert person(role).get(PAGE).status_code == (200 if role in SEES else 403)
    changes = person(role).get(reverse("console:neighbour", args=[crm.pk]))
    assert changes.status_code == (200 if role == "security_administrator" else 403)


def test_without_a_system_every_kind_is_not_measured(person, centre):
    page = text(person("auditor").get(PAGE))
    assert page.count("Not measured") >= 4
    assert "No neighbouring system is connected yet" in page
    assert "Not measured, as no such system is connected" in text(person("auditor").get("/audit/"))


def test_a_line_is_tried_and_kept_nowhere(person, crm):
    officer = person("security_administrator")
    line = json.dumps({**LINE, "at": clock.now().isoformat()})
    page = text(officer.post(reverse("console:neighbour_new"), {**filled(crm.owner, line=line), "try": "1"}))
    assert "What the line would be kept as" in page
    assert "not known here" in page
    assert Neighbour.objects.count() == 1
    page = text(officer.post(reverse("console:neighbour_new"), {**filled(crm.owner, line="{"), "try": "1"}))
    assert "its text is no object of JSON" in page


def test_connecting_changing_and_ending(person, crm):
    officer = person("security_administrator")
    assert officer.post(reverse("console:neighbour_new"), filled(crm.owner)).status_code == 302
    made = Neighbour.objects.get(slug="recorder")
    assert (made.kind, made.quiet_minutes, made.program) == ("recorder", 30, "rec-log")
    mapping = json.dumps({**made.mapping, "who": {"path": "person"}})
    changed = filled(crm.owner, quiet_minutes="90", mapping=mapping)
    assert officer.post(reverse("console:neighbour", args=[made.pk]), changed).status_code == 302
    made.refresh_from_db()
    assert (made.quiet_minutes, made.mapping["who"]["path"]) == (90, "person")
    officer.post(reverse("console:neighbour_end", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == "ended"


@pytest.mark.parametrize("mapping", ["{", "[]", '{"who": {}}', '{"who": {"path": "a b"}, "act": {"other": "read"}}'])
def test_a_mapping_that_cannot_be_used_is_said_in_words(person, crm, mapping):
    answer = person("security_administrator").post(reverse("console:neighbour_new"), filled(crm.owner, mapping=mapping))
    assert answer.status_code == 422
    assert Neighbour.objects.count() == 1


def test_their_acts_stand_beside_ours_marked_with_where_they_are_from(person, crm):
    event = {**LINE, "at": clock.now().isoformat()}
    neighbours.take_documents(crm, [(json.dumps(event).encode(), event)], actor="system")
    auditor = person("auditor")
    page = text(auditor.get("/audit/"))
    assert "Customer system: as received" in page
    assert "lin.li" not in page
    assert "Customer system: as received" not in text(auditor.get("/audit/?source=ours"))
    only = text(auditor.get("/audit/?source=crm"))
    assert "Customer system: as received" in only
    assert [row.cells[0] for row in auditor.get("/audit/?source=crm").context["table"].rows] == [""]
    with client_scope(crm.client_id):
        assert NeighbourEntry.objects.count() == 1
