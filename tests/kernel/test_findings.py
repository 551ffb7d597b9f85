from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from callwarden.kernel import approvals, findings
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Check, Finding, Outcome, Severity, User
from callwarden.kernel.structural import NotStructural
from tests.kernel.conftest import NOON, Ledger, refused

State = Finding.State
MakePerson = Callable[..., User]
KIND = findings.register(FindingKind("test-expiring", title="A certificate expires", remedy="Renew it.")).name
SCANNER, ADMIN = "job:posture", str(uuid4())
HOUR = timedelta(hours=1)


def report(**fields: Any) -> Finding:
    return findings.report(KIND, **{"where": "host:web", "severity": Severity.HIGH, "actor": SCANNER, **fields})


@pytest.fixture
def remedied(db: None, time: FrozenClock) -> Finding:
    """A finding the administrator says is put right."""
    finding = report()
    findings.triage(finding, actor=ADMIN)
    findings.start(finding, actor=ADMIN)
    time.advance(HOUR)
    findings.remedied(finding, actor=ADMIN)
    time.advance(HOUR)
    return finding


@pytest.mark.django_db
class TestReporting:
    def test_the_same_trouble_is_one_finding(self, time: FrozenClock, ledger: Ledger) -> None:
        first = report(data={"days": 9})
        time.advance(HOUR)
        again = report(data={"days": 8})
        assert again == first
        assert (again.times_seen, again.first_seen_at, again.last_seen_at) == (2, NOON, NOON + HOUR)
        assert again.data == {"days": 8}
        assert ledger.events == [Event.FINDING_OPENED]

    @pytest.mark.parametrize("other", [{"where": "host:db"}, {"key": {"port": 443}}, {"client": uuid4()}])
    def test_another_place_key_or_client_is_another_trouble(self, other: dict[str, Any]) -> None:
        assert report() != report(**other)

    def test_seeing_it_again_never_gives_more_time(self, time: FrozenClock) -> None:
        first = report(severity=Severity.MEDIUM)
        time.advance(timedelta(days=20))
        assert report(severity=Severity.MEDIUM).due_at == first.due_at
        assert report(severity=Severity.LOW).due_at == first.due_at
        assert Finding.objects.get().severity == Severity.MEDIUM

    def test_when_it_turns_out_worse_the_time_is_counted_from_first_sight(self, time: FrozenClock) -> None:
        report(severity=Severity.LOW)
        time.advance(timedelta(days=5))
        worse = report(severity=Severity.CRITICAL)
        assert worse.due_at == NOON + timedelta(days=3)
        assert list(findings.overdue()) == [worse]

    @pytest.mark.parametrize(
        ("severity", "days"),
        [(Severity.CRITICAL, 3), (Severity.HIGH, 14), (Severity.MEDIUM, 30), (Severity.LOW, 90)],
    )
    def test_severity_sets_the_time_allowed(self, severity: Severity, days: int, time: FrozenClock) -> None:
        assert report(severity=severity).due_at == NOON + timedelta(days=days)

    def test_a_site_may_agree_on_other_times(self, settings: Settings, time: FrozenClock) -> None:
        settings.CALLWARDEN_FINDING_DAYS = {"high": 2}
        assert report().due_at == NOON + timedelta(days=2)
        assert report(severity=Severity.LOW, where="x").due_at == NOON + timedelta(days=90)

    def test_what_is_closed_and_comes_back_is_a_new_finding_that_knows_the_old(self, remedied: Finding) -> None:
        closed = findings.check(remedied, outcome=Outcome.PASS, actor=SCANNER, evidence="report:1")
        back = report()
        assert back != closed
        assert back.recurs == closed
        assert back.state == State.OPEN

    def test_words_of_a_person_go_to_the_sealed_detail_or_nowhere(self, ledger: Ledger) -> None:
        report(detail={"note": "王伟 told us"})
        assert ledger[-1].detail == {"note": "王伟 told us"}
        for wrong in ({"where": "王伟"}, {"data": {"x": "13800138000"}}, {"key": {"x": "a b"}}):
            with pytest.raises(NotStructural):
                report(**wrong)

    def test_an_unregistered_kind_is_refused(self) -> None:
        with refused(InvalidInput, "unknown_finding"):
            findings.report("made-up", severity=Severity.LOW, actor=SCANNER)

    def test_two_kinds_never_share_a_name(self) -> None:
        with pytest.raises(ValueError, match="Two findings"):
            findings.register(FindingKind(KIND, title="Other", remedy="Other"))


