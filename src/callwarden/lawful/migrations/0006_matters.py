"""Matters, and the steps their state may take."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.kernel.machine import state_guard


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0007_clock_mark"),
        ("lawful", "0005_registry_guards"),
        ("kernel", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Matter",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waits for a second person"),
                            ("provisional", "Provisional, by one person"),
                            ("held", "In force"),
                            ("released", "Released"),
                            ("dropped", "Not set"),
                        ],
                        db_index=True,
                        default="asked",
                        max_length=12,
                    ),
                ),
                ("label", models.CharField(max_length=40)),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("litigation", "Legal dispute"),
                            ("authority", "Inquiry by an authority"),
                            ("complaint", "Complaint"),
                            ("investigation", "Internal investigation"),
                            ("subject", "Asked for by the person concerned"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("call", "One call"),
                            ("customer", "One customer"),
                            ("person", "One person, as far as known"),
                            ("query", "All records that fit"),
                        ],
                        max_length=10,
                    ),
                ),
                ("target", models.UUIDField(null=True)),
                ("query", models.JSONField(default=dict)),
                ("review_on", models.DateField()),
                ("opened_by", models.CharField(max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("entry", models.UUIDField()),
                ("approval", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="matters", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["client", "-opened_at"], name="matter_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scope", "query"), ("target__isnull", True)),
                            models.Q(models.Q(("scope", "query"), _negated=True), ("target__isnull", False)),
                            _connector="OR",
                        ),
                        name="matter_has_a_target_or_a_query",
                    )
                ],
            },
        ),
        state_guard(
            "lawful_matter",
            steps="asked>dropped,asked>held,asked>provisional,held>released,provisional>held,provisional>released",
            initial="asked",
        ),
    ]
