"""The usage review of a month: made once, looked at once."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEPS = """
CREATE FUNCTION control_usage_report_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.looked_at IS NOT NULL
     OR (to_jsonb(OLD) - '{looked_by_id,looked_at,look_entry}'::text[])
        IS DISTINCT FROM (to_jsonb(NEW) - '{looked_by_id,looked_at,look_entry}'::text[]) THEN
    RAISE EXCEPTION 'the usage review of a month never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER report_once BEFORE UPDATE ON control_usagereport
  FOR EACH ROW EXECUTE FUNCTION control_usage_report_once();
"""
LETS_GO = """
DROP TRIGGER report_once ON control_usagereport;
DROP FUNCTION control_usage_report_once();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0009_neighbours"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageReport",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(unique=True)),
                ("made_at", models.DateTimeField()),
                ("people", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("entry", models.UUIDField()),
                ("looked_at", models.DateTimeField(null=True)),
                ("look_entry", models.UUIDField(null=True)),
                (
                    "looked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("look_entry", None), ("looked_at", None), ("looked_by", None)),
                            models.Q(
                                ("look_entry__isnull", False),
                                ("looked_at__isnull", False),
                                ("looked_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="usage_looked_at_with_an_entry",
                    )
                ],
            },
        ),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
