"""The page of neighbouring systems: who sees it, who connects, and a line that is tried and kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from callwarden.control.neighbours import actions
from callwarden.control.neighbours.actions import Wish
from callwarden.control.neighbours.models import Neighbour, NeighbourBatch, NeighbourEntry
from callwarden.custody.models import LedgerPending
from callwarden.custody.scope import client_scope
from callwarden.doors.console.neighbours.mapping import fields_of, written
from callwarden.engines.neighbours import PRESETS, Mapping
from callwarden.flows import neighbours
from callwarden.kernel import clock
from callwarden.kernel.models import User
from tests.doors.console.rooms.conftest import ROLES
from tests.flows.centre_of_controls import sequence

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
        "line": "",
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
    mended = {**fields_of(made.mapping), "who": "person"}
    changed = filled(crm.owner, quiet_minutes="90", **mended)
    assert officer.post(reverse("console:neighbour", args=[made.pk]), changed).status_code == 302
    made.refresh_from_db()
    assert (made.quiet_minutes, made.mapping["who"]["path"]) == (90, "person")
    officer.post(reverse("console:neighbour_end", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == "ended"


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"preset": "", "who": ""}, "who"),
        ({"preset": "", "who": "a b", "other": "read"}, "who"),
        ({"preset": "", "who": "user", "act": "", "other": ""}, "act"),
        ({"preset": "", "who": "user", "act": "action", "words": "view = look at"}, "words"),
        ({"preset": "", "who": "user", "act": "action", "words": "view"}, "words"),
        ({"preset": "", "who": "user", "other": "read", "zone": "Mars/Olympus"}, "time"),
        ({"preset": "", "who": "user", "other": "read", "within": "message", "within_as": "A B"}, "within"),
        ({"preset": "", "who": "user", "other": "read", "subject": "x" * 400}, "subject"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_said_in_words_where_it_is_mended(person, crm, changes, at):
    answer = person("security_administrator").post(reverse("console:neighbour_new"), filled(crm.owner, **changes))
    assert answer.status_code == 422
    assert answer.context["form"].errors.get(at), answer.context["form"].errors
    assert Neighbour.objects.count() == 1


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_mapping_to_begin_with_is_the_same_as_fields(preset):
    """Nothing of a mapping may be lost because somebody opened its form and kept it."""
    mapping = Mapping.of(PRESETS[preset]).data()
    assert Mapping.of(written(fields_of(mapping))).data() == mapping


def test_fill_in_writes_a_mapping_to_begin_with_into_the_fields_and_keeps_the_rest(person, crm):
    officer = person("security_administrator")
    given = {**filled(crm.owner, preset="pgaudit", name="Ours"), "fill": "1"}
    page = text(officer.post(reverse("console:neighbour_new"), given))
    for told in ("application_name", "audit.3", "READ = read", "AUDIT: ", 'value="Ours"'):
        assert told in page, told
    assert Neighbour.objects.count() == 1


def test_a_form_opened_and_kept_changes_nothing(person, crm):
    officer, path = person("security_administrator"), reverse("console:neighbour", args=[crm.pk])
    form = officer.get(path).context["form"]
    given = {name: form[name].value() for name in form.fields}
    assert officer.post(path, {name: "" if one is None else one for name, one in given.items()}).status_code == 302
    before, crm_after = crm.mapping, Neighbour.objects.get(pk=crm.pk)
    assert crm_after.mapping == before
    bodies = [bytes(body) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    assert not [body for body in bodies if b"control:neighbour:changed" in body]


def trial(officer, crm, **given: str) -> str:
    asked = filled(crm.owner, **{"preset": "", **given})
    return text(officer.post(reverse("console:neighbour_try"), asked))


def test_a_trial_shows_what_stands_where_and_what_it_would_be_kept_as_and_stores_nothing(person, crm):
    officer = person("security_administrator")
    line = json.dumps({**LINE, "at": clock.now().isoformat(), "deep": {"er": [{"x": "<b>here</b>"}]}})
    before = LedgerPending.objects.count()
    page = trial(officer, crm, line=line)
    assert "deep.er.0.x" in page
    assert "&lt;b&gt;here" in page
    assert "Say where who acted and the act stand" in page
    page = trial(officer, crm, line=line, who="user", act="action", words="view = read", subject="customer", time="at")
    assert "lin.li" in page
    assert "named, and readable" in page
    assert (Neighbour.objects.count(), LedgerPending.objects.count()) == (1, before)
    with client_scope(crm.client_id):
        assert not NeighbourEntry.objects.exists()


def test_a_trial_does_not_tell_who_is_a_customer(person, crm, monkeypatch):
    """It is asked at every key, so it must not answer whether a number is known here."""
    asked = []
    monkeypatch.setattr(neighbours, "_subjects", lambda _client, _kind, values: asked.extend(values) or {})
    line = json.dumps({**LINE, "at": clock.now().isoformat()})
    page = trial(person("security_administrator"), crm, line=line, preset="crm")
    assert "named, and readable" in page
    assert asked == []


@pytest.mark.parametrize(
    "line",
    ["", "{", "[1]", "\x01", "{" * 5000, json.dumps({"a": "\ud800"}), "x" * 16_384, json.dumps({"a b": {"": 1}})],
)
@pytest.mark.parametrize("way", ["http", "local"])
def test_whatever_is_pasted_is_answered(person, crm, line, way):
    answer = person("security_administrator").post(
        reverse("console:neighbour_try"), filled(crm.owner, line=line, way=way, within="a", within_as="b", text="csv")
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("role", [role for role in ROLES if role != "security_administrator"])
def test_nobody_else_tries(person, crm, role):
    assert person(role).post(reverse("console:neighbour_try"), {"line": "{}"}).status_code == 403


@pytest.fixture
def batch(crm) -> NeighbourBatch:
    """Two lines taken in, one twice, one without who, one without a time."""
    good = [{**LINE, "at": clock.now().isoformat(), "call_id": str(number)} for number in range(2)]
    events = [*good, good[0], {**good[0], "user": ""}, {**good[1], "at": "yesterday"}]
    neighbours.take_documents(crm, [(json.dumps(one).encode(), one) for one in events], actor="system")
    sequence()
    with client_scope(crm.client_id):
        return NeighbourBatch.objects.get()


def address(crm: Neighbour, batch: NeighbourBatch) -> str:
    return reverse("console:neighbour_batch", args=[crm.pk, batch.pk])


@pytest.mark.parametrize("role", ROLES)
def test_batches_open_to_those_who_prove(person, role, crm, batch):
    expected = 200 if role in SEES else 403
    assert person(role).get(reverse("console:neighbour_batches", args=[crm.pk])).status_code == expected
    assert person(role).get(address(crm, batch)).status_code == expected


def test_a_batch_says_what_was_taken_in_and_what_was_kept_out_and_why(person, crm, batch):
    auditor = person("auditor")
    page = text(auditor.get(reverse("console:neighbour_batches", args=[crm.pk])))
    assert address(crm, batch) in page
    assert "Moment(" not in page
    page = text(auditor.get(address(crm, batch)))
    for told in ("does not say who acted", "no time that can be read", batch.digest, "Somebody not known here"):
        assert told in page, told
    assert "lin.li" not in page
    assert "C-2001" not in page
    bodies = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    (read,) = [body for body in bodies if body["event"] == "ledger:log:read"]
    assert read["data"] == {"part": "batch", "batch": str(batch.pk)}


def past_the_database(crm: Neighbour, act: Callable[[], object]) -> None:
    """As whoever rules the database does it."""
    with client_scope(crm.client_id), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE control_neighbourentry DISABLE TRIGGER keep_columns")
        act()
        cursor.execute("ALTER TABLE control_neighbourentry ENABLE TRIGGER keep_columns")


def test_a_line_changed_after_it_was_received_is_shown_on_its_batch(person, crm, batch):
    auditor = person("auditor")
    assert "Open an incident" not in text(auditor.get(address(crm, batch)))
    past_the_database(crm, lambda: NeighbourEntry.objects.filter(number=1).update(act="export"))
    assert "Changed after they were received: lines 1" in text(auditor.get(address(crm, batch)))
    past_the_database(crm, lambda: NeighbourEntry.objects.filter(number=1).delete())
    assert "Lines are missing" in text(auditor.get(address(crm, batch)))


def test_a_batch_of_another_system_or_none_is_not_found(person, crm, batch):
    other = actions.connect(crm.client_id, "other", "crm", wish(crm.owner), by=crm.owner)
    auditor = person("auditor")
    assert auditor.get(address(other, batch)).status_code == 404
    assert auditor.get(reverse("console:neighbour_batch", args=[crm.pk, uuid4()])).status_code == 404
    assert auditor.get(reverse("console:neighbour_batches", args=[uuid4()])).status_code == 404


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
