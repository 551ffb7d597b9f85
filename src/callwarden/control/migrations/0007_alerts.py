"""Alerts on misuse, what the watch remembers, and what people set about it."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.kernel.machine import state_guard

# What was told stays what was told.
KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_alert FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('detector,kind,severity,actor,at,since,raised_at,facts,evidence');
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_tuning FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('kind,before,after,why,at,by,entry');
"""
LETS_GO = """
DROP TRIGGER keep_columns ON control_alert;
DROP TRIGGER keep_columns ON control_tuning;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0006_work"),
        ("kernel", "0006_voting"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WatchPart",
            fields=[
                ("key", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("data", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="AccessDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("actor", models.CharField(max_length=60)),
                ("peers", models.CharField(blank=True, max_length=120)),
                ("action", models.CharField(max_length=20)),
                ("link", models.CharField(blank=True, max_length=10)),
                ("purpose", models.CharField(blank=True, max_length=50)),
                ("count", models.PositiveIntegerField()),
                ("refused", models.PositiveIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["actor", "day"], name="access_day_of_actor")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "actor", "peers", "action", "link", "purpose"), name="access_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Canary",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("client", models.UUIDField()),
                ("subject", models.UUIDField()),
                ("planted_at", models.DateTimeField()),
                ("planted_by", models.CharField(max_length=60)),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)), fields=("subject",), name="canary_planted_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("actor", models.CharField(blank=True, max_length=60)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("entry", models.UUIDField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("acknowledged", "Being looked at"),
                            ("suspected", "Misuse suspected"),
                            ("closed_true", "Closed: misuse"),
                            ("closed_false", "Closed: false alert"),
                            ("suppressed", "Suppressed"),
                        ],
                        db_index=True,
                        default="open",
                        max_length=14,
                    ),
                ),
                ("detector", models.CharField(max_length=4)),
                ("kind", models.CharField(max_length=40)),
                (
                    "severity",
                    models.CharField(
                        choices=[("low", "Low"), ("medium", "Medium"), ("high", "High"), ("critical", "Critical")],
                        max_length=10,
                    ),
                ),
                ("actor", models.CharField(db_index=True, max_length=60)),
                ("at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("raised_at", models.DateTimeField(db_index=True)),
                ("lag_ms", models.PositiveIntegerField(default=0)),
                ("facts", models.JSONField()),
                ("evidence", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "incident",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kernel.incident"
                    ),
                ),
                (
                    "suppression",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="control.suppression",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tuning",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("before", models.FloatField()),
                ("after", models.FloatField()),
                ("why", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=60)),
                ("entry", models.UUIDField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "-at"], name="tuning_of_kind")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("after__gte", -1.0), ("after__lte", 2.0)), name="tuning_within_bounds"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WatchState",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("cursor", models.BigIntegerField(default=0)),
                ("learn_until", models.DateTimeField()),
                ("beat_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_watch_state")],
            },
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))), name="suppression_expires"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["kind", "-raised_at"], name="alert_by_kind"),
        ),
        state_guard(
            "control_alert",
            steps="acknowledged>closed_false,acknowledged>closed_true,acknowledged>suspected,open>acknowledged,"
            "open>closed_false,open>closed_true,open>suppressed,open>suspected,suspected>closed_false,"
            "suspected>closed_true",
            initial="open",
        ),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
