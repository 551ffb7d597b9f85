"""Roles, purposes and kinds of data are added to a draft in both languages, and taken out of it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.control.access import actions
from callwarden.control.access.models import PolicyVersion
from callwarden.engines.policy import Cell, Matrix
from callwarden.kernel.models import OwnRole
from callwarden.lawful.purposes.models import Purpose

ROLE = {"part": "roles", "name_en": "Senior agent", "name_zh": "资深坐席", "slug": "senior_agent", "based_on": "agent"}


@pytest.fixture
def officer(person):
    return person("data_protection_officer")


@pytest.fixture
def draft(officer) -> PolicyVersion:
    officer.post(reverse("console:matrix_draft"))
    return PolicyVersion.objects.get(state="draft")


def add(somebody, version: PolicyVersion, **given: str):
    version.refresh_from_db()
    return somebody.post(reverse("console:matrix_parts", args=[version.pk]), {"expected": version.digest, **given})


def matrix_of(version: PolicyVersion) -> Matrix:
    version.refresh_from_db()
    return Matrix.from_data(version.matrix)


def test_a_role_is_added_shown_in_both_languages_and_told_in_the_difference(officer, draft):
    assert add(officer, draft, **ROLE, cells="on").status_code == 302
    assert Cell("senior_agent", "service", "contact", "reveal") in matrix_of(draft).cells
    page = officer.get(reverse("console:matrix_parts", args=[draft.pk])).content.decode()
    assert "Senior agent" in page
    assert "资深坐席" in page
    for name in ("cells", "version", "effective", "guards"):
        assert "Senior agent" in officer.get(reverse(f"console:matrix_{name}", args=[draft.pk])).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"slug": "agent"}, {"slug": "Senior Agent"}, {"name_zh": ""}, {"based_on": "auditor"}, {"expected": "stale"}],
)
def test_what_cannot_be_a_role_is_refused_and_nothing_typed_is_lost(officer, draft, wrong):
    before = draft.digest
    answer = add(officer, draft, **(ROLE | wrong))
    assert answer.status_code == 422
    assert "Senior agent" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.digest == before


def test_a_purpose_comes_from_the_register_with_its_names_and_its_need_of_consent(officer, draft):
    made = Purpose.objects.create(slug="loyalty", name="Loyalty programme", name_zh="会员计划")
    made.grounds.create(jurisdiction="cn", ground="consent", ends_with="withdrawal")
    assert add(officer, draft, part="purposes", slug="invented").status_code == 422
    assert add(officer, draft, part="purposes", slug="loyalty").status_code == 302
    assert matrix_of(draft).purposes["loyalty"].consent
    assert "Loyalty programme" in officer.get(reverse("console:matrix_cells", args=[draft.pk])).content.decode()


def test_a_kind_of_data_is_added_and_taken_out_and_shipped_ones_stay(officer, draft):
    add(officer, draft, part="categories", name_en="Location", name_zh="位置信息", slug="location")
    assert "location" in matrix_of(draft).categories
    for part, slug, left in (
        ("categories", "location", False),
        ("categories", "contact", True),
        ("roles", "agent", True),
    ):
        way = reverse("console:matrix_part_out", args=[draft.pk, part, slug])
        officer.post(way, {"expected": draft.digest})
        assert (slug in getattr(matrix_of(draft), part)) is left


def test_a_role_in_force_is_offered_for_people_and_in_the_simulator(officer, draft, person):
    add(officer, draft, **ROLE)
    actions.put_into_force(draft, actor="system")
    assert OwnRole.objects.get().name_zh == "资深坐席"
    assert "Senior agent" in person("security_administrator").get(reverse("console:account_new")).content.decode()
    assert "Senior agent" in officer.get(reverse("console:access_try")).content.decode()


def test_the_simulator_asks_a_draft_about_a_role_that_only_it_has(officer, draft):
    add(officer, draft, **ROLE, cells="on")
    given = {
        "roles": ["senior_agent"], "action": "view_masked", "purpose": "service", "category": "contact",
        "circumstances": ["call", "reason"], "mfa_minutes": "5", "bulk_count": "1", "against": str(draft.version),
    }  # fmt: skip
    answers = officer.post(reverse("console:access_try"), given).context["answers"]
    assert [answer.look.tone for answer in answers] == ["fail", "pass"]
