"""The door. Plaintext leaves only after: facts collected, policy said Allow, ledger entry and Permit committed.

`disclose` refuses to run inside a transaction, because what it commits must be committed before anything is opened. An
unknown commit outcome raises before a Grant exists, and so discloses nothing (DESIGN sections 1 and 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.control.access import shadow
from callwarden.control.access.queries import active
from callwarden.control.emergency import actions as emergency
from callwarden.control.emergency.models import EmergencyAccess
from callwarden.control.grants import actions as grants
from callwarden.control.grants.models import AccessGrant
from callwarden.control.grants.rules import LIFTED
from callwarden.custody import permits
from callwarden.custody.ledger.health import require_current_ledger, require_room
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import IntakeItem, Record
from callwarden.custody.permits import Grant
from callwarden.custody.scope import client_scope
from callwarden.engines import policy
from callwarden.flows.actors import Actor
from callwarden.flows.facts import Facts, training_of
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.errors import NotFound, Refused, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value
from callwarden.partners.register.models import PartnerContact
from callwarden.partners.register.rules import REACHES

_EVENTS = {
    "view_masked": Event.DISCLOSE_VIEW_MASKED,
    "reveal": Event.DISCLOSE_REVEAL,
    "play_redacted": Event.DISCLOSE_PLAY_REDACTED,
    "play_original": Event.DISCLOSE_PLAY_ORIGINAL,
    "search": Event.DISCLOSE_SEARCH,
    "export": Event.DISCLOSE_EXPORT,
    "redact": Event.DISCLOSE_REDACT,
    "admit": Event.DISCLOSE_ADMIT,
    "erase": Event.DISCLOSE_ERASE,
    "read_ledger": Event.DISCLOSE_READ_LEDGER,
}
# Everything but a masked view stops when the ledger cannot be trusted to follow (DESIGN section 7).
_ALLOWED_WHILE_LEDGER_LAGS = {"view_masked", "redact", "admit", "erase"}
MFA_STALE = "mfa_stale"
# How many records an entry names. Of a larger set it holds these, the count and a digest of all.
NAMED = 50


@dataclass(frozen=True)
class Ask:
    """What somebody wants to open.

    Attributes:
        client: whose records; None only for entries of the ledger that belong to no client.
        records: record id -> names of the fields wanted; empty names the whole record.
        entries: ledger entries whose sealed detail is wanted, instead of records.
        whole_ledger: the ledger itself is wanted (its structure, without any detail), instead of records.
        ledger_part: which part of the ledger, where it is not all of it: a year, or `evidence` for chosen entries.
        reason: free text a person gave; goes to the ledger's detail, outside the tree.
        call: the call this is about, for the trail and for the question whether it is active.
        request: the data subject's request this answers; where two people approved it, their data may leave with it.
        deciding: the request for approval whose stated reason is wanted by somebody who has to decide on it.
        contact: somebody at a partner, named in the one entry wanted; for whoever has to do with partners.
        by_grant: the grant of access it rests on, even where the policy would ask for none: each record has to be
            covered by this one, which notes the use and ends the permit with itself.
    """

    actor: Actor
    client: UUID | None
    action: str
    purpose: str
    records: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)
    items: tuple[UUID, ...] = ()
    entries: tuple[UUID, ...] = ()
    whole_ledger: bool = False
    ledger_part: str = ""
    reason: str = ""
    call: UUID | None = None
    request: UUID | None = None
    deciding: UUID | None = None
    contact: UUID | None = None
    by_grant: UUID | None = None
    lasts: timedelta = timedelta(seconds=60)
    max_uses: int = 1


class AccessRefused(Refused):
    """The policy said no. `data["reasons"]` are codes that `engines.policy.REASONS` explains."""

    asked: Ask | None = None
    """What was asked for, for whoever offers to ask somebody else for leave; nothing that is shown or sent."""

    @classmethod
    def because(cls, reasons: tuple[str, ...], *, asked: Ask | None = None) -> AccessRefused:
        error = cls(
            "access_refused",
            _("You may not open this. %(why)s"),
            data={"why": " ".join(explanation(reasons)), "reasons": list(reasons)},
        )
        error.asked = asked
        return error


@dataclass(frozen=True)
class _Leave:
    """What a decision rests on besides the policy: grants of access, or an emergency."""

    given: Sequence[AccessGrant] = ()
    emergency: EmergencyAccess | None = None

    def ends(self) -> list[datetime]:
        ends = [grant.ends_at for grant in self.given if grant.ends_at is not None]
        return [*ends, self.emergency.ends_at] if self.emergency else ends

    def told(self) -> dict[str, Value]:
        """For the entry."""
        told: dict[str, Value] = {"grants": [str(grant.pk) for grant in self.given]} if self.given else {}
        return told | ({"emergency": str(self.emergency.pk)} if self.emergency else {})


def disclose(ask: Ask) -> Grant:
    """Decide, write the entry, issue the Permit, commit; only then is there a Grant.

    Raises:
        AccessRefused: with the reasons; the refusal itself is in the ledger.
        NotFound: a record that does not exist for this client.
        Unavailable: no policy, no ledger, no database.
    """
    if ask.action not in _ALLOWED_WHILE_LEDGER_LAGS:
        require_current_ledger()
        require_room()
    with _scope(ask.client):
        with connection.cursor() as cursor:
            # No disclosure waits for a ledger that does not take the entry (2 s by DESIGN section 7).
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(settings.LEDGER_TIMEOUT_MS)])
        compiled = active()
        records = list(_wanted(ask)) if ask.records else []
        facts = Facts(ask)
        reasons = _reasons(ask, compiled, records, facts)
        leave = _Leave() if reasons else _Leave(facts.used(), facts.emergency())
        entry = _write(ask, compiled.digest, reasons, subject=_subject(records), leave=leave)
        grant = None if reasons else _permit(ask, compiled.digest, entry, leave, records)
        committing = clock.monotonic()
    if clock.monotonic() - committing > settings.CALLWARDEN_LEDGER_DEADLINE:
        # The commit came back, but so late that nobody may rely on the next one; nothing has been opened yet.
        if grant is not None:
            permits.revoke(grant.permit)
        raise Unavailable(
            "ledger_unavailable",
            _("The audit ledger cannot be written, so nothing was done. Try again, then tell the administrator."),
            data={"cause": "slow"},
        )
    if grant is None:
        raise AccessRefused.because(reasons, asked=ask)
    return grant


def may(ask: Ask) -> bool:
    """Whether `disclose` would say yes now; nothing is opened and nothing is written. For offering or hiding a choice.

    Call it inside `client_scope`.
    """
    answers = foresee(ask)
    return bool(answers) and not any(answers.values())


def foresee(ask: Ask, *, with_grant: bool = False) -> dict[UUID, tuple[str, ...]]:
    """For each record of the ask why `disclose` would refuse it now; nothing where it would not.

    Call it inside `client_scope`. `with_grant` supposes a grant of access for all of it.
    """
    return _refusals(ask, active(), list(_wanted(ask)), Facts(ask, supposed=with_grant))


def leave_would_do(refused: Mapping[UUID, tuple[str, ...]]) -> bool:
    """Whether what was foreseen with a grant is refused for nothing but a second factor that is proved then."""
    return bool(refused) and all(set(reasons) <= {MFA_STALE} for reasons in refused.values())


def explanation(reasons: tuple[str, ...]) -> list[str]:
    """The reasons as sentences in the reader's language."""
    from django.utils.translation import gettext

    return [gettext(policy.REASONS.get(reason, reason)) for reason in reasons]


