"""The certificate an erasure is answered with: what became of each replica, what was searched, what is not covered."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.flows import spoken_of
from callwarden.flows.residue import ScanReport, not_covered_of
from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import Vote
from callwarden.lawful.certificates.actions import issue
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.certificates.rules import Exempt, Method, NotCovered, Replica, Scan, Statement
from callwarden.lawful.purposes.terms import Certainty
from callwarden.lawful.requests.models import PROOF_PROVISION, RequestTask, SubjectRequest

Kind = RequestTask.Replica
# What proves a yes is looked at again after the longest time anybody can be asked to show it.
REVIEW: Final = timedelta(days=3 * 365)
# What others said of somebody lies under others' keys: no search reads it. Calls that are marked were gone over: by
# hand, or because a number or an address they are known by was said there. A name alone marks nothing.
UNNUMBERED: Final = "named_without_number"
# In calls redacted before anything was looked up, or before the person was known here, only who was marked by hand.
UNMARKED: Final = "only_marked_calls"
# Exception -> how sure the least sure of its provisions is: GDPR is cited from general knowledge.
_SURE: Final = {PROOF_PROVISION: Certainty.GENERAL}
# Replica of the request -> what of the search looked through it.
SEARCHED: Final[dict[str, str]] = {
    Kind.RECORDS: "tables",
    Kind.RECORDINGS: "objects",
    Kind.TRANSCRIPTS: "objects",
    Kind.INDEXES: "search_index",
    Kind.OPEN_VIEWS: "caches",
}
METHODS: Final = {
    "key_destroyed": Method.KEY_DESTROYED,
    "rows_deleted": Method.ROWS_DELETED,
    "permits_revoked": Method.ROWS_DELETED,
    "version_without_person": Method.REDACTED_AGAIN,
    "ends_with_epoch": Method.ENDS_WITH_EPOCH,
}


def certify(
    request: SubjectRequest, report: ScanReport, *, of: Collection[UUID], also: Collection[NotCovered] = (), actor: str
) -> Certificate:
    """Issue it. Call it inside `client_scope`.

    Args:
        of: the key holders that were erased.
        also: what is not covered beyond what the search says itself, as what left before.

    Raises:
        Refused: the search found something, or did not look for them, or a copy is passed over in silence.
    """
    if not of or set(of) - set(report.subjects) or not any(report.marks.values()):
        raise Refused("not_searched_for", _("The search did not look for everybody who was erased. Search again."))
    tasks = list(request.tasks.order_by("replica"))
    done = [task for task in tasks if task.method in METHODS]
    kept = [task for task in tasks if task.state == RequestTask.State.EXCEPTED and task.after]
    unsearched = [task for task in done if SEARCHED.get(task.replica) not in report.covered]
    left = {one.what for one in also}
    none = sorted({str(Kind.EXPORTS), str(Kind.RECIPIENTS)} - left)
    return issue(
        Statement(
            kind=Certificate.Kind.ERASURE,
            client=request.client_id,
            about=("request", request.id),
            scope={
                "request": str(request.id),
                "asked_for": request.kind,
                "person": str(request.person_id),
                "subjects": len(report.subjects),
                "line": str(request.line_id),
                "values_known_to_the_search": report.values_known,
                "none_on_record": none,
            },
            replicas=[_replica(task) for task in done],
            scan=Scan(
                covered=sorted({*report.covered, *(t.replica for t in done if t not in unsearched)}),
                found=report.found,
                report=report.digest,
            ),
            exempt=[_exempt(task) for task in kept],
            not_covered=[
                *(NotCovered(task.replica, _why(task)) for task in unsearched if task.replica != Kind.MENTIONS),
                *_of_others(request.client_id, of),
                *not_covered_of(report),
                *also,
            ],
            approvers=approvers(request.approval),
        ),
        actor=actor,
    )


def _replica(task: RequestTask) -> Replica:
    by = task.not_before.date() if task.method == "ends_with_epoch" and task.not_before else None
    return Replica(task.replica, METHODS[task.method], task.before, task.after or 0, by=by)


def _exempt(task: RequestTask) -> Exempt:
    sure = _SURE.get(task.exception, Certainty.UNCERTAIN)
    return Exempt(task.exception, task.after or 0, (clock.now() + REVIEW).date(), str(sure))


def _of_others(client: UUID, subjects: Collection[UUID]) -> Iterator[NotCovered]:
    """What of the calls of others is not covered."""
    yield NotCovered(Kind.MENTIONS, UNNUMBERED)
    if unsought := spoken_of.not_sought(client, subjects).count():
        yield NotCovered(Kind.MENTIONS, UNMARKED, count=unsought)


def _why(task: RequestTask) -> str:
    return "unreadable_when_their_keys_end" if task.method == "ends_with_epoch" else "not_measured"


def approvers(approval: UUID | None) -> list[str]:
    """Pseudonyms of those who voted on what was carried out."""
    if approval is None:
        return []
    votes = Vote.objects.filter(approval=approval).select_related("voter")
    return sorted({str(vote.voter.pseudonym) for vote in votes})
