"""The answer to an access or copy request: what is kept, why, how long, who has looked at it, and the data themselves.

What leaves passes the door as an export, in one act of the person who answers. Identity numbers, cards and original
voices leave only where a second person approved that this request is met; otherwise the report shows them masked and
says so. The file is sealed (age) with a passphrase that is told by another way than the file.

Source: PIPL art. 44, 45; GDPR art. 15, 20; GB/T 35273-2020 8.1, 8.6.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pyrage
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.control.emergency import queries as emergency
from callwarden.control.grants import queries as grants
from callwarden.control.neighbours import queries as neighbours
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, LedgerEntry, Line, PermitRecord, Record, Subject
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.open import open_fields, open_record
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import newest
from callwarden.flows import trail
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused, Ask, disclose, foresee
from callwarden.flows.masking import mask
from callwarden.flows.requests import found, verify
from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import User
from callwarden.kernel.tokens import keyed
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import Purpose, Recipient
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import RequestTask, SubjectRequest

PURPOSE: Final = "subject_request"
FORMAT: Final = "callwarden-access-report/1"
LASTS: Final = timedelta(minutes=10)
State = SubjectRequest.State
_OPENED: Final = frozenset({State.EXECUTING, State.ANSWERED})
_OF_FIELDS: Final = (
    Category.IDENTITY,
    Category.CONTACT,
    Category.GOVERNMENT_ID,
    Category.PAYMENT_CARD,
    Category.PURCHASE_HISTORY,
    Category.CALL_METADATA,
)
# Of looks at the person's data: the newest are told one by one, and how many came before these.
MOST_SEEN: Final = 5_000


@dataclass(frozen=True)
class Answer:
    """The sealed file and what it is called. `passphrase` of the same request opens it."""

    name: str
    sealed: bytes
    records: int
    masked: int


def passphrase(request: SubjectRequest) -> str:
    """What opens the file of this request: 125 bits under the site's secret key, so that nothing has to be kept."""
    raw = base64.b32encode(keyed("access-report", str(request.id))).decode()[:25]
    return "-".join(raw[at : at + 5] for at in range(0, 25, 5))


Page = Callable[[SubjectRequest, Mapping[str, Any]], bytes]


def prepare(actor: Actor, client: UUID, request_id: UUID, *, reason: str, page: Page | None = None) -> Answer:
    """Open everything of the person that may leave, seal it into one file, and answer the request.

    Args:
        page: draws the report as a page to read, in the person's language; without it there is JSON only.

    Raises:
        NotFound: no such request.
        Refused: it is not known who asks, or the request is not being carried out.
        AccessRefused: this person may not export for the request (now).
    """
    with client_scope(client):
        request = verify.find(client, request_id)
        if not Kind(request.kind).hands_out or request.state not in _OPENED:
            raise Refused("not_ready", _("Carry the request out first: then there is something to answer with."))
        assert request.person_id is not None
        subjects = found.subjects_of(request.person_id)
        records = list(
            found.live_records(subjects).select_related("line", "customer", "call", "call__line", "bucket", "subject")
        )
        opened, masked = _sorted_out(actor, request, records, reason)
    said = _values(actor, request, opened, reason)
    hidden = _masked(actor, request, masked)
    with client_scope(client):
        told = _told(request, subjects, records, said, hidden)
    files = {"report.json": json.dumps(told, ensure_ascii=False, indent=1).encode(), **said.sounds}
    if page is not None:
        files["report.html"] = page(request, told)
    with client_scope(client):
        _answered(request_id, actor)
    sealed = pyrage.passphrase.encrypt(_zipped(files), passphrase(request))
    return Answer(f"{request.code}.zip.age", sealed, len(opened), len(masked))


@dataclass(frozen=True)
class _Said:
    """What was opened: values by category, turns by call, sounds by file name."""

    fields: dict[str, list[dict[str, list[str]]]]
    turns: dict[UUID, list[dict[str, str]]]
    sounds: dict[str, bytes]


def _wanted(request: SubjectRequest, record: Record) -> bool:
    if record.category in _OF_FIELDS or record.category == Category.TRANSCRIPT_REDACTED:
        return True
    # A copy to take along holds the person's own voice: their leg lies under their own key.
    return request.kind == Kind.COPY and record.category == Category.RECORDING_ORIGINAL


def _sorted_out(
    actor: Actor, request: SubjectRequest, records: Sequence[Record], reason: str
) -> tuple[list[Record], list[Record]]:
    """(what may leave, what may only be told masked). Call it inside `client_scope`."""
    wanted = newest(record for record in records if _wanted(request, record))
    refused = foresee(_ask(actor, request, wanted, reason))
    opened = [record for record in wanted if not refused.get(record.id)]
    grant_needed = [
        record
        for record in wanted
        if refused.get(record.id) and all(why.startswith("grant_needed") for why in refused[record.id])
    ]
    other = [record for record in wanted if record not in opened and record not in grant_needed]
    if other:
        raise AccessRefused.because(tuple(dict.fromkeys(why for one in other for why in refused[one.id])))
    return opened, [record for record in grant_needed if record.category in _OF_FIELDS]