def _scope(client: UUID | None) -> AbstractContextManager[object]:
    """A transaction whose end is a commit, in which the client's rows can be seen."""
    return client_scope(client, durable=True) if client else transaction.atomic(durable=True)


def _reasons(ask: Ask, compiled: policy.CompiledPolicy, records: list[Record], facts: Facts) -> tuple[str, ...]:
    if ask.items:
        return _item_reasons(ask, compiled)
    if ask.deciding:
        return () if _decides(ask) else ("not_allowed",)
    if ask.contact:
        return () if _reaches(ask) else ("not_allowed",)
    if ask.entries or ask.whole_ledger:
        return _system_reasons(ask, compiled, "ledger_entry")
    if len(records) != len(ask.records) or not records:
        raise NotFound("record_not_found", _("This record does not exist, or it has been erased."))
    # Held against an erasure or a withdrawal that commits at the same moment.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM custody_subject WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [list({record.subject_id for record in records})],
        )
    refused = _refusals(ask, compiled, records, facts, binding=True)
    return tuple(dict.fromkeys(reason for reasons in refused.values() for reason in reasons))


def _decides(ask: Ask) -> bool:
    """Whether this person may vote now on what they name, and wants what was stated with it and nothing else.

    No cell of the matrix is asked: who has to decide has to know why it was asked for (docs/adr/0042).
    """
    if ask.actor.user is None or ask.deciding is None or ask.action != "read_ledger":
        return False
    asked = approvals.pending_for(ask.actor.user).filter(pk=ask.deciding).first()
    return asked is not None and ask.entries == (asked.entry,)


