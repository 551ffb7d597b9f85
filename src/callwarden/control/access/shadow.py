"""A version in shadow: asked about real decisions once these are committed, counted, never obeyed.

It costs the person who asks a few milliseconds after their answer stands, and cannot change or lose it: what goes wrong
here is counted as an error of the shadow, or, where even that fails, written to the log and forgotten.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from django.db import connection, transaction

from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.control.access.queries import compiled, in_shadow
from callwarden.engines.policy import Decision, Request, decide_many
from callwarden.kernel import clock

# Of one act on many records, as many are asked about: a page of a list is of one kind.
MOST: Final = 50
_log = logging.getLogger(__name__)
Outcome = ShadowCount.Outcome

_ADD = """
INSERT INTO control_shadowcount (id, version_id, outcome, roles, purpose, category, action, reason, count, last_at)
VALUES {rows}
ON CONFLICT (version_id, outcome, roles, purpose, category, action, reason)
DO UPDATE SET count = control_shadowcount.count + EXCLUDED.count, last_at = EXCLUDED.last_at
"""


class Kind(NamedTuple):
    """What decisions are counted together."""

    outcome: str
    roles: str
    purpose: str
    category: str
    action: str
    reason: str


def watch(requests: Sequence[Request], decisions: Sequence[Decision]) -> None:
    """Ask the shadow about these decisions after the open transaction has committed; not at all when it does not."""
    pairs = list(zip(requests[:MOST], decisions[:MOST], strict=True))
    if pairs:
        transaction.on_commit(lambda: _look(pairs), robust=True)


def _look(pairs: list[tuple[Request, Decision]]) -> None:
    try:
        version = in_shadow()
        if version is None or random.random() * 100 >= version.sample:  # noqa: S311 - a sample, no secret
            return
        _count(version, Counter(_asked(version, pairs)))
    except Exception as error:
        # The name of the fault alone: a database's message may repeat values.
        _log.warning("The policy in shadow could not be asked: %s", type(error).__name__)


def _asked(version: PolicyVersion, pairs: list[tuple[Request, Decision]]) -> list[Kind]:
    try:
        law = compiled(version)
        answers = decide_many(law, [request for request, _decision in pairs])
        return [kind_of(request, taken, answer) for (request, taken), answer in zip(pairs, answers, strict=True)]
    except Exception:
        return [_kind(request, Outcome.ERROR, "policy_error") for request, _decision in pairs]


def kind_of(request: Request, taken: Decision, shadow: Decision) -> Kind:
    """How the shadow's answer compares with the decision that was taken."""
    if set(shadow.errors) - set(taken.errors):
        return _kind(request, Outcome.ERROR, "policy_error")
    if taken.allowed and shadow.allowed:
        return _kind(request, Outcome.SAME)
    if shadow.allowed:
        return _kind(request, Outcome.OPENS, taken.reasons[0])
    if taken.allowed:
        return _kind(request, Outcome.CLOSES, shadow.reasons[0])
    if set(taken.reasons) == set(shadow.reasons):
        return _kind(request, Outcome.SAME)
    others = [reason for reason in shadow.reasons if reason not in taken.reasons]
    lost = [reason for reason in taken.reasons if reason not in shadow.reasons]
    return _kind(request, Outcome.REASONS, (others or lost)[0])


def _kind(request: Request, outcome: str, reason: str = "") -> Kind:
    return Kind(
        outcome,
        "+".join(sorted(request.principal.roles))[:120],
        request.context.purpose[:64],
        request.resource.category[:64],
        request.action[:32],
        reason,
    )


def _count(version: PolicyVersion, counted: Counter[Kind]) -> None:
    now = clock.now()
    # In one order everywhere, so that two processes never wait for each other.
    kinds = sorted(counted)
    values: list[str | int | UUID | datetime] = []
    for kind in kinds:
        values += [uuid4(), version.pk, *kind, counted[kind], now]
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(kinds))
    with connection.cursor() as cursor:
        cursor.execute(_ADD.format(rows=rows), values)
