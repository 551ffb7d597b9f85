"""Deciding. Cedar answers; this module sees to it that only a clean Allow counts as one.

Cedar skips a policy that fails to evaluate, a forbid as well, and goes on. Its answer alone is therefore not enough:
Allow with a single error is a refusal here. The schema is passed every time, since without it a missing fact is such
an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import cedarpy

from ._compiled import CompiledPolicy
from ._facts import ACTIONS, Context, Decision, Principal, Record, Request
from ._guards import reason_of
from ._matrix import Cell

_EVALUATION = re.compile(r"error while evaluating policy `([a-z0-9_.:]+)`")
_PRINCIPAL = {"type": "Principal", "id": "principal"}
_RECORD = {"type": "Record", "id": "record"}
_PRINCIPALS_KEPT = 4096
_text = json.JSONEncoder(separators=(",", ":")).encode


def decide(compiled: CompiledPolicy, request: Request) -> Decision:
    """Decide one request. Never raises: whatever goes wrong is a refusal that says so."""
    try:
        if unknown := _unknown(compiled, request):
            return _refusal(compiled, unknown)
        who = _principal_entity(compiled, request.principal)
        entities = who.with_added_json_str(_text([_record(request.resource, _RECORD)]), compiled.schema)
        query = _query(request, _PRINCIPAL, _RECORD)
        policies = compiled.applicable(request.principal.roles, request.action)
        answer = cedarpy.is_authorized(query, policies, entities, compiled.schema)
        return _judge(compiled, request, answer)
    except (ValueError, TypeError):  # a fact that Cedar, or JSON, cannot take
        return _refusal(compiled, "facts_incomplete", ("facts",))
    except Exception:  # a decision that cannot be made is a refusal, whatever the cause
        return _refusal(compiled, "policy_error", ("engine",))


def _principal_entity(compiled: CompiledPolicy, principal: Principal) -> cedarpy.Entities:
    """The principal as Cedar sees it, parsed once: only its second factor ages between two acts of one session."""
    key = (
        principal.roles,
        principal.session,
        principal.subject_links,
        principal.training,
        principal.shift,
        principal.queues,
        principal.clients,
    )
    cached = compiled.principals
    entity = cached.get(key)
    if entity is None:
        if len(cached) >= _PRINCIPALS_KEPT:
            cached.clear()
        entity = cached[key] = cedarpy.Entities.from_json_str(
            _text([_principal(principal, _PRINCIPAL)]), compiled.schema
        )
    return entity


def decide_many(compiled: CompiledPolicy, requests: Sequence[Request]) -> list[Decision]:
    """Decide many requests, in order; for lists and tables. The answers are those `decide` would give."""
    try:
        return _decide_together(compiled, requests)
    except Exception:  # one malformed fact must not refuse the others: each on its own
        return [decide(compiled, request) for request in requests]


def _decide_together(compiled: CompiledPolicy, requests: Sequence[Request]) -> list[Decision]:
    principals: dict[Principal, dict[str, str]] = {}
    records: dict[Record, dict[str, str]] = {}
    slices: dict[tuple[frozenset[str], str], list[int]] = {}
    decisions: list[Decision | None] = [None] * len(requests)
    for at, request in enumerate(requests):
        if reason := _unknown(compiled, request):
            decisions[at] = _refusal(compiled, reason)
            continue
        principals.setdefault(request.principal, {"type": "Principal", "id": f"p{len(principals)}"})
        records.setdefault(request.resource, {"type": "Record", "id": f"r{len(records)}"})
        slices.setdefault((request.principal.roles, request.action), []).append(at)
    described = [_principal(principal, uid) for principal, uid in principals.items()]
    described += [_record(record, uid) for record, uid in records.items()]
    entities = cedarpy.Entities.from_json_str(_text(described), compiled.schema)
    for (roles, action), places in slices.items():
        asked = [requests[at] for at in places]
        queries = [_query(one, principals[one.principal], records[one.resource]) for one in asked]
        answers = cedarpy.is_authorized_batch(queries, compiled.applicable(roles, action), entities, compiled.schema)
        for at, answer in zip(places, answers, strict=True):
            decisions[at] = _judge(compiled, requests[at], answer)
    return [decision for decision in decisions if decision is not None]


def effective_matrix(compiled: CompiledPolicy) -> dict[Cell, bool]:
    """Every cell of role x purpose x category x action, as the engine decides it when all guards are content.

    For auditors: this is not what the matrix says but what the compiled policy does.
    """
    matrix = compiled.matrix
    who = {role: _content_principal(role) for role in matrix.roles}
    what = {category: _content_record(category) for category in matrix.categories}
    how = {purpose: _content_context(purpose) for purpose in matrix.purposes}
    table = {
        Cell(role, purpose, category, action): False
        for role in matrix.roles
        for purpose in matrix.purposes
        for category in matrix.categories
        for action in ACTIONS
    }
    # Where no permit names the role and the action, Cedar has nothing to allow with.
    asked = [cell for cell in table if compiled.grants_to(cell.role, cell.action)]
    requests = [Request(who[cell.role], cell.action, what[cell.category], how[cell.purpose]) for cell in asked]
    for cell, answer in zip(asked, decide_many(compiled, requests), strict=True):
        table[cell] = answer.allowed
    return table


def _content_principal(role: str) -> Principal:
    return Principal(
        id="x",
        roles=frozenset({role}),
        session="x",
        subject_links=frozenset(),
        training="valid",
        shift="on",
        queues=frozenset({"*"}),
        clients=frozenset({"*"}),
        mfa_age_s=0,
    )


def _content_record(category: str) -> Record:
    return Record("x", category, "x", "x", "x", frozenset(), vip=False, hold=False, restricted=False)


def _content_context(purpose: str) -> Context:
    return Context(
        purpose,
        reason_given=True,
        active_call=True,
        ticket=True,
        campaign=True,
        consent={purpose: True},
        bulk_count=1,
        grant=True,
        own_request=False,
    )


def _unknown(compiled: CompiledPolicy, request: Request) -> str | None:
    if request.action not in ACTIONS:
        return "unknown_action"
    if request.context.purpose not in compiled.matrix.purposes:
        return "unknown_purpose"
    if compiled.live is not None and request.context.purpose not in compiled.live:
        return "purpose_not_live"
    if request.resource.category not in compiled.matrix.categories:
        return "unknown_category"
    return None


def _refusal(compiled: CompiledPolicy, reason: str, errors: tuple[str, ...] = ()) -> Decision:
    return Decision(False, (), errors, (reason,), (), compiled.digest)


def _judge(compiled: CompiledPolicy, request: Request, answer: cedarpy.AuthzResult) -> Decision:
    determining = tuple(sorted(answer.diagnostics.reasons))
    errors = tuple(sorted({_without_values(text) for text in answer.diagnostics.errors}))
    if answer.decision is cedarpy.Decision.Allow and not errors and determining:
        obligations = compiled.matrix.obligations.get(request.action, ())
        return Decision(True, determining, (), ("granted",), obligations, compiled.digest)
    guards = [name for name in determining if name.startswith("guard.")]
    reasons = dict.fromkeys(reason_of(name) for name in guards)
    if "facts" in errors:
        reasons["facts_incomplete"] = None
    elif errors:
        reasons["policy_error"] = None
    return Decision(False, tuple(guards), errors, tuple(reasons) or ("not_granted",), (), compiled.digest)


def _without_values(error: str) -> str:
    """Cedar's messages repeat the facts they were given; keep the id of the policy, or the kind of error."""
    found = _EVALUATION.match(error)
    return f"evaluation:{found[1]}" if found else "facts"


