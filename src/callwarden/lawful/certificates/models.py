"""Certificates, as they were issued. The database refuses every change."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Bucket, Client
from callwarden.kernel.columns import declare
from callwarden.kernel.rows import Row


class Certificate(Row):
    """One certificate. It is signed by the operation log: its digest stands in an entry under a signed checkpoint.

    Attributes:
        about_kind, about_id: what it answers.
        body: canonical JSON; holds pseudonyms, slugs, counts and dates only.
        digest: SHA-256 of `body`, in hex.
        entry: the ledger entry that names the digest.
    """

    class Kind(models.TextChoices):
        RETENTION = "retention", _("End of retention")
        ERASURE = "erasure", _("Erasure on request")
        ANONYMISATION = "anonymisation", _("Anonymisation")

    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    about_kind = models.CharField(max_length=30)
    about_id = models.UUIDField()
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    entry = models.UUIDField(unique=True)
    issued_at = models.DateTimeField()

    columns = declare(structural="id client kind about_kind about_id body digest entry issued_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "about_kind", "about_id"], name="certificate_once_for_a_matter")
        ]
        indexes = [models.Index(fields=["-issued_at"], name="certificate_latest")]


class CertifiedBucket(models.Model):
    """Which certificate tells of the end of a retention bucket."""

    bucket = models.OneToOneField(Bucket, on_delete=models.PROTECT, primary_key=True, related_name="+")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="buckets")

    columns = declare(structural="bucket certificate")
