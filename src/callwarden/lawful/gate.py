"""The gate: may this call (or customer record) be kept, for which purposes, until when?

`may_collect` is pure and returns a Basis or a Refusal with reasons; unknown consent means no. It alone makes a Basis.
Source: PIPL art. 13, 14, 17; GDPR art. 6, 7, 13; DESIGN section 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.basis import Basis
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Line, Record
from callwarden.kernel.errors import Refused
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.terms import BY_CONSENT, Ground
from callwarden.lawful.retention import queries as retention
from callwarden.lawful.retention.rules import Rule, due_dates

# Grounds that no caller's data can rest on, or that somebody has to argue for case by case.
NOT_AT_THE_GATE = frozenset({Ground.HR_MANAGEMENT, Ground.VITAL_INTEREST})


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
    notice_published: str | None
    notice_given: str | None
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
    due = due_dates(
        facts.rules, purposes=frozenset(covered), trigger=facts.trigger, known_customer=facts.known_customer
    )
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
        elif wanted.ground in BY_CONSENT and state != "given":
            missing[wanted.purpose] = "consent_unknown"
        elif wanted.ground == Ground.CONTRACT and not facts.known_customer:
            missing[wanted.purpose] = "no_contract"
        elif wanted.ground in NOT_AT_THE_GATE:
            missing[wanted.purpose] = "ground_not_for_callers"
        else:
            covered[wanted.purpose] = wanted.ground
    return covered, missing


def facts_for(
    line: Line,
    *,
    reference: bytes,
    direction: str,
    notice_given: str | None,
    known_customer: bool,
    trigger: datetime,
) -> CollectionFacts:
    """Collect from the database what `may_collect` judges. Call it inside `client_scope`.

    A notice counts as given only in a version that was once published.
    """
    versions = dict(Notice.objects.filter(line=line).exclude(state=Notice.State.DRAFT).values_list("version", "state"))
    published = [version for version, state in versions.items() if state == Notice.State.PUBLISHED]
    return CollectionFacts(
        client=line.client_id,
        line=line.id,
        direction=direction,
        notice_published=published[0] if published else None,
        notice_given=notice_given if notice_given in versions else None,
        wanted=tuple(Wanted(one.purpose, one.ground, one.core) for one in registry.grounds(line)),
        consents=consent.current(line, reference),
        known_customer=known_customer,
        rules=retention.as_data(retention.rules_of(line)),
        trigger=trigger,
    )


def renew(record: Record) -> Basis:
    """The Basis for what is made out of a stored record (its redacted form): the same purposes, less those that have
    been withdrawn meanwhile. Call it inside `client_scope`.

    Raises:
        Refused: nothing is left to rest on; the record itself has to go.
    """
    call = record.call
    assert call is not None, "only records of calls are worked on"
    states = consent.current(call.line, bytes(call.reference))
    left = {purpose for purpose in record.purposes if states.get(purpose) not in {"refused", "withdrawn"}}
    due = due_dates(
        retention.as_data(retention.rules_of(call.line)),
        purposes=frozenset(left),
        trigger=call.started_at + timedelta(milliseconds=call.duration_ms),
        events=retention.events_of(call.customer_id),
        known_customer=call.customer_id is not None,
    )
    if not left or not due:
        raise Refused("no_basis_left", _("Consent for this call was withdrawn, so nothing more may be made of it."))
    return Basis(
        witness=WITNESS,
        client=record.client_id,
        line=record.line_id,
        purposes=tuple(sorted(left)),
        due=due,
        grounds=dict.fromkeys(left, "renewed"),
    )


def customer_basis(line: Line, *, now: datetime) -> Basis | Refusal:
    """May customer records be kept for this line? On contract, for the purposes of the line that rest on it.

    Retention counts from the last change of the record.
    """
    wanted = [one for one in registry.grounds(line) if not one.by_consent and one.ground not in NOT_AT_THE_GATE]
    purposes = frozenset(one.purpose for one in wanted)
    if not purposes:
        return Refusal(("no_contract_purpose",))
    rules = retention.as_data(retention.rules_of(line))
    due = due_dates(rules, purposes=purposes, trigger=now, known_customer=True)
    if not due:
        return Refusal(("no_retention_rule",))
    return Basis(
        witness=WITNESS,
        client=line.client_id,
        line=line.id,
        purposes=tuple(sorted(purposes)),
        due=due,
        grounds={one.purpose: one.ground for one in wanted},
    )