def _query(request: Request, who: dict[str, str], what: dict[str, str]) -> dict[str, Any]:
    return {
        "principal": who,
        "action": {"type": "Action", "id": request.action},
        "resource": what,
        "context": _text(_circumstances(request)),
    }


def _circumstances(request: Request) -> dict[str, Any]:
    context = request.context
    consented = None
    if context.consent is not None:
        consented = sorted(purpose for purpose, given in context.consent.items() if given is True)
    return _known(
        purpose=context.purpose,
        reason_given=context.reason_given,
        active_call=context.active_call,
        ticket=context.ticket,
        campaign=context.campaign,
        consented=consented,
        mfa_age_s=request.principal.mfa_age_s,
        bulk_count=context.bulk_count,
        grant=context.grant,
        own_request=context.own_request,
        demo=context.demo,
    )


def _principal(principal: Principal, uid: dict[str, str]) -> dict[str, Any]:
    facts = _known(
        kind=principal.kind,
        in_session=None if principal.session is None else principal.session != "",
        subject_links=_set(principal.subject_links),
        training=principal.training,
        shift=principal.shift,
        queues=_set(principal.queues),
        clients=_set(principal.clients),
    )
    return {"uid": uid, "attrs": facts, "parents": [{"type": "Role", "id": role} for role in sorted(principal.roles)]}


def _record(record: Record, uid: dict[str, str]) -> dict[str, Any]:
    facts = _known(
        category=record.category,
        client=record.client,
        line=record.line,
        queue=record.queue,
        subject_links=_set(record.subject_links),
        vip=record.vip,
        hold=record.hold,
        restricted=record.restricted,
    )
    return {"uid": uid, "attrs": facts, "parents": []}


def _set(values: Iterable[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)


def _known(**facts: Any) -> dict[str, Any]:
    """Facts without the unknown ones: the schema then refuses the request, or the guard does."""
    return {name: value for name, value in facts.items() if value is not None}