def _ask(actor: Actor, request: SubjectRequest, records: Iterable[Record], reason: str) -> Ask:
    return Ask(
        actor=actor,
        client=request.client_id,
        action="export",
        purpose=PURPOSE,
        records={record.id: () for record in records},
        reason=reason,
        request=request.id,
        lasts=LASTS,
        max_uses=64,
    )


def _values(actor: Actor, request: SubjectRequest, records: Sequence[Record], reason: str) -> _Said:
    said = _Said({}, {}, {})
    if not records:
        return said
    grant = disclose(_ask(actor, request, records, reason))
    with client_scope(request.client_id):
        for record in records:
            if record.category in _OF_FIELDS:
                said.fields.setdefault(record.category, []).append(open_fields(grant, record))
            elif record.category == Category.TRANSCRIPT_REDACTED and record.call_id:
                document = json.loads(open_record(grant, record).readall())
                said.turns[record.call_id] = [
                    {"speaker": turn["speaker"], "text": turn["text"]} for turn in document.get("turns", [])
                ]
            elif record.call is not None:
                name = f"recordings/{record.call.started_at:%Y-%m-%d_%H%M}_{len(said.sounds) + 1}.flac"
                said.sounds[name] = open_record(grant, record).readall()
    return said


def _masked(actor: Actor, request: SubjectRequest, records: Sequence[Record]) -> dict[str, list[dict[str, list[str]]]]:
    if not records:
        return {}
    ask = replace(_ask(actor, request, records, ""), action="view_masked")
    grant = disclose(ask)
    hidden: dict[str, list[dict[str, list[str]]]] = {}
    with client_scope(request.client_id):
        for record in records:
            values = open_fields(grant, record)
            hidden.setdefault(record.category, []).append(
                {name: [mask(name, value) for value in several] for name, several in values.items()}
            )
    return hidden


def _told(
    request: SubjectRequest,
    subjects: list[Subject],
    records: Sequence[Record],
    said: _Said,
    hidden: dict[str, list[dict[str, list[str]]]],
) -> dict[str, Any]:
    lines = _lines(request, subjects, records)
    seen, unseen = _seen(subjects)
    return {
        "format": FORMAT,
        "number": request.code,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "asked_for": request.kind,
        "on_behalf_of": {"en": request.line.client.name, "zh": request.line.client.name_zh},
        "line": {"en": request.line.name, "zh": request.line.name_zh},
        "data": said.fields,
        "masked": hidden,
        "calls": _calls(request, subjects, said),
        "kept_until": _kept_until(records),
        "purposes": _purposes(lines),
        "recipients": _recipients(lines),
        "consents": _consents(request, subjects),
        "looked_at": seen,
        "looked_at_before": unseen,
        "access_given": _given(subjects),
        "looked_at_elsewhere": _elsewhere(request, subjects),
        "recordings": sorted(said.sounds),
    }


def _lines(request: SubjectRequest, subjects: list[Subject], records: Sequence[Record]) -> list[Line]:
    """Every line that holds something of the person, or heard of them, beside the one they asked on."""
    ids = {request.line_id, *(record.line_id for record in records)}
    ids.update(Call.objects.filter(legs__subject__in=subjects).values_list("line", flat=True))
    ids.update(ConsentEvent.objects.filter(subject__in=subjects).values_list("line", flat=True))
    return list(Line.objects.filter(pk__in=ids).select_related("client").order_by("slug"))


def _kept_until(records: Sequence[Record]) -> dict[str, str | None]:
    """Category -> the last day of what is kept of it; None where something waits for what its period counts from."""
    due: dict[str, datetime] = {}
    for record in records:
        due[record.category] = max(record.due_at, due.get(record.category, record.due_at))
    return {category: None if at >= OPEN_UNTIL else at.date().isoformat() for category, at in due.items()}


def _calls(request: SubjectRequest, subjects: list[Subject], said: _Said) -> list[dict[str, Any]]:
    theirs = Call.objects.filter(legs__subject__in=subjects).select_related("line").distinct().order_by("started_at")
    return [
        {
            "at": call.started_at.isoformat(timespec="seconds"),
            "line": {"en": call.line.name, "zh": call.line.name_zh},
            "direction": call.direction,
            "seconds": call.duration_ms // 1000,
            "transcript": said.turns.get(call.id, []),
        }
        for call in theirs
    ]


