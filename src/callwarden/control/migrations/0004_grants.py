"""Grants of access for a time."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.kernel.machine import state_guard

# What was approved stays what it was, and uses only ever grow.
KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_accessgrant FOR EACH ROW EXECUTE FUNCTION
  kernel_keep_columns('person_id,client,action,purpose,scope,target,call,ticket,records_digest,count,subjects,minutes,max_uses,policy,approval,entry,asked_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_grantedrecord FOR EACH ROW EXECUTE FUNCTION
  kernel_keep_columns('grant_id,record,subject,fields');
CREATE FUNCTION control_grant_only_shrinks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.uses < OLD.uses OR (OLD.starts_at IS NOT NULL
      AND (NEW.starts_at IS DISTINCT FROM OLD.starts_at OR NEW.ends_at IS DISTINCT FROM OLD.ends_at)) THEN
    RAISE EXCEPTION 'a grant never grows' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_shrinks BEFORE UPDATE ON control_accessgrant
  FOR EACH ROW EXECUTE FUNCTION control_grant_only_shrinks();
CREATE FUNCTION control_grant_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT state FROM control_accessgrant WHERE id = NEW.grant_id) <> 'asked' THEN
    RAISE EXCEPTION 'nothing is added to a grant' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE INSERT ON control_grantedrecord FOR EACH ROW EXECUTE FUNCTION control_grant_frozen();
"""
LETS_GO = """
DROP TRIGGER keep_columns ON control_accessgrant;
DROP TRIGGER keep_columns ON control_grantedrecord;
DROP FUNCTION control_grant_only_shrinks() CASCADE;
DROP FUNCTION control_grant_frozen() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0006_voting"),
        ("control", "0003_access"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessGrant",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waits for approval"),
                            ("live", "Runs"),
                            ("ended", "Ended"),
                            ("dropped", "Not given"),
                        ],
                        db_index=True,
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("client", models.UUIDField()),
                ("action", models.SlugField()),
                ("purpose", models.SlugField()),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("records", "Named records"),
                            ("call", "All of one call"),
                            ("customer", "All of one customer"),
                            ("selection", "Chosen calls"),
                        ],
                        max_length=10,
                    ),
                ),
                ("target", models.UUIDField(null=True)),
                ("call", models.UUIDField(null=True)),
                ("ticket", models.CharField(blank=True, max_length=40)),
                ("records_digest", models.CharField(max_length=64)),
                ("count", models.PositiveIntegerField()),
                ("subjects", models.PositiveIntegerField()),
                ("minutes", models.PositiveSmallIntegerField()),
                ("max_uses", models.PositiveIntegerField()),
                ("uses", models.PositiveIntegerField(default=0)),
                ("policy", models.CharField(max_length=80)),
                ("approval", models.UUIDField(unique=True)),
                ("entry", models.UUIDField()),
                ("asked_at", models.DateTimeField()),
                ("starts_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("why_ended", models.CharField(blank=True, max_length=40)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GrantedRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("record", models.UUIDField()),
                ("subject", models.UUIDField(db_index=True)),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="records", to="control.accessgrant"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GrantUse",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("permit", models.UUIDField()),
                ("entry", models.UUIDField()),
                ("at", models.DateTimeField()),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="openings", to="control.accessgrant"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="accessgrant",
            index=models.Index(
                condition=models.Q(("state", "live")), fields=["person", "action"], name="grant_live_of_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("uses__lte", models.F("max_uses"))), name="grant_used_no_more_than_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gte", 1), ("max_uses__gte", 1), ("minutes__gte", 1)),
                name="grant_of_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ends_at", None), ("starts_at", None), ("state__in", ["asked", "dropped"])),
                    models.Q(
                        ("ends_at__gt", models.F("starts_at")),
                        ("starts_at__isnull", False),
                        ("state__in", ["live", "ended"]),
                    ),
                    _connector="OR",
                ),
                name="grant_begun_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantedrecord",
            constraint=models.UniqueConstraint(fields=("grant", "record"), name="grant_record_once"),
        ),
        migrations.AddConstraint(
            model_name="grantuse",
            constraint=models.UniqueConstraint(fields=("grant", "permit"), name="grant_permit_once"),
        ),
        state_guard("control_accessgrant", steps="asked>dropped,asked>live,live>ended", initial="asked"),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
