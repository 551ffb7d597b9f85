"""The editor of the matrix: what is ticked is what is drafted, nothing is lost, and nobody else may."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.urls import reverse

from callwarden.control.access import actions
from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.control.access.queries import active
from callwarden.doors.console.matrix.grid import ORDER
from callwarden.engines.policy import ACTIONS, Cell, Matrix
from callwarden.kernel import clock

CELL = Cell("quality_reviewer", "quality", "recording_original", "play_original")


@pytest.fixture
def officer(person):
    return person("data_protection_officer")


def drafted(somebody) -> PolicyVersion:
    somebody.post(reverse("console:matrix_draft"))
    return PolicyVersion.objects.get(state="draft")


def page_of(version: PolicyVersion, name: str = "cells") -> str:
    return reverse(f"console:matrix_{name}", args=[version.pk])


def ticked(matrix: Matrix, role: str, purpose: str) -> list[str]:
    return [f"{cell.category}:{cell.action}" for cell in matrix.cells if (cell.role, cell.purpose) == (role, purpose)]


def save(somebody, version: PolicyVersion, cells: list[str], **more: str):
    given = {"role": CELL.role, "purpose": CELL.purpose, "expected": version.digest, "cell": cells, **more}
    return somebody.post(page_of(version), given)


def written(version: PolicyVersion) -> Matrix:
    version.refresh_from_db()
    return Matrix.from_data(version.matrix)


def test_the_grid_has_every_action_in_one_column():
    assert sorted(ORDER) == sorted(ACTIONS)


def test_what_is_ticked_is_what_is_drafted_and_nothing_else(officer):
    version = drafted(officer)
    before = active().matrix
    cells = ticked(before, CELL.role, CELL.purpose)
    assert save(officer, version, [*cells, f"{CELL.category}:{CELL.action}"]).status_code == 302
    assert written(version).cells == before.cells | {CELL}
    assert save(officer, version, [cells[0]]).status_code == 302
    left = {cell for cell in written(version).cells if (cell.role, cell.purpose) == (CELL.role, CELL.purpose)}
    assert {f"{cell.category}:{cell.action}" for cell in left} == {cells[0]}
    assert active().matrix.cells == before.cells
    page = officer.get(page_of(version, "version")).content.decode()
    assert "Quality reviewer" in page


@pytest.mark.parametrize("cell", ["recording_original:peek", "nothing:reveal", "recording_original", ":", "a:b:c"])
def test_a_cell_that_cannot_be_is_refused_and_nothing_is_saved(officer, cell):
    version = drafted(officer)
    answer = save(officer, version, [cell])
    assert answer.status_code == 422
    assert "does not exist" in answer.content.decode()
    assert written(version).digest == active().matrix.digest


def test_a_refused_form_keeps_what_was_ticked(officer):
    version = drafted(officer)
    other = written(version).with_cell(CELL._replace(category="transcript_original"), True)
    seen = version.digest
    actions.revise(version, other, expected=seen, actor="system")
    answer = save(officer, version, [f"{CELL.category}:{CELL.action}"], expected=seen)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Somebody else changed this draft" in page
    grid = answer.context["grid"]
    on = {field.value for line in grid.lines for field in line.fields if field.on}
    assert on == {f"{CELL.category}:{CELL.action}"}
    assert written(version).cells == other.cells


def guard_form(somebody, version: PolicyVersion) -> dict[str, object]:
    form = somebody.get(page_of(version, "guards")).context["form"]
    given = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in given.items() if value not in (None, "")}


def test_guards_saved_as_they_are_change_nothing(officer):
    version = drafted(officer)
    before = version.digest
    assert officer.post(page_of(version, "guards"), guard_form(officer, version)).status_code == 302
    assert written(version).digest == before


def test_a_guard_is_changed_and_the_difference_says_so_in_words(officer):
    version = drafted(officer)
    given = guard_form(officer, version) | {"bulk_agent": 25, "age_reveal": 60, "task_bound": ["agent", "team_leader"]}
    assert officer.post(page_of(version, "guards"), given).status_code == 302
    guards = written(version).guards
    assert guards.bulk_limit_of("agent") == 25
    assert dict(guards.step_up_s)["reveal"] == 3600
    assert guards.task_bound == ("agent", "team_leader")
    page = officer.get(page_of(version, "version")).content.decode()
    for words in ("without a grant · Agent", ">60<", ">25<", "Second factor at most this old · Reveal", "8 h", "1 h"):
        assert words in page, words


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"bulk_agent": "0"}, "bulk_agent"),
        ({"bulk_default": ""}, "bulk_default"),
        ({"age_export": "many"}, "age_export"),
        ({"training_accepted": []}, "training_accepted"),
        ({"grant_1_actions": ["share"]}, "grant_1_kinds"),
        ({"task_bound": ["somebody"]}, "task_bound"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_wrong_guard_is_said_at_its_field_in_the_readers_language_and_nothing_is_lost(
    officer, wrong, field, language
):
    version = drafted(officer)
    officer.browser.cookies["django_language"] = language
    given = {**guard_form(officer, version), "bulk_auditor": 777, **wrong}
    answer = officer.post(page_of(version, "guards"), given)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert set(form.errors) == {field}
    says = " ".join(form.errors[field])
    assert says.isascii() == (language == "en"), says
    assert form["bulk_auditor"].value() == "777"
    assert written(version).digest == active().matrix.digest


def test_the_three_administrators_cannot_be_joined_by_unticking(officer):
    version = drafted(officer)
    given = guard_form(officer, version) | {"incompatible": []}
    officer.post(page_of(version, "guards"), given)
    held = {frozenset(pair) for pair in written(version).guards.incompatible}
    assert frozenset({"security_administrator", "auditor"}) in held
    assert frozenset({"agent", "auditor"}) not in held


def test_what_is_no_draft_any_more_is_not_written(officer):
    version = drafted(officer)
    officer.post(page_of(version, "drop"))
    answer = save(officer, version, [f"{CELL.category}:{CELL.action}"])
    assert answer.status_code == 422
    assert "no draft any more" in answer.content.decode()


def test_the_effective_matrix_can_be_taken_away_whole(officer):
    version = PolicyVersion.objects.get(state="active")
    matrix = active().matrix
    rows = list(csv.DictReader(io.StringIO(officer.get(page_of(version, "csv")).content.decode("utf-8-sig"))))
    assert {Cell(row["role"], row["purpose"], row["category"], row["action"]) for row in rows} == matrix.cells
    told = json.loads(officer.get(page_of(version, "json")).content)
    assert {Cell(**cell) for cell in told["allowed"]} == matrix.cells
    assert Matrix.from_data(told["matrix"]).digest == told["matrix_digest"] == matrix.digest
    assert told["policy_digest"] == active().digest


def test_any_two_versions_can_be_compared(officer):
    version = drafted(officer)
    save(officer, version, [])
    page = officer.get(reverse("console:matrix_compare"), {"before": "1", "after": "2"}).content.decode()
    assert "Quality reviewer" in page
    same = officer.get(reverse("console:matrix_compare"), {"before": "1", "after": "1"}).content.decode()
    assert "These two say the same" in same
    assert officer.get(reverse("console:matrix_compare"), {"before": "x", "after": "99"}).status_code == 200


def test_names_stand_in_both_languages(officer):
    for language in ("en", "zh-hans"):
        officer.browser.cookies["django_language"] = language
        page = officer.get(reverse("console:access")).content.decode()
        assert "Contact" in page
        assert "联系" in page


ASKED = {
    "roles": ["agent"], "action": "reveal", "purpose": "service", "category": "contact", "bulk_count": "1",
    "mfa_minutes": "5", "circumstances": ["call", "reason"],
}  # fmt: skip


def test_the_simulator_names_every_reason_and_the_way_out(officer):
    answer = officer.post(reverse("console:access_try"), ASKED)
    (shown,) = answer.context["answers"]
    assert shown.look.tone == "pass"
    assert "Agent may, for Customer service" in shown.policies[0]
    answer = officer.post(reverse("console:access_try"), {**ASKED, "circumstances": [], "mfa_minutes": ""})
    (shown,) = answer.context["answers"]
    assert shown.look.tone == "fail"
    assert len(shown.against) == 3
    assert len(shown.together) == 3
    own = officer.post(reverse("console:access_try"), {**ASKED, "about": ["own_record"]}).context["answers"][0]
    assert own.hopeless


def test_the_simulator_shows_a_draft_beside_the_version_in_force(officer):
    version = drafted(officer)
    given = {"role": "agent", "purpose": "service", "expected": version.digest, "cell": []}
    officer.post(page_of(version), given)
    answer = officer.post(reverse("console:access_try"), {**ASKED, "against": str(version.version)})
    assert [one.look.tone for one in answer.context["answers"]] == ["pass", "fail"]
    assert answer.context["differs"]


def test_the_simulator_takes_a_real_person_with_their_roles(officer, person):
    agent = person("agent")
    given = {**ASKED, "roles": [], "person": str(agent.user.pk)}
    (shown,) = officer.post(reverse("console:access_try"), given).context["answers"]
    assert shown.look.tone == "pass"
    nobody = officer.post(reverse("console:access_try"), {**ASKED, "roles": []})
    assert nobody.status_code == 422
    missing = {**ASKED, "record": "6f1f6d0e-5d0c-4d5b-9a57-0c2f2f1b2a11"}
    assert "record" in officer.post(reverse("console:access_try"), missing).context["form"].errors


def test_the_shadow_page_shows_what_would_differ(officer):
    version = drafted(officer)
    assert officer.post(page_of(version, "to_shadow"), {"sample": "50"}).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.sample) == ("shadow", 50)
    for outcome, number in (("same", 90), ("opens", 4), ("closes", 6)):
        ShadowCount.objects.create(
            version=version, outcome=outcome, roles="agent", purpose="service", category="contact", action="reveal",
            reason="" if outcome == "same" else "no_task", count=number, last_at=clock.now(),
        )  # fmt: skip
    answer = officer.get(page_of(version, "shadow"))
    assert [row.cells[6] for row in answer.context["table"].rows] == [6, 4]
    assert answer.context["bars"].rows[0][1:4] == (100, 4, 6)
    only = officer.get(page_of(version, "shadow"), {"outcome": "same"})
    assert [row.cells[6] for row in only.context["table"].rows] == [90]


@pytest.mark.parametrize("role", ["agent", "team_leader", "quality_reviewer", "system_administrator", "auditor"])
def test_only_those_who_decide_on_rules_write_them(person, role):
    somebody = person(role)
    version = PolicyVersion.objects.get(state="active")
    assert somebody.post(reverse("console:matrix_draft")).status_code == 403
    for name in ("cells", "guards"):
        assert somebody.get(page_of(version, name)).status_code == 403
    for name in ("drop", "to_shadow", "ask"):
        assert somebody.post(page_of(version, name)).status_code == 403
    assert somebody.get(reverse("console:access_try")).status_code == (200 if role == "auditor" else 403)
    assert somebody.get(reverse("console:access")).status_code == (403 if role == "agent" else 200)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_the_room_opens_in_both_languages(officer, language):
    version = drafted(officer)
    officer.browser.cookies["django_language"] = language
    for name in ("access", "matrix_compare", "access_try"):
        assert officer.get(reverse(f"console:{name}")).status_code == 200, name
    for name in ("cells", "guards", "version", "effective", "shadow"):
        assert officer.get(page_of(version, name)).status_code == 200, name


def test_ties_are_declared_by_one_and_confirmed_by_another(officer, person, client):
    assert officer.get(reverse("console:ties")).status_code == 200
    given = {"client": str(client.pk), "person": str(officer.user.pk), "customer_no": "C-404", "kind": "self"}
    answer = officer.post(reverse("console:ties"), given)
    assert answer.status_code == 422
    assert answer.context["form"]["customer_no"].value() == "C-404"
    assert "no customer" in answer.content.decode()
    assert person("auditor").get(reverse("console:ties")).status_code == 403