def _purposes(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """What the lines serve, each purpose once for every ground it rests on, with the lines it rests on it for."""
    served: dict[tuple[str, str, str, str], list[Line]] = {}
    for line in lines:
        for one in registry.grounds(line):
            served.setdefault((one.purpose, one.ground, one.provision, one.certainty), []).append(line)
    names = Purpose.objects.in_bulk({purpose for purpose, *_rest in served}, field_name="slug")
    return [
        {
            "en": names[purpose].name,
            "zh": names[purpose].name_zh,
            "ground": ground,
            "provision": provision,
            "certainty": certainty,
            "lines": [{"en": line.name, "zh": line.name_zh} for line in theirs],
        }
        for (purpose, ground, provision, certainty), theirs in sorted(served.items(), key=lambda item: item[0])
    ]


def _recipients(lines: Sequence[Line]) -> list[dict[str, Any]]:
    found = {one.slug: one for line in lines for one in registry.recipients(line)}
    return [
        {"en": one.name, "zh": one.name_zh, "role": one.role, "country": one.country}
        for _slug, one in sorted(found.items())
    ]


def _consents(request: SubjectRequest, subjects: list[Subject]) -> list[dict[str, Any]]:
    """Everything said, and to whom the data would go; the recipient may have ended since."""
    events = list(ConsentEvent.objects.filter(subject__in=subjects).select_related("notice").order_by("at"))
    named = Recipient.objects.filter(client=request.client_id, slug__in={event.recipient for event in events})
    names = {one.slug: {"en": one.name, "zh": one.name_zh} for one in named}
    return [
        {
            "purpose": event.purpose,
            "recipient": names.get(event.recipient, {"en": event.recipient, "zh": ""}) if event.recipient else None,
            "state": event.state,
            "how": event.method,
            "at": event.at.isoformat(timespec="seconds"),
            "notice": event.notice.version if event.notice else "",
        }
        for event in events
    ]


def _seen(subjects: list[Subject]) -> tuple[list[dict[str, Any]], int]:
    """Who opened the person's data: by role, as colleagues are data subjects too; programs by what they are. And how
    often that was done before the first of these.
    """
    permits = PermitRecord.objects.filter(record__subject__in=subjects).values("permit__entry")
    about = Q(subject__in=[one.id for one in subjects]) | Q(entry__in=permits)
    every = LedgerEntry.objects.filter(about, event__startswith="disclose:").order_by("-index")
    entries = list(every[:MOST_SEEN])
    roles = _roles({entry.actor for entry in entries})
    lines = trail.lines(entries)
    seen = [
        {
            "at": line.at.isoformat(timespec="seconds"),
            "who": roles.get(entry.actor, entry.actor.split(":")[0]),
            "what": line.event.rsplit(":", 1)[-1],
            "purpose": line.purpose,
            "fields": list(line.fields),
            "allowed": line.decision != "refuse",
        }
        for entry, line in zip(entries, lines, strict=True)
    ]
    return seen, every.count() - len(entries) if len(entries) == MOST_SEEN else 0


def _elsewhere(request: SubjectRequest, subjects: list[Subject]) -> dict[str, Any]:
    """Who did what with the person's data in other systems, as these told; and of which kinds nothing is known."""
    every = neighbours.about([one.id for one in subjects])
    entries = list(every[:MOST_SEEN])
    return {
        "before": every.count() - len(entries) if len(entries) == MOST_SEEN else 0,
        "acts": [
            {
                "at": one.at.isoformat(timespec="seconds"),
                "system": {"en": one.neighbour.name, "zh": one.neighbour.name_zh},
                "who": "+".join(sorted(one.user.roles)) if one.user else "",
                "what": one.act,
            }
            for one in entries
        ],
        "not_measured": [str(kind.value) for kind in neighbours.not_connected(request.client_id)],
    }


def _given(subjects: list[Subject]) -> list[dict[str, Any]]:
    """Leave that colleagues were given, for a time, to open data of this person; by role, as with who looked."""
    return [
        {
            "from": grant.starts_at.isoformat(timespec="seconds") if grant.starts_at else "",
            "until": (grant.ended_at or grant.ends_at or grant.asked_at).isoformat(timespec="seconds"),
            "who": "+".join(sorted(grant.person.roles)),
            "what": grant.action,
            "purpose": grant.purpose,
            "opened": grant.uses,
        }
        for grant in grants.about_subjects([one.id for one in subjects])
    ] + [
        {
            "from": access.starts_at.isoformat(timespec="seconds"),
            "until": (access.ended_at or access.ends_at).isoformat(timespec="seconds"),
            "who": "+".join(sorted(access.person.roles)),
            "what": "emergency",
            "purpose": access.purpose,
            "opened": opened,
        }
        for access, opened in emergency.about_subjects([one.id for one in subjects])
    ]


def _roles(actors: set[str]) -> dict[str, str]:
    people = User.objects.filter(pseudonym__in=[actor for actor in actors if len(actor) == 36])
    return {str(user.pseudonym): "+".join(sorted(user.roles)) for user in people}


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    return out.getvalue()


def _answered(request_id: UUID, actor: Actor) -> None:
    request = SubjectRequest.objects.select_for_update().get(pk=request_id)
    if request.state != State.EXECUTING:
        return
    for task in request.tasks.exclude(state__in=RequestTask.SETTLED):
        actions.settle(task, after=task.before, method="reported", actor=actor.name)
    actions.answer(request, actor=actor.name)
