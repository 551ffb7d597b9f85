"""After a retention period has ended and was cleared away: search for what is left, then certify what ended.

A bucket with residue is not certified; a finding says so until a later search finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from callwarden.custody import objects
from callwarden.custody.models import Bucket, BucketKey, Client, DataKey, Record, SealedField, SearchToken
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.lawful.certificates.actions import issue
from callwarden.lawful.certificates.models import Certificate, CertifiedBucket
from callwarden.lawful.certificates.rules import Method, NotCovered, Replica, Scan, Statement
from callwarden.protection.keys import epochs

ACTOR: Final = "job:retention"
# Buckets one certificate tells of at most, and how many of them it names.
AT_ONCE: Final = 500
NAMED: Final = 100
RESIDUE = findings.register(
    FindingKind(
        "residue-after-retention",
        title=_("Something is left of data whose time is over"),
        remedy=_("Remove what is left in the database or the object store, then say that it was remedied."),
    )
)


def certify() -> int:
    """Certify the buckets that were cleared away since the last look. Returns how many certificates were issued."""
    return sum(certify_of(client) is not None for client in Client.objects.values_list("id", flat=True))


def certify_of(client: UUID) -> Certificate | None:
    """One certificate over the cleared buckets of a client that none tells of yet; None when there is none, or when
    something is left of each.
    """
    with client_scope(client):
        waiting = Bucket.objects.filter(client_id=client, purged_at__isnull=False).exclude(
            pk__in=CertifiedBucket.objects.values("bucket")
        )
        # The locks keep two jobs from telling of one bucket twice; who comes second takes the next.
        chosen = list(waiting.order_by("purged_at").select_for_update(skip_locked=True)[:AT_ONCE])
        clean = [bucket for bucket in chosen if _is_clean(bucket)]
        if not clean:
            return None
        certificate = issue(_statement(client, clean), actor=ACTOR)
        CertifiedBucket.objects.bulk_create(CertifiedBucket(bucket=bucket, certificate=certificate) for bucket in clean)
    return certificate


def residue(bucket: Bucket) -> dict[str, int]:
    """What is left of a bucket, by replica. Call it inside `client_scope`."""
    records = Record.objects.filter(bucket=bucket)
    keys = records.exclude(object_key="").values_list("object_key", flat=True)
    return {
        "keys": DataKey.objects.filter(bucket=bucket).count() + BucketKey.objects.filter(bucket=bucket).count(),
        "rows": SealedField.objects.filter(record__in=records).count()
        + records.exclude(state=Record.State.DESTROYED).count(),
        "search_index": SearchToken.objects.filter(record__in=records).count(),
        "objects": sum(objects.exists(key) for key in keys.iterator()),
    }


def _is_clean(bucket: Bucket) -> bool:
    left = residue(bucket)
    where = f"bucket:{bucket.pk}"
    if any(left.values()):
        findings.report(RESIDUE.name, severity=Severity.HIGH, actor=ACTOR, where=where, data=dict(left))
        return False
    for finding in Finding.objects.filter(kind=RESIDUE.name, where=where, state=Finding.State.VERIFYING):
        findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="residue:0")
    return True


def _statement(client: UUID, buckets: Sequence[Bucket]) -> Statement:
    ids = sorted(bucket.pk for bucket in buckets)
    records = Record.objects.filter(bucket__in=ids)
    counts = records.aggregate(all=Count("id"), fields=Count("fields"))
    stored = records.exclude(object_key="").count()
    kinds = sorted({bucket.category for bucket in buckets})
    lines = sorted({str(bucket.line_id) for bucket in buckets})
    before = int(counts["all"])
    return Statement(
        kind=Certificate.Kind.RETENTION,
        client=client,
        about=("retention_look", uuid4()),
        scope={
            "buckets": len(ids),
            "bucket_ids": [str(one) for one in ids[:NAMED]],
            "buckets_digest": sha256(b"".join(one.bytes for one in ids)).hexdigest(),
            "categories": kinds,
            "lines": lines,
            "first_week": min(bucket.expires_on for bucket in buckets).isoformat(),
            "last_week": max(bucket.expires_on for bucket in buckets).isoformat(),
            "records": before,
        },
        replicas=(
            Replica("keys", Method.KEY_DESTROYED, before + len(ids), 0),
            Replica("rows", Method.ROWS_DELETED, before, 0),
            Replica("search_index", Method.ROWS_DELETED, before, 0),
            Replica("objects", Method.OBJECTS_DELETED, stored, 0),
            Replica("backups", Method.ENDS_WITH_EPOCH, before, before, by=backups_end()),
        ),
        scan=Scan(covered=("keys", "rows", "search_index", "objects"), found=0),
        not_covered=(NotCovered("backups", "unreadable_after_epoch_turn"), NotCovered("partners", "no_order_by_rule")),
    )


def backups_end() -> date:
    """The day by which no copy of a key is left that opens what was destroyed today."""
    return (clock.now() + timedelta(days=epochs.terms().erased_within)).date() + timedelta(days=1)
