"""The privacy gateway: what goes to a language model holds tokens, what comes back from it holds the values again.

A program sends what it would have sent to the model. It gets the same with tokens, and a vault: sealed, of use to this
door only, and kept nowhere here. Both ways are asked of the registry first (the use is AI processing), both stand in
the log, and both say no once the person has said no. The vault's key lies under the locks of what is kept of the
person: who is erased cannot be restored.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final
from uuid import UUID, uuid4

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.keeper import client as keeper
from callwarden.custody.ledger.health import require_current_ledger
from callwarden.custody.models import Line, Record
from callwarden.custody.permits import Grant
from callwarden.custody.scope import client_scope
from callwarden.engines import redact as text
from callwarden.engines.seal import SealError, open_bytes, seal_bytes
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.redact_call import JOB, KNOWN_CATEGORIES, known_values
from callwarden.flows.use import REASONS, About, Decision, Whose, decide, whose
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput, Refused, TooLarge
from callwarden.kernel.events import Event
from callwarden.lawful.gate import Refusal
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.using import may_use

USE: Final = Use.AI_PROCESSING
USUAL, LONGEST = timedelta(hours=1), timedelta(hours=24)
MOST_TURNS, MOST_SIGNS = 500, 500_000
_PREFIX = "cwv1."


class UseRefused(Refused):
    """The person's data may not go to a language model now; `data["reasons"]` says why."""

    @classmethod
    def because(cls, refusal: Refusal) -> UseRefused:
        first = REASONS.get(refusal.reasons[0], _("This may not be used."))
        return cls(
            "use_refused",
            _("This may not be given to a language model, nor taken back from one. %(why)s"),
            data={"why": str(first), "reasons": list(refusal.reasons)},
        )


@dataclass(frozen=True)
class Sent:
    """What may go to the model.

    Attributes:
        texts: the turns with tokens, in order.
        vault: give it back to restore; it is of no use elsewhere and after `until`.
        counts: how many tokens of each kind the vault holds.
    """

    texts: list[str]
    vault: str
    until: datetime
    counts: dict[str, int]


@dataclass(frozen=True)
class Back:
    """What came back from the model, with values.

    Attributes:
        count: how many tokens were replaced.
        held: of a text that goes on, its end that may be the beginning of a token; put it before what follows.
    """

    texts: list[str] = field(repr=False)
    count: int
    held: str = ""