@pytest.mark.django_db(transaction=True)
def test_reported_by_many_at_once_it_is_still_one() -> None:
    start = threading.Barrier(6)

    def one() -> None:
        start.wait()
        report()
        connection.close()

    threads = [threading.Thread(target=one) for _thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Finding.objects.get().times_seen == 6


class TestClosing:
    def test_a_later_passing_check_by_somebody_else_closes(self, remedied: Finding, ledger: Ledger) -> None:
        closed = findings.check(remedied, outcome=Outcome.PASS, actor=SCANNER, evidence="report:1")
        assert closed.state == State.CLOSED
        assert closed.closed_by_check == Check.objects.get()
        assert ledger.events[-2:] == [Event.FINDING_CHECKED, Event.FINDING_CLOSED]

    def test_the_one_who_remedied_it_cannot_verify_it(self, remedied: Finding) -> None:
        with refused(Refused, "own_check"):
            findings.check(remedied, outcome=Outcome.PASS, actor=ADMIN, evidence="report:1")
        assert Finding.objects.get().state == State.VERIFYING
        assert not Check.objects.exists()

    def test_a_check_at_the_moment_of_the_remedy_is_not_later(self, remedied: Finding, time: FrozenClock) -> None:
        assert remedied.remediated_at
        time.set(remedied.remediated_at)
        with refused(Refused, "check_too_early"):
            findings.check(remedied, outcome=Outcome.PASS, actor=SCANNER, evidence="report:1")

    def test_a_pass_without_evidence_is_none(self, remedied: Finding) -> None:
        with refused(InvalidInput, "evidence_missing"):
            findings.check(remedied, outcome=Outcome.PASS, actor=SCANNER)
        with pytest.raises(IntegrityError), transaction.atomic():
            Check.objects.create(finding=remedied, outcome="pass", by=SCANNER, at=NOON, evidence="", entry=uuid4())

    @pytest.mark.parametrize("outcome", [Outcome.NOT_MEASURED, Outcome.NOT_APPLICABLE])
    def test_not_measured_is_not_passed(self, remedied: Finding, outcome: Outcome) -> None:
        assert findings.check(remedied, outcome=outcome, actor=SCANNER).state == State.VERIFYING

    def test_a_failing_check_sends_it_back_and_the_old_remedy_counts_no_more(
        self, remedied: Finding, time: FrozenClock
    ) -> None:
        back = findings.check(remedied, outcome=Outcome.FAIL, actor=SCANNER)
        assert (back.state, back.remediated_at, back.remediated_by) == (State.REMEDIATING, None, "")

    def test_seen_again_while_waiting_for_a_check_it_goes_back(self, remedied: Finding) -> None:
        assert report().state == State.REMEDIATING

    def test_a_passing_check_closes_nothing_that_nobody_remedied(self, db: None) -> None:
        finding = report()
        assert findings.check(finding, outcome=Outcome.PASS, actor=SCANNER, evidence="report:1").state == State.OPEN

    def test_a_passing_check_of_another_finding_does_not_close_this_one(
        self, remedied: Finding, time: FrozenClock
    ) -> None:
        other = report(where="host:db")
        findings.check(other, outcome=Outcome.PASS, actor=SCANNER, evidence="report:1")
        with refused(Refused, "no_passing_check"):
            Finding.machine.move(remedied, State.CLOSED, actor=SCANNER, check=Check.objects.get())

    def test_a_closed_one_is_not_checked_again(self, remedied: Finding) -> None:
        findings.check(remedied, outcome=Outcome.PASS, actor=SCANNER, evidence="report:1")
        with refused(Conflict, "finding_closed"):
            findings.check(remedied, outcome=Outcome.FAIL, actor=SCANNER)

    def test_the_database_closes_nothing_without_a_check_and_changes_no_check(self, remedied: Finding) -> None:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_finding SET state = 'closed', closed_at = now()")
        findings.check(remedied, outcome=Outcome.NOT_MEASURED, actor=SCANNER)
        with pytest.raises(IntegrityError), transaction.atomic():
            Check.objects.update(outcome="pass", evidence="x")


@pytest.mark.django_db
class TestAccepting:
    def _accept(self, finding: Finding, person: MakePerson, days: int = 30) -> Finding:
        officer, second = person("data_protection_officer"), person("security_administrator")
        act = findings.acceptance(finding, until=NOON + timedelta(days=days))
        asked = approvals.request(act, requester=officer, reason="Replaced next month.")
        approvals.approve(asked.pk, by=second)
        accepted = approvals.execute(asked.pk, act, by=officer)
        assert isinstance(accepted, Finding)
        return accepted

    def test_two_people_accept_a_risk_and_it_opens_again_by_itself(
        self, person: MakePerson, time: FrozenClock, ledger: Ledger
    ) -> None:
        accepted = self._accept(report(), person)
        assert accepted.state == State.ACCEPTED
        assert list(findings.unsettled()) == []
        time.advance(timedelta(days=30) - timedelta(seconds=1))
        assert findings.lapse_acceptances() == 0
        time.advance(timedelta(seconds=1))
        assert findings.lapse_acceptances() == 1
        assert list(findings.unsettled()) == [accepted]
        assert ledger.events[-1] is Event.FINDING_ACCEPTANCE_LAPSED

    def test_a_risk_is_not_accepted_into_the_past(self, person: MakePerson, time: FrozenClock) -> None:
        with refused(Refused, "acceptance_without_end"):
            self._accept(report(), person, days=0)

    def test_a_risk_that_grew_since_it_was_approved_is_not_accepted(
        self, person: MakePerson, time: FrozenClock
    ) -> None:
        officer, second, finding = person("data_protection_officer"), person("data_protection_officer"), report()
        asked = findings.ask_acceptance(finding, until=NOON + timedelta(days=1), requester=officer, reason="Small.")
        act = findings.acceptance(finding, until=NOON + timedelta(days=1))
        approvals.approve(asked.pk, by=second)
        report(severity=Severity.CRITICAL)
        with refused(Conflict, "act_changed"):
            approvals.execute(asked.pk, act, by=officer)

    def test_without_an_approval_nothing_is_accepted(self) -> None:
        finding = report()
        with pytest.raises(IntegrityError), transaction.atomic():
            Finding.machine.move(finding, State.ACCEPTED, actor=ADMIN, until=NOON + timedelta(days=99999), at=NOON)
