"""Emergency access."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.kernel.machine import state_guard

# Who, when, how long and how much never change; what was opened is only ever added.
KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_emergencyaccess FOR EACH ROW EXECUTE FUNCTION
  kernel_keep_columns('person_id,client,purpose,starts_at,ends_at,max_subjects,max_rows,review_due,entry');
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_emergencyuse FOR EACH ROW EXECUTE FUNCTION
  kernel_keep_columns('access_id,record,subject,permit,entry,at');
"""
LETS_GO = """
DROP TRIGGER keep_columns ON control_emergencyaccess;
DROP TRIGGER keep_columns ON control_emergencyuse;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0004_grants"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Runs"),
                            ("ended", "Waits for review"),
                            ("overdue", "Not reviewed in time"),
                            ("confirmed", "Was needed"),
                            ("questioned", "Was not justified"),
                        ],
                        db_index=True,
                        default="open",
                        max_length=10,
                    ),
                ),
                ("client", models.UUIDField()),
                ("purpose", models.SlugField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("why_ended", models.CharField(blank=True, max_length=40)),
                ("max_subjects", models.PositiveSmallIntegerField()),
                ("max_rows", models.PositiveSmallIntegerField()),
                ("rows", models.PositiveSmallIntegerField(default=0)),
                ("review_due", models.DateTimeField()),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("review_entry", models.UUIDField(null=True)),
                ("incident", models.UUIDField(null=True)),
                ("entry", models.UUIDField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="emergencies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EmergencyUse",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("record", models.UUIDField()),
                ("subject", models.UUIDField(db_index=True)),
                ("permit", models.UUIDField()),
                ("entry", models.UUIDField()),
                ("at", models.DateTimeField()),
                (
                    "access",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="openings",
                        to="control.emergencyaccess",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="emergencyaccess",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("person",), name="emergency_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="emergencyaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(("rows__lte", models.F("max_rows"))), name="emergency_within_its_cap"
            ),
        ),
        migrations.AddConstraint(
            model_name="emergencyaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="emergency_ends"
            ),
        ),
        migrations.AddConstraint(
            model_name="emergencyaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewed_by", None), models.Q(("reviewed_by", models.F("person")), _negated=True), _connector="OR"
                ),
                name="emergency_reviewed_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="emergencyaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reviewed_by__isnull", False), ("state__in", ["confirmed", "questioned"])),
                    models.Q(
                        models.Q(("state__in", ["confirmed", "questioned"]), _negated=True), ("reviewed_by", None)
                    ),
                    _connector="OR",
                ),
                name="emergency_verdict_of_somebody",
            ),
        ),
        state_guard(
            "control_emergencyaccess",
            steps="ended>confirmed,ended>overdue,ended>questioned,open>ended,overdue>confirmed,overdue>questioned",
            initial="open",
        ),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