def _reaches(ask: Ask) -> bool:
    """Whether this person has to do with partners, and wants this contact and nothing else (docs/adr/0046).

    No cell of the matrix is asked: it speaks of callers, and read_ledger would open every reason that was ever stated.
    """
    user = ask.actor.user
    if user is None or ask.contact is None or ask.action != "read_ledger" or not user.has_role(*REACHES):
        return False
    found = PartnerContact.objects.filter(pk=ask.contact).first()
    return found is not None and ask.entries == (found.entry,)


def _refusals(
    ask: Ask, compiled: policy.CompiledPolicy, records: list[Record], facts: Facts, *, binding: bool = False
) -> dict[UUID, tuple[str, ...]]:
    """Record -> the reasons against it, each once. Empty: it is allowed. `binding`: it is a decision, no preview.

    Grants of access are looked for only where nothing else stands against it: what needs none uses none up. What is
    to rest on one grant looks for that one first.
    """
    if ask.by_grant is not None:
        facts.bring_grants(binding=binding)
    refused, requests, decisions = _decided(ask, compiled, records, facts)
    liftable = any(reasons and LIFTED.issuperset(reasons) for reasons in refused.values())
    if liftable and ask.by_grant is None and facts.bring_grants(binding=binding):
        refused, requests, decisions = _decided(ask, compiled, records, facts)
    if binding:
        shadow.watch(requests, decisions)
    return refused


def _decided(
    ask: Ask, compiled: policy.CompiledPolicy, records: list[Record], facts: Facts
) -> tuple[dict[UUID, tuple[str, ...]], list[policy.Request], list[policy.Decision]]:
    requests = [_request(ask, record, facts) for record in records]
    decisions = policy.decide_many(compiled, requests)
    refusals: dict[UUID, tuple[str, ...]] = {}
    for record, request, decision in zip(records, requests, decisions, strict=True):
        refused = dict.fromkeys(() if decision.allowed else decision.reasons or ("not_allowed",))
        if request.context.consent.get(ask.purpose) is False:
            # A clear no to the purpose is heard at the door as at the gate, whatever ground the purpose rests on.
            refused["consent_missing"] = None
        if facts.lacks_its_grant(record):
            refused["grant_needed"] = None
        refusals[record.id] = tuple(refused)
    return refusals, requests, decisions


def _wanted(ask: Ask) -> QuerySet[Record]:
    related = Record.objects.select_related("line", "customer", "call__customer", "bucket", "subject")
    return related.filter(id__in=list(ask.records))


