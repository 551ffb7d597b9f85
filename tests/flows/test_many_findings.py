"""Acts on many findings: what could be done to one, for all that match; closed is only what is right by now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from uuid import uuid4

import pytest

from callwarden.flows import holding, many_findings, troubles
from callwarden.kernel import bulk, clock, findings
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import BulkAct, Check, Finding, Note, Severity, User
from tests.centre import database_url

KIND = findings.register(FindingKind("test-many-kinds", title="Many", remedy="Few.")).name
State = Finding.State


def person(role: str = "security_administrator") -> User:
    return User.objects.create(username=uuid4().hex, roles=[role])


@pytest.fixture
def officer(line) -> User:
    return person()


def report(kind: str = KIND, severity: Severity = Severity.HIGH, where: str = "") -> Finding:
    return findings.report(kind, where=where or f"host:{uuid4()}", severity=severity, actor="job:watch")


def remedied(finding: Finding, by: User) -> Finding:
    findings.triage(finding, owner=by, actor=by.actor)
    findings.start(finding, actor=by.actor)
    return findings.remedied(finding, actor=by.actor)


def done(name: str, by: User, *, words: str = "", **parameters: object) -> BulkAct:
    act = bulk.draw(name, parameters, by=by)
    bulk.start(act.pk, digest=act.digest, by=by, reason=words)
    return bulk.carry_on(act.pk, seconds=60)


def test_all_that_match_are_somebodys_wherever_they_stand(officer):
    owner = person("auditor")
    new, known, low = report(), report(), report(severity=Severity.LOW)
    findings.triage(known, owner=officer, actor=officer.actor)
    act = done(many_findings.ASSIGN, officer, kind=KIND, severity="high", owner=str(owner.pk))
    assert act.done == 2
    assert set(Finding.objects.filter(owner=owner).values_list("pk", "state")) == {
        (new.pk, State.TRIAGED),
        (known.pk, State.TRIAGED),
    }
    low.refresh_from_db()
    assert low.owner is None


def test_what_is_theirs_already_is_left_out(officer):
    report()
    theirs = report()
    findings.triage(theirs, owner=officer, actor=officer.actor)
    act = bulk.draw(many_findings.ASSIGN, {"kind": KIND, "owner": str(officer.pk)}, by=officer)
    assert (act.total, bulk.reasons_of(act, "left_out")) == (1, [("theirs_already", 1)])


def test_nobody_is_made_answerable_who_has_no_business_with_findings(officer):
    report()
    with pytest.raises(InvalidInput):
        bulk.draw(many_findings.ASSIGN, {"kind": KIND, "owner": str(person("agent").pk)}, by=officer)


def test_whoever_leaves_meanwhile_is_made_answerable_for_nothing(officer):
    owner, finding = person("auditor"), report()
    act = bulk.draw(many_findings.ASSIGN, {"kind": KIND, "owner": str(owner.pk)}, by=officer)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    bulk.start(act.pk, digest=act.digest, by=officer)
    now = bulk.carry_on(act.pk, seconds=60)
    assert bulk.reasons_of(now, "skipped") == [("owner_left", 1)]
    finding.refresh_from_db()
    assert finding.owner is None


def test_a_day_is_never_later_than_the_severity_allows(officer):
    urgent, slow = report(severity=Severity.CRITICAL), report(severity=Severity.LOW)
    due = clock.now() + timedelta(days=10)
    act = bulk.draw(many_findings.SCHEDULE, {"kind": KIND, "due": due.isoformat(timespec="seconds")}, by=officer)
    assert bulk.reasons_of(act, "left_out") == [("due_too_late", 1)]
    bulk.start(act.pk, digest=act.digest, by=officer)
    bulk.carry_on(act.pk, seconds=60)
    slow.refresh_from_db()
    before = urgent.due_at
    urgent.refresh_from_db()
    assert slow.due_at == due.replace(microsecond=0)
    assert urgent.due_at == before


def test_one_finding_gets_no_more_time_either(officer):
    with pytest.raises(InvalidInput):
        findings.schedule(report(), due=clock.now() + timedelta(days=15), actor=officer.actor)
    with pytest.raises(InvalidInput):
        findings.schedule(report(), due=clock.now() - timedelta(days=1), actor=officer.actor)


def test_a_comment_stands_at_each_and_its_words_lie_sealed_once(officer):
    report(), report()
    with pytest.raises(InvalidInput):
        done(many_findings.COMMENT, officer, kind=KIND)
    act = done(many_findings.COMMENT, officer, kind=KIND, words="The vendor was told.")
    assert act.done == 2
    assert set(Note.objects.values_list("entry", flat=True)) == {act.entry}


def test_only_what_passes_its_check_now_is_closed_and_the_rest_is_told(officer, line):
    right = remedied(report(troubles.SET_ASIDE.name, where=f"line:{line.pk}"), officer)
    wrong = remedied(report(holding.REVIEW_DUE.name, where=f"matter:{uuid4()}"), officer)
    by_hand = remedied(report(), officer)
    new = report()
    act = bulk.draw(many_findings.CLOSE, {"state": "unsettled"}, by=officer)
    assert act.total == 2
    assert dict(bulk.reasons_of(act, "left_out")) == {"checked_by_people": 1, "not_remedied": 1}
    bulk.start(act.pk, digest=act.digest, by=officer)
    told = pytest.MonkeyPatch()
    with told.context() as patch:
        patch.setattr(holding, "still_late", lambda one: 1 if one.kind == holding.REVIEW_DUE.name else None)
        now = bulk.carry_on(act.pk, seconds=60)
    assert (now.done, bulk.reasons_of(now, "skipped")) == (1, [("still_wrong", 1)])
    states = {one.pk: one.state for one in Finding.objects.all()}
    assert states == {
        right.pk: State.CLOSED,
        wrong.pk: State.REMEDIATING,
        by_hand.pk: State.VERIFYING,
        new.pk: State.OPEN,
    }
    assert set(Check.objects.values_list("by", flat=True)) == {troubles.ACTOR}


WORKER = """
import sys, time, django
django.setup()
from uuid import UUID
from callwarden.kernel import bulk, findings
from callwarden.kernel.bulk import running
running.BATCH = 4
real = findings.assign
def slowly(*args, **about):
    time.sleep(0.01)
    return real(*args, **about)
findings.assign = slowly
print("ready", flush=True)
bulk.carry_on(UUID(sys.argv[1]), seconds=60)
"""


def test_killed_in_the_middle_of_a_batch_it_goes_on_and_each_is_done_once(officer, settings):
    for _ in range(40):
        report()
    act = bulk.draw(many_findings.ASSIGN, {"kind": KIND, "owner": str(officer.pk)}, by=officer)
    bulk.start(act.pk, digest=act.digest, by=officer)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        "CALLWARDEN_DATABASE_URL": database_url(),
        "CALLWARDEN_DATA_DIR": str(settings.DATA_DIR),
    }
    progress = 0
    for milliseconds in (30, 130, 230):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(act.pk)], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(milliseconds / 1000)
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=10)
        now = BulkAct.objects.get(pk=act.pk)
        assert now.done >= progress
        assert now.done % 4 == 0
        assert Finding.objects.filter(owner=officer).count() == now.done, "no row without its outcome"
        progress = now.done
    end = bulk.carry_on(act.pk, seconds=60)
    assert (end.state, end.done, end.skipped) == (BulkAct.State.DONE, 40, 0)
    assert Finding.objects.filter(owner=officer, state=State.TRIAGED).count() == 40
