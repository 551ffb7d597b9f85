"""The register of training: rows are added and never changed."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NEVER_CHANGED = """
CREATE FUNCTION {table}_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the register of training is never changed' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_never_changed();
"""
AGAIN = "DROP TRIGGER never_changed ON {table}; DROP FUNCTION {table}_never_changed();"
TABLES = ("control_trainingrecord", "control_trainingtakenback")


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0011_siem_by_two"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TrainingRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("course", models.SlugField()),
                ("completed_on", models.DateField()),
                ("valid_until", models.DateField()),
                (
                    "source",
                    models.CharField(
                        choices=[("person", "Entered by a person"), ("table", "Taken from a table")], max_length=10
                    ),
                ),
                ("entered_by", models.CharField(max_length=60)),
                ("entered_at", models.DateTimeField()),
                ("entry", models.UUIDField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrainingTakenBack",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("entry", models.UUIDField()),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_back",
                        to="control.trainingrecord",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="trainingrecord",
            index=models.Index(fields=["person", "course", "valid_until"], name="training_of_person"),
        ),
        migrations.AddConstraint(
            model_name="trainingrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gte", models.F("completed_on"))), name="training_ends_later"
            ),
        ),
        *(migrations.RunSQL(NEVER_CHANGED.format(table=one), AGAIN.format(table=one)) for one in TABLES),
    ]
