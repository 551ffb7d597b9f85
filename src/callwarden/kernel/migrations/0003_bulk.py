"""Acts on many rows, and comments on findings: what was decided on is written once, states move by the table only."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from callwarden.kernel.machine import state_guard

# The set people saw, asked for and approved stays that set; a row's outcome is written once.
KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_bulkact FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('kind,parameters,client,digest,total,left_out,drawn_by_id,drawn_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_bulkrow FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('act_id,place,target,sort,mark');
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_note FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('finding_id,by,at,entry');
CREATE FUNCTION kernel_outcome_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.outcome <> 'waiting' THEN
    RAISE EXCEPTION 'the outcome of a row never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER outcome_once BEFORE UPDATE ON kernel_bulkrow
  FOR EACH ROW EXECUTE FUNCTION kernel_outcome_once();
"""
LETS_GO = """
DROP TRIGGER keep_columns ON kernel_bulkact;
DROP TRIGGER keep_columns ON kernel_bulkrow;
DROP TRIGGER keep_columns ON kernel_note;
DROP TRIGGER outcome_once ON kernel_bulkrow;
DROP FUNCTION kernel_outcome_once();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("drawn", "Looked at, not asked for"),
                            ("asked", "Waits for a second person"),
                            ("running", "Under way"),
                            ("stopped", "Stopped"),
                            ("done", "Done"),
                            ("ended", "Ended early"),
                            ("dropped", "Not carried out"),
                        ],
                        db_index=True,
                        default="drawn",
                        max_length=10,
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("parameters", models.JSONField()),
                ("client", models.UUIDField(null=True)),
                ("digest", models.CharField(max_length=64)),
                ("total", models.PositiveIntegerField()),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("drawn_at", models.DateTimeField()),
                ("entry", models.UUIDField(null=True)),
                ("approval", models.UUIDField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("skipped", models.PositiveIntegerField(default=0)),
                ("troubles", models.PositiveSmallIntegerField(default=0)),
                ("why_stopped", models.CharField(blank=True, max_length=40)),
                (
                    "carried_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "drawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulk_acts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("place", models.PositiveIntegerField()),
                ("target", models.UUIDField()),
                ("sort", models.CharField(max_length=40)),
                ("mark", models.CharField(max_length=32)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits"),
                            ("done", "Done"),
                            ("skipped", "Skipped"),
                            ("left_out", "Left out"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("at", models.DateTimeField(null=True)),
                (
                    "act",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="kernel.bulkact"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("entry", models.UUIDField()),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="kernel.finding"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="bulkact",
            index=models.Index(fields=["drawn_by", "-drawn_at"], name="bulk_of_person"),
        ),
        migrations.AddConstraint(
            model_name="bulkact",
            constraint=models.CheckConstraint(condition=models.Q(("total__gte", 1)), name="bulk_acts_on_something"),
        ),
        migrations.AddConstraint(
            model_name="bulkact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total__gte",
                        django.db.models.expressions.CombinedExpression(models.F("done"), "+", models.F("skipped")),
                    )
                ),
                name="bulk_counts_add_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("running", "stopped", "done", "ended")), _negated=True),
                    ("carried_by__isnull", False),
                    _connector="OR",
                ),
                name="bulk_carried_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkrow",
            index=models.Index(fields=["act", "outcome", "place"], name="bulk_row_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.UniqueConstraint(fields=("act", "place"), name="bulk_row_place_once"),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.UniqueConstraint(fields=("act", "target"), name="bulk_row_target_once"),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__in", ("skipped", "left_out")), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="bulk_row_skipped_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.UniqueConstraint(fields=("finding", "entry"), name="note_once_per_entry"),
        ),
        state_guard(
            "kernel_bulkact",
            steps="asked>dropped,asked>running,drawn>asked,drawn>dropped,drawn>running,running>done,running>stopped,"
            "stopped>ended,stopped>running",
            initial="drawn",
        ),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
