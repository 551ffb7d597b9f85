"""Requests of data subjects, what is to be done for them, and the codes that prove who asks."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security
from callwarden.kernel.machine import state_guard


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0008_registry"),
        ("lawful", "0006_matters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SubjectRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=12, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "Access: what is kept and who looked at it"),
                            ("copy", "A copy to take along"),
                            ("correction", "Correction"),
                            ("erasure", "Erasure"),
                            ("restriction", "Restriction"),
                            ("withdrawal", "Withdrawal of consent"),
                            ("objection", "Objection"),
                            ("explanation", "Explanation of the rules"),
                            ("account_closing", "Closing the account"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "By telephone, through an agent"),
                            ("web", "Through the public form"),
                            ("api", "From another system"),
                            ("letter", "In writing"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("verifying", "Waiting for proof"),
                            ("accepted", "Accepted"),
                            ("planned", "Planned"),
                            ("executing", "Being carried out"),
                            ("restricted", "Restricted: something must wait"),
                            ("answered", "Answered"),
                            ("closed", "Closed"),
                            ("rejected", "Rejected"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                ("jurisdiction", models.CharField(max_length=10)),
                ("language", models.CharField(default="en", max_length=10)),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(), blank=True, default=list, size=None
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("provisional", models.BooleanField(default=False)),
                ("provision", models.CharField(max_length=100)),
                ("extended_at", models.DateTimeField(null=True)),
                ("asked_proof_at", models.DateTimeField(null=True)),
                ("paused_s", models.PositiveIntegerField(default=0)),
                ("verified_at", models.DateTimeField(null=True)),
                ("verified_how", models.CharField(blank=True, max_length=20)),
                ("waits_until", models.DateTimeField(null=True)),
                (
                    "rejected_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_verified", "The person could not be verified"),
                            ("not_the_subject", "Asked by somebody else without authority"),
                            ("nothing_kept", "Nothing is kept about this person"),
                            ("excessive", "Repeated without reason"),
                            ("harms_others", "It would harm the rights of others"),
                            ("law_requires_keeping", "A law requires it to be kept"),
                        ],
                        max_length=30,
                    ),
                ),
                ("certificate", models.UUIDField(null=True)),
                ("approval", models.UUIDField(null=True)),
                ("actor", models.CharField(max_length=60)),
                ("answered_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "call",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="requests",
                        to="custody.call",
                    ),
                ),
                (
                    "claimed",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="custody.customer"
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="custody.customer",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.line"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="custody.person",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="custody.record"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RequestTask",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "replica",
                    models.CharField(
                        choices=[
                            ("records", "Customer records"),
                            ("recordings", "Recordings"),
                            ("transcripts", "Transcripts"),
                            ("indexes", "Look-up and search indexes"),
                            ("mentions", "Calls of others that mention the person"),
                            ("open_views", "Open views and permits"),
                            ("exports", "Exports"),
                            ("recipients", "Recipients outside"),
                            ("backups", "Backups"),
                            ("consents", "Proofs of consent"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "To be done"),
                            ("held", "Must wait"),
                            ("done", "Done"),
                            ("failed", "Failed: will be tried again"),
                            ("excepted", "Stays, on a legal ground"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("before", models.PositiveIntegerField(default=0)),
                ("after", models.PositiveIntegerField(null=True)),
                ("method", models.CharField(blank=True, max_length=40)),
                ("exception", models.CharField(blank=True, max_length=100)),
                ("not_before", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("moved_at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="lawful.subjectrequest"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RequestProof",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.BinaryField(max_length=32)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="custody.customer"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="proofs", to="lawful.subjectrequest"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="subjectrequest",
            index=models.Index(fields=["client", "state", "due_at"], name="request_by_due"),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__gt", models.F("received_at"))), name="request_due_after_arrival"
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ["accepted", "planned", "executing", "restricted", "answered"]), _negated=True
                    ),
                    models.Q(("person__isnull", False), ("verified_at__isnull", False)),
                    _connector="OR",
                ),
                name="request_goes_on_only_when_verified",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), _negated=True),
                    models.Q(("rejected_for", ""), _negated=True),
                    _connector="OR",
                ),
                name="request_rejected_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["erasure", "account_closing"]), ("state", "answered"), _negated=True),
                    ("certificate__isnull", False),
                    _connector="OR",
                ),
                name="request_erasure_answered_with_certificate",
            ),
        ),
        migrations.AddConstraint(
            model_name="requesttask",
            constraint=models.UniqueConstraint(fields=("request", "replica"), name="request_task_once"),
        ),
        migrations.AddIndex(
            model_name="requestproof",
            index=models.Index(fields=["expires_at"], name="proof_by_end"),
        ),
        migrations.RunSQL(row_security("lawful_subjectrequest"), drop_row_security("lawful_subjectrequest")),
        migrations.RunSQL(row_security("lawful_requesttask"), drop_row_security("lawful_requesttask")),
        migrations.RunSQL(row_security("lawful_requestproof"), drop_row_security("lawful_requestproof")),
        state_guard(
            "lawful_subjectrequest",
            steps=(
                "accepted>planned,accepted>rejected,answered>closed,executing>answered,executing>restricted,"
                "planned>executing,received>accepted,received>rejected,received>verifying,rejected>closed,"
                "restricted>executing,verifying>accepted,verifying>rejected"
            ),
            initial="received",
        ),
        state_guard(
            "lawful_requesttask",
            steps=("failed>pending,held>pending,pending>done,pending>excepted,pending>failed,pending>held"),
            initial="pending",
        ),
    ]
