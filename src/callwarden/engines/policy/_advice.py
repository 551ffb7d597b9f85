"""Why not, and what would have to change: found by asking the policy itself again with one fact other than it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ._compiled import CompiledPolicy
from ._decide import decide, decide_many
from ._facts import JOB_PREFIX, Decision, Request
from ._matrix import Cell

CHANGES: dict[str, str] = {
    "call": "The person has a call with this data subject in hand.",
    "ticket": "An open ticket of the person concerns this data subject.",
    "campaign": "A running campaign of this purpose has the person call this data subject.",
    "reason": "A reason is stated.",
    "second_factor": "The second factor is confirmed again.",
    "grant": "Two people have granted this act for a limited time.",
    "consent": "The data subject has consented to this purpose.",
    "fewer": "Fewer records were opened in a short time.",
    "on_shift": "The person is on shift.",
    "training": "The privacy training is valid.",
    "client": "The person serves this client.",
    "queue": "The person serves this queue.",
    "hold_released": "The legal hold is released.",
    "unrestricted": "The restriction of the record is lifted.",
    "other_request": "The person neither made the request nor profits from it.",
    "session": "The person is signed in.",
}
"""Code of a change -> English message id. What nobody should change (whose record it is, that it is specially
protected, two roles of one person) is not among them."""


@dataclass(frozen=True)
class Advice:
    """A decision with what stands against it and what would have to change.

    Attributes:
        decision: as `decide` gives it.
        granted: the matrix grants this to one of the roles; guards may still refuse it.
        lifts: reason against -> codes of CHANGES each of which alone takes it away. Empty: no circumstance does.
        together: codes of CHANGES after which it would be allowed, few of them; None where none suffice, and then
            only another role, purpose or person can help.
        roles: roles of people to which the matrix grants this action on this kind of data for this purpose.
        purposes: purposes for which it is granted to the roles that asked.
    """

    decision: Decision
    granted: bool
    lifts: Mapping[str, tuple[str, ...]]
    together: tuple[str, ...] | None
    roles: tuple[str, ...]
    purposes: tuple[str, ...]


def advise(compiled: CompiledPolicy, request: Request) -> Advice:
    """Decide, and say what would have to change. Some dozen decisions; for people who ask, not for every request."""
    decision = decide(compiled, request)
    matrix = compiled.matrix
    purpose, category, action = request.context.purpose, request.resource.category, request.action
    held = [role for role in matrix.roles if role in request.principal.roles]
    people = [role for role in matrix.roles if not role.startswith(JOB_PREFIX)]
    granted = any(Cell(role, purpose, category, action) in matrix.cells for role in held)
    return Advice(
        decision=decision,
        granted=granted,
        lifts={} if decision.allowed else _lifts(compiled, request, decision),
        together=() if decision.allowed else _together(compiled, request) if granted else None,
        roles=tuple(role for role in people if Cell(role, purpose, category, action) in matrix.cells),
        purposes=tuple(
            one
            for one in matrix.purposes
            if (compiled.live is None or one in compiled.live)
            and any(Cell(role, one, category, action) in matrix.cells for role in held)
        ),
    )


def changed(request: Request, change: str) -> Request:
    """The request as it would be after a change of CHANGES."""
    return _CHANGE[change](request)


def _lifts(compiled: CompiledPolicy, request: Request, decision: Decision) -> dict[str, tuple[str, ...]]:
    after = _after(compiled, request)
    return {
        reason: tuple(change for change, other in after.items() if reason not in other.reasons)
        for reason in decision.reasons
    }


def _together(compiled: CompiledPolicy, request: Request) -> tuple[str, ...] | None:
    """Take the change that leaves the fewest reasons, until none is left."""
    taken: list[str] = []
    left = set(decide(compiled, request).reasons)
    while True:
        after = _after(compiled, request)
        best = min(after, key=lambda change: 0 if after[change].allowed else len(after[change].reasons))
        if not after[best].allowed and not set(after[best].reasons) < left:
            return None
        request, left = changed(request, best), set(after[best].reasons)
        taken.append(best)
        if after[best].allowed:
            return tuple(taken)


def _after(compiled: CompiledPolicy, request: Request) -> dict[str, Decision]:
    asked = [changed(request, change) for change in CHANGES]
    return dict(zip(CHANGES, decide_many(compiled, asked), strict=True))


def _context(**facts: Any) -> Callable[[Request], Request]:
    return lambda request: replace(request, context=replace(request.context, **facts))


def _principal(**facts: Any) -> Callable[[Request], Request]:
    return lambda request: replace(request, principal=replace(request.principal, **facts))


def _resource(**facts: Any) -> Callable[[Request], Request]:
    return lambda request: replace(request, resource=replace(request.resource, **facts))


_CHANGE: dict[str, Callable[[Request], Request]] = {
    "call": _context(active_call=True),
    "ticket": _context(ticket=True),
    "campaign": _context(campaign=True),
    "reason": _context(reason_given=True),
    "second_factor": _principal(mfa_age_s=0),
    "grant": _context(grant=True),
    "consent": lambda request: _context(consent={request.context.purpose: True})(request),
    "fewer": _context(bulk_count=1),
    "on_shift": _principal(shift="on"),
    "training": _principal(training="valid"),
    "client": lambda request: _principal(clients=frozenset({request.resource.client}))(request),
    "queue": lambda request: _principal(queues=frozenset({request.resource.queue}))(request),
    "hold_released": _resource(hold=False),
    "unrestricted": _resource(restricted=False),
    "other_request": _context(own_request=False),
    "session": _principal(session="simulated"),
}
