"""May this number be called now? Asked by the dialler before it dials, one number or up to 500 at once.

The answer never says who has the number, nor repeats it. Unknown consent means no.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from callwarden.custody import indexes
from callwarden.custody.categories import Category
from callwarden.custody.clients import require_open
from callwarden.custody.models import Call, Customer, IdentifierToken, Line, PersonLink, Record
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.engines.seal import InvalidInput as UnusableValue
from callwarden.engines.seal.normalise import normalise_phone
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput, NotFound
from callwarden.kernel.events import Event
from callwarden.lawful.consent.queries import of_people
from callwarden.lawful.dialling import actions, queries
from callwarden.lawful.dialling.models import DoNotCall
from callwarden.lawful.dialling.rules import is_open, opens_at
from callwarden.lawful.gate import Refusal
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.using import UseFacts, decide_use

MOST = 500
# Bytes of a list of numbers; a longer one is handed in in parts.
LONGEST_LIST = 16 * 1024 * 1024
OUTBOUND = frozenset({Use.OUTBOUND_CALLING.value, Use.MARKETING.value})


@dataclass(frozen=True)
class Verdict:
    """Whether one number may be called now.

    Attributes:
        reasons: stable codes of what stands against it; empty when it may be called.
        again_at: when calling becomes possible where only the hour stands against it.
    """

    allowed: bool
    reasons: tuple[str, ...] = ()
    again_at: datetime | None = None


def check(
    line: Line, numbers: Sequence[str], *, actor: str, purpose: str = "", at: datetime | None = None
) -> list[Verdict]:
    """One verdict a number, in their order. The check itself is one entry of the ledger, with counts only.

    Args:
        purpose: slug of the purpose of the calls; without one, the line's purposes of calling out and of marketing.
        at: when the calls shall be made; now where it is left out.

    Raises:
        InvalidInput: no number or more than 500, or a purpose this line does not serve.
        ClientClosed: the line's client was closed.
    """
    if not 1 <= len(numbers) <= MOST:
        raise InvalidInput("numbers_do_not_fit", _("Ask about 1 to %(most)s numbers at once."), data={"most": MOST})
    require_open(line.client_id)
    normal = [_normal(number) for number in numbers]
    known = sorted({number for number in normal if number is not None})
    moment = (at or clock.now()).astimezone(ZoneInfo(line.time_zone))
    with client_scope(line.client_id):
        served = _served(line, purpose)
        hours = queries.hours_of(line)
        rest = () if is_open(hours, moment) else ("rest_hours",)
        not_called = _on_the_list(line.client_id, known)
        against = _without_ground(line, known, served, moment)
        verdicts = [
            _verdict(number, rest, not_called, against, opens_at(hours, moment) if rest else None) for number in normal
        ]
        journal.record(
            journal.Entry(
                event=Event.DIALLER_CHECKED,
                actor=actor,
                client=line.client_id,
                purpose=purpose or None,
                count=len(verdicts),
                data={"line": line.slug, "allowed": sum(verdict.allowed for verdict in verdicts)},
            )
        )
    return verdicts


def _normal(number: str) -> str | None:
    try:
        return normalise_phone(number)
    except UnusableValue:
        return None


def _served(line: Line, purpose: str) -> tuple[registry.Served, ...]:
    served = registry.grounds(line)
    chosen = tuple(one for one in served if (one.purpose == purpose if purpose else one.use in OUTBOUND))
    if purpose and not chosen:
        raise InvalidInput(
            "unknown_purpose", _("This line does not serve this purpose. Use one of the purposes set up for it.")
        )
    return chosen


def _on_the_list(client: UUID, numbers: list[str]) -> set[str]:
    tokens = queries.tokens(client, numbers)
    listed = queries.listed(tokens)
    return {number for number, token in zip(numbers, tokens, strict=True) if token in listed}


def _without_ground(
    line: Line, numbers: list[str], served: tuple[registry.Served, ...], now: datetime
) -> dict[str, tuple[str, ...]]:
    """Number -> why nothing carries a call to it; nothing where something does.

    Several customers may share a number: whoever answers it, each of them must have agreed.
    """
    owners = _owners(line.client_id, numbers)
    people = {person for persons in owners.values() for person in persons}
    links = PersonLink.objects.filter(person__in=people, revoked_at__isnull=True).values_list("person", "subject")
    holders: dict[UUID, list[UUID]] = defaultdict(list)
    for person, subject in links:
        holders[person].append(subject)
    answers, minors = of_people(holders, today=now.date())
    refused: dict[UUID, tuple[str, ...]] = {}
    for person in people:
        facts = UseFacts(served, answers.get(person, {}), contract=True, now=now, minor=person in minors)
        decision = decide_use(facts)
        if isinstance(decision, Refusal):
            refused[person] = decision.reasons
    stranger = decide_use(UseFacts(served, {}, contract=False, now=now))
    against: dict[str, tuple[str, ...]] = {}
    for number in numbers:
        if not owners.get(number):
            reasons = stranger.reasons if isinstance(stranger, Refusal) else ()
        else:
            reasons = tuple(dict.fromkeys(one for person in owners[number] for one in refused.get(person, ())))
        if reasons:
            against[number] = reasons
    return against


def _owners(client: UUID, numbers: list[str]) -> dict[str, list[UUID]]:
    """Number -> the people known by it."""
    if not numbers:
        return {}
    by_token: dict[bytes, str] = {}
    for tokens in indexes.ask_many(client, "phone", numbers):
        by_token.update(zip(tokens, numbers, strict=True))
    rows = IdentifierToken.objects.filter(column="phone", token__in=list(by_token)).values_list("token", "customer")
    customers = {customer for _token, customer in rows}
    persons = dict(Customer.objects.filter(id__in=customers).values_list("id", "person"))
    owners: dict[str, list[UUID]] = defaultdict(list)
    for token, customer in rows:
        owners[by_token[bytes(token)]].append(persons[customer])
    return owners


def _verdict(
    number: str | None,
    rest: tuple[str, ...],
    not_called: set[str],
    against: dict[str, tuple[str, ...]],
    again_at: datetime | None,
) -> Verdict:
    if number is None:
        return Verdict(False, ("not_a_number",))
    final = (*(("do_not_call",) if number in not_called else ()), *against.get(number, ()))
    if final or rest:
        return Verdict(False, (*final, *rest), None if final else again_at)
    return Verdict(True)


def stop_calling(
    client: UUID, numbers: Iterable[str], *, source: str, actor: str, session: UUID | None = None
) -> tuple[int, int]:
    """Put numbers on the list of those nobody calls. Returns (how many are new on it, how many could not be read)."""
    normal = [_normal(number) for number in numbers]
    good = {number for number in normal if number is not None}
    with client_scope(client):
        require_open(client)
        added = actions.add(client, sorted(good), source=source, actor=actor, session=session) if good else 0
    return added, normal.count(None)


def may_call_again(
    client: UUID, numbers: Iterable[str], *, actor: str, reason: str, session: UUID | None = None
) -> int:
    """Take numbers off the list. Returns how many were on it."""
    good = {number for number in map(_normal, numbers) if number is not None}
    with client_scope(client):
        return actions.remove(client, sorted(good), actor=actor, reason=reason, session=session) if good else 0


def read_list(raw: bytes) -> list[str]:
    """Numbers of a CSV or a plain list: the column `number` or `phone` (or 号码), else the first. UTF-8 or GB 18030.

    Raises:
        InvalidInput: too long, or no text.
    """
    if len(raw) > LONGEST_LIST:
        raise InvalidInput("list_too_long", _("This list is too long. Hand it in in parts of up to 16 MiB."))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InvalidInput("list_unreadable", _("This is no list of numbers. Use CSV or plain text in UTF-8."))
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if not rows:
        return []
    heads = [cell.strip().casefold() for cell in rows[0]]
    at = next((heads.index(name) for name in ("number", "phone", "号码", "电话") if name in heads), None)
    body, column = (rows, 0) if at is None else (rows[1:], at)
    return [row[column].strip() for row in body if len(row) > column and row[column].strip()]


def stop_calling_caller(actor: Actor, call: Call) -> int:
    """The outside party of a call wants no calls: their number goes on the list, and is shown to nobody on the way.

    Returns 1, or 0 when it is on the list already.

    Raises:
        AccessRefused: this person has nothing to do with the call.
        NotFound: the call has no number any more, or came without one.
    """
    field = "caller" if call.direction == "inbound" else "callee"
    with client_scope(call.client_id):
        record = Record.objects.filter(call=call, category=Category.CALL_METADATA).exclude(state="destroyed").first()
    if record is None:
        raise NotFound("no_number", _("There is no number of this caller to put on the list."))
    ask = Ask(
        actor=actor,
        client=call.client_id,
        action="view_masked",
        purpose="service",
        records={record.id: (field,)},
        call=call.id,
    )
    grant = disclose(ask)
    with client_scope(call.client_id):
        numbers = open_fields(grant, record).get(field, [])
    added, unreadable = stop_calling(
        call.client_id, numbers, source=DoNotCall.Source.CALLER, actor=actor.name, session=actor.session
    )
    if not numbers or unreadable:
        raise NotFound("no_number", _("There is no number of this caller to put on the list."))
    return added
