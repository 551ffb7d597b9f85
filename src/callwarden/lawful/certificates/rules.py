"""What a certificate says, and when one may be issued at all.

A certificate is evidence toward a duty to delete, not a statement that a law was kept. It names what it does not cover.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import rfc8785
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import structural
from callwarden.kernel.errors import Refused
from callwarden.kernel.structural import Scalar
from callwarden.lawful.purposes.terms import Certainty

VERSION = 1


class Method(StrEnum):
    """How something was taken away from a copy."""

    ROWS_DELETED = "rows_deleted"
    OBJECTS_DELETED = "objects_deleted"
    KEY_DESTROYED = "key_destroyed"
    REDACTED_AGAIN = "redacted_again"
    ANONYMISED = "anonymised"
    ORDERED_AT_PARTNER = "ordered_at_partner"
    ENDS_WITH_EPOCH = "ends_with_epoch"


@dataclass(frozen=True)
class Replica:
    """One kind of copy and what became of it.

    Attributes:
        name: slug of the replica ("rows", "objects", "search_index", "backups", "partner:SLUG").
        before, after: how many pieces of it there were, and are.
        by: when it ends by itself, where `method` is `ENDS_WITH_EPOCH`.
    """

    name: str
    method: Method
    before: int
    after: int
    by: date | None = None


@dataclass(frozen=True)
class Scan:
    """The search for what was left. Without one there is no certificate.

    Attributes:
        covered: replicas that were searched.
        found: pieces that were found.
        report: SHA-256 of the scan's own report, in hex; "" where it has none.
    """

    covered: Sequence[str]
    found: int
    report: str = ""


@dataclass(frozen=True)
class Exempt:
    """What stays, on which provision, until it is looked at again.

    Attributes:
        certainty: how sure it is that the provision says so (slug).
    """

    provision: str
    records: int
    review_on: date
    certainty: str = Certainty.UNCERTAIN.value


@dataclass(frozen=True)
class NotCovered:
    """A copy nothing is said about, and why (slugs).

    Attributes:
        count: how many there are, where that is known.
        days: on which days (ISO, UTC) they came to be, where that is known.
    """

    what: str
    why: str
    count: int = 0
    days: Sequence[str] = ()


@dataclass(frozen=True)
class Statement:
    """Everything a certificate states.

    Attributes:
        kind: "retention", "erasure" or "anonymisation".
        about: kind and id of what it answers (a request, a run).
        scope: structural facts that say what was meant to go.
        approvers: pseudonyms of those who decided; empty where a rule decided.
    """

    kind: str
    client: UUID | None
    about: tuple[str, UUID]
    scope: Mapping[str, Scalar | Sequence[str]]
    replicas: Sequence[Replica]
    scan: Scan
    exempt: Sequence[Exempt] = ()
    not_covered: Sequence[NotCovered] = ()
    approvers: Sequence[str] = ()


def check(statement: Statement) -> None:
    """Refuse to certify what does not hold.

    Raises:
        Refused: the scan found something that nobody is allowed to keep, a copy is left, or a copy is passed over.
        NotStructural: a value could tell something of a person.
    Source: research/privacy-ops.md section 7, ErasureCertificate.
    """
    kept = sum(one.records for one in statement.exempt)
    if statement.scan.found > kept:
        raise Refused(
            "residue_found",
            _("Something that should be gone was found. Take it away, search again, then certify."),
            data={"found": statement.scan.found, "exempt": kept},
        )
    left = [one.name for one in statement.replicas if one.after > kept and one.method != Method.ENDS_WITH_EPOCH]
    if left:
        raise Refused("copies_left", _("Copies are left that nothing exempts."), data={"replicas": sorted(left)})
    if undated := [one.name for one in statement.replicas if one.method == Method.ENDS_WITH_EPOCH and one.by is None]:
        raise Refused("no_end_named", _("Say when these copies end."), data={"replicas": sorted(undated)})
    told = {*statement.scan.covered, *(one.what for one in statement.not_covered)}
    silent = sorted({one.name for one in statement.replicas} - told)
    if silent:
        raise Refused(
            "coverage_unsaid",
            _("The search did not cover every copy. Search it, or say that it is not covered and why."),
            data={"replicas": silent},
        )
    _check_structural(statement)


def _check_structural(statement: Statement) -> None:
    structural.check_mapping(statement.scope, where="scope")
    structural.check_all((statement.kind, statement.about[0], statement.scan.report), where="statement")
    structural.check_all((one.name for one in statement.replicas), where="replicas")
    structural.check_all(statement.scan.covered, where="scan")
    structural.check_all((text for one in statement.exempt for text in (one.provision, one.certainty)), where="exempt")
    structural.check_all(
        (text for one in statement.not_covered for text in (one.what, one.why, *one.days)), where="not_covered"
    )
    for approver in statement.approvers:
        structural.check_actor(approver)


def content(statement: Statement, *, number: UUID, issued_at: datetime) -> dict[str, Any]:
    """The certificate as data. Whole numbers and strings only, so that every JSON writer gives the same bytes."""
    return {
        "v": VERSION,
        "id": str(number),
        "issued_at": issued_at.isoformat(timespec="seconds"),
        "kind": statement.kind,
        "client": str(statement.client) if statement.client else None,
        "about": {"kind": statement.about[0], "id": str(statement.about[1])},
        "scope": {name: list(v) if isinstance(v, list | tuple) else v for name, v in statement.scope.items()},
        "replicas": [
            {
                "name": one.name,
                "method": str(one.method),
                "before": one.before,
                "after": one.after,
                **({"by": one.by.isoformat()} if one.by else {}),
            }
            for one in statement.replicas
        ],
        "scan": {
            "covered": sorted(statement.scan.covered),
            "found": statement.scan.found,
            **({"report": statement.scan.report} if statement.scan.report else {}),
        },
        "exempt": [
            {
                "provision": one.provision,
                "certainty": one.certainty,
                "records": one.records,
                "review_on": one.review_on.isoformat(),
            }
            for one in statement.exempt
        ],
        "not_covered": [
            {
                "what": one.what,
                "why": one.why,
                **({"count": one.count} if one.count else {}),
                **({"days": list(one.days)} if one.days else {}),
            }
            for one in statement.not_covered
        ],
        "approvers": sorted(statement.approvers),
    }


def canonical(data: Mapping[str, Any]) -> bytes:
    """The bytes a certificate's digest is taken over (RFC 8785)."""
    return rfc8785.dumps(dict(data))


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
