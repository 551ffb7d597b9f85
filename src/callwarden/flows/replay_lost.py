"""What a restore cannot do again and people have to.

Requests of data subjects that came in after the copy: nothing of them is left but that they came, and their time runs
on, so people enter them once more from the letter, the mail or the other system, or ask who sent them. And
restrictions that two people had lifted since: they stand again, until two people lift them again. And explanations
that were answered since: their text is lost, but not that it was answered, when, by whom and with which digest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.kernel import findings
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Severity
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.models import RequestTask, SubjectRequest

LOST = findings.register(
    FindingKind(
        "requests-lost",
        title=_("Requests of callers that came after the restored copy are lost"),
        remedy=_(
            "Each is named by its number, kind, way and day. Enter it again with the day on which it came, from the "
            "letter, the mail or the system that sent it; ask the person where nothing else says who it was."
        ),
    )
)
STANDS_AGAIN = findings.register(
    FindingKind(
        "restriction-stands-again",
        title=_("A restriction that was lifted after the restored copy stands again"),
        remedy=_(
            "Open the request and have its restriction lifted again by two people, if what was decided then still"
            " holds. Until then what is kept of the person is stored only."
        ),
    )
)
ANSWERED = findings.register(
    FindingKind(
        "explanation-answered-before",
        title=_("An explanation was answered after the restored copy, and its text is lost"),
        remedy=_(
            "The person has the document; a file they show is the one if its SHA-256 is the one named here. The finding"
            " names the request, the day and who answered. Do not answer anew in other words. Where the request is lost"
            " too, enter it again and reject or answer it with reference to what was sent."
        ),
    )
)
State = SubjectRequest.State
# Requests in one finding, about seventy bytes each.
_AT_ONCE: Final = 50


def requests_lost(entries: Iterable[Mapping[str, Any]], *, actor: str) -> int:
    """Open findings that name the requests which the store does not hold, and when they came. How many those are."""
    told: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in entries:
        if entry["event"] == Event.REQUEST_RECEIVED:
            data = entry["data"]
            words = (data["request"], data["kind"], data["channel"], data.get("received", entry["at"])[:10])
            told[entry["client"]][data["request"]] = "/".join(words)
    return sum(_tell(UUID(client), words, actor) for client, words in told.items())


def lifted_again(entries: Iterable[Mapping[str, Any]], *, actor: str) -> int:
    """Open findings that name the requests whose restriction was lifted since and stands again. How many those are."""
    told: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry["event"] == Event.RECORD_UNRESTRICTED and (request := entry.get("data", {}).get("request")):
            told[entry["client"]].add(request)
    return sum(_tell_standing(UUID(client), named, actor) for client, named in sorted(told.items()))


def answered_again(entries: Iterable[Mapping[str, Any]], *, actor: str) -> int:
    """Have requests known as answered that were answered with a document since; findings name each, as its text is
    lost. How many those are. One that was not under way in the copy stays as it is: people see to it.
    """
    return sum(_answered(entry, actor) for entry in entries if _explains(entry))


def _explains(entry: Mapping[str, Any]) -> bool:
    return bool(entry["event"] == Event.REQUEST_ANSWERED and entry.get("data", {}).get("document"))


def _answered(entry: Mapping[str, Any], actor: str) -> bool:
    told, client = entry["data"], UUID(entry["client"])
    with client_scope(client):
        request = SubjectRequest.objects.select_for_update(of=("self",)).filter(pk=told["id"]).first()
        if request is not None and request.state in (State.ANSWERED, State.CLOSED):
            return False
        if request is not None and request.state == State.EXECUTING:
            for task in request.tasks.exclude(state__in=RequestTask.SETTLED):
                actions.settle(task, after=task.before, method="explained", actor=actor)
            at, document = datetime.fromisoformat(entry["at"]), bytes.fromhex(told["document"])
            actions.answer(request, actor=actor, document=document, at=at)
    findings.report(
        ANSWERED.name,
        severity=Severity.MEDIUM,
        actor=actor,
        where=f"request:{told['id']}",
        data={"request": told["id"], "answered_at": entry["at"], "by": entry["actor"], "sha256": told["document"]},
        client=client,
    )
    return True


def _tell_standing(client: UUID, named: set[str], actor: str) -> int:
    with client_scope(client):
        standing = SubjectRequest.objects.filter(pk__in=named, lifted_at__isnull=True).order_by("pk")
        waiting = [str(one.pk) for one in standing]
    for request in waiting:
        findings.report(
            STANDS_AGAIN.name,
            severity=Severity.MEDIUM,
            actor=actor,
            where=f"request:{request}",
            data={"request": request},
            client=client,
        )
    return len(waiting)


def _tell(client: UUID, words: Mapping[str, str], actor: str) -> int:
    with client_scope(client):
        ids = SubjectRequest.objects.filter(pk__in=list(words)).values_list("pk", flat=True)
        known = {str(pk) for pk in ids}
    lost = [pk for pk in words if pk not in known]
    for first in range(0, len(lost), _AT_ONCE):
        some = lost[first : first + _AT_ONCE]
        findings.report(
            LOST.name,
            severity=Severity.HIGH,
            actor=actor,
            where=f"request:{some[0]}",
            data={"requests": [words[pk] for pk in some], "count": len(some)},
            client=client,
        )
    return len(lost)