@dataclass(frozen=True)
class _Head:
    """What a vault says of itself in clear: random ids and times."""

    id: UUID
    client: UUID
    line: UUID
    key: str
    record: UUID
    about: str
    until: datetime

    def to_bytes(self) -> bytes:
        values = [self.id, self.client, self.line, self.key, self.record, self.about, self.until.isoformat()]
        return json.dumps([str(value) for value in values], separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> _Head:
        one, client, line, key, record, about, until = (str(value) for value in json.loads(raw))
        return cls(UUID(one), UUID(client), UUID(line), key, UUID(record), about, datetime.fromisoformat(until))


def pseudonymise(
    actor: Actor,
    line: Line,
    about: About,
    turns: Sequence[tuple[str, str]],
    *,
    vault: str = "",
    lasts: timedelta = USUAL,
) -> Sent:
    """Put tokens for the values in what would be sent to a model.

    Args:
        about: whose words these are; what is known of them is looked for first.
        turns: speaker and text.
        vault: of the same conversation, to go on with its tokens.
        lasts: how long the new vault can be opened, a day at most.

    Raises:
        UseRefused: the person's data may not be processed so.
        Refused: a value would remain, nothing is kept of the person, or the vault cannot be used.
        TooLarge: more turns or text than are taken at once.
    """
    _check_size([said for _, said in turns])
    (decision,) = decide(line, USE, [about], actor=actor.name)
    if isinstance(decision, Refusal):
        raise UseRefused.because(decision)
    with client_scope(line.client_id):
        found = whose(line, about)
        records = _records(found)
    anchor = _anchor(records)
    earlier = _read(vault, actor, line) if vault else None
    if earlier is not None and earlier[0].record != anchor.pk:
        raise _unusable()
    grant = _grant(line, records, anchor)
    known = known_values(grant, records)
    before = _open(grant, *earlier) if earlier is not None else None
    redaction = _redacted(turns, known, before)
    made = redaction.vault or text.Vault("")
    until = min(filter(None, (clock.now() + min(lasts, LONGEST), decision.until)))
    head = _Head(uuid4(), line.client_id, line.pk, actor.name, anchor.pk, _kind(found), until)
    sealed = _seal(grant, head, made)
    counts = Counter(str(text.kind_of(token)) for token in made.values)
    with client_scope(line.client_id):
        journal.record(
            _entry(
                Event.GATEWAY_PSEUDONYMISED, actor, line, anchor, head,
                count=len(made), fields=tuple(sorted(kind.lower() for kind in counts)),
            )
        )  # fmt: skip
    return Sent([turn.text for turn in redaction.transcript.turns], sealed, until, dict(counts))


def restore(actor: Actor, line: Line, vault: str, texts: Sequence[str], *, more: bool = False) -> Back:
    """Put the values back in what a model wrote.

    Args:
        texts: what it wrote; tokens of other vaults stay as they are.
        more: the last text goes on, as in a stream: what may be the beginning of a token is held back.

    Raises:
        UseRefused: the person has said no meanwhile.
        Refused: the vault has ended, was made for another program or line, or its person was erased.
        Unavailable: the log is behind, so nothing is given out.
    """
    require_current_ledger()
    _check_size(texts)
    head, wrapped, sealed = _read(vault, actor, line)
    with client_scope(line.client_id):
        anchor = _still_kept(head)
        decision = _again(line, anchor, head.about)
        refused = decision.reasons if isinstance(decision, Refusal) else ()
        if refused:
            journal.record(_entry(Event.GATEWAY_RESTORED, actor, line, anchor, head, count=0, reasons=refused))
    if isinstance(decision, Refusal):
        raise UseRefused.because(decision)
    grant = _grant(line, [anchor], anchor)
    opened = _open(grant, head, wrapped, sealed)
    back, count, held = _restored(texts, opened, more=more)
    with client_scope(line.client_id):
        journal.record(_entry(Event.GATEWAY_RESTORED, actor, line, anchor, head, count=count))
    return Back(back, count, held)


def _check_size(texts: Sequence[str]) -> None:
    if len(texts) > MOST_TURNS or sum(map(len, texts)) > MOST_SIGNS:
        raise TooLarge(
            "too_much_text",
            _("Send at most %(turns)s texts of %(signs)s characters together."),
            data={"turns": MOST_TURNS, "signs": MOST_SIGNS},
        )


# Whose words -------------------------------------------------------------------------------------------------------


def _records(found: Whose) -> list[Record]:
    """What is kept of the person that says who they are, and the record of the call. Inside `client_scope`."""
    call = found.call or (found.record.call if found.record else None)
    customer = (call.customer if call else None) or (found.record.customer if found.record else None)
    person = found.person or (customer.person_id if customer else None)
    wanted = Q(pk=None)
    if call is not None:
        wanted |= Q(call=call, category=Category.CALL_METADATA)
    if person is not None:
        wanted |= Q(customer__person=person, call=None, category__in=KNOWN_CATEGORIES)
    records = Record.objects.select_related("subject", "call__customer", "customer").filter(wanted)
    return list(records.filter(state=Record.State.STORED, object_key="").order_by("created_at", "pk"))


def _anchor(records: Sequence[Record]) -> Record:
    """The record under whose locks the vault lies: that of the call, or the oldest of the customer."""
    if not records:
        raise Refused(
            "nothing_kept", _("Nothing is kept of this person or call yet, so a vault would lie under no lock.")
        )
    return next((record for record in records if record.category == Category.CALL_METADATA), records[0])


def _kind(found: Whose) -> str:
    return "customer" if found.person is not None else "call" if found.call is not None else "record"


def _still_kept(head: _Head) -> Record:
    related = Record.objects.select_related("subject", "call", "customer", "line")
    record = related.filter(pk=head.record, client=head.client, state=Record.State.STORED).first()
    if record is None:
        raise Refused("vault_gone", _("What this vault belongs to is not kept any more. It cannot be opened."))
    return record


def _again(line: Line, anchor: Record, about: str) -> Decision:
    """Whether the use may still be made, asked of the same person as before."""
    if about != "customer" and anchor.call is not None:
        return may_use(USE, line=line, call=anchor.call, recipient="")
    if anchor.customer is not None:
        return may_use(USE, line=line, person=anchor.customer.person_id, recipient="")
    return may_use(USE, line=line, subject=anchor.subject_id, recipient="")


def _grant(line: Line, records: Sequence[Record], anchor: Record) -> Grant:
    """Leave for the redaction job to open what it must: known values, and the vault."""
    return disclose(
        Ask(
            actor=JOB,
            client=line.client_id,
            action="redact",
            purpose="redaction",
            records={record.pk: () for record in records},
            call=anchor.call_id,
            lasts=timedelta(minutes=2),
            max_uses=3,
        )
    )


def _redacted(turns: Sequence[tuple[str, str]], known: text.KnownValues, before: text.Vault | None) -> text.Redaction:
    transcript = text.Transcript("", tuple(text.Turn(speaker, said) for speaker, said in turns))
    try:
        return text.pseudonymise(transcript, known, vault=before)
    except text.ResidualFound:
        raise Refused(
            "residual_found",
            _("The check of the result found a value that should have gone. Nothing was released; send less at once."),
        ) from None
    except text.VaultFull:
        raise TooLarge(
            "vault_full", _("This conversation holds too many values for one vault. Begin a new one.")
        ) from None


def _restored(texts: Sequence[str], vault: text.Vault, *, more: bool) -> tuple[list[str], int, str]:
    back: list[str] = []
    count, held = 0, ""
    for place, one in enumerate(texts):
        restorer = text.Restorer(vault)
        out = restorer.feed(one)
        if more and place == len(texts) - 1:
            held = restorer.held
        else:
            out += restorer.close()
        back.append(out)
        count += restorer.count
    return back, count, held


# The vault -----------------------------------------------------------------------------------------------------------


def _seal(grant: Grant, head: _Head, vault: text.Vault) -> str:
    key, wrapped = keeper.mint_beside(
        permit=grant.permit, record=head.record, principal=grant.principal, session=grant.session, beside=head.id
    )
    raw = head.to_bytes()
    sealed = seal_bytes(key, vault.to_bytes(), record_id=sha256(raw).digest())
    parts = [raw, _mark(head.client, raw), wrapped, sealed]
    return _PREFIX + urlsafe_b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


def _bytes_of(vault: str) -> bytes:
    """
    Raises:
        ValueError: it is not written as we write one.
    """
    written = vault.removeprefix(_PREFIX)
    raw = urlsafe_b64decode(written.encode("ascii"))
    if not vault.startswith(_PREFIX) or urlsafe_b64encode(raw).decode() != written:
        raise ValueError
    return raw


def _read(vault: str, actor: Actor, line: Line) -> tuple[_Head, bytes, bytes]:
    """Head, wrap and sealed content of a vault that this program may open now."""
    try:
        raw = _bytes_of(vault)
        head_raw, rest = _part(raw)
        mark, rest = _part(rest)
        wrapped, rest = _part(rest)
        sealed, rest = _part(rest)
        head = _Head.from_bytes(head_raw)
    except (ValueError, TypeError, RecursionError):
        raise _unusable() from None
    theirs = (head.client, head.line, head.key) == (line.client_id, line.pk, actor.name)
    # Looked at before anything is asked about what the head names, or a made-up one could have it opened for nothing.
    if rest or not theirs or head.to_bytes() != head_raw or not compare_digest(mark, _mark(head.client, head_raw)):
        raise _unusable()
    if head.until <= clock.now():
        raise Refused("vault_ended", _("The time of this vault is over. Send the conversation again."))
    return head, wrapped, sealed


def _mark(client: UUID, head: bytes) -> bytes:
    """What only this product can put on a head."""
    return keeper.tokens(client, "vault", [sha256(head).hexdigest()])[0]


def _part(raw: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(raw[:4], "big")
    if len(raw) < 4 + size:
        raise ValueError
    return raw[4 : 4 + size], raw[4 + size :]


def _open(grant: Grant, head: _Head, wrapped: bytes, sealed: bytes) -> text.Vault:
    try:
        key = keeper.release_beside(
            permit=grant.permit,
            record=head.record,
            principal=grant.principal,
            session=grant.session,
            beside=head.id,
            wrapped=wrapped,
        )
        return text.Vault.from_bytes(open_bytes(key, sealed, record_id=sha256(head.to_bytes()).digest()))
    except (SealError, keeper.ObjectDamaged, text.VaultUnreadable):
        raise _unusable() from None


def _unusable() -> InvalidInput:
    return InvalidInput(
        "vault_unusable",
        _("This is no vault that this service key was given for this line. Send it as it was received."),
    )


def _entry(
    event: Event,
    actor: Actor,
    line: Line,
    anchor: Record,
    head: _Head,
    *,
    count: int,
    fields: tuple[str, ...] = (),
    reasons: tuple[str, ...] = (),
) -> journal.Entry:
    return journal.Entry(
        event=event,
        actor=actor.name,
        client=line.client_id,
        subject=anchor.subject_id,
        call=anchor.call_id,
        decision="refuse" if reasons else "allow",
        reasons=reasons,
        count=count,
        fields=fields,
        data={"line": line.slug, "use": USE.value, "vault": str(head.id)},
    )
