"""Anonymous releases: what one holds is written once, and its state moves by the table only."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from callwarden.kernel.machine import state_guard

KEEPS = """
CREATE FUNCTION lawful_release_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR
     (NEW.client_id, NEW.label, NEW.recipe, NEW.recipe_digest, NEW.scope, NEW.figures, NEW.rows, NEW.digest, NEW.rules,
      NEW.left_out, NEW.at_end_id, NEW.proposed_by, NEW.proposed_at, NEW.entry)
     IS DISTINCT FROM
     (OLD.client_id, OLD.label, OLD.recipe, OLD.recipe_digest, OLD.scope, OLD.figures, OLD.rows, OLD.digest, OLD.rules,
      OLD.left_out, OLD.at_end_id, OLD.proposed_by, OLD.proposed_at, OLD.entry)
  THEN
    RAISE EXCEPTION 'a release is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keeps BEFORE UPDATE OR DELETE ON lawful_release
  FOR EACH ROW EXECUTE FUNCTION lawful_release_keeps();
"""
AGAIN = "DROP TRIGGER keeps ON lawful_release; DROP FUNCTION lawful_release_keeps();"


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0013_object_moves"),
        ("lawful", "0015_requests_of_others"),
        ("kernel", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="EndRecipe",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Waits for a second person"), ("in_force", "In force"), ("ended", "Ended")],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("label", models.CharField(max_length=40)),
                ("recipe", models.JSONField()),
                ("recipe_digest", models.CharField(max_length=64)),
                ("asked_by", models.CharField(max_length=60)),
                ("asked_at", models.DateTimeField()),
                ("approval", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="end_recipes",
                        to="lawful.retentionrule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for a second person"),
                            ("released", "Released"),
                            ("dropped", "Not released"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("label", models.CharField(max_length=40)),
                ("recipe", models.JSONField()),
                ("recipe_digest", models.CharField(max_length=64)),
                ("scope", models.JSONField()),
                ("figures", models.JSONField()),
                ("rows", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("rules", models.PositiveSmallIntegerField()),
                ("left_out", models.JSONField(default=dict)),
                (
                    "compared",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("proposed_by", models.CharField(max_length=60)),
                ("proposed_at", models.DateTimeField()),
                ("entry", models.UUIDField()),
                ("approval", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "at_end",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="lawful.endrecipe",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BucketCounted",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "against",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("people", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField()),
                (
                    "bucket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="custody.bucket"
                    ),
                ),
                (
                    "end_recipe",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="counted", to="lawful.endrecipe"
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="buckets",
                        to="lawful.release",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="endrecipe",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "ended"), _negated=True),
                fields=("client", "rule"),
                name="one_end_recipe_per_rule",
            ),
        ),
        migrations.AddIndex(
            model_name="release",
            index=models.Index(fields=["client", "-proposed_at"], name="release_latest"),
        ),
        migrations.AddConstraint(
            model_name="bucketcounted",
            constraint=models.UniqueConstraint(fields=("bucket", "end_recipe"), name="bucket_counted_once"),
        ),
        migrations.RunSQL(KEEPS, AGAIN),
        state_guard("lawful_release", steps="proposed>dropped,proposed>released", initial="proposed"),
        state_guard("lawful_endrecipe", steps="asked>ended,asked>in_force,in_force>ended", initial="asked"),
    ]
