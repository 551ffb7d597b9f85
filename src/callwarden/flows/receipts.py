"""Consent receipts: what a person allowed whom for what, as a document they keep.

JSON-LD in the terms of the Data Privacy Vocabulary 2.3, laid out by the DPV group's guide to ISO/IEC TS 27560:2023
(record metadata, notice, processing, entities, events). The text of the standard itself was not read: evidence toward
it, no claim of conformity. It names the person by a pseudonym only; whoever holds it knows whose it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, Line
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import NotFound
from callwarden.kernel.events import Event
from callwarden.lawful.consent import queries
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import Certainty
from callwarden.lawful.retention.queries import rules_of

VERSION = "1"
CONTEXT: dict[str, Any] = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "cw": "urn:callwarden:consent-receipt:",
    "receipt_id": "dct:identifier",
    "issued_at": {"@id": "dct:issued", "@type": "xsd:dateTime"},
    "controller": "dpv:hasDataController",
    "subject": "dpv:hasDataSubject",
    "processing": "dpv:hasProcess",
    "purpose": "dpv:hasPurpose",
    "legal_basis": "dpv:hasLegalBasis",
    "certainty": "cw:certainty",
    "recipient": "dpv:hasRecipient",
    "notice": "dpv:hasNotice",
    "events": "cw:events",
    "state": "dpv:hasConsentStatus",
    "at": {"@id": "dct:date", "@type": "xsd:dateTime"},
}
_STATES = {
    "requested": "dpv:ConsentRequested",
    "given": "dpv:ConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
    "invalidated": "dpv:ConsentInvalidated",
}


def receipt_for(client: UUID, person: UUID, *, actor: str, session: UUID | None = None) -> dict[str, Any]:
    """The receipt over everything one person said. That it was made stands in the ledger.

    Raises:
        NotFound: they never said anything.
    """
    owner = Client.objects.get(pk=client)
    with client_scope(client):
        people = queries.linked(person)
        events = list(queries.history(people).order_by("at", "recorded_at", "id"))
        if not events:
            raise NotFound("nothing_to_receipt", _("Nothing is on record that this person consented to or refused."))
        document = _document(owner, person, events, queries_by_recipient(people, events))
        journal.record(
            journal.Entry(
                event=Event.CONSENT_RECEIPT_MADE,
                actor=actor,
                session=session,
                client=client,
                count=len(events),
                data={"receipt": document["receipt_id"]},
            )
        )
    return document


def queries_by_recipient(people: list[UUID], events: Iterable[ConsentEvent]) -> dict[tuple[str, str], str]:
    """(purpose, recipient) -> the state that stands now."""
    now = clock.now()
    standing: dict[tuple[str, str], str] = {}
    for recipient in {event.recipient for event in events}:
        for purpose, answer in queries.of_person(people, recipient=recipient).items():
            standing[purpose, recipient] = answer.as_of(now)
    return standing


def _document(
    owner: Client, person: UUID, events: list[ConsentEvent], standing: dict[tuple[str, str], str]
) -> dict[str, Any]:
    by_purpose: dict[tuple[str, str], list[ConsentEvent]] = defaultdict(list)
    for event in events:
        by_purpose[event.purpose, event.recipient].append(event)
    purposes = {row.slug: row for row in Purpose.objects.filter(slug__in={purpose for purpose, _to in by_purpose})}
    return {
        "@context": CONTEXT,
        "@type": "dpv:ConsentRecord",
        "schema": f"callwarden-consent-receipt/{VERSION}",
        "receipt_id": str(uuid4()),
        "issued_at": _iso(clock.now()),
        "subject": {"@type": "dpv:DataSubject", "pseudonym": str(person)},
        "controller": {
            "@type": "dpv:DataController",
            "name": {"en": owner.controller or owner.name, "zh": owner.controller_zh or owner.name_zh},
            "contact": owner.contact,
        },
        "processing": [
            _process(purposes.get(purpose), purpose, recipient, said, standing.get((purpose, recipient), "requested"))
            for (purpose, recipient), said in sorted(by_purpose.items())
        ],
    }


def _process(
    purpose: Purpose | None, slug: str, recipient: str, events: list[ConsentEvent], state: str
) -> dict[str, Any]:
    line = events[-1].line
    served = next((one for one in registry.grounds(line) if one.purpose == slug), None)
    return {
        "@type": "dpv:Process",
        "purpose": {
            "@type": purpose.dpv or "dpv:Purpose" if purpose else "dpv:Purpose",
            "slug": slug,
            "name": {"en": purpose.name if purpose else slug, "zh": purpose.name_zh if purpose else slug},
            "use": purpose.use if purpose else "",
        },
        "legal_basis": {
            "@type": "dpv:Consent",
            "provision": served.provision if served else "",
            "certainty": str(served.certainty if served else Certainty.UNCERTAIN),
            "jurisdiction": line.jurisdiction,
        },
        "data_categories": sorted(purpose.categories.values_list("category", flat=True)) if purpose else [],
        "recipient": recipient,
        "storage_days": _storage(line, slug),
        "state": _STATES[state],
        "withdrawal": {
            "en": "Say so in a call, or write to the contact above. It takes effect with the next decision.",
            "zh": "在通话中说明，或联系上述联系方式。自下一次处理决定起生效。",
        },
        "events": [_event(event) for event in events],
    }


def _storage(line: Line, purpose: str) -> dict[str, int]:
    return {str(rule.category): rule.ceiling_days for rule in rules_of(line) if rule.purpose_id == purpose}


def _event(event: ConsentEvent) -> dict[str, Any]:
    shown = event.evidence
    told: dict[str, Any] = {
        "id": str(event.id),
        "state": _STATES[event.state],
        "at": _iso(event.at),
        "recorded_at": _iso(event.recorded_at),
        "method": event.method,
        "by": event.by,
        "line": event.line.slug,
    }
    if event.expires_at:
        told["valid_until"] = _iso(event.expires_at)
    if event.notice:
        told["notice"] = {
            "@type": "dpv:ConsentNotice",
            "version": event.notice.version,
            "sha256": bytes(event.notice.digest).hex(),
        }
    if shown is not None:
        told["evidence"] = {"kind": shown.kind, "script": shown.script, "sha256": bytes(shown.digest).hex()}
        if shown.start_ms is not None:
            told["evidence"] |= {"start_ms": shown.start_ms, "end_ms": shown.end_ms, "matches": not shown.mismatch}
    return told


def _iso(at: datetime) -> str:
    return at.isoformat()
