"""Heads under object lock, against a real S3 server (SeaweedFS)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from callwarden.custody.ledger import sinks
from callwarden.custody.models import Checkpoint, CheckpointSink
from callwarden.kernel import clock
from tests.custody.test_objects import ACCESS, SECRET, s3

__all__ = ["s3"]

pytestmark = pytest.mark.xdist_group("object store")


@pytest.fixture
def storage(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return boto3.client("s3", endpoint_url=s3, region_name="us-east-1")


def test_a_head_under_lock_cannot_be_deleted_before_its_date(storage, s3, settings, write, sequence):
    bucket = f"heads-{uuid4().hex[:8]}"
    storage.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    settings.LEDGER_SINKS = [f"s3+lock://{bucket}/a/?endpoint={s3}&region=us-east-1&days=2&every=0"]
    write(3)
    sequence()
    state = CheckpointSink.objects.get()
    assert (state.error, state.size, state.kind) == ("", 3, "s3")
    head = storage.get_object(Bucket=bucket, Key="a/checkpoint-000000000003")
    assert head["Body"].read().decode() == Checkpoint.objects.get(size=3).note
    assert head["ObjectLockRetainUntilDate"] > clock.now() + timedelta(days=1)
    with pytest.raises(ClientError):
        storage.delete_object(Bucket=bucket, Key="a/checkpoint-000000000003", VersionId=head["VersionId"])


def test_a_bucket_that_keeps_no_locks_counts_as_no_place(storage, s3, settings, write, sequence):
    bucket = f"plain-{uuid4().hex[:8]}"
    storage.create_bucket(Bucket=bucket)
    settings.LEDGER_SINKS = [f"s3+lock://{bucket}/?endpoint={s3}&region=us-east-1"]
    write(1)
    sequence()
    state = CheckpointSink.objects.get()
    assert state.error in {"bucket_not_locked", "storage_refused"}
    assert Checkpoint.objects.get(size=1).exported_at is None
    assert sinks.configured()[0].every == 60
