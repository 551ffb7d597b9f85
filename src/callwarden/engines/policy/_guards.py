"""The guard rails, as Cedar forbids. Reviewed by hand: a change here is a change of the law inside the product.

Each is named by the reason it gives. They are written so that an absent fact refuses, even where the schema would not
already have refused it. No value from outside enters the text but slugs that `Matrix` has checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ._facts import DISCLOSURES, JOB_PREFIX
from ._matrix import Matrix

PERSON = 'principal.kind == "person"'


class Forbid(NamedTuple):
    """A guard: the actions and the roles it is about (none named: all), and its Cedar text."""

    actions: tuple[str, ...]
    roles: tuple[str, ...]
    text: str


def guards(matrix: Matrix) -> Iterator[tuple[str, Forbid]]:
    """(policy id, rule) of every guard for this matrix."""
    for name, rule in _rules(matrix):
        yield f"guard.{name}", rule


def _rules(matrix: Matrix) -> Iterator[tuple[str, Forbid]]:
    yield from _who(matrix)
    yield from _what(matrix)
    yield from _how(matrix)


def _who(matrix: Matrix) -> Iterator[tuple[str, Forbid]]:
    settings = matrix.guards
    yield "no_session", _forbid(unless=f"!({PERSON}) || principal.in_session")
    # A person who also held a job's role would get past the guards that jobs are exempt from.
    jobs = [role for role in matrix.roles if role.startswith(JOB_PREFIX)]
    if jobs:
        yield "job_role", _forbid(roles=jobs, when=PERSON)
    if settings.incompatible:
        pairs = (f"({_in_roles([one])} && {_in_roles([two])})" for one, two in settings.incompatible)
        joined = [role for role in matrix.roles if any(role in pair for pair in settings.incompatible)]
        yield "duties", _forbid(roles=joined, when=f"({' || '.join(pairs)})")
    if settings.training_actions:
        accepted = _list(settings.training_accepted)
        yield (
            "training_expired",
            _forbid(settings.training_actions, unless=f"!({PERSON}) || {accepted}.contains(principal.training)"),
        )
    if settings.shift_bound:
        on = '["on", "not_measured"].contains(principal.shift)'
        yield "off_shift", _forbid(DISCLOSURES, roles=settings.shift_bound, unless=on)
    yield (
        "other_client",
        _forbid(unless='resource.client == "*" || principal.clients.containsAny(["*", resource.client])'),
    )
    if settings.queue_bound:
        served = 'resource.queue == "" || principal.queues.containsAny(["*", resource.queue])'
        yield "other_queue", _forbid(roles=settings.queue_bound, unless=served)


def _what(matrix: Matrix) -> Iterator[tuple[str, Forbid]]:
    settings = matrix.guards
    yield "own_record", _forbid(when="principal.subject_links.containsAny(resource.subject_links)")
    yield "legal_hold", _forbid(["erase"], when="resource.hold")
    exempt = _list(name for name, purpose in matrix.purposes.items() if purpose.while_restricted)
    yield "restricted", _forbid(DISCLOSURES, when="resource.restricted", unless=f"{exempt}.contains(context.purpose)")
    if settings.vip_actions:
        yield (
            "vip",
            _forbid(
                settings.vip_actions, when=f"{PERSON} && resource.vip", unless="context.active_call || context.grant"
            ),
        )
    if settings.task_bound:
        bound = settings.task_bound
        clear = ["reveal", "play_original", "export", "share"]
        masked = [action for action in DISCLOSURES if action not in clear]
        in_hand = "context.active_call || context.ticket"
        yield "no_task.clear", _forbid(clear, roles=bound, unless=in_hand)
        # A list of people to be called explains a look at what stands masked about them, and no more.
        yield "no_task.masked", _forbid(masked, roles=bound, unless=f"{in_hand} || context.campaign")
        kinds = _list(settings.live_call_categories)
        yield (
            "no_active_call",
            _forbid(clear, roles=bound, when=f"{kinds}.contains(resource.category)", unless="context.active_call"),
        )
    for at, (actions, categories) in enumerate(settings.grant_needed):
        if actions and categories:
            sensitive = f"{PERSON} && {_list(categories)}.contains(resource.category)"
            yield f"grant_needed.{at}", _forbid(actions, when=sensitive, unless="context.grant")


def _how(matrix: Matrix) -> Iterator[tuple[str, Forbid]]:
    settings = matrix.guards
    for seconds in sorted({age for _, age in settings.step_up_s}):
        actions = [action for action, age in settings.step_up_s if age == seconds]
        fresh = f"context has mfa_age_s && context.mfa_age_s >= 0 && context.mfa_age_s <= {seconds}"
        yield f"mfa_stale.{seconds}", _forbid(actions, when=PERSON, unless=f"context.demo || ({fresh})")
    yield "bulk", _forbid(DISCLOSURES, when="context.bulk_count < 1")
    people = [role for role in matrix.roles if not role.startswith(JOB_PREFIX)]
    for limit in sorted({settings.bulk_limit_of(role) for role in people}):
        roles = [role for role in people if settings.bulk_limit_of(role) == limit]
        over = f"context.bulk_count > {limit}"
        yield f"bulk.{limit}", _forbid(DISCLOSURES, roles=roles, when=over, unless="context.grant")
    consented = [name for name, purpose in matrix.purposes.items() if purpose.consent]
    if consented:
        yield (
            "consent_missing",
            _forbid(
                when=f"{_list(consented)}.contains(context.purpose)",
                unless="context.consented.contains(context.purpose)",
            ),
        )
    if settings.reason_actions:
        yield "reason_missing", _forbid(settings.reason_actions, when=PERSON, unless="context.reason_given")
    yield "own_request", _forbid(["approve"], unless="context has own_request && !context.own_request")


def reason_of(policy_id: str) -> str:
    """The reason code of a guard: `guard.mfa_stale.900` -> `mfa_stale`."""
    return policy_id.split(".")[1]


def _forbid(actions: Iterable[str] = (), *, roles: Iterable[str] = (), when: str = "", unless: str = "") -> Forbid:
    """A forbid of these actions to whoever has one of these roles, `when` something holds, `unless` something does."""
    acts, bound = tuple(actions), tuple(roles)
    scope = ", ".join(f'Action::"{action}"' for action in acts)
    action = f"action in [{scope}]" if acts else "action"
    holds = " && ".join(part for part in (_in_roles(bound) if bound else "", when) if part)
    conditions = (f" when {{ {holds} }}" if holds else "") + (f" unless {{ {unless} }}" if unless else "")
    return Forbid(acts, bound, f"forbid (principal, {action}, resource){conditions};")


def _in_roles(roles: Iterable[str]) -> str:
    named = [f'Role::"{role}"' for role in roles]
    return f"principal in {named[0]}" if len(named) == 1 else f"principal in [{', '.join(named)}]"


def _list(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
