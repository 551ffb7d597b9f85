"""Rules for jurisdictions, triggers, provisions; events that start periods; runs that compute dates anew."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0011_restricted_inside_floors"),
        ("lawful", "0007_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="RetentionEvent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("call_end", "End of the call"),
                            ("contract_end", "End of the contract"),
                            ("complaint_closed", "Complaint closed"),
                            ("consent_withdrawn", "Consent withdrawn"),
                            ("account_closed", "Account closed"),
                            ("last_contact", "Last contact"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name="RetentionRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("cause", models.CharField(max_length=20)),
                ("actor", models.CharField(max_length=60)),
                ("step", models.CharField(default="dates", max_length=10)),
                ("page", models.BigIntegerField(default=0)),
                ("after", models.UUIDField(default=uuid.UUID("00000000-0000-0000-0000-000000000000"))),
                ("total", models.BigIntegerField(default=0)),
                ("looked_at", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("dates_changed", models.BigIntegerField(default=0)),
                ("moved", models.BigIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="retentionrule",
            name="floor_not_above_ceiling",
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="ceiling_provision",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="floor_provision",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="jurisdiction",
            field=models.CharField(
                blank=True,
                choices=[
                    ("cn", "Mainland China"),
                    ("eu", "European Union"),
                    ("uk", "United Kingdom"),
                    ("us-ca", "California"),
                    ("generic", "Elsewhere"),
                ],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="retentionrule",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("call_end", "End of the call"),
                    ("contract_end", "End of the contract"),
                    ("complaint_closed", "Complaint closed"),
                    ("consent_withdrawn", "Consent withdrawn"),
                    ("account_closed", "Account closed"),
                    ("last_contact", "Last contact"),
                ],
                default="call_end",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="retentionrule",
            name="line",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="retention",
                to="custody.line",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("line__isnull", True)),
                fields=("jurisdiction", "category", "purpose"),
                name="retention_default_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("jurisdiction", ""), ("line__isnull", False)),
                    models.Q(("line__isnull", True), models.Q(("jurisdiction", ""), _negated=True)),
                    _connector="OR",
                ),
                name="retention_rule_of_a_line_or_jurisdiction",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("floor_days", 0),
                    (
                        "floor_days__lte",
                        django.db.models.expressions.CombinedExpression(models.F("ceiling_days"), "-", models.Value(7)),
                    ),
                    _connector="OR",
                ),
                name="floor_a_bucket_below_ceiling",
            ),
        ),
        migrations.AddField(
            model_name="retentionevent",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"),
        ),
        migrations.AddField(
            model_name="retentionevent",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="retention_events", to="custody.customer"
            ),
        ),
        migrations.AddField(
            model_name="retentionrun",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"),
        ),
        migrations.AddConstraint(
            model_name="retentionevent",
            constraint=models.UniqueConstraint(fields=("customer", "trigger", "at"), name="retention_event_once"),
        ),
        migrations.AddIndex(
            model_name="retentionrun",
            index=models.Index(fields=["-started_at"], name="retention_run_latest"),
        ),
        migrations.AddConstraint(
            model_name="retentionrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("finished_at__isnull", True)),
                fields=("client",),
                name="one_retention_run_per_client",
            ),
        ),
        migrations.RunSQL(row_security("lawful_retentionevent"), drop_row_security("lawful_retentionevent")),
    ]
