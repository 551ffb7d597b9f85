"""What a customer allows now, how that came about, with the sound that shows it, and what they may take with them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from callwarden.custody.categories import Category
from callwarden.custody.models import Customer, Subject
from callwarden.custody.scope import client_scope
from callwarden.doors.console import purposes
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Badge, Crumb, Text
from callwarden.doors.console.consents import words
from callwarden.doors.console.navigation import AGENT, DPO, LEADER
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import proofs, receipts
from callwarden.flows.consents import Told, say_for_person
from callwarden.flows.looking import looked
from callwarden.flows.names import named
from callwarden.flows.people import find_customer
from callwarden.kernel import clock
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.consent import queries
from callwarden.lawful.consent.actions import cool_down_days
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence
from callwarden.lawful.consent.rules import Answer, State, ask_again_at
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import LinePurpose, Purpose, Recipient

VIEWERS = frozenset({AGENT, LEADER, DPO})
PROOFS = (Category.CONSENT_PROOF,)


@dataclass(frozen=True)
class Standing:
    """What stands for one purpose, and what somebody may do about it."""

    purpose: str
    recipient: str
    label: Text
    to: Text
    badge: Badge
    since: datetime | None
    ends: datetime | None
    again_at: datetime | None
    separate: bool
    bundled: bool
    can_give: bool
    can_withdraw: bool


@dataclass(frozen=True)
class Happened:
    """One event of the timeline."""

    event: ConsentEvent
    label: Text
    recipient: str
    badge: Badge
    how: Text
    proof: Text
    proof_tone: str
    listen: str


@for_roles(VIEWERS)
@require_GET
def timeline(request: ConsoleRequest, customer: UUID) -> HttpResponse:
    """One customer's consents: what stands, and everything that was said, newest first."""
    found = find_customer(request.actor, client_of(request).id, customer)
    looked(request.actor, client=found.client_id, fields=("consents",), subject=found.subject_id)
    hearing = purposes.open_to(request.actor, "play_redacted", PROOFS)
    context = {
        "customer": found,
        "standing": _standing(found),
        "happened": _happened(found, purposes.chosen(request, hearing)),
        "may_hear": bool(hearing),
        "may_say": holds(request, VIEWERS),
        "crumbs": (
            Crumb(_("Customers"), reverse("console:customers")),
            Crumb(_("Customer"), reverse("console:customer", args=[found.id])),
            Crumb(_("Consents")),
        ),
    }
    return render(request, "console/consents/timeline.html", context)


def _standing(customer: Customer) -> list[Standing]:
    """What stands for ourselves and, beside it, for each recipient that needs a yes by name or has one."""
    with client_scope(customer.client_id):
        people = queries.linked(customer.person_id)
        allowed = queries.allowed_to(people)
        served = (
            LinePurpose.objects.select_related("purpose", "line")
            .filter(line__client=customer.client_id, purpose__state=Purpose.State.ACTIVE)
            .order_by("purpose__slug", "line__slug")
        )
        by_name: dict[str, set[str]] = defaultdict(set)
        for line in {row.line_id: row.line for row in served}.values():
            for purpose, recipient in registry.asked_by_name(line):
                by_name[purpose].add(recipient.slug)
        for purpose, to in allowed:
            by_name[purpose].add(to)
        slugs = {to for theirs in by_name.values() for to in theirs}
        names = registry.recipients_called(customer.client_id, slugs)
        answers = {to: queries.of_person(people, recipient=to) for to in {"", *slugs}}
        refused = {to: queries.last_refusals(people, recipient=to) for to in {"", *slugs}}
        rows: dict[tuple[str, str], Standing] = {}
        for row in served:
            rests = row.ground in words.BY_CONSENT or row.purpose_id in answers[""]
            for to in ([""] if rests else []) + sorted(by_name[row.purpose_id]):
                again = ask_again_at(refused[to].get(row.purpose_id), days=cool_down_days(row.line))
                one = _one(row.purpose, answers[to].get(row.purpose_id), again, to=to, name=names.get(to))
                rows.setdefault((row.purpose_id, to), one)
    return list(rows.values())


