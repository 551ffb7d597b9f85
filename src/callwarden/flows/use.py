"""May what is known of a customer, call or record be put to a use now? Programs ask, about one or up to 500 at once.

An AI service, a quality team's tool, an analysis, a campaign, a transfer to somebody else: each asks before it works,
and again before it works on. The answer names purposes and grounds, never the person. What is not known here, stored
only or gone is not used: no answer is a yes by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callwarden.custody import indexes
from callwarden.custody.clients import require_open
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Call, Customer, Line, Record
from callwarden.custody.scope import client_scope
from callwarden.engines.seal import InvalidInput as UnusableValue
from callwarden.engines.seal.normalise import normalise_customer_no
from callwarden.kernel import journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.lawful.gate import Refusal
from callwarden.lawful.purposes.queries import handling as purposes_handling
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.using import Allowed, may_use

MOST = 500
# Collecting and recording are judged where a call is taken in, calling out where the dialler asks.
USES = (Use.ANALYTICS, Use.QUALITY_REVIEW, Use.AI_PROCESSING, Use.MARKETING, Use.SHARING)

# Every reason a decision on use can give, in words.
REASONS: Final[dict[str, str | Promise]] = {
    "customer_unknown": _("No customer with this number is known here, so nothing of them may be used."),
    "call_unknown": _("No call with this number was kept on this line, so nothing of it may be used."),
    "record_unknown": _("There is no such record on this line, or it was destroyed."),
    "record_restricted": _("This record is stored and nothing else until its time is up."),
    "unknown_recipient": _("This line gives nothing to such a recipient."),
    "no_transfer": _("The recipient is abroad, and no registered transfer to them holds today."),
    "kind_not_handled": _("The purposes of this use do not handle this kind of data."),
    "no_purpose": _("This line serves no purpose of this use (for this recipient)."),
    "consent_unknown": _("Nobody knows whether the person consented, and unknown means no."),
    "consent_refused": _("The person said no."),
    "consent_withdrawn": _("The person took their consent back."),
    "consent_expired": _("The consent has run out. Ask again."),
    "consent_invalidated": _("The consent must be asked for again: what it was given for has changed."),
    "consent_bundled": _("This use needs a consent of its own; the person said yes to several things at once."),
    "guardian_needed": _("The person is too young to consent; a parent or guardian has to."),
    "no_contract": _("The purpose rests on a contract, and none with this person is on record."),
    "ground_ended": _("What the purpose rested on has ended."),
    "condition_unmet": _(
        "What the purpose rests on cannot be shown to hold: the balancing of interests, the provision or the workplace"
        " rules are not on record."
    ),
    "ground_not_for_callers": _("The purpose rests on a ground that carries no data of callers."),
}


@dataclass(frozen=True)
class About:
    """Whose data: one of the three.

    Attributes:
        customer_no: the customer's number in their own system.
        call_id: the telephone system's number of a call; its caller is meant.
        record: id of a record; whoever it is about is meant.
    """

    customer_no: str | None = None
    call_id: str | None = None
    record: UUID | None = None

    def __post_init__(self) -> None:
        if [self.customer_no, self.call_id, self.record].count(None) != 2:
            raise InvalidInput("one_of_three", _("Name a customer, a call or a record: one of the three."))


Decision = Allowed | Refusal


def decide(line: Line, use: str, about: Sequence[About], *, actor: str, recipient: str = "") -> list[Decision]:
    """One decision for each, in their order. All of them are one entry of the ledger, with counts only.

    Raises:
        InvalidInput: nothing was asked about, or more than 500.
        ClientClosed: the line's client was closed.
    """
    if not 1 <= len(about) <= MOST:
        raise InvalidInput("too_many_at_once", _("Ask about 1 to %(most)s at once."), data={"most": MOST})
    require_open(line.client_id)
    with client_scope(line.client_id):
        known = _Known(line, about)
        decisions = [known.decide(one, use, recipient) for one in about]
        refused = [one for one in decisions if isinstance(one, Refusal)]
        allowed = len(decisions) - len(refused)
        journal.record(
            journal.Entry(
                event=Event.USE_DECIDED,
                actor=actor,
                client=line.client_id,
                decision=None if len(decisions) > 1 else "allow" if allowed else "refuse",
                reasons=tuple(sorted({one for each in refused for one in each.reasons})),
                count=len(decisions),
                data={"line": line.slug, "use": use, "allowed": allowed, "recipient": recipient or None},
            )
        )
    return decisions


@dataclass(frozen=True)
class Whose:
    """Whom an `About` names, as far as something is kept of them; nothing where nobody is known."""

    person: UUID | None = None
    call: Call | None = None
    record: Record | None = None


def whose(line: Line, about: About) -> Whose:
    """Whom this names. Decide first; call it inside `client_scope`."""
    return _Known(line, [about]).whose(about)


class _Known:
    """Who and what a batch names, looked up once for all of it. Lives inside `client_scope`."""

    def __init__(self, line: Line, about: Sequence[About]) -> None:
        self._line = line
        self._people = _people(line.client_id, {one.customer_no for one in about if one.customer_no is not None})
        self._calls = _calls(line, {one.call_id.strip() for one in about if one.call_id is not None})
        ids = {one.record for one in about if one.record is not None}
        records = Record.objects.select_related("call", "customer").exclude(state=Record.State.DESTROYED)
        self._handling: dict[str, frozenset[str]] = {}
        self._records = {record.pk: record for record in records.filter(id__in=ids, client=line.client_id)}

    def whose(self, one: About) -> Whose:
        return Whose(
            self._people.get(one.customer_no) if one.customer_no is not None else None,
            self._calls.get(one.call_id.strip()) if one.call_id is not None else None,
            self._records.get(one.record) if one.record is not None else None,
        )

    def decide(self, one: About, use: str, recipient: str) -> Decision:
        if one.customer_no is not None:
            person = self._people.get(one.customer_no)
            if person is None:
                return Refusal(("customer_unknown",))
            return may_use(use, line=self._line, person=person, recipient=recipient)
        if one.call_id is not None:
            call = self._calls.get(one.call_id.strip())
            if call is None:
                return Refusal(("call_unknown",))
            return may_use(use, line=self._line, call=call, recipient=recipient)
        return self._of_record(self._records.get(one.record) if one.record else None, use, recipient)

    def _of_record(self, record: Record | None, use: str, recipient: str) -> Decision:
        # A customer's record belongs to every line that calls with them; any other to the line it came by.
        if record is None or (record.customer_id is None and record.line_id != self._line.pk):
            return Refusal(("record_unknown",))
        if record.state == Record.State.RESTRICTED:
            return Refusal(("record_restricted",))
        found = self._of_its_person(record, use, recipient)
        return found if isinstance(found, Refusal) else self._of_its_kind(record, found)

    def _of_its_kind(self, record: Record, found: Allowed) -> Decision:
        """Of the purposes that the person's answers carry, those that handle this kind of data (PIPL art. 6)."""
        handling = self._handling.get(record.category)
        if handling is None:
            handling = self._handling[record.category] = purposes_handling(record.category)
        kept = {purpose: ground for purpose, ground in found.grounds.items() if purpose in handling}
        return replace(found, grounds=kept) if kept else Refusal(("kind_not_handled",))

    def _of_its_person(self, record: Record, use: str, recipient: str) -> Decision:
        if record.call is not None:
            return may_use(use, line=self._line, call=record.call, recipient=recipient)
        if record.customer is not None:
            return may_use(use, line=self._line, person=record.customer.person_id, recipient=recipient)
        return may_use(use, line=self._line, subject=record.subject_id, recipient=recipient)


def _people(client: UUID, numbers: set[str]) -> dict[str, UUID]:
    """Customer number as it was sent -> who that is."""
    normal: dict[str, str] = {}
    for number in sorted(numbers):
        try:
            normal[number] = normalise_customer_no(number)
        except UnusableValue:
            continue
    if not normal:
        return {}
    spelt = sorted(set(normal.values()))
    of_token: dict[bytes, str] = {}
    for tokens in indexes.ask_many(client, indexes.NUMBER, spelt):
        of_token.update(zip(tokens, spelt, strict=True))
    rows = Customer.objects.filter(client_id=client, number__in=list(of_token)).values_list("number", "person")
    people = {of_token[bytes(number)]: person for number, person in rows}
    return {number: people[one] for number, one in normal.items() if one in people}


def _calls(line: Line, numbers: set[str]) -> dict[str, Call]:
    if not numbers:
        return {}
    named = sorted(numbers)
    tokens = keeper.tokens(line.client_id, "call", [f"{line.id}:{number}" for number in named])
    of_token = dict(zip(tokens, named, strict=True))
    found = Call.objects.filter(line=line, reference__in=list(of_token))
    return {of_token[bytes(call.reference)]: call for call in found}