def _request(ask: Ask, record: Record, facts: Facts) -> policy.Request:
    return policy.Request(
        principal=facts.principal(),
        action=ask.action,
        resource=facts.resource(record),
        context=facts.context(record),
    )


def _item_reasons(ask: Ask, compiled: policy.CompiledPolicy) -> tuple[str, ...]:
    """Admission by the intake job: items are not records yet, so the resource is the intake itself."""
    found = IntakeItem.objects.filter(id__in=ask.items).count()
    if found != len(ask.items):
        raise NotFound("item_not_found", _("This arrival does not exist any more."))
    return _system_reasons(ask, compiled, "recording_original")


def _system_reasons(ask: Ask, compiled: policy.CompiledPolicy, category: str) -> tuple[str, ...]:
    """What belongs to the centre itself and not to one data subject."""
    principal = ask.actor.principal()
    if ask.actor.user is not None:
        principal = replace(principal, training=training_of(ask.actor.user))
    request = policy.Request(
        principal=principal,
        action=ask.action,
        resource=policy.Record.system(category),
        context=Facts(ask).context(None),
    )
    decision = policy.decide(compiled, request)
    shadow.watch([request], [decision])
    return () if decision.allowed else decision.reasons or ("not_allowed",)


def _write(ask: Ask, digest: str, reasons: tuple[str, ...], *, subject: UUID | None, leave: _Leave) -> UUID:
    fields = sorted({name for names in ask.records.values() for name in names})
    return journal.record(
        journal.Entry(
            event=Event.PARTNER_CONTACT_OPENED if ask.contact else _EVENTS[ask.action],
            actor=ask.actor.name,
            session=ask.actor.session,
            client=ask.client,
            subject=subject,
            call=ask.call,
            records=tuple(ask.records)[:NAMED],
            purpose=ask.purpose,
            decision="refuse" if reasons else "allow",
            reasons=reasons,
            approval=ask.deciding,
            fields=tuple(fields),
            policy=digest,
            data=_about(ask) | leave.told(),
            count=len(ask.records) + len(ask.items) + len(ask.entries),
            detail={"reason": ask.reason} if ask.reason else None,
        )
    )


def _about(ask: Ask) -> dict[str, Value]:
    about: dict[str, Value] = {"action": ask.action}
    if ask.entries:
        about["entries"] = [str(entry) for entry in ask.entries]
    if len(ask.records) > NAMED:
        # The entry names the first only; the keeper holds the permit to exactly this set.
        about["records_digest"] = permits.records_digest(ask.records).hex()
    if ask.contact:
        about["contact"] = str(ask.contact)
    if ask.request:
        about["request"] = str(ask.request)
    return about | ({"ledger": ask.ledger_part or "whole"} if ask.whole_ledger else {})


def _subject(records: list[Record]) -> UUID | None:
    """Whose records these are when they are one data subject's: their access report then finds refusals as well."""
    found = {record.subject_id for record in records}
    return found.pop() if len(found) == 1 else None


def _permit(ask: Ask, digest: str, entry: UUID, leave: _Leave, records: list[Record]) -> Grant:
    """The permit; what rests on leave for a time ends with it."""
    permit = permits.issue(
        WITNESS,
        principal=ask.actor.name,
        session=ask.actor.session,
        action=ask.action,
        purpose=ask.purpose,
        records=ask.records,
        items=ask.items,
        entries=ask.entries,
        policy=digest,
        entry=entry,
        lasts=min([ask.lasts, *(end - clock.now() for end in leave.ends())]),
        max_uses=ask.max_uses,
    )
    grants.used(leave.given, permit=permit.permit, entry=entry)
    if leave.emergency is not None:
        subjects = {record.id: record.subject_id for record in records}
        emergency.used(leave.emergency, subjects, permit=permit.permit, entry=entry)
    return permit
