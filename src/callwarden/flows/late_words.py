"""Words that come after their call: a recogniser with a queue, or a corrected delivery. The call is redacted then.

A call that was admitted without usable words waits sealed and restricted. Its record and its recordings are known by
the same tokens as before, so words that arrive find it as they would have found it in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from callwarden.custody import intake
from callwarden.custody.bounds import bounds_of
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Call, IntakeItem, IntakeMatch, Leg, Line, Mention, Record, Subject
from callwarden.custody.put import Place
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import hold_still, versions
from callwarden.engines.seal import SealError
from callwarden.flows import troubles
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.formats import WordsError, WordsFile, check_fit, read_words
from callwarden.flows.redact_call import gone_agents
from callwarden.flows.take_in import JOB, put_json
from callwarden.kernel import journal
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.lawful.gate import renew
from callwarden.lawful.retention.queries import hold_rules

State, Kind = IntakeItem.State, IntakeItem.Kind
_OPEN = (State.SEALED, State.WAITING)


def waiting(line: Line) -> Iterator[tuple[UUID, UUID]]:
    """(arrival, call) for words that are here and whose call was admitted and could not be redacted."""
    words = IntakeItem.objects.filter(line=line, kind=Kind.WORDS, state__in=_OPEN)
    tokens = IntakeMatch.objects.filter(item__in=words).values("token")
    admitted = IntakeItem.objects.filter(
        line=line, kind__in=[Kind.ROW, Kind.AUDIO], state=State.ADMITTED, call__isnull=False, matches__token__in=tokens
    )
    calls = list(admitted.values_list("matches__token", "call"))
    if not calls:
        return
    with client_scope(line.client_id):
        failed = set(
            Call.objects.filter(id__in={call for _token, call in calls}, redaction=Call.Redaction.FAILED).values_list(
                "id", flat=True
            )
        )
    by_token = {bytes(token): call for token, call in calls if call in failed}
    found = IntakeMatch.objects.filter(item__in=words).order_by("-item__arrived_at", "id")
    taken: set[UUID] = set()
    for item, token in found.values_list("item", "token"):
        call = by_token.get(bytes(token))
        # Of several deliveries the newest counts; the others follow should it be unusable.
        if call is not None and call not in taken:
            taken.add(call)
            yield item, call


def attach(item_id: UUID, call_id: UUID) -> bool:
    """Give a call its words; whether it can be redacted now. Done twice, it is done once."""
    item = IntakeItem.objects.select_related("line").filter(pk=item_id, state__in=_OPEN).first()
    if item is None:
        return False
    client = item.line.client_id
    with client_scope(client):
        call = Call.objects.filter(pk=call_id, redaction=Call.Redaction.FAILED).first()
    if call is None:
        return False
    grant = disclose(
        Ask(
            actor=JOB,
            client=client,
            action="admit",
            purpose="intake",
            items=(item.id,),
            lasts=timedelta(minutes=15),
        )
    )
    try:
        words = read_words(intake.open_item(item, permit=grant.permit, principal=JOB.name).content)
        check_fit(words, call.duration_ms)
    except WordsError as error:
        return _unusable(item, error.code)
    except (FileNotFoundError, SealError):
        return _unusable(item, "spool_damaged")
    if not _store(item, call.id, words):
        return False
    intake.discard(item)
    return True


def _store(item: IntakeItem, call_id: UUID, words: WordsFile) -> bool:
    with client_scope(item.line.client_id):
        hold_rules()
        call = Call.objects.select_for_update(of=("self",)).get(pk=call_id)
        held = IntakeItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
        if call.redaction != Call.Redaction.FAILED or held.state not in _OPEN:
            return False
        legs = list(Leg.objects.select_related("subject").filter(call=call).order_by("channel"))
        records = Record.objects.select_related("subject", "call", "call__line", "line").exclude(
            state=Record.State.DESTROYED
        )
        records = records.exclude(pk__in=gone_agents(call))
        heard = list(records.filter(call=call, category=Category.RECORDING_ORIGINAL))
        replaced = list(records.filter(call=call, category=Category.TRANSCRIPT_ORIGINAL))
        # What was heard may have become stored only since: its words are then no more than that.
        if not heard or not hold_still([*heard, *replaced], replacing=True):
            return False
        try:
            basis = renew(heard[0])
        except Refused:
            return False
        bounds = bounds_of([*heard, *replaced])
        for old in replaced:
            # One on hold stays, and who is mentioned in it with it: an erasure has to find it there.
            if destroy_record(old, actor=JOB.name, reason="words_delivered_again"):
                Mention.objects.filter(record=old).delete()
        document = words.with_layout(_layout(legs)).to_json() | {"id": str(call.id)}
        place = Place(call=call, mentions=tuple(leg.subject for leg in legs if leg.party == Leg.Party.AGENT))
        with versions(basis, actor=JOB.name) as shelf:
            put_json(shelf, Category.TRANSCRIPT_ORIGINAL, _caller(call, legs), document, place, bounds=bounds)
        call.redaction = Call.Redaction.PENDING
        call.save(update_fields=["redaction"])
        held.state, held.reason, held.call = State.ADMITTED, "", call
        held.sealed_key = held.inline = b""
        held.save(update_fields=["state", "reason", "call", "sealed_key", "inline"])
        journal.record(
            journal.Entry(
                event=Event.ADMISSION_ADMITTED,
                actor=JOB.name,
                client=call.client_id,
                call=call.id,
                decision="allow",
                data={"line": item.line.slug, "item": str(item.id), "kind": item.kind},
            )
        )
    return True


def _layout(legs: list[Leg]) -> str:
    parties = [str(leg.party) for leg in legs]
    if not parties or Leg.Party.MIXED in parties:
        return "mono:mixed"
    return f"{'stereo' if len(parties) > 1 else 'mono'}:{','.join(parties)}"


def _caller(call: Call, legs: list[Leg]) -> Subject:
    """The key holder of this call's own records, whoever else is in it."""
    for leg in legs:
        if leg.party != Leg.Party.AGENT:
            return leg.subject
    metadata = Record.objects.select_related("subject").filter(call=call, category=Category.CALL_METADATA)
    return metadata.earliest("created_at").subject


def _unusable(item: IntakeItem, reason: str) -> bool:
    line = item.line
    with client_scope(line.client_id):
        IntakeItem.objects.filter(pk=item.pk, state__in=_OPEN).update(state=State.SET_ASIDE, reason=reason)
        journal.record(
            journal.Entry(
                event=Event.INTAKE_SET_ASIDE,
                actor=JOB.name,
                client=line.client_id,
                reasons=(reason,),
                data={"line": line.slug, "item": str(item.id)},
            )
        )
        troubles.files_set_aside(line)
    return False
