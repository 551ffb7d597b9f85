"""The answer to a request for explanation: by which rules the person's data is handled here, and what programs do.

It holds no value that is kept of the person beside what they allowed and refused; what is told of them is told of the
lines that have to do with them. An officer reads it, adds what the person asked besides, and answers with it. What was
answered lies sealed beside what was asked, as long as it may have to be shown; its digest stands in the log, so that
whoever has the document can show that it is the one.

Source: PIPL art. 24, 44, 48; GDPR art. 12, 13, 15(1)(h), 22; GB/T 35273-2020 8.7.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import pyrage
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Call, Line, Person, Record, Subject
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, new_subject
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.requests import found, report, verify
from callwarden.flows.requests.report import Answer, passphrase
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, Refused
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.consent.models import ConsentProposal
from callwarden.lawful.notices import queries as notices
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import Purpose, Recipient
from callwarden.lawful.purposes.terms import Method
from callwarden.lawful.requests import actions, statements
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import RequestTask, SubjectRequest
from callwarden.lawful.retention.queries import rules_of

PURPOSE: Final = "subject_request"
FORMAT: Final = "callwarden-explanation/1"
State = SubjectRequest.State
# (public name of a line, version) -> where everybody reads this notice; without a version, where requests are taken.
Address = Callable[[str, str], str]
Page = Callable[[SubjectRequest, Mapping[str, Any]], bytes]


def draft(client: UUID, request_id: UUID, *, address: Address) -> dict[str, Any]:
    """What would be answered now, without the officer's own words. Call it inside `client_scope`.

    Raises:
        NotFound: no such request.
        Refused: it asks for no explanation, or is not being carried out.
    """
    return _told(_under_way(verify.find(client, request_id)), "", address)


def answer(
    actor: Actor, client: UUID, request_id: UUID, *, words: str, reason: str, address: Address, page: Page
) -> Answer:
    """Seal the explanation with the officer's words, hand it out, and answer the request with it.

    Raises:
        NotFound: no such request.
        Refused: it asks for no explanation or is not being carried out; a program decides for one of the purposes, and
            nobody said on what it decides; or the person asked something, and there are no words.
        InvalidInput: too many words.
        AccessRefused: this person may not answer requests (now).
        Conflict: somebody else answers it at the same time.
    """
    words = statements.answering(words)
    with client_scope(client):
        request = _under_way(verify.find(client, request_id))
        asked = statements.standing(request)
    question = _open(actor, request, asked.pk, reason).get(statements.FIELD, [""])[0] if asked else ""
    with client_scope(client):
        request = _under_way(_locked(client, request_id))
        if request.statement_id != (asked.pk if asked else None):
            raise Conflict("answered_meanwhile", _("Somebody else answered it meanwhile. Look at the request again."))
        told = _told(request, words, address, question=question)
        if question and not words:
            raise Refused("question_unanswered", _("The person asked something. Answer it in your own words."))
        if told["automated"]["decides"] and not words:
            raise Refused(
                "decision_unexplained",
                _("A program decides for a purpose here. Say on what, and what that means for the person."),
            )
        if asked is not None:
            destroy_record(asked, actor=actor.name, reason="corrected")
        kept = statements.seal_answer(request, _subject(request), question, _text(told))
        request.statement = kept
        request.save(update_fields=["statement"])
    text = _open(actor, request, kept.pk, reason)[statements.ANSWER][0]
    with client_scope(client):
        request = _locked(client, request_id)
        if request.statement_id != kept.pk or request.state != State.EXECUTING:
            raise Conflict("answered_meanwhile", _("Somebody else answered it meanwhile. Look at the request again."))
        for task in request.tasks.exclude(state__in=RequestTask.SETTLED):
            actions.settle(task, after=task.before, method="explained", actor=actor.name)
        request = actions.answer(request, actor=actor.name, document=hashlib.sha256(text.encode()).digest())
    return _file(request, text, page)


def again(actor: Actor, client: UUID, request_id: UUID, *, reason: str, page: Page) -> Answer:
    """Hand out once more what was answered, to the letter.

    Raises:
        NotFound: no such request.
        Refused: it was not answered with an explanation, or its time is over.
        AccessRefused: this person may not answer requests (now).
    """
    with client_scope(client):
        request = verify.find(client, request_id)
        kept = statements.standing(request)
        if kept is None or not statements.answered(request):
            raise Refused("no_document", _("The explanation is not kept any more, or none was given."))
    text = _open(actor, request, kept.pk, reason)[statements.ANSWER][0]
    return _file(request, text, page)


def _under_way(request: SubjectRequest) -> SubjectRequest:
    if request.kind != Kind.EXPLANATION or request.state != State.EXECUTING:
        raise Refused("not_explaining", _("This request asks for no explanation, or it is not being carried out."))
    return request


def _locked(client: UUID, request_id: UUID) -> SubjectRequest:
    verify.find(client, request_id)
    return SubjectRequest.objects.select_for_update(of=("self",)).select_related("line__client").get(pk=request_id)


def _subject(request: SubjectRequest) -> Subject:
    """Under whom it is sealed. Where an erasure left nobody, under one of its own, as what was asked is."""
    assert request.person_id is not None
    named = request.customer.subject if request.customer else next(iter(found.subjects_of(request.person_id)), None)
    if named is not None and named.destroyed_at is None:
        return named
    alone = new_subject(request.client_id, Subject.Kind.CALLER)
    link(Person.objects.get(pk=request.person_id), alone)
    return alone


def _text(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, indent=1)


def _open(actor: Actor, request: SubjectRequest, record: UUID, reason: str) -> dict[str, list[str]]:
    """What was sealed; that it leaves, for whom and why stands in the log before."""
    ask = Ask(
        actor=actor,
        client=request.client_id,
        action="reveal",
        purpose=PURPOSE,
        records={record: ()},
        reason=reason,
        request=request.pk,
    )
    grant = disclose(ask)
    with client_scope(request.client_id):
        return open_fields(grant, Record.objects.get(pk=record))


def _file(request: SubjectRequest, text: str, page: Page) -> Answer:
    files = {"explanation.json": text.encode(), "explanation.html": page(request, json.loads(text))}
    sealed = pyrage.passphrase.encrypt(report.zipped(files), passphrase(request))
    return Answer(f"{request.code}.zip.age", sealed, 1, 0)


def _told(request: SubjectRequest, words: str, address: Address, *, question: str = "") -> dict[str, Any]:
    assert request.person_id is not None
    subjects = found.subjects_of(request.person_id)
    records = list(found.live_records(subjects))
    lines = report.lines_of(request, subjects, records)
    calls = list(Call.objects.filter(legs__subject__in=subjects).select_related("line").distinct())
    client = request.line.client
    consents = report.consents_of(request, subjects)
    return {
        "format": FORMAT,
        "number": request.code,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "asked_at": request.received_at.isoformat(timespec="seconds"),
        "answers_for_it": {
            "en": client.controller or client.name,
            "zh": client.controller_zh or client.name_zh,
            "contact": client.contact,
        },
        "question": question,
        "words": words,
        "lines": [_line(line, request, calls, address) for line in lines],
        "kept": report.kept_until(records),
        "consents": consents,
        "names": _names(consents),
        "automated": _automated(lines, calls),
    }


def _line(line: Line, request: SubjectRequest, calls: Sequence[Call], address: Address) -> dict[str, Any]:
    """The rules of one line, and which notices were in force when the person called it."""
    assert request.person_id is not None
    said = consent.of_person(consent.linked(request.person_id))
    recipients = registry.recipients(line)
    served = registry.grounds(line)
    rows = Purpose.objects.prefetch_related("categories").in_bulk([one.purpose for one in served], field_name="slug")
    return {
        "en": line.name,
        "zh": line.name_zh,
        "ask": address(notices.public_name(line), ""),
        "notices": [_notice(one, line, calls, address) for one in _of_theirs(line, calls)],
        "purposes": [
            {
                **_purpose(one, rows[one.purpose], line, recipients),
                "said": said[one.purpose].as_of(clock.now()) if one.by_consent and one.purpose in said else "",
            }
            for one in served
        ],
    }


def _purpose(served: registry.Served, row: Purpose, line: Line, recipients: Iterable[Recipient]) -> dict[str, Any]:
    rules = [rule for rule in rules_of(line) if rule.purpose_id == row.slug]
    kinds = {one.category for one in row.categories.all()} | {rule.category for rule in rules}
    return {
        "slug": row.slug,
        "en": row.name,
        "zh": row.name_zh,
        "why": {"en": row.description_en, "zh": row.description_zh},
        "categories": sorted(kinds - registry.never_store(line.jurisdiction)),
        "methods": list(row.method),
        "ground": served.ground,
        "provision": served.provision,
        "certainty": str(served.certainty),
        "ends_with": served.ends_with,
        "needed": served.core,
        "recipients": [
            {"en": one.name, "zh": one.name_zh, "role": one.role, "country": one.country}
            for one in recipients
            if row.slug in {purpose.slug for purpose in one.purposes.all()}
        ],
        "kept": [
            {"category": rule.category, "days": rule.ceiling_days, "counted_from": rule.trigger} for rule in rules
        ],
    }


def _of_theirs(line: Line, calls: Sequence[Call]) -> list[Notice]:
    """The notice that is told now, and those that were when the person called; the newest first."""
    when = [call.started_at for call in calls if call.line_id == line.pk]
    return [
        one
        for one in notices.once_told(line)
        if one.state == Notice.State.PUBLISHED or any(_in_force(one, at) for at in when)
    ]


def _in_force(notice: Notice, at: Any) -> bool:
    begun = notice.told_from is not None and notice.told_from <= at
    return begun and (notice.superseded_at is None or at < notice.superseded_at)


def _notice(notice: Notice, line: Line, calls: Sequence[Call], address: Address) -> dict[str, Any]:
    theirs = sorted(call.started_at for call in calls if call.line_id == line.pk and _in_force(notice, call.started_at))
    return {
        "version": notice.version,
        "sha256": bytes(notice.digest).hex(),
        "from": notice.told_from.isoformat(timespec="seconds") if notice.told_from else "",
        "now": notice.state == Notice.State.PUBLISHED,
        "calls": [at.isoformat(timespec="seconds") for at in theirs],
        "address": address(notices.public_name(line), notice.version),
    }


def _names(consents: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """What the purposes are called now: what is handed out again says what was answered."""
    rows = Purpose.objects.filter(slug__in={one["purpose"] for one in consents})
    return {row.slug: {"en": row.name, "zh": row.name_zh} for row in rows}


def _automated(lines: Sequence[Line], calls: Sequence[Call]) -> dict[str, Any]:
    """What programs did with the person's calls, and the purposes that are registered as decided or analysed by one."""
    proposals = ConsentProposal.objects.filter(call__in=calls).values_list("state").annotate(Count("pk")).order_by()
    served = {one.purpose for line in lines for one in registry.grounds(line)}
    rows = list(Purpose.objects.filter(slug__in=served).order_by("slug"))
    return {
        "calls": len(calls),
        "redacted": sum(call.redaction == Call.Redaction.DONE for call in calls),
        "proposals": dict(proposals),
        "decides": [{"en": one.name, "zh": one.name_zh} for one in rows if Method.DECIDE in one.method],
        "analyses": [{"en": one.name, "zh": one.name_zh} for one in rows if Method.ANALYSE in one.method],
    }
