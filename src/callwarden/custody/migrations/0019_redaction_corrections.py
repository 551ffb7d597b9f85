"""What reviewers changed about redactions, under row-level security."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0018_spoken_of"),
    ]

    operations = [
        migrations.CreateModel(
            name="RedactionCorrection",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("missed", "Missed by the rules"), ("over", "Hidden without need")], max_length=10
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Being carried out"),
                            ("done", "Carried out"),
                            ("failed", "Not carried out"),
                        ],
                        default="done",
                        max_length=10,
                    ),
                ),
                ("why_not", models.CharField(blank=True, max_length=40)),
                ("turn", models.PositiveIntegerField()),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                ("length", models.PositiveIntegerField()),
                ("type", models.CharField(max_length=20)),
                ("rule", models.CharField(max_length=40)),
                ("evidence", models.CharField(max_length=20)),
                ("confidence", models.FloatField()),
                ("language", models.CharField(blank=True, max_length=10)),
                ("shape", models.JSONField(default=dict)),
                ("actor", models.CharField(max_length=60)),
                ("approval", models.UUIDField(null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "call",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="corrections",
                        to="custody.call",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["client", "-made_at"], name="correction_newest"),
                    models.Index(fields=["call", "made_at"], name="correction_of_call"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "failed"), _negated=True),
                        fields=("version", "kind", "turn", "start", "end"),
                        name="correction_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            row_security("custody_redactioncorrection"), drop_row_security("custody_redactioncorrection")
        ),
    ]
