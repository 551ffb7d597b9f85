"""The registry, assessments and transfers at the console: seen by those who oversee, changed by two."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from callwarden.kernel import findings
from callwarden.kernel.models import Approval, Severity
from callwarden.lawful.assessments import rules
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.purposes import actions, files, queries
from callwarden.lawful.purposes.models import Purpose, Transfer
from tests.doors.console.rooms.conftest import ROLES
from tests.doors.console.rooms.test_two_people import approve, asked, carry_out
from tests.lawful.test_assessments import ANSWERS
from tests.lawful.test_registry import _abroad, purposes, put_into_force

LISTS = ("registry", "registry_kinds", "processing", "assessments", "transfers")
CHANGES = ("purpose_new", "registry_file", "transfer_new")


@pytest.fixture
def officer(person):
    return person("data_protection_officer")


@pytest.fixture
def security(person):
    return person("security_administrator")


def loaded(text: str | None = None) -> Purpose:
    actions.load(files.shipped(), actor="system")
    actions.load(files.read_text(text or purposes()), actor="system")
    return Purpose.objects.get(pk="advice")


@pytest.mark.parametrize("role", ROLES)
def test_lists_open_to_those_who_oversee_and_forms_to_those_who_decide(person, role):
    somebody = person(role)
    for name in LISTS:
        assert somebody.get(reverse(f"console:{name}")).status_code == (403 if role == "agent" else 200), name
    may = role in {"data_protection_officer", "security_administrator"}
    for name in CHANGES:
        assert somebody.get(reverse(f"console:{name}")).status_code == (200 if may else 403), name


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_purpose_shows_its_ground_and_how_sure_that_is(officer, language):
    loaded()
    officer.browser.cookies["django_language"] = language
    page = officer.get(reverse("console:purpose", args=["advice"])).content.decode()
    assert "pipl@2021:13(1)(1)" in page
    assert ("Read in the text" if language == "en" else "已核对原文") in page


def test_a_draft_begins_with_the_consent_of_a_second_person(officer, security):
    loaded()
    officer.post(reverse("console:purpose_activate", args=["advice"]), {"reason": "New service"})
    assert Purpose.objects.get(pk="advice").state == "draft"
    assert "Advice" in security.get(reverse("console:approval", args=[asked().pk])).content.decode()
    approve(security, asked())
    carry_out(officer, asked())
    assert Purpose.objects.get(pk="advice").state == "active"


def form_of(purpose: Purpose, **changes: object) -> dict[str, object]:
    entry = queries.entry_of(purpose)
    given = {
        "name_en": entry.name.en, "name_zh": entry.name.zh, "description_en": "", "description_zh": "",
        "use": entry.use, "dpv": "", "concerns": list(entry.concerns), "method": list(entry.method),
        "categories": list(entry.categories),
    }  # fmt: skip
    for place in ("cn", "eu", "uk", "us-ca", "generic"):
        ground = entry.grounds.get(place)
        for name in ("ground", "condition", "ends_with", "provision"):
            given[f"ground-{place}-{name}"] = getattr(ground, name) if ground else ""
        given[f"ground-{place}-certainty"] = ground.certainty if ground else "uncertain"
    return {**given, **changes}


def test_a_purpose_in_force_is_edited_by_two(officer, security):
    purpose = put_into_force()
    path = reverse("console:purpose_edit", args=["advice"])
    answer = officer.post(path, form_of(purpose, method=["collect", "store"]))
    assert answer.status_code == 302
    purpose.refresh_from_db()
    assert purpose.method == ["collect"]
    revision = purpose.revisions.get(applied_at__isnull=True)
    officer.post(reverse("console:revision_ask", args=[revision.pk]), {"reason": "We keep notes now"})
    page = security.get(reverse("console:approval", args=[asked().pk])).content.decode()
    assert "Keeping it encrypted" in page
    approve(security, asked())
    carry_out(officer, asked())
    purpose.refresh_from_db()
    assert purpose.method == ["collect", "store"]


def test_what_shows_that_a_ground_holds_is_asked_for_and_shown(officer):
    purpose = put_into_force()
    changes = {
        "ground-eu-ground": "legitimate_interest",
        "ground-eu-condition": "balanced",
        "ground-eu-ends_with": "objection",
        "ground-eu-provision": "gdpr@2016:6(1)(f)",
        "ground-eu-reference": "LIA-7",
    }
    path = reverse("console:purpose_edit", args=["advice"])
    answer = officer.post(path, form_of(purpose, **changes))
    assert answer.status_code == 422
    assert "the day it was written down" in answer.content.decode()
    assert officer.post(path, form_of(purpose, **changes, **{"ground-eu-recorded_on": "2025-03-03"})).status_code == 302
    (revision,) = purpose.revisions.filter(applied_at__isnull=True)
    assert revision.content["grounds"]["eu"]["recorded_on"] == "2025-03-03"
    assert "LIA-7 · 2025-03-03" in officer.get(reverse("console:purpose", args=["advice"])).content.decode()
    actions.apply(revision, instead_of=queries.entry_of(purpose).digest, actor="system", approval=None)
    assert 'value="2025-03-03"' in officer.get(path).content.decode()


def test_what_may_not_be_is_said_on_the_form(officer):
    purpose = put_into_force()
    changes = {
        "ground-cn-ground": "legitimate_interest",
        "ground-cn-condition": "balanced",
        "ground-cn-ends_with": "objection",
    }
    answer = officer.post(reverse("console:purpose_edit", args=["advice"]), form_of(purpose, **changes))
    assert answer.status_code == 422
    assert "PIPL art. 13" in answer.content.decode()


def test_a_file_is_taken_over_or_every_fault_named(officer):
    loaded()
    path = reverse("console:registry_file")
    bad = officer.post(path, {"text": purposes(grounds={}, colour="red")})
    assert bad.status_code == 422
    assert "purposes.advice.colour" in bad.content.decode()
    assert "new, a draft" in officer.post(path, {"text": purposes().replace("advice", "second")}).content.decode()


def test_the_record_of_processing_leaves_as_csv_and_json(officer, line):
    purpose = put_into_force()
    actions.serve(line, purpose, core=False, actor="system")
    path = reverse("console:processing_export")
    (activity,) = json.loads(officer.post(path, {"format": "json"}).content)["activities"]
    assert (activity["purpose"], activity["ground"], activity["line"]) == ("advice", "consent", line.slug)
    table = officer.post(path, {"format": "csv"}).content.decode()
    assert table.startswith("\ufeff")
    assert "pipl@2021:13(1)(1)" in table
    assert officer.get(path).status_code == 405
    assert officer.post(path, {"format": "exe"}).status_code == 404


def test_an_assessment_is_written_step_by_step_and_approved_by_two_others(person, officer, security):
    loaded(purposes(sensitive=True))
    leader = person("team_leader")
    answer = leader.post(reverse("console:assessment_start", args=["advice"]))
    one = Assessment.objects.get()
    for step in rules.STEPS[:-1]:
        path = reverse("console:assessment_write", args=[one.pk, step.slug])
        assert leader.get(path).status_code == 200
        given = {question.slug: ANSWERS[question.slug] for question in step.questions}
        if step.slug == "risks":
            for risk in ("overheard", "leaked", "too_long"):
                weights = {
                    "likelihood": 2,
                    "severity": 2,
                    "measure": "locks",
                    "likelihood_after": 1,
                    "severity_after": 2,
                }
                given |= {f"{risk}-{name}": value for name, value in weights.items()}
        if step.slug == "measures":
            given |= {"consulted": "", "review_months": "12"}
        answer = leader.post(path, given)
        assert answer.status_code == 302, step.slug
    leader.post(reverse("console:assessment_ask", args=[one.pk]), {"reason": "New purpose"})
    approve(officer, asked())
    approve(security, asked())
    carry_out(leader, asked())
    one.refresh_from_db()
    assert one.state == "approved"
    assert "Approved" in officer.get(reverse("console:assessment", args=[one.pk])).content.decode()


def test_an_unfinished_assessment_cannot_be_asked_for(officer):
    loaded(purposes(sensitive=True))
    officer.post(reverse("console:assessment_start", args=["advice"]))
    one = Assessment.objects.get()
    page = officer.post(reverse("console:assessment_ask", args=[one.pk]), {"reason": "x"}, follow=True).content.decode()
    assert "not answered yet" in page
    assert not Approval.objects.exists()


def test_a_transfer_is_registered_by_two_and_ended_by_one(officer, security, client):
    far = _abroad(client)
    given = {
        "recipient": str(far.pk), "jurisdiction": "cn", "mechanism": "standard_contract",
        "provision": "pipl@2021:38(1)(3)", "certainty": "read", "reference": "SCC-7", "valid_from": "2026-01-01",
    }  # fmt: skip
    assert officer.post(reverse("console:transfer_new"), {**given, "mechanism": "clauses"}).status_code == 422
    officer.post(reverse("console:transfer_new"), given)
    transfer = Transfer.objects.get()
    officer.post(reverse("console:transfer_ask", args=[transfer.pk]), {"reason": "Support"})
    assert "SCC-7" in security.get(reverse("console:approval", args=[asked().pk])).content.decode()
    approve(security, asked())
    carry_out(officer, asked())
    transfer.refresh_from_db()
    assert transfer.registered_at is not None
    officer.post(reverse("console:transfer_end", args=[transfer.pk]))
    transfer.refresh_from_db()
    assert transfer.ended_at is not None


def test_which_purposes_a_line_serves_is_decided_by_two(officer, security, line):
    purpose = put_into_force()
    path = reverse("console:purpose_serve", args=["advice"])
    officer.post(path, {"line": str(line.pk), "serves": "yes", "core": "on", "reason": "New service"})
    assert queries.grounds(line) == ()
    approve(security, asked())
    carry_out(officer, asked())
    (served,) = queries.grounds(line)
    assert (served.purpose, served.core) == (purpose.slug, True)


def test_more_care_holds_at_once_and_less_care_takes_two(officer, security):
    loaded()
    path = reverse("console:registry_kind", args=["payment_card", "cn"])
    rule = {
        "level": 4,
        "sensitive": "on",
        "provision": "pipl@2021:28",
        "certainty": "read",
        "reason": "We thought again",
    }
    officer.post(path, {**rule, "never_store": "on"})
    assert queries.never_store("cn") == {"payment_card", "card_verification"}
    officer.post(path, rule)
    assert "payment_card" in queries.never_store("cn")
    assert "Never stored" in security.get(reverse("console:approval", args=[asked().pk])).content.decode()
    approve(security, asked())
    carry_out(officer, asked())
    assert queries.never_store("cn") == {"card_verification"}


def test_the_finding_of_a_lapsed_assessment_names_its_purpose(officer):
    loaded()
    where = "purpose:advice"
    found = findings.report("assessment-lapsed", severity=Severity.HIGH, actor="job:watch", where=where)
    page = officer.get(reverse("console:finding", args=[found.pk])).content.decode()
    assert "Advice" in page
    assert reverse("console:purpose", args=["advice"]) in page
