"""The same decision in plain Python: an oracle for tests, and a second reading of the guards.

Written from what the guards are meant to say, not from their Cedar text, and never used to decide. When the two
disagree, one of them is wrong about the law.
"""

from __future__ import annotations

from typing import Any

from ._facts import ACTIONS, DISCLOSURES, JOB_PREFIX, Request
from ._matrix import Cell, Matrix

CLEAR = ("reveal", "play_original", "export", "share")
"""Disclosures of values in clear."""


def judge(matrix: Matrix, request: Request, live: frozenset[str] | None = None) -> tuple[bool, frozenset[str]]:
    """Whether the request is allowed, and the codes of the reasons, as `decide` gives them while `live` is in force."""
    who, what, how = request.principal, request.resource, request.context
    if request.action not in ACTIONS:
        return False, frozenset({"unknown_action"})
    if how.purpose not in matrix.purposes:
        return False, frozenset({"unknown_purpose"})
    if live is not None and how.purpose not in live:
        return False, frozenset({"purpose_not_live"})
    if what.category not in matrix.categories:
        return False, frozenset({"unknown_category"})
    if not _complete(request):
        return False, frozenset({"facts_incomplete"})
    refused = frozenset(
        {
            *_refusals_by_actor(matrix, request),
            *_refusals_by_record(matrix, request),
            *_refusals_by_act(matrix, request),
        }
    )
    if refused:
        return False, refused
    if any(Cell(role, how.purpose, what.category, request.action) in matrix.cells for role in who.roles):
        return True, frozenset({"granted"})
    return False, frozenset({"not_granted"})


def _complete(request: Request) -> bool:
    """Every fact is known and of its type; only the second factor and the approver's interest may be absent."""
    who, what, how = request.principal, request.resource, request.context
    texts: list[Any] = [who.session, who.training, who.shift, what.client, what.line, what.queue]
    flags: list[Any] = [what.vip, what.hold, what.restricted]
    flags += [how.reason_given, how.active_call, how.ticket, how.campaign, how.grant, how.demo]
    sets: list[Any] = [who.subject_links, who.queues, who.clients, what.subject_links]
    numbers: list[Any] = [how.bulk_count] + ([] if who.mfa_age_s is None else [who.mfa_age_s])
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(flag, bool) for flag in flags)
        and all(isinstance(items, frozenset) and all(isinstance(item, str) for item in items) for items in sets)
        and all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)
        and (how.own_request is None or isinstance(how.own_request, bool))
        and how.consent is not None
    )


def _refusals_by_actor(matrix: Matrix, request: Request) -> set[str]:
    who, what, rules = request.principal, request.resource, matrix.guards
    person = who.kind == "person"
    refused = set()
    if person and not who.session:
        refused.add("no_session")
    if person and any(role.startswith(JOB_PREFIX) and role in matrix.roles for role in who.roles):
        refused.add("job_role")
    if any(one in who.roles and two in who.roles for one, two in rules.incompatible):
        refused.add("duties")
    if person and request.action in rules.training_actions and who.training not in rules.training_accepted:
        refused.add("training_expired")
    if _bound(request, rules.shift_bound) and who.shift not in ("on", "not_measured"):
        refused.add("off_shift")
    if what.client != "*" and not who.clients & {"*", what.client}:
        refused.add("other_client")
    if who.roles & set(rules.queue_bound) and what.queue and not who.queues & {"*", what.queue}:
        refused.add("other_queue")
    return refused


def _refusals_by_record(matrix: Matrix, request: Request) -> set[str]:
    who, what, how, rules = request.principal, request.resource, request.context, matrix.guards
    person = who.kind == "person"
    refused = set()
    if who.subject_links & what.subject_links:
        refused.add("own_record")
    if request.action == "erase" and what.hold:
        refused.add("legal_hold")
    if request.action in DISCLOSURES and what.restricted and not matrix.purposes[how.purpose].while_restricted:
        refused.add("restricted")
    if person and what.vip and request.action in rules.vip_actions and not (how.active_call or how.grant):
        refused.add("vip")
    explained = how.active_call or how.ticket or (how.campaign and request.action not in CLEAR)
    if _bound(request, rules.task_bound) and not explained:
        refused.add("no_task")
    live = who.roles & set(rules.task_bound) and what.category in rules.live_call_categories
    if live and request.action in CLEAR and not how.active_call:
        refused.add("no_active_call")
    sensitive = any(request.action in acts and what.category in kinds for acts, kinds in rules.grant_needed)
    if person and sensitive and not how.grant:
        refused.add("grant_needed")
    return refused


def _refusals_by_act(matrix: Matrix, request: Request) -> set[str]:
    who, how, rules = request.principal, request.context, matrix.guards
    person = who.kind == "person"
    refused = set()
    longest = dict(rules.step_up_s).get(request.action)
    fresh = who.mfa_age_s is not None and longest is not None and 0 <= who.mfa_age_s <= longest
    if person and longest is not None and not fresh and not how.demo:
        refused.add("mfa_stale")
    people = [role for role in who.roles if role in matrix.roles and not role.startswith(JOB_PREFIX)]
    many = any(how.bulk_count > rules.bulk_limit_of(role) for role in people) and not how.grant
    if request.action in DISCLOSURES and (many or how.bulk_count < 1):
        refused.add("bulk")
    if matrix.purposes[how.purpose].consent and how.consent.get(how.purpose) is not True:
        refused.add("consent_missing")
    if person and request.action in rules.reason_actions and not how.reason_given:
        refused.add("reason_missing")
    if request.action == "approve" and how.own_request is not False:
        refused.add("own_request")
    return refused


def _bound(request: Request, roles: tuple[str, ...]) -> bool:
    return bool(request.principal.roles & set(roles)) and request.action in DISCLOSURES
