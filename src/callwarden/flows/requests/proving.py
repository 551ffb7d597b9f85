"""How an erasure ends: what is left is searched for, and what was looked at, no more, is certified.

Whoever was erased stays known as the person who asked until the certificate is there: a search that died or failed is
for the same people the next time. What a search found by its value is not called gone by a later one that no longer
knows the value: somebody has to take it away and say so, and the certificate tells of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Customer, PersonLink, ResidueScan, Subject
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import unlink
from callwarden.flows import residue
from callwarden.flows.requests import found, left
from callwarden.flows.requests.certify import certify
from callwarden.flows.residue.scan import READABLE
from callwarden.kernel import findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.lawful.certificates.rules import NotCovered
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.models import SubjectRequest

ACTOR: Final = "job:erasure"
TAKEN_AWAY: Final = "taken_away_by_hand"
# A search that found something is repeated after this long, doubled each time, a day at most.
AGAIN: Final = timedelta(minutes=5)
NOT_CERTIFIED = findings.register(
    FindingKind(
        "erasure-not-certified",
        title=_("An erasure cannot be certified: nobody is known whom it erased"),
        remedy=_(
            "No key holder is linked with the person of this request, so nothing could be searched for. See whose data"
            " it is about, and answer the request by a letter of your own."
        ),
    )
)


@dataclass(frozen=True)
class Searched:
    """A search that found nothing.

    Attributes:
        before: the last one that found something by its value, where this one no longer knew the values.
    """

    report: residue.ScanReport
    before: ResidueScan | None

    def untold(self) -> list[NotCovered]:
        """What a certificate does not cover beyond what the search says itself. Call it inside `client_scope`."""
        return [*_taken_away(self.before), *left.untold(Subject.objects.filter(id__in=self.report.subjects))]


def search(client: UUID, marks: residue.Marks) -> Searched | None:
    """Search for what is left of these. None where something is, or was found by its value and nobody said that it is
    gone.
    """
    before = None if marks.known else _found_by_value(marks.subjects)
    if before is not None and not _said_to_be_gone(client, before.finished_at):
        return None
    report = residue.scan(marks)
    residue.note(report, actor=ACTOR)
    return None if report.outcome == Outcome.FAIL else Searched(report, before)


def prove(client: UUID, request_id: UUID, marks: residue.Marks) -> bool:
    """Search, certify, answer. Where something is found nothing is certified: a finding says where, and the job looks
    again until it is gone. Whether it was answered.
    """
    where = f"request:{request_id}"
    if not marks.subjects:
        findings.report(NOT_CERTIFIED.name, severity=Severity.HIGH, actor=ACTOR, where=where, client=client)
        return False
    searched = search(client, marks)
    if searched is None:
        return False
    with client_scope(client):
        request = SubjectRequest.objects.select_related("customer").get(pk=request_id)
        if others_came(request, marks.subjects):
            return False
        certificate = certify(request, searched.report, of=marks.subjects, also=searched.untold(), actor=ACTOR)
        _part(request)
        actions.answer(request, actor=ACTOR, certificate=certificate.id)
    # That it is certified now is the check of whoever said that it is known whom it erased.
    waiting = Finding.objects.filter(kind=NOT_CERTIFIED.name, where=where, state=Finding.State.VERIFYING)
    for finding in waiting:
        findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence=f"certificate:{certificate.id}")
    return True


def others_came(request: SubjectRequest, subjects: Collection[UUID]) -> bool:
    """Whether a key holder became known as this person since (a call was taken in): then all is gone over again."""
    assert request.person_id is not None
    # Whoever takes a call in, joins or parts holds the same rows, so nobody comes until this transaction ends.
    theirs = Customer.objects.select_for_update(no_key=True).filter(person=request.person_id)
    list(theirs.order_by("id").values_list("id"))
    return not {one.id for one in found.subjects_of(request.person_id)} <= set(subjects)


def too_soon(subjects: Collection[UUID], now: datetime) -> bool:
    """Whether the last search for these found something so lately that the next one waits for its turn, which comes
    later each time. Not where somebody has said since that it is gone.
    """
    last = list(_scans(subjects).values_list("outcome", "finished_at", "client")[:12])
    failed = list(takewhile(lambda one: one[0] == Outcome.FAIL, last))
    if not failed:
        return False
    _outcome, ended, client = failed[0]
    waits = min(AGAIN * 2 ** (len(failed) - 1), timedelta(days=1))
    return ended + waits > now and not _said_to_be_gone(client, ended)


def _scans(subjects: Collection[UUID]) -> QuerySet[ResidueScan]:
    return ResidueScan.objects.filter(subjects__overlap=list(subjects)).order_by("-finished_at")


def _found_by_value(subjects: Collection[UUID]) -> ResidueScan | None:
    """The last search for these that found something by its value."""
    for one in _scans(subjects).filter(outcome=Outcome.FAIL, values_known=True):
        if any(_readable(replica) for replica in residue.ScanReport.from_json(one.report).replicas):
            return one
    return None


def _readable(replica: residue.Replica) -> bool:
    return any(place.what in READABLE for place in replica.found)


def _said_to_be_gone(client: UUID, since: datetime) -> bool:
    """Whether somebody has said since that what was found there is taken away."""
    where = f"client:{client}"
    return Finding.objects.filter(kind=residue.FOUND.name, where=where, remediated_at__gt=since).exists()


def _taken_away(before: ResidueScan | None) -> list[NotCovered]:
    if before is None:
        return []
    replicas = residue.ScanReport.from_json(before.report).replicas
    return [NotCovered(one.name, TAKEN_AWAY) for one in replicas if _readable(one)]


def _part(request: SubjectRequest) -> None:
    """No link says any more who it was."""
    for link in PersonLink.objects.filter(person=request.person_id, revoked_at__isnull=True):
        unlink(link)
