"""Targets that keep versions: what was removed there is only hidden until its versions are gone as well.

A bucket with object lock keeps every version until its time, whoever asks; that is its use. Afterwards somebody must
remove it, or a copy of a key outlives the promise. (Amazon S3 User Guide: Working with delete markers; Object Lock.)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.translation import gettext_lazy as _

from callwarden.protection.backup.rules import BackupFailed

_LOCKED: Final = frozenset({"AccessDenied", "InvalidRequest", "ObjectLocked"})


@dataclass(frozen=True)
class Swept:
    """How many hidden versions were removed, and how many are locked still."""

    removed: int = 0
    locked: int = 0


def sweep(url: str) -> Swept:
    """Remove every version below this target that is hidden, by a newer one or by a removal, and not locked any more.

    Does nothing for a folder or a bucket without versions.

    Raises:
        BackupFailed: the target does not answer.
    """
    target = urlsplit(url)
    if target.scheme != "s3":
        return Swept()
    client = boto3.client(
        "s3",
        endpoint_url=os.environ.get("AWS_ENDPOINT") or os.environ.get("AWS_ENDPOINT_URL") or None,
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
    )
    removed = locked = 0
    try:
        if client.get_bucket_versioning(Bucket=target.netloc).get("Status") is None:
            return Swept()
        for key, version in list(_hidden(client, target.netloc, f"{target.path.strip('/')}/".lstrip("/"))):
            try:
                client.delete_object(Bucket=target.netloc, Key=key, VersionId=version)
                removed += 1
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in _LOCKED:
                    raise
                locked += 1
    except (BotoCoreError, ClientError):
        raise BackupFailed(
            "backup_target_failed",
            _("The backup target does not answer or is full. Make room or mend it; the next run starts again."),
        ) from None
    return Swept(removed, locked)


def _hidden(client: Any, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """(key, version) of what no reader sees; a mark of removal only where nothing is left below it."""
    marks, below = [], set()
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for one in page.get("Versions", ()):
            below.add(one["Key"])
            if not one["IsLatest"]:
                yield one["Key"], one["VersionId"]
        marks += [(one["Key"], one["VersionId"]) for one in page.get("DeleteMarkers", ())]
    yield from (mark for mark in marks if mark[0] not in below)
