"""Whoever looks after intake sees what waits, why, and what to do; never a number or a name."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

import callwarden.flows as flows
import callwarden.lawful.gate as gate
from callwarden.custody.models import IntakeBatch, IntakeItem, Line
from callwarden.doors.console.imports.reasons import REASONS, problem_text, reason_for
from callwarden.flows.formats import REMEDIES
from callwarden.kernel import clock
from callwarden.kernel.models import BulkAct
from tests.flows.centre_of_controls import arrival_on

State, Kind = IntakeItem.State, IntakeItem.Kind
IMPORTS = "console:imports"


def rows(answer) -> int:
    return len(answer.context["table"].rows)


@pytest.mark.parametrize(
    ("chosen", "given"),
    [
        ("waiting", {"state": State.SEALED}),
        ("rows", {"state": State.WAITING, "kind": Kind.ROW, "reason": "recording_missing"}),
        ("recordings", {"state": State.WAITING, "kind": Kind.AUDIO, "reason": "cdr_missing"}),
        ("set_aside", {"state": State.SET_ASIDE, "kind": Kind.AUDIO, "reason": "audio_corrupt"}),
        ("quarantined", {"state": State.QUARANTINED, "reason": "consent_unknown"}),
        ("duplicates", {"state": State.DUPLICATE, "reason": "call_known"}),
    ],
)
def test_each_list_shows_its_own_with_reason_and_remedy(person, line, chosen, given):
    leader = person("team_leader")
    arrival_on(line, **given)
    arrival_on(line, state=State.ADMITTED)
    answer = leader.get(reverse(IMPORTS), {"list": chosen})
    assert rows(answer) == 1
    if reason := given.get("reason"):
        page = answer.content.decode()
        assert str(REASONS[reason].says) in page
        assert str(REASONS[reason].remedy) in page


def test_time_left_is_a_clock_on_the_last_day(person, line):
    leader = person("team_leader")
    arrival_on(line, delete_at=clock.now() + timedelta(hours=5))
    assert 'x-data="countdown"' in leader.get(reverse(IMPORTS), {"list": "quarantined"}).content.decode()


def test_a_leader_sees_arrivals_of_their_own_lines_alone(person, line, client):
    other = Line.objects.create(client=client, slug="other", name="Other")
    item = arrival_on(other)
    leader = person("team_leader", lines=[line.id])
    assert rows(leader.get(reverse(IMPORTS), {"list": "quarantined"})) == 0
    assert leader.get(reverse("console:import_item", args=[item.pk])).status_code == 404
    assert rows(person("system_administrator").get(reverse(IMPORTS), {"list": "quarantined"})) == 1


def test_rows_that_cannot_be_used_are_named_by_line_and_field_with_what_to_do(person, line):
    problems = [
        {"line": 7, "code": "missing_value", "field": "caller", "source": "cdr", "data": {}},
        {"line": 9, "code": "wrong_columns", "field": "", "source": "cdr", "data": {"found": 3, "expected": 9}},
    ]
    item = arrival_on(line, state=State.SET_ASIDE, kind=Kind.CDR, reason="no_usable_row", problems=problems)
    page = person("team_leader").get(reverse("console:import_item", args=[item.pk])).content.decode()
    assert "Line 7" in page
    assert "Calling number" in page
    assert "The line has 3 fields, the header has 9." in page


def test_a_batch_shows_how_far_it_is_and_asks_again_while_it_runs(person, line):
    batch = IntakeBatch.objects.create(line=line, door="api", by="service:x", total=4, started_at=clock.now())
    arrival_on(line, batch=batch, state=State.QUARANTINED, reason="consent_unknown")
    leader = person("team_leader")
    page = leader.get(reverse("console:import_batch", args=[batch.pk]))
    assert 'hx-trigger="every 2s"' in page.content.decode()
    assert str(REASONS["consent_unknown"].says) in page.content.decode()
    part = leader.get(
        reverse("console:import_batch", args=[batch.pk]), headers={"HX-Request": "true", "HX-Target": "batch-live"}
    )
    assert part.content.decode().strip().startswith('<div id="batch-live"')


def test_the_live_part_answers_alone(person, line):
    answer = person("team_leader").get(reverse("console:imports_live"))
    assert answer.content.decode().strip().startswith('<div class="stack" id="imports-live"')


def codes_in(path: Path) -> set[str]:
    """Text constants handed to Refusal(...), to _set_aside(...), _move(...), or assigned as a reason."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Refusal", "_set_aside", "_move", "_finish"}:
            found |= {
                one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return {code for code in found if "_" in code}


def test_every_reason_of_the_gate_and_of_taking_in_has_words():
    folder = Path(flows.__file__).parent
    files = [Path(gate.__file__), folder / "take_in.py", folder / "arrivals.py"]
    codes = set().union(*(codes_in(path) for path in files)) - {"set_aside", "audio_"}
    codes |= {"consent_refused", "consent_withdrawn", "consent_unknown", "no_contract", "words_missing"}
    codes |= {"recording_missing", "cdr_missing"}
    assert {code for code in codes if code not in REASONS and code not in REMEDIES} == set()


@pytest.mark.parametrize(
    "code", ["empty", "truncated", "corrupt", "too_large", "too_long", "unsupported", "rate", "channels"]
)
def test_every_fault_of_sound_has_words(code):
    assert f"audio_{code}" in REASONS


@pytest.mark.parametrize("code", sorted(REMEDIES))
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_problem_without_its_facts_is_still_a_sentence(code, language):
    with translation.override(language):
        text = problem_text({"code": code, "field": "", "line": 1})
    assert text
    assert "{" not in text


def test_an_unknown_code_is_shown_as_it_is():
    assert reason_for("some_new_code").says == "some new code"


def test_what_was_turned_away_is_chosen_in_its_list_and_read_again_from_its_page(person, line):
    leader = person("team_leader")
    item = arrival_on(line, state=State.SET_ASIDE, reason="audio_too_long")
    arrival_on(line, state=State.WAITING)
    shown = leader.get(reverse(IMPORTS), {"list": "set_aside"}).content.decode()
    assert f'name="chosen" value="{item.pk}"' in shown
    assert '<input type="hidden" name="list" value="set_aside">' in shown
    assert "chosen" not in leader.get(reverse(IMPORTS), {"list": "waiting"}).content.decode()
    assert reverse("console:import_read", args=[item.pk]) in page_of(leader, item)
    leader.post(reverse("console:import_read", args=[item.pk]))
    item.refresh_from_db()
    assert item.state == State.WAITING
    assert reverse("console:import_read", args=[item.pk]) not in page_of(leader, item)


def page_of(who, item: IntakeItem) -> str:
    return who.get(reverse("console:import_item", args=[item.pk])).content.decode()


def test_destroying_one_shows_the_set_first_and_destroys_nothing(person, line):
    officer = person("data_protection_officer")
    item = arrival_on(line, state=State.SET_ASIDE, reason="audio_too_long")
    answer = officer.post(reverse("console:import_destroy", args=[item.pk]), follow=True)
    act = BulkAct.objects.get()
    assert (act.kind, act.total, list(act.rows.values_list("target", flat=True))) == (
        "intake:many:destroy",
        1,
        [item.pk],
    )
    assert act.digest in answer.content.decode()
    item.refresh_from_db()
    assert item.state == State.SET_ASIDE


def test_all_that_match_are_counted_before_a_set_is_drawn(person, line):
    officer = person("data_protection_officer")
    for state in (State.SET_ASIDE, State.SET_ASIDE, State.QUARANTINED, State.ADMITTED):
        arrival_on(line, state=state, reason="consent_unknown")
    given = {"which": "all", "list": "set_aside"}
    assert officer.get(reverse("console:imports_many"), given).context["count"] == 2
    assert officer.get(reverse("console:imports_many"), {"which": "all"}).context["count"] == 3
    officer.post(reverse("console:imports_draw", args=["destroy"]), given)
    assert BulkAct.objects.get().total == 2
    assert officer.post(reverse("console:imports_draw", args=["admit"]), given).status_code == 404


def test_nobody_acts_on_the_arrivals_of_other_lines(person, line, client):
    other = Line.objects.create(client=client, slug="other", name="Other")
    item = arrival_on(other, state=State.SET_ASIDE, reason="audio_too_long")
    leader = person("team_leader", lines=[line.id])
    for name in ("import_read", "import_destroy"):
        assert leader.post(reverse(f"console:{name}", args=[item.pk])).status_code == 404
    item.refresh_from_db()
    assert item.state == State.SET_ASIDE
    assert not BulkAct.objects.exists()
