"""What ended is certified once nothing is left of it, and anybody can check the certificate without this system."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from callwarden.custody import objects
from callwarden.custody.destroy import buckets_over, destroy_buckets
from callwarden.custody.ledger.sequencer import verifier_key
from callwarden.custody.models import Bucket, Record
from callwarden.custody.scope import client_scope
from callwarden.engines.ledger.certificate_verifier import verify_certificate
from callwarden.flows import certificates, ended, timers
from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import Finding
from callwarden.lawful.certificates.actions import issue
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.certificates.rules import (
    Exempt,
    Method,
    NotCovered,
    Replica,
    Scan,
    Statement,
    canonical,
    content,
)
from tests.custody.test_locks import login, record
from tests.flows.centre_of_controls import sequence

__all__ = ["login", "record"]  # fixtures


def cleared(record: Record) -> Bucket:
    """End the record's bucket and clear it away, as the clock does."""
    with client_scope(record.client_id):
        day = Bucket.objects.get(pk=record.bucket_id).expires_on
        assert destroy_buckets(buckets_over(record.client_id, today=day), actor="system")
    timers.purge_ended(seconds=10)
    with client_scope(record.client_id):
        return Bucket.objects.get(pk=record.bucket_id)


def statement(**changes) -> Statement:
    from uuid import uuid4

    given = {
        "kind": "erasure",
        "client": None,
        "about": ("request", uuid4()),
        "scope": {"records": 3},
        "replicas": (Replica("rows", Method.ROWS_DELETED, 3, 0),),
        "scan": Scan(("rows",), 0),
    }
    return Statement(**{**given, **changes})


def test_an_ended_bucket_is_certified_once_and_the_file_verifies_with_nothing_but_the_key(record):
    bucket = cleared(record)
    assert ended.certify() == 1
    assert ended.certify() == 0
    sequence()
    one = Certificate.objects.get()
    file = certificates.document(one)
    report = verify_certificate(file, [verifier_key()])
    assert report.verified, report.faults
    told = json.loads(report.certificate)
    assert told["scope"]["bucket_ids"] == [str(bucket.pk)]
    assert {it["name"]: it["after"] for it in told["replicas"]} == {
        "keys": 0, "rows": 0, "search_index": 0, "objects": 0, "backups": 1,
    }  # fmt: skip
    assert certificates.checked(one).holds


def test_any_change_of_the_text_or_of_the_proof_is_found(record):
    cleared(record)
    ended.certify()
    sequence()
    whole = json.loads(certificates.document(Certificate.objects.get()))
    key = [verifier_key()]

    def faults(**changes) -> list[str]:
        return [fault.code for fault in verify_certificate(json.dumps({**whole, **changes}).encode(), key).faults]

    text = whole["certificate"]
    assert faults() == []
    assert faults(certificate={**text, "kind": "erasure"}) == ["certificate_differs"]
    assert faults(certificate={**text, "scan": {**text["scan"], "found": 1}}) == ["certificate_differs"]
    assert faults(certificate={**text, "note": "x"}) == ["certificate_differs"]
    assert faults(certificate={name: value for name, value in text.items() if name != "not_covered"}) == [
        "certificate_differs"
    ]
    assert faults(format="callwarden-certificate/2") == ["certificate_malformed"]
    assert faults(more=1) == ["certificate_malformed"]
    assert faults(proof=whole["proof"].replace("index ", "index 1")) != []
    doubled = json.dumps(whole).replace('"kind": "retention"', '"kind": "erasure", "kind": "retention"').encode()
    assert [fault.code for fault in verify_certificate(doubled, key).faults] == ["certificate_malformed"]


def test_an_entry_that_issues_nothing_proves_no_certificate(record):
    from callwarden.custody.models import LedgerEntry
    from callwarden.flows import trail

    cleared(record)
    ended.certify()
    sequence()
    whole = json.loads(certificates.document(Certificate.objects.get()))
    other = LedgerEntry.objects.exclude(event="lawful:erasure:certified").order_by("index").first()
    whole["proof"] = trail.proof(other.index).decode()
    report = verify_certificate(json.dumps(whole).encode(), [verifier_key()])
    assert [fault.code for fault in report.faults] == ["certificate_not_issued"]


def test_a_bucket_of_which_an_object_is_left_is_not_certified_and_somebody_is_told(record):
    cleared(record)
    objects.create(record.object_key, io.BytesIO(b"left behind"))
    assert ended.certify() == 0
    assert Finding.objects.get(kind="residue-after-retention").state == Finding.State.OPEN
    objects.delete(record.object_key)
    assert ended.certify() == 1


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("residue_found", {"scan": Scan(("rows",), 1)}),
        ("copies_left", {"replicas": (Replica("rows", Method.ROWS_DELETED, 3, 1),)}),
        ("coverage_unsaid", {"scan": Scan((), 0)}),
        (
            "no_end_named",
            {
                "replicas": (Replica("backups", Method.ENDS_WITH_EPOCH, 3, 3),),
                "not_covered": (NotCovered("backups", "not_searched"),),
            },
        ),
    ],
)
def test_what_does_not_hold_is_not_certified(transactional_db, code, changes):
    with pytest.raises(Refused) as refusal, transaction.atomic():
        issue(statement(**changes), actor="system")
    assert refusal.value.code == code
    assert not Certificate.objects.exists()


def test_what_a_provision_keeps_is_named_and_does_not_stand_in_the_way(keeper):
    day = (clock.now() + timedelta(days=30)).date()
    kept = statement(
        replicas=(Replica("rows", Method.ROWS_DELETED, 3, 1),),
        scan=Scan(("rows",), 1),
        exempt=(Exempt("ccb-outbound-evidence", 1, day),),
    )
    one = issue(kept, actor="system")
    assert certificates.content(one)["exempt"] == [
        {
            "provision": "ccb-outbound-evidence",
            "certainty": "uncertain",
            "records": 1,
            "review_on": day.isoformat(),
        }
    ]


def test_an_issued_certificate_cannot_be_changed_or_removed(keeper):
    one = issue(statement(), actor="system")
    for sql in ("UPDATE lawful_certificate SET kind = 'retention'", "DELETE FROM lawful_certificate"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert Certificate.objects.get(pk=one.pk).kind == "erasure"


def test_the_canonical_text_is_what_a_plain_json_writer_gives(keeper):
    from uuid import uuid4

    data = content(statement(approvers=(str(uuid4()),)), number=uuid4(), issued_at=clock.now())
    plain = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    assert canonical(data) == plain


def test_copies_of_the_two_verifiers_check_it_away_from_the_system(record, tmp_path):
    import shutil
    import subprocess
    import sys
    from pathlib import Path

    from callwarden.engines.ledger import certificate_verifier, verifier

    cleared(record)
    ended.certify()
    sequence()
    away = tmp_path / "away"
    away.mkdir()
    for module in (verifier, certificate_verifier):
        shutil.copy(module.__file__, away)
    (away / "cert.json").write_bytes(certificates.document(Certificate.objects.get()))
    (away / "key").write_text(verifier_key())
    # Neither this installation nor its package can be seen from there.
    blocked = "import sys; sys.modules['callwarden'] = None; sys.argv = sys.argv[1:]; import runpy;"
    program = [sys.executable, "-c", f"{blocked} runpy.run_path('certificate_verifier.py', run_name='__main__')"]
    given = ["certificate_verifier.py", "cert.json", "--key", "key", "--lang", "en"]
    done = subprocess.run([*program, *given], cwd=away, capture_output=True, text=True, env={"PYTHONPATH": "."})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("VERIFIED")
    assert Path(away / "cert.json").exists()
