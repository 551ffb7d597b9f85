"""Versions of the matrix move by the table only, and are written while they are drafts; what a shadow counts."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from callwarden.kernel.machine import state_guard

# What people tried, approved and were judged by stays what it was.
KEEPS = """
CREATE FUNCTION control_keep_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version <> OLD.version OR NEW.created_at <> OLD.created_at
     OR (OLD.state <> 'draft' AND (NEW.matrix <> OLD.matrix OR NEW.digest <> OLD.digest)) THEN
    RAISE EXCEPTION 'a version of the access matrix is written while it is a draft' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_written BEFORE UPDATE ON control_policyversion
  FOR EACH ROW EXECUTE FUNCTION control_keep_written();
"""
LETS_GO = """
DROP TRIGGER keep_written ON control_policyversion;
DROP FUNCTION control_keep_written();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0003_bulk"),
        ("control", "0002_siem_receivers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ShadowCount",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("same", "The same"),
                            ("opens", "Would allow what was refused"),
                            ("closes", "Would refuse what was allowed"),
                            ("reasons", "Refused for other reasons"),
                            ("error", "Could not be decided"),
                        ],
                        max_length=10,
                    ),
                ),
                ("roles", models.CharField(max_length=120)),
                ("purpose", models.CharField(max_length=64)),
                ("category", models.CharField(max_length=64)),
                ("action", models.CharField(max_length=32)),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="policyversion",
            name="based_on",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="revised_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="sample",
            field=models.PositiveSmallIntegerField(db_default=100, default=100),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="shadowed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="policyversion",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("shadow", "In shadow"),
                    ("active", "Active"),
                    ("superseded", "Superseded"),
                    ("dropped", "Dropped"),
                ],
                default="draft",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "shadow")), fields=("state",), name="one_policy_in_shadow"
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("sample__gte", 1), ("sample__lte", 100)), name="policy_sample_is_a_share"
            ),
        ),
        migrations.AddField(
            model_name="shadowcount",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="counts", to="control.policyversion"
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowcount",
            constraint=models.UniqueConstraint(
                fields=("version", "outcome", "roles", "purpose", "category", "action", "reason"),
                name="shadow_counted_once_per_kind",
            ),
        ),
        state_guard(
            "control_policyversion",
            steps="active>superseded,draft>active,draft>dropped,draft>shadow,shadow>active,shadow>dropped",
            initial="draft",
        ),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
