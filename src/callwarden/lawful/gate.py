"""The gate: may this call (or customer record) be kept, for which purposes, until when?

`may_collect` is pure and returns a Basis or a Refusal with reasons; unknown consent means no. It alone makes a Basis.
Source: PIPL art. 13, 14, 17; GDPR art. 6, 7, 13; DESIGN section 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody.basis import Basis
from callwarden.custody.categories import Category
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Customer, Leg, Line, Record
from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.consent.rules import NO, Answer, of_call_and_person, why_not
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.rules import yields_to_no
from callwarden.lawful.purposes.terms import BY_CONSENT, Ground, Use
from callwarden.lawful.retention import queries as retention
from callwarden.lawful.retention.rules import Rule, due_dates

# Grounds that no caller's data can rest on, or that somebody has to argue for case by case.
NOT_AT_THE_GATE = frozenset({Ground.HR_MANAGEMENT, Ground.VITAL_INTEREST})

# What the proof of a consent is kept for; no purpose of a line, and nobody is asked for it.
PROOF = "consent_proof"
# What a person says with a request is kept for answering it; no purpose of a line either.
ANSWERING = "subject_request"
# What a recorder or a speech recogniser heard, in every form.
SOUND = frozenset(
    {
        Category.RECORDING_ORIGINAL,
        Category.RECORDING_REDACTED,
        Category.TRANSCRIPT_ORIGINAL,
        Category.TRANSCRIPT_REDACTED,
        Category.REDACTION_SPANS,
    }
)
# Without a rule for these a recorded call cannot be worked on.
_HEARD = frozenset({Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL})


@dataclass(frozen=True)
class Wanted:
    """A purpose the line serves: its slug, its ground, and whether the line makes no sense without it.

    Attributes:
        separate: it needs a consent of its own; one yes to several things does not cover it.
        use: what is done with the data for it.
        ends_with: what ends its ground, where the registry says so.
        against: why its ground carries nothing now, whoever calls; empty where it does.
    """

    purpose: str
    ground: str
    core: bool
    separate: bool = False
    use: str = Use.COLLECTION
    ends_with: str = ""
    against: str = ""


@dataclass(frozen=True)
class CollectionFacts:
    """Everything the gate looks at.

    Attributes:
        notice_published: version callers are told today; None when the line has none.
        notice_given: version this caller was told; None when nobody told them.
        consents: purpose -> the answer that stands; absent means unknown.
        known_customer: whether a contract with this caller is on record.
        trigger: when retention starts to count.
        minor: the caller is known to be too young to consent themselves.
        now: the moment of the decision.
    """

    client: UUID
    line: UUID
    direction: str
    notice_published: str | None
    notice_given: str | None
    wanted: tuple[Wanted, ...]
    consents: Mapping[str, Answer]
    known_customer: bool
    rules: tuple[Rule, ...]
    trigger: datetime
    now: datetime
    minor: bool = False


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
    if not heard_in_vain(facts, covered) and not set(due) >= _HEARD:
        return Refusal(("no_retention_rule",))
    if heard_in_vain(facts, covered):
        due = {category: end for category, end in due.items() if category not in SOUND}
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


def heard_in_vain(facts: CollectionFacts, covered: Mapping[str, str]) -> bool:
    """Whether there is a recording that nobody allowed: the line records for a purpose of its own, and that is not
    covered. Nothing that was heard is kept then, whatever else the call may be kept for.

    Source: NDSR (China, 2025) art. 24 (what automated collection picked up without lawful consent is deleted).
    """
    recording = {wanted.purpose for wanted in facts.wanted if wanted.use == Use.RECORDING}
    return bool(recording) and not recording & set(covered)


def _covered(facts: CollectionFacts) -> tuple[dict[str, str], dict[str, str]]:
    """(purpose -> ground it rests on, purpose -> why it is not covered)."""
    covered: dict[str, str] = {}
    missing: dict[str, str] = {}
    for wanted in facts.wanted:
        answer = facts.consents.get(wanted.purpose)
        if answer is not None and answer.state in NO and yields_to_no(wanted.ground, wanted.use, wanted.ends_with):
            missing[wanted.purpose] = f"consent_{answer.state}"
        elif wanted.ground in BY_CONSENT and (
            reason := why_not(answer, separate=wanted.separate, minor=facts.minor, now=facts.now)
        ):
            missing[wanted.purpose] = reason
        elif wanted.ground == Ground.CONTRACT and not facts.known_customer:
            missing[wanted.purpose] = "no_contract"
        elif wanted.ground in NOT_AT_THE_GATE:
            missing[wanted.purpose] = "ground_not_for_callers"
        elif wanted.against:
            missing[wanted.purpose] = wanted.against
        else:
            covered[wanted.purpose] = wanted.ground
    return covered, missing


def facts_for(
    line: Line,
    *,
    reference: bytes,
    direction: str,
    notice_given: str | None,
    customer: Customer | None,
    trigger: datetime,
) -> CollectionFacts:
    """Collect from the database what `may_collect` judges. Call it inside `client_scope`.

    What a known customer said outside this call counts too: a yes that was given for good, and any later no.
    A notice counts as given only in a version that was once published.
    """
    people = consent.linked(customer.person_id) if customer else []
    versions = dict(Notice.objects.filter(line=line).exclude(state=Notice.State.DRAFT).values_list("version", "state"))
    published = [version for version, state in versions.items() if state == Notice.State.PUBLISHED]
    now = clock.now()
    return CollectionFacts(
        client=line.client_id,
        line=line.id,
        direction=direction,
        notice_published=published[0] if published else None,
        notice_given=notice_given if notice_given in versions else None,
        wanted=tuple(
            Wanted(
                one.purpose,
                one.ground,
                one.core,
                needs_its_own(one),
                one.use,
                one.ends_with,
                one.why_not_carried(now.date()),
            )
            for one in registry.grounds(line)
        ),
        consents=stands(line, reference, people),
        known_customer=customer is not None,
        now=now,
        minor=consent.is_minor(people, today=now.date()),
        rules=retention.as_data(retention.rules_to_store_by(line)),
        trigger=trigger,
    )


def needs_its_own(served: registry.Served, *, recipient: str = "") -> bool:
    """Whether this purpose needs a consent of its own, which one yes to several things is not.

    Source: PIPL art. 23, 29, 39; NDSR (China, 2025) art. 22(2); GDPR art. 7(2), 9(2)(a), 49(1)(a).
    """
    given_away = served.use == Use.SHARING or bool(recipient)
    return served.separate_consent or served.sensitive or served.abroad or given_away


def stands(line: Line, reference: bytes, people: list[UUID], *, recipient: str = "") -> dict[str, Answer]:
    """Per purpose what stands for one call, from what was said in it and by its caller anywhere else."""
    in_call = consent.of_call(line, reference, recipient=recipient)
    by_person = consent.of_person(people, recipient=recipient, for_calls=True) if people else {}
    found = {
        purpose: of_call_and_person(in_call.get(purpose), by_person.get(purpose)) for purpose in {*in_call, *by_person}
    }
    return {purpose: answer for purpose, answer in found.items() if answer is not None}


def answers_about(record: Record) -> dict[str, Answer]:
    """Per purpose what stands for a record: of its call and that call's caller, or of the customer it is about."""
    if record.call is not None:
        callers = Leg.objects.filter(call=record.call_id).exclude(party=Leg.Party.AGENT)
        caller = callers.values_list("subject", flat=True).first()
        people = consent.same_person(caller) if caller else []
        return stands(record.call.line, bytes(record.call.reference), people)
    if record.customer is not None:
        return consent.of_person(consent.linked(record.customer.person_id))
    return consent.of_person(consent.same_person(record.subject_id))


