"""The gate: may this call (or customer record) be kept, for which purposes, until when?

`may_collect` is pure and returns a Basis or a Refusal with reasons; unknown consent means no. It alone makes a Basis.
Source: PIPL art. 13, 14, 17; GDPR art. 6, 7, 13; DESIGN section 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callwarden.custody.basis import Basis
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Line
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.retention.rules import Rule, due_dates

CONSENT = "consent"


@dataclass(frozen=True)
class Wanted:
    """A purpose the line serves: its slug, its ground, and whether the line makes no sense without it."""

    purpose: str
    ground: str
    core: bool


@dataclass(frozen=True)
class CollectionFacts:
    """Everything the gate looks at.

    Attributes:
        notice_published: version callers are told today; None when the line has none.
        notice_given: version this caller was told; None when nobody told them.
        consents: purpose -> newest state ("given", "refused", "withdrawn"); absent means unknown.
        known_customer: whether a contract with this caller is on record.
        trigger: when retention starts to count.
    """

    client: UUID
    line: UUID
    direction: str
    notice_published: int | None
    notice_given: int | None
    wanted: tuple[Wanted, ...]
    consents: Mapping[str, str]
    known_customer: bool
    rules: tuple[Rule, ...]
    trigger: datetime


@dataclass(frozen=True)
class Refusal:
    """Why nothing may be kept. `reasons` are stable codes; the first is the one to tell a person."""

    reasons: tuple[str, ...]


def may_collect(facts: CollectionFacts) -> Basis | Refusal:
    """Basis for exactly the purposes that are covered, or a Refusal when a core purpose is not."""
    if facts.notice_published is None:
        return Refusal(("no_published_notice",))
    if facts.notice_given is None:
        return Refusal(("notice_not_given",))
    covered, missing = _covered(facts)
    core = {wanted.purpose for wanted in facts.wanted if wanted.core}
    if refused := tuple(reason for purpose, reason in missing.items() if purpose in core):
        return Refusal(refused)
    if not covered:
        return Refusal(tuple(missing.values()) or ("no_purpose",))
    due = due_dates(facts.rules, purposes=frozenset(covered), trigger=facts.trigger)
    if not due:
        return Refusal(("no_retention_rule",))
    return Basis(
        witness=WITNESS,
        client=facts.client,
        line=facts.line,
        purposes=tuple(sorted(covered)),
        due=due,
        grounds=covered,
    )


def _covered(facts: CollectionFacts) -> tuple[dict[str, str], dict[str, str]]:
    """(purpose -> ground it rests on, purpose -> why it is not covered)."""
    covered: dict[str, str] = {}
    missing: dict[str, str] = {}
    for wanted in facts.wanted:
        state = facts.consents.get(wanted.purpose)
        if state in {"refused", "withdrawn"}:
            # A clear no is heard whatever other ground might be argued for.
            missing[wanted.purpose] = f"consent_{state}"
        elif wanted.ground == CONSENT and state != "given":
            missing[wanted.purpose] = "consent_unknown"
        elif wanted.ground == "contract" and not facts.known_customer:
            missing[wanted.purpose] = "no_contract"
        else:
            covered[wanted.purpose] = wanted.ground
    return covered, missing


def facts_for(
    line: Line,
    *,
    reference: bytes,
    direction: str,
    notice_given: int | None,
    known_customer: bool,
    trigger: datetime,
) -> CollectionFacts:
    """Collect from the database what `may_collect` judges. Call it inside `client_scope`.

    A notice counts as given only in a version that was once published.
    """
    versions = dict(
        Notice.objects.filter(line=line).exclude(state=Notice.State.DRAFT).values_list("version", "state")
    )
    published = [version for version, state in versions.items() if state == Notice.State.PUBLISHED]
    return CollectionFacts(
        client=line.client_id,
        line=line.id,
        direction=direction,
        notice_published=published[0] if published else None,
        notice_given=notice_given if notice_given in versions else None,
        wanted=tuple(
            Wanted(row.purpose_id, row.ground, row.core) for row in line.purposes.filter(purpose__retired_at=None)
        ),
        consents=consent.current(line, reference),
        known_customer=known_customer,
        rules=tuple(
            Rule(rule.category, rule.purpose_id, rule.floor_days, rule.ceiling_days) for rule in line.retention.all()
        ),
        trigger=trigger,
    )
