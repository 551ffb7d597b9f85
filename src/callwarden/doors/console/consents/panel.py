"""The agent's panel in a call: what to read out, what may be asked, what the caller answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from callwarden.custody.models import Call
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Badge, Text
from callwarden.doors.console.consents import words
from callwarden.doors.console.navigation import AGENT, DPO, LEADER
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import hearing
from callwarden.flows.calls import find_call
from callwarden.flows.consents import caller_of
from callwarden.flows.dialling import stop_calling_caller
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.consent import queries
from callwarden.lawful.consent.actions import cool_down_days
from callwarden.lawful.consent.models import ConsentEvent, ConsentProposal
from callwarden.lawful.consent.rules import Answer, State, ask_again_at
from callwarden.lawful.gate import stands
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import Purpose, Recipient
from callwarden.lawful.purposes.queries import Served

RECORDS = frozenset({AGENT, LEADER, DPO})


@dataclass(frozen=True)
class Question:
    """One purpose as the agent sees it while the caller is on the line."""

    purpose: str
    recipient: str
    label: Text
    to: Text
    badge: Badge
    needed: bool
    alone: bool
    may_ask: bool
    again_at: datetime | None
    answers: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Heard:
    """Words that sound like an answer, for the agent to confirm or dismiss."""

    proposal: ConsentProposal
    label: Text
    sounds: Text
    at: float | None


@dataclass(frozen=True)
class Panel:
    script: str
    language: str
    version: str
    questions: tuple[Question, ...]
    heard: tuple[Heard, ...]


_ANSWERS: dict[str, tuple[tuple[str, Text], ...]] = {
    State.GIVEN: ((State.WITHDRAWN.value, _("Takes it back")),),
    "": ((State.GIVEN.value, _("Says yes")), (State.REFUSED.value, _("Says no"))),
}


def panel_of(call: Call) -> Panel:
    """Everything the panel shows."""
    with client_scope(call.client_id):
        served = registry.grounds(call.line)
        by_name = registry.asked_by_name(call.line)
        asked: list[tuple[Served, Recipient | None]] = [(one, None) for one in served if one.by_consent]
        asked += [(one, to) for one in served for purpose, to in by_name if purpose == one.purpose]
        slugs = {one.purpose for one, _to in asked}
        labels = {row.slug: named(row) for row in Purpose.objects.filter(slug__in=slugs)}
        notice = Notice.objects.filter(line=call.line, state=Notice.State.PUBLISHED).first()
        proposals = list(call.consent_proposals.filter(state=ConsentProposal.State.OPEN).order_by("turn", "purpose"))
        questions = _questions(call, asked, labels)
    chinese = call.language.startswith("zh") or not call.language
    return Panel(
        script=_script(notice, chinese=chinese) if notice else "",
        language="zh-Hans" if chinese else "en",
        version=notice.version if notice else "",
        questions=questions,
        heard=tuple(
            Heard(
                one,
                labels.get(one.purpose, one.purpose),
                words.HEARD[one.answer],
                None if one.start_ms is None else one.start_ms / 1000,
            )
            for one in proposals
        ),
    )


def _questions(
    call: Call, asked: Iterable[tuple[Served, Recipient | None]], labels: Mapping[str, str]
) -> tuple[Question, ...]:
    """What the caller allows, ourselves and by name."""
    caller = caller_of(call)
    people = queries.same_person(caller.id) if caller else []
    found: list[Question] = []
    known: dict[str, tuple[Mapping[str, Answer], Mapping[str, datetime]]] = {}
    for one, to in asked:
        recipient = to.slug if to else ""
        if recipient not in known:
            known[recipient] = (
                stands(call.line, bytes(call.reference), people, recipient=recipient),
                queries.last_refusals(people, recipient=recipient),
            )
        answers, refused = known[recipient]
        again = ask_again_at(refused.get(one.purpose), days=cool_down_days(call.line))
        found.append(_question(one, to, answers.get(one.purpose), again, labels.get(one.purpose, one.purpose)))
    return tuple(found)


def _question(
    one: Served, to: Recipient | None, answer: Answer | None, again: datetime | None, label: Text
) -> Question:
    now = clock.now()
    state = answer.as_of(now) if answer else ""
    barred = again is not None and again > now and state != State.GIVEN
    return Question(
        purpose=one.purpose,
        recipient=to.slug if to else "",
        label=label,
        to=named(to) if to else "",
        badge=words.badge_of(state),
        needed=one.core and to is None,
        alone=to is not None or one.separate_consent or one.sensitive or one.abroad,
        may_ask=state != State.GIVEN and not barred,
        again_at=again if barred else None,
        answers=_ANSWERS.get(state, _ANSWERS[""]),
    )


def _script(notice: Notice, *, chinese: bool) -> str:
    """What is read out: the short script, or the whole notice where the line has none."""
    if chinese:
        return notice.script_zh or notice.text_zh
    return notice.script_en or notice.text_en


@for_roles(RECORDS)
@require_POST
def say(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """Record what the caller answered: by a button, or by confirming what was heard."""
    found = find_call(request.actor, client_of(request).id, call)
    state = request.POST.get("state", "")

    def act() -> None:
        if proposal := request.POST.get("proposal", ""):
            hearing.confirm(request.actor, found, UUID(proposal), purpose=request.POST.get("looking_for", ""))
            return
        if state not in {State.GIVEN, State.REFUSED, State.WITHDRAWN}:
            raise InvalidInput("unknown_answer", _("Choose what the person said."))
        by = request.POST.get("by", ConsentEvent.By.SUBJECT)
        told = request.POST.get("purpose", ""), state
        hearing.attest(request.actor, found, *told, recipient=request.POST.get("recipient", ""), by=by)

    said = words.SAID.get(state, _("Recorded, with the sound of it."))
    return do(request, act, said=said, then=f"{reverse('console:call', args=[call])}#consent")


@for_roles(RECORDS)
@require_POST
def dismiss(request: ConsoleRequest, call: UUID, proposal: UUID) -> HttpResponse:
    """Say that words which sound like an answer were none."""
    found = find_call(request.actor, client_of(request).id, call)
    return do(
        request,
        lambda: hearing.dismiss(request.actor, found, proposal),
        said=_("Dismissed. Nothing follows from it."),
        then=f"{reverse('console:call', args=[call])}#consent",
    )


@for_roles(RECORDS)
@require_POST
def no_more_calls(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """The caller wants no calls: their number goes on the list, read by nobody on the way."""
    found = find_call(request.actor, client_of(request).id, call)
    return do(
        request,
        lambda: stop_calling_caller(request.actor, found),
        said=_("The number is on the do-not-call list from now on."),
        then=f"{reverse('console:call', args=[call])}#consent",
    )
