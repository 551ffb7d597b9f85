"""Objects that nobody may change or delete before their date: an S3 bucket with object lock.

Credentials come from where boto3 looks for them (environment, files, instance). Every head is read back with its lock,
because a bucket made without object lock takes the object and forgets the date.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from callwarden.custody.ledger.sinks.interface import PATIENCE, Head, Sent, SinkFailed
from callwarden.kernel import clock


class LockedObjectSink:
    """Puts each head as `PREFIXcheckpoint-SIZE`, in compliance mode for `days` days."""

    kind: ClassVar[str] = "s3"

    def __init__(
        self,
        name: str,
        bucket: str,
        prefix: str,
        *,
        endpoint: str | None = None,
        region: str | None = None,
        days: float = 400.0,
        every: float = 60.0,
    ) -> None:
        self.name, self.every = name, every
        self._bucket, self._prefix, self._days = bucket, prefix, days
        self._endpoint, self._region = endpoint, region

    def send(self, head: Head) -> Sent:
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"{self._prefix}checkpoint-{head.size:012d}"
        until = clock.now() + timedelta(days=self._days)
        try:
            client = self._client()
            client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=head.note,
                ContentType="text/plain; charset=utf-8",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
            )
            kept = client.get_object_retention(Bucket=self._bucket, Key=key).get("Retention", {})
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in {"NoSuchObjectLockConfiguration", "InvalidRequest", "ObjectLockConfigurationNotFoundError"}:
                raise SinkFailed("bucket_not_locked") from None
            raise SinkFailed("not_allowed" if code in {"AccessDenied", "403"} else "storage_refused") from None
        except (BotoCoreError, OSError):
            raise SinkFailed("no_connection") from None
        if kept.get("Mode") != "COMPLIANCE":
            raise SinkFailed("bucket_not_locked")
        return Sent(head.size)

    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        patience = Config(connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"max_attempts": 1})
        return boto3.client("s3", endpoint_url=self._endpoint, region_name=self._region, config=patience)
