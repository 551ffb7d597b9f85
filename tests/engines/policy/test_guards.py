"""Every guard refuses what the matrix grants, says why, and is content otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callwarden.engines.policy import (
    OBLIGATIONS,
    REASONS,
    CompiledPolicy,
    Decision,
    Matrix,
    Principal,
    Request,
    compile,
    decide,
    explain,
)
from callwarden.engines.policy._guards import guards, reason_of

from .conftest import context, person, record


def ask(law: CompiledPolicy, role: str, action: str, category: str, purpose: str, **facts: Any) -> Decision:
    """`facts` are spread over actor, record and circumstances by their names."""
    who, what = person(role), record(category)
    actor = {name: value for name, value in facts.items() if hasattr(who, name) and name != "id"}
    thing = {name: value for name, value in facts.items() if hasattr(what, name) and name not in actor}
    rest = {name: value for name, value in facts.items() if name not in actor and name not in thing}
    return decide(law, Request(replace(who, **actor), action, replace(what, **thing), context(purpose, **rest)))


@pytest.mark.parametrize(
    ("act", "facts", "reason"),
    [
        ("agent reveal contact service", {"session": ""}, "no_session"),
        ("agent view_masked contact service", {"subject_links": frozenset({"caller"})}, "own_record"),
        (
            "data_protection_officer erase contact subject_request",
            {"subject_links": frozenset({"caller"})},
            "own_record",
        ),
        ("agent reveal contact service", {"client": "c2"}, "other_client"),
        ("auditor view_masked call_metadata audit", {"clients": frozenset()}, "other_client"),
        ("agent reveal contact service", {"queue": "q2"}, "other_queue"),
        ("agent view_masked contact service", {"active_call": False, "ticket": False}, "no_task"),
        ("agent reveal government_id service", {"active_call": False}, "no_active_call"),
        ("agent reveal contact service", {"mfa_age_s": 28_801}, "mfa_stale"),
        ("agent reveal contact service", {"mfa_age_s": None}, "mfa_stale"),
        ("agent reveal contact service", {"mfa_age_s": -1}, "mfa_stale"),
        ("auditor export ledger_entry audit", {"mfa_age_s": 901}, "mfa_stale"),
        ("agent view_masked contact service", {"bulk_count": 61}, "bulk"),
        ("quality_reviewer play_redacted recording_redacted quality", {"bulk_count": 201}, "bulk"),
        ("agent view_masked contact service", {"bulk_count": 0}, "bulk"),
        ("data_protection_officer erase contact subject_request", {"hold": True}, "legal_hold"),
        ("agent view_masked contact marketing", {"consent": {}}, "consent_missing"),
        ("agent view_masked contact marketing", {"consent": {"marketing": False}}, "consent_missing"),
        ("agent view_masked contact marketing", {"consent": {"marketing": None}}, "consent_missing"),
        ("agent view_masked contact marketing", {"consent": {"outbound_service": True}}, "consent_missing"),
        ("partner_manager share contact partner_sharing", {"consent": {}}, "consent_missing"),
        ("agent view_masked contact service", {"restricted": True}, "restricted"),
        ("agent reveal contact service", {"training": "expired"}, "training_expired"),
        ("agent reveal contact service", {"training": "some day"}, "training_expired"),
        ("agent view_masked contact service", {"shift": "off"}, "off_shift"),
        ("agent reveal contact service", {"reason_given": False}, "reason_missing"),
        ("agent reveal contact service", {"vip": True, "active_call": False}, "vip"),
        ("team_leader approve contact service", {"own_request": True}, "own_request"),
        ("team_leader approve contact service", {"own_request": None}, "own_request"),
        ("data_protection_officer export recording_original subject_request", {}, "grant_needed"),
    ],
)
def test_a_guard_refuses_what_the_matrix_grants(
    law: CompiledPolicy, act: str, facts: dict[str, Any], reason: str
) -> None:
    role, action, category, purpose = act.split()
    refused = ask(law, role, action, category, purpose, **facts)
    assert not refused.allowed
    assert refused.reasons == (reason,)
    assert all(name.startswith(f"guard.{reason}") for name in refused.determining)
    assert refused.obligations == ()
    content = {"grant": True} if reason == "grant_needed" else {}
    assert ask(law, role, action, category, purpose, **content).allowed


@pytest.mark.parametrize(
    ("act", "facts"),
    [
        ("agent reveal contact service", {"active_call": False}),  # a ticket is enough
        ("agent view_masked contact service", {"bulk_count": 60}),
        ("agent view_masked contact service", {"bulk_count": 61, "grant": True}),
        ("agent view_masked contact service", {"queue": ""}),
        ("agent view_masked contact service", {"mfa_age_s": None}),
        ("agent reveal contact service", {"mfa_age_s": None, "demo": True}),
        ("agent reveal contact service", {"training": "not_measured", "shift": "not_measured"}),
        ("agent reveal contact service", {"vip": True}),
        ("data_protection_officer reveal contact subject_request", {"restricted": True, "queue": "q2"}),
        ("data_protection_officer reveal contact subject_request", {"vip": True, "active_call": False, "grant": True}),
        ("data_protection_officer hold contact subject_request", {"hold": True}),
        ("team_leader view_masked contact service", {"active_call": False, "ticket": False, "shift": "off"}),
    ],
)
def test_a_guard_stays_content_up_to_its_limit(law: CompiledPolicy, act: str, facts: dict[str, Any]) -> None:
    assert ask(law, *act.split(), **facts).allowed


@pytest.mark.parametrize("job", ["intake", "redaction", "retention", "erasure", "sharing"])
def test_a_job_does_its_one_thing_and_no_other(law: CompiledPolicy, matrix: Matrix, job: str) -> None:
    own = {(cell.purpose, cell.category, cell.action) for cell in matrix.cells if cell.role == f"job:{job}"}
    assert own
    account = Principal.job(job)
    for cell in matrix.cells:
        asked = Request(account, cell.action, record(cell.category), context(cell.purpose))
        assert decide(law, asked).allowed == ((cell.purpose, cell.category, cell.action) in own)


def test_a_job_respects_holds_and_consents(law: CompiledPolicy) -> None:
    retention, sharing = Principal.job("retention"), Principal.job("sharing")
    held = decide(law, Request(retention, "erase", record("contact", hold=True), context("retention")))
    assert held.reasons == ("legal_hold",)
    unasked = decide(law, Request(sharing, "share", record("contact"), context("partner_sharing", consent={})))
    assert unasked.reasons == ("consent_missing",)


def test_a_person_cannot_borrow_the_role_of_a_job(law: CompiledPolicy) -> None:
    both = person("agent", "job:redaction")
    assert decide(law, Request(both, "redact", record("recording_original"), context("redaction"))).reasons == (
        "job_role",
    )
    assert "job_role" in decide(law, Request(both, "reveal", record("contact"), context("service"))).reasons


@pytest.mark.parametrize(
    "roles",
    [
        ("security_administrator", "system_administrator"),
        ("security_administrator", "auditor"),
        ("system_administrator", "auditor"),
    ],
)
def test_one_person_holding_two_of_the_three_administrations_can_do_nothing(
    law: CompiledPolicy, matrix: Matrix, roles: tuple[str, str]
) -> None:
    for cell in matrix.cells:
        if cell.role in roles:
            asked = Request(person(*roles), cell.action, record(cell.category), context(cell.purpose))
            assert "duties" in decide(law, asked).reasons


def test_no_role_is_granted_everything_by_joining_it_with_another(law: CompiledPolicy) -> None:
    """The tighter limit of two roles holds."""
    both = person("agent", "team_leader")
    asked = Request(both, "view_masked", record("contact"), context("service", bulk_count=61))
    assert decide(law, asked).reasons == ("bulk",)


def test_every_reason_that_holds_is_given(law: CompiledPolicy) -> None:
    refused = ask(law, "agent", "reveal", "contact", "marketing", consent={}, restricted=True, reason_given=False)
    assert set(refused.reasons) == {"consent_missing", "restricted", "reason_missing"}
    assert len(explain(refused)) == 3


def test_guards_hold_even_for_what_is_not_granted(law: CompiledPolicy) -> None:
    refused = ask(law, "auditor", "reveal", "contact", "service", subject_links=frozenset({"caller"}))
    assert "own_record" in refused.reasons


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("agent peek contact service", "unknown_action"),
        ("agent reveal contact curiosity", "unknown_purpose"),
        ("agent reveal gossip service", "unknown_category"),
        ("stranger reveal contact service", "not_granted"),
    ],
)
def test_what_the_law_does_not_know_it_refuses(law: CompiledPolicy, act: str, reason: str) -> None:
    assert ask(law, *act.split()).reasons == (reason,)


def test_every_code_has_a_text(law: CompiledPolicy, matrix: Matrix) -> None:
    assert {reason_of(policy.id) for policy in law.policies if policy.id.startswith("guard.")} <= set(REASONS)
    assert all(text.endswith(".") for text in [*REASONS.values(), *OBLIGATIONS.values()])


def test_an_allow_names_its_grant_its_duties_and_the_law(law: CompiledPolicy) -> None:
    allowed = ask(law, "agent", "view_masked", "contact", "service")
    assert allowed.determining == ("grant.agent.service.identity",)
    assert ask(law, "agent", "view_masked", "government_id", "service").determining == (
        "grant.agent.service.government_id",
    )
    assert allowed.obligations == ("mask",)
    assert allowed.policy_digest == law.digest
    assert allowed.reasons == ("granted",)


def test_switching_every_optional_guard_off_leaves_the_others(matrix: Matrix) -> None:
    none = replace(
        matrix.guards,
        queue_bound=(),
        task_bound=(),
        live_call_categories=(),
        shift_bound=(),
        step_up_s=(),
        reason_actions=(),
        training_actions=(),
        vip_actions=(),
        grant_needed=(),
        incompatible=(),
    )
    left = {name for name, _ in guards(replace(matrix, guards=none))}
    always = {"no_session", "job_role", "other_client", "own_record", "legal_hold", "restricted", "own_request"}
    assert {f"guard.{name}" for name in always | {"consent_missing", "bulk"}} <= left
    bare = compile(replace(matrix, guards=none))
    assert ask(bare, "agent", "reveal", "contact", "service", mfa_age_s=None, active_call=False, ticket=False).allowed
    assert not ask(bare, "agent", "reveal", "contact", "marketing", consent={}).allowed


def test_a_campaign_explains_a_masked_look_and_nothing_in_clear(law: CompiledPolicy) -> None:
    called = {"active_call": False, "ticket": False, "campaign": True}
    assert ask(law, "agent", "view_masked", "contact", "outbound_service", **called).allowed
    assert ask(law, "agent", "reveal", "contact", "outbound_service", **called).reasons == ("no_task",)
    assert ask(law, "agent", "view_masked", "contact", "outbound_service", **{**called, "campaign": False}).reasons == (
        "no_task",
    )
