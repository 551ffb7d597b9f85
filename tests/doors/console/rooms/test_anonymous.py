"""Anonymous releases in the console: measured while the form is filled in, released by two, taken along as a file."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.urls import reverse

from callwarden.custody.models import Line
from callwarden.kernel.models import Approval
from callwarden.lawful.anonymisation.models import EndRecipe, Release
from callwarden.lawful.retention.models import RetentionRule
from tests.doors.console.rooms.test_holds import carried_out
from tests.exchange import GROUNDS, RETENTION_DAYS
from tests.flows.test_anonymise import customer
from tests.purposes import serve

NEW = ("console:anonymous_new", ["customers"])


def form(line: Line, **changes: object) -> dict[str, object]:
    given = {
        "client": str(line.client_id),
        "label": "ages-2026",
        "role_birth": "quasi",
        "level_birth": "10y",
        "role_product": "sensitive",
        "level_product": "each",
        "k": "5",
        "l": "2",
        "suppress": "0",
        "reason": "A study.",
        "step": "ask",
    }
    return {**given, **changes}


@pytest.fixture
def people(centre, line, settings) -> Line:
    """Ten people of one decade, five of either product, on a line that may keep them. The site allows fives."""
    settings.ANONYMITY_LEAST_K = 5
    for purpose, ground in GROUNDS.items():
        serve(line, purpose, ground)
        for category in ("identity", "contact", "purchase_history", "call_metadata"):
            RetentionRule.objects.create(line=line, category=category, purpose_id=purpose, ceiling_days=RETENTION_DAYS)
    for at in range(10):
        customer(line, at)
    return line


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_from_the_first_look_to_the_file_in_the_browser(person, people, language):
    first, second = person("data_protection_officer"), person("security_administrator")
    for one in (first, second):
        one.browser.cookies["django_language"] = language
    shown = first.post(reverse("console:anonymous_figures", args=["customers"]), form(people)).context["shown"]
    assert (shown.good, shown.figures.people, shown.figures.smallest) == (True, 10, 10)
    assert not Release.objects.exists()
    answer = first.post(reverse(NEW[0], args=NEW[1]), form(people))
    made = Release.objects.get()
    here = reverse("console:anonymous_release", args=[made.pk])
    assert answer["Location"] == here
    assert first.get(here).status_code == 200
    file = reverse("console:anonymous_file", args=[made.pk])
    assert first.get(file).status_code == 409
    approval = Approval.objects.get(kind="lawful:anonymisation:release")
    assert made.digest in second.get(reverse("console:approval", args=[approval.pk])).content.decode()
    carried_out(approval, first, second)
    packed = zipfile.ZipFile(io.BytesIO(first.get(file).content))
    assert packed.read("ages-2026.csv").decode().splitlines() == [
        "birth,product,people",
        "1980-1989,A,5",
        "1980-1989,B,5",
    ]
    told = packed.read("about.txt").decode()
    assert made.digest in told
    assert "pseudonymised" in told
    assert first.get(reverse("console:anonymous")).status_code == 200


def test_figures_that_fall_short_say_what_would_help(person, people):
    customer(people, 11, born=1950)
    officer = person("data_protection_officer")
    shown = officer.post(reverse("console:anonymous_figures", args=["customers"]), form(people)).context["shown"]
    assert not shown.good
    assert shown.figures.smallest == 1
    assert shown.hints
    answer = officer.post(reverse(NEW[0], args=NEW[1]), form(people))
    assert answer.status_code == 422
    assert not Release.objects.exists()


def test_an_unfinished_form_is_no_mistake_while_somebody_fills_it_in(person, people):
    officer = person("data_protection_officer")
    for given in ({}, form(people, role_birth="", role_product=""), form(people, k="many")):
        answer = officer.post(reverse("console:anonymous_figures", args=["customers"]), given)
        assert (answer.status_code, answer.context["shown"], answer.context["problem"]) == (200, None, "")


def test_a_column_that_is_none_is_not_even_a_field_of_the_form(person, people):
    officer = person("data_protection_officer")
    given = form(people, role_name="quasi", level_name="any", role_birth="", role_product="")
    assert officer.post(reverse(NEW[0], args=NEW[1]), given).status_code == 422
    given = form(people, level_birth="1y")
    assert officer.post(reverse(NEW[0], args=NEW[1]), given).status_code == 422
    assert officer.get("/lawful/anonymous/new/agents/").status_code == 404


def test_a_recipe_for_the_end_of_a_rule_is_asked_for_and_stopped(person, people):
    first, second = person("data_protection_officer"), person("security_administrator")
    rule = RetentionRule.objects.get(category="identity", purpose="service")
    answer = first.post(reverse("console:anonymous_at_end", args=["customers"]), form(people, rule=str(rule.pk)))
    assert answer["Location"] == reverse("console:anonymous")
    approval = Approval.objects.get(kind="lawful:anonymisation:at_end")
    assert second.get(reverse("console:approval", args=[approval.pk])).status_code == 200
    carried_out(approval, first, second)
    one = EndRecipe.objects.get()
    assert one.state == "in_force"
    assert "ages-2026" in second.get(reverse("console:anonymous")).content.decode()
    second.post(reverse("console:anonymous_end_stop", args=[one.pk]))
    one.refresh_from_db()
    assert one.state == "ended"


def test_who_may_propose_who_may_take_and_who_may_look(person, centre):
    new, listing = reverse(NEW[0], args=NEW[1]), reverse("console:anonymous")
    for role, proposes, looks in (
        ("agent", 403, 403),
        ("team_leader", 403, 200),
        ("auditor", 403, 200),
        ("security_administrator", 200, 200),
        ("data_protection_officer", 200, 200),
    ):
        somebody = person(role)
        assert (somebody.get(new).status_code, somebody.get(listing).status_code) == (proposes, looks), role