def _one(
    purpose: Purpose, answer: Answer | None, again: datetime | None, *, to: str, name: Recipient | None
) -> Standing:
    now = clock.now()
    state = answer.as_of(now) if answer else ""
    return Standing(
        purpose=purpose.slug,
        recipient=to,
        label=named(purpose),
        to=named(name) if name else to,
        badge=words.badge_of(state),
        since=answer.said_at if answer else None,
        ends=answer.ends if answer and state == State.GIVEN else None,
        again_at=again if again and again > now and state != State.GIVEN else None,
        separate=bool(to) or purpose.separate_consent or purpose.sensitive,
        bundled=bool(answer and answer.bundled),
        can_give=state != State.GIVEN and (name is None or name.ended_at is None),
        can_withdraw=state == State.GIVEN,
    )


def _happened(customer: Customer, purpose: str) -> list[Happened]:
    with client_scope(customer.client_id):
        events = list(queries.history(queries.linked(customer.person_id))[:200])
        labels = {row.slug: named(row) for row in Purpose.objects.filter(slug__in={event.purpose for event in events})}
    return [
        Happened(
            event=event,
            label=labels.get(event.purpose, event.purpose),
            recipient=event.recipient,
            badge=words.badge_of(event.state),
            how=event.get_method_display(),
            proof=words.proof_of(event.evidence),
            proof_tone="fail" if event.evidence and event.evidence.mismatch else "neutral",
            listen=_listen(customer, event, purpose),
        )
        for event in events
    ]


def _listen(customer: Customer, event: ConsentEvent, purpose: str) -> str:
    shown: ConsentEvidence | None = event.evidence
    if not purpose or shown is None or shown.record_id is None:
        return ""
    return f"{reverse('console:consents_proof', args=[customer.id, event.id])}?purpose={purpose}"


@for_roles(VIEWERS)
@require_GET
def proof(request: ConsoleRequest, customer: UUID, event: UUID) -> HttpResponse:
    """The sound of one answer. Every listening is decided and on record."""
    found = find_customer(request.actor, client_of(request).id, customer)
    with client_scope(found.client_id):
        theirs = queries.history(queries.linked(found.person_id)).filter(pk=event).exists()
    if not theirs:
        raise InvalidInput("not_theirs", _("This answer is not one of this customer's."))
    grant, shown = proofs.permit_to_hear(request.actor, found.client_id, event, purpose=request.GET.get("purpose", ""))
    response = HttpResponse(proofs.wav_of(grant, shown), content_type="audio/wav")
    response["Cache-Control"] = "no-store"
    response["Content-Disposition"] = "inline"
    return response


@for_roles(VIEWERS)
@require_POST
def say(request: ConsoleRequest, customer: UUID) -> HttpResponse:
    """Record what the customer said outside a call; taking consent back is one press, as giving it is."""
    found = find_customer(request.actor, client_of(request).id, customer)
    purpose, state = request.POST.get("purpose", ""), request.POST.get("state", "")
    recipient = request.POST.get("recipient", "")

    def act() -> None:
        if state not in {State.GIVEN, State.REFUSED, State.WITHDRAWN}:
            raise InvalidInput("unknown_answer", _("Choose what the person said."))
        row = LinePurpose.objects.select_related("line").filter(
            line__client=found.client_id, purpose=purpose, purpose__state=Purpose.State.ACTIVE
        )
        served = row.order_by("line__slug").first()
        if served is None:
            raise InvalidInput("unknown_purpose", _("No line serves this purpose."))
        by = request.POST.get("by", ConsentEvent.By.SUBJECT)
        method, now = ConsentEvent.Method.PRIOR, clock.now()
        told = Told(purpose, state, method, now, recipient=recipient, by=by, apart=True)
        with client_scope(found.client_id):
            subject = Subject.objects.get(pk=found.subject_id)
        say_for_person(served.line, subject, told, actor=request.actor.name, session=request.actor.session)

    return do(
        request,
        act,
        said=words.SAID.get(state, _("Recorded.")),
        then=reverse("console:consents", args=[customer]),
    )


@for_roles(VIEWERS)
@require_GET
def receipt(request: ConsoleRequest, customer: UUID) -> HttpResponse:
    """What the customer may keep: their consents as a file, machine-readable."""
    found = find_customer(request.actor, client_of(request).id, customer)
    document = receipts.receipt_for(
        found.client_id, found.person_id, actor=request.actor.name, session=request.actor.session
    )
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False, indent=2), content_type="application/ld+json; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="consent-receipt-{document["receipt_id"][:8]}.jsonld"'
    response["Cache-Control"] = "no-store"
    return response