def renew(record: Record) -> Basis:
    """The Basis for what is made out of a stored record (its redacted form): the same purposes, less those that have
    been withdrawn meanwhile or whose ground carries no more. Call it inside `client_scope`.

    Raises:
        Refused: nothing is left to rest on; the record itself has to go.
    """
    call = record.call
    assert call is not None, "only records of calls are worked on"
    refused = {purpose for purpose, answer in answers_about(record).items() if answer.state in NO}
    served, today = registry.grounds(call.line), clock.now().date()
    untouched = {one.purpose for one in served if not one.yields_to_no}
    left = set(record.purposes) - (refused - untouched) - {one.purpose for one in served if one.why_not_carried(today)}
    due = due_dates(
        retention.as_data(retention.rules_to_store_by(call.line)),
        purposes=frozenset(left),
        trigger=call.started_at + timedelta(milliseconds=call.duration_ms),
        events=retention.events_of(call.customer_id),
        known_customer=call.customer_id is not None,
    )
    if not left or not due:
        raise Refused("no_basis_left", _("What this call was kept for has ended, so nothing more may be made of it."))
    return Basis(
        witness=WITNESS,
        client=record.client_id,
        line=record.line_id,
        purposes=tuple(sorted(left)),
        due=due,
        grounds=dict.fromkeys(left, "renewed"),
    )


def proof_basis(line: Line, *, purposes: Collection[str]) -> Basis:
    """May the proof of a consent be kept? As long as it may have to be shown: by the line's rule for proofs of one of
    these purposes, else by the setting.

    Source: GDPR art. 7(1); PIPL art. 69 (the burden of proof is the handler's).
    """
    now = clock.now()
    rules = retention.rules_to_store_by(line)
    own = [rule for rule in rules if rule.category == Category.CONSENT_PROOF and rule.purpose_id in {PROOF, *purposes}]
    days = [rule.ceiling_days for rule in own]
    due = now + timedelta(days=max(days, default=settings.CONSENT_PROOF_DAYS))
    return Basis(
        witness=WITNESS,
        client=line.client_id,
        line=line.id,
        purposes=(PROOF,),
        due={Category.CONSENT_PROOF: due},
        grounds={PROOF: Ground.LEGAL_OBLIGATION},
    )


def statement_basis(line: Line) -> Basis:
    """May what somebody says with a request be kept? As long as how it was answered may have to be shown.

    Source: PIPL art. 46, 50; GDPR art. 12(3), 16.
    """
    return Basis(
        witness=WITNESS,
        client=line.client_id,
        line=line.id,
        purposes=(ANSWERING,),
        due={Category.REQUEST_STATEMENT: clock.now() + timedelta(days=settings.REQUEST_STATEMENT_DAYS)},
        grounds={ANSWERING: Ground.LEGAL_OBLIGATION},
    )


def customer_basis(line: Line, *, now: datetime) -> Basis | Refusal:
    """May customer records be kept for this line? On contract, for the purposes of the line that rest on it.

    Retention counts from the last change of the record.
    """
    wanted = [
        one
        for one in registry.grounds(line)
        if not one.by_consent and one.ground not in NOT_AT_THE_GATE and not one.why_not_carried(now.date())
    ]
    purposes = frozenset(one.purpose for one in wanted)
    if not purposes:
        return Refusal(("no_contract_purpose",))
    rules = retention.as_data(retention.rules_to_store_by(line))
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
