"""Acts on many rows in the console: choose, see what would be done, ask or start, follow, read what became of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from callwarden.custody.scope import client_scope
from callwarden.kernel import bulk, clock, findings
from callwarden.kernel.bulk import running
from callwarden.kernel.models import Approval, BulkAct, Finding, Note, Severity
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.requests import actions
from tests.doors.console.rooms.test_holds import form as matter_form
from tests.doors.console.rooms.test_requests import asked, customer, now, own_temporary_folder
from tests.flows.centre_of_controls import record_on
from tests.lawful.test_consent import say, stands, subject_of
from tests.purposes import serve

__all__ = ["customer", "own_temporary_folder"]

State = BulkAct.State
CONSENTED = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def report(severity: Severity = Severity.HIGH) -> Finding:
    return findings.report("files-set-aside", where=f"host:{uuid4()}", severity=severity, actor="job:watch")


def drawn(answer) -> BulkAct:
    assert answer.status_code == 302, answer.context["form"].errors if answer.context else answer.content
    return BulkAct.objects.get(pk=re.search(r"many/([0-9a-f-]{36})/", answer["Location"])[1])


def page(person, act: BulkAct):
    return person.get(reverse("console:bulk_act", args=[act.pk]))


def step(person, act: BulkAct, name: str, **more):
    return person.post(reverse("console:bulk_move", args=[act.pk, name]), {"digest": act.digest, **more}, follow=True)


def said(answer) -> str:
    return " ".join(str(one) for one in answer.context["messages"])


@pytest.fixture
def officer(person):
    return person("data_protection_officer")


@pytest.fixture
def security(person):
    return person("security_administrator")


def test_a_list_offers_choosing_to_those_who_may_act_on_many(officer, person):
    finding = report()
    shown = officer.get(reverse("console:findings"), {"severity": "high"}).content.decode()
    assert f'name="chosen" value="{finding.pk}"' in shown
    assert 'type="hidden" name="severity" value="high"' in shown
    assert "chosen" not in person("quality_reviewer").get(reverse("console:findings")).content.decode()


def test_all_that_match_are_given_to_somebody_and_followed_to_the_end(officer, security):
    wanted = [report() for _ in range(3)]
    report(Severity.LOW)
    choose = officer.get(reverse("console:findings_many"), {"which": "all", "severity": "high"})
    assert choose.context["count"] == 3
    act = drawn(
        officer.post(
            reverse("console:findings_draw", args=["assign"]),
            {"which": "all", "severity": "high", "owner": security.user.pk},
        )
    )
    shown = page(officer, act)
    assert shown.context["examples"].rows
    assert act.digest in shown.content.decode()
    assert not Finding.objects.filter(owner=security.user).exists()
    assert "under way" in said(step(officer, act, "start"))
    live = officer.get(reverse("console:bulk_live", args=[act.pk]))
    assert b"0 of 3" in live.content
    bulk.carry_on(act.pk, seconds=60)
    assert officer.get(reverse("console:bulk_live", args=[act.pk]))["HX-Refresh"] == "true"
    assert Finding.objects.filter(owner=security.user).count() == len(wanted)
    rows = officer.get(reverse("console:bulk_rows", args=[act.pk]), {"outcome": "done"})
    assert rows.context["table"].total == 3


def test_only_the_chosen_ones_are_taken(officer):
    first, second, third = report(), report(), report()
    act = drawn(
        officer.post(
            reverse("console:findings_draw", args=["comment"]),
            {"which": "chosen", "chosen": [str(first.pk), str(third.pk), "no id"]},
        )
    )
    assert set(act.rows.values_list("target", flat=True)) == {first.pk, third.pk}
    assert "words" in said(step(officer, act, "start", reason="  "))
    step(officer, act, "start", reason="The supplier knows.")
    bulk.carry_on(act.pk, seconds=60)
    assert not Note.objects.filter(finding=second).exists()
    shown = officer.get(reverse("console:finding", args=[first.pk])).content.decode()
    assert "sealed beside its entry" in shown
    assert "supplier" not in shown


def test_choosing_none_and_matching_nothing_are_said_in_words(officer):
    report()
    none = officer.get(reverse("console:findings_many"), {"which": "chosen"})
    assert "Choose at least one" in none.content.decode()
    answer = officer.post(reverse("console:findings_draw", args=["close"]), {"which": "all", "severity": "low"})
    assert answer.status_code == 422
    assert "Nothing matches" in answer.content.decode()


def test_when_everything_is_left_out_the_reason_is_said(officer):
    report()
    answer = officer.post(reverse("console:findings_draw", args=["close"]), {"which": "all"})
    assert answer.status_code == 422
    assert "Nobody has said that it is remedied." in answer.content.decode()


def test_a_set_above_the_limit_is_refused_in_words(officer, settings):
    settings.BULK_LIMIT = 1
    report(), report()
    answer = officer.post(reverse("console:findings_draw", args=["comment"]), {"which": "all"})
    assert "More than 1 match" in answer.content.decode()


def test_what_somebody_else_looks_at_is_not_found(officer, security):
    report()
    act = drawn(officer.post(reverse("console:findings_draw", args=["comment"]), {"which": "all"}))
    assert page(security, act).status_code == 404
    assert page(security, BulkAct(pk=uuid4(), kind=act.kind)).status_code == 404


def test_another_digest_than_the_page_showed_starts_nothing(officer):
    report()
    act = drawn(officer.post(reverse("console:findings_draw", args=["comment"]), {"which": "all"}))
    act.digest = "0" * 64
    assert "not the set that was shown" in said(step(officer, act, "start", reason="Noted."))


def test_it_is_stopped_and_gone_on_with_from_its_page(officer, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    report(), report()
    act = drawn(officer.post(reverse("console:findings_draw", args=["comment"]), {"which": "all"}))
    step(officer, act, "start", reason="Noted.")
    bulk.step(act.pk)
    assert "stopped" in said(step(officer, act, "stop"))
    assert b"Somebody stopped it." in page(officer, act).content
    step(officer, act, "resume")
    step(officer, act, "stop")
    step(officer, act, "end")
    shown = page(officer, act)
    assert "The act was ended before it came to this." in shown.content.decode()
    assert BulkAct.objects.get(pk=act.pk).state == State.ENDED


def test_a_set_is_held_after_a_second_person_approved_its_digest(officer, security, line):
    record, *_others = [record_on(line) for _ in range(3)]
    given = matter_form(record, of="records", categories=[record.category], provisional="")
    act = drawn(officer.post(reverse("console:holds_set"), given))
    assert act.total == 3
    assert page(officer, act).context["kinds"].rows
    step(officer, act, "ask", reason="A dispute.")
    approval = Approval.objects.get(parameters__bulk=str(act.pk))
    shown = security.get(reverse("console:approval", args=[approval.pk]))
    assert act.digest in shown.content.decode()
    security.post(
        reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
    )
    officer.post(reverse("console:approval_carry_out", args=[approval.pk]))
    assert bulk.carry_on(act.pk, seconds=60).done == 3
    matter = Matter.objects.get(target=act.pk)
    shown = officer.get(reverse("console:hold", args=[matter.pk]))
    assert shown.context["now"].held == 3
    assert reverse("console:bulk_act", args=[act.pk]) in shown.content.decode()


def test_several_holds_are_released_together(officer, security, line):
    record = record_on(line)
    for label in ("C-1", "C-2"):
        officer.post(reverse("console:hold_new"), matter_form(record, label=label))
    listed = officer.get(reverse("console:holds")).content.decode()
    assert listed.count('name="chosen"') == 2
    choose = officer.get(reverse("console:holds_release"), {"which": "all"})
    assert choose.context["count"] == 2
    act = drawn(officer.post(reverse("console:holds_release"), {"which": "all"}))
    step(officer, act, "ask", reason="Settled.")
    approval = Approval.objects.get(parameters__bulk=str(act.pk))
    security.post(
        reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
    )
    officer.post(reverse("console:approval_carry_out", args=[approval.pk]))
    assert bulk.carry_on(act.pk, seconds=60).done == 2
    assert not Matter.objects.exclude(state="released").exists()


def test_a_day_in_the_past_is_refused_at_the_field(officer):
    report()
    given = {"which": "all", "due": (clock.now() - timedelta(days=1)).date().isoformat()}
    answer = officer.post(reverse("console:findings_draw", args=["schedule"]), given)
    assert "Choose a day in the future." in answer.content.decode()


def test_the_list_of_acts_shows_what_ran_and_hides_what_others_looked_at(officer, security):
    report()
    drawn(officer.post(reverse("console:findings_draw", args=["comment"]), {"which": "all"}))
    assert officer.get(reverse("console:bulk")).context["table"].total == 1
    assert security.get(reverse("console:bulk")).context["table"].total == 0


def test_consents_of_a_purpose_are_asked_for_again(officer, line):
    serve(line, "quality")
    serve(line, "training")
    with client_scope(line.client_id):
        subject = subject_of(line)
        say(line, subject, ConsentEvent.State.GIVEN, CONSENTED, purpose="quality")
    here = reverse("console:consents_renew")
    assert b'value="quality"' in officer.get(here).content
    assert "Narrow it" in officer.post(here, {"purpose": ""}).content.decode()
    assert "Nothing matches" in officer.post(here, {"purpose": "training"}).content.decode()
    act = drawn(officer.post(here, {"purpose": "quality"}))
    assert "quality" in page(officer, act).content.decode().lower()
    step(officer, act, "start", reason="The script was wrong.")
    assert bulk.carry_on(act.pk, seconds=60).done == 1
    with client_scope(line.client_id):
        assert stands(subject, "quality") == ConsentEvent.State.INVALIDATED
    assert page(officer, act).status_code == 200


def test_requests_are_given_to_somebody_and_what_was_approved_is_carried_out(officer, security, line, customer):
    first, second = asked(line, customer), asked(line, customer)
    for request in (first, second):
        with client_scope(line.client_id):
            actions.verified(now(request), customer, how="agent", actor="system")
        for name in ("plan", "ask"):
            officer.post(reverse("console:request_move", args=[request.pk, name]), {"reason": "Asked by letter."})
    listed = officer.get(reverse("console:requests_all")).content.decode()
    assert f'name="chosen" value="{first.pk}"' in listed
    act = drawn(officer.post(reverse("console:requests_draw", args=["assign"]), {
        "which": "all", "owner": str(officer.user.pk),
    }))  # fmt: skip
    step(officer, act, "start", reason="Hers.")
    assert bulk.carry_on(act.pk, seconds=60).done == 2
    assert now(first).owner_id == now(second).owner_id == officer.user.pk
    approval = Approval.objects.get(parameters__request=str(first.pk))
    security.post(
        reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
    )
    act = drawn(officer.post(reverse("console:requests_draw", args=["carry-out"]), {"which": "all"}))
    assert act.total == 1, "the other has no second person yet"
    step(officer, act, "start", reason="Both agreed.")
    assert bulk.carry_on(act.pk, seconds=60).done == 1
    assert (now(first).state, now(second).state) == ("executing", "planned")
