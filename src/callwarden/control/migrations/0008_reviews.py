"""Reviews of rights: what was reviewed and decided is written once, states move by the table only."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.kernel.machine import state_guard

KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_campaign FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('reference,roles,lines,started_by_id,started_at,due_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_item FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('campaign_id,person_id,kind,target,facts,reviewer_id');
CREATE FUNCTION control_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.decision <> '' AND (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) THEN
    RAISE EXCEPTION 'what a review decided never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER decided_once BEFORE UPDATE ON control_item FOR EACH ROW EXECUTE FUNCTION control_decided_once();
CREATE FUNCTION control_report_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'closed' THEN
    RAISE EXCEPTION 'the report of a review never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER report_once BEFORE UPDATE ON control_campaign FOR EACH ROW EXECUTE FUNCTION control_report_once();
"""
LETS_GO = """
DROP TRIGGER keep_columns ON control_campaign;
DROP TRIGGER keep_columns ON control_item;
DROP TRIGGER decided_once ON control_item;
DROP TRIGGER report_once ON control_campaign;
DROP FUNCTION control_decided_once();
DROP FUNCTION control_report_once();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0007_alerts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("closed", "Closed")], default="running", max_length=10
                    ),
                ),
                ("reference", models.SlugField(unique=True)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("agent", "Agent"),
                                ("team_leader", "Team leader"),
                                ("quality_reviewer", "Quality reviewer"),
                                ("data_protection_officer", "Data protection officer"),
                                ("security_administrator", "Security administrator"),
                                ("system_administrator", "System administrator"),
                                ("auditor", "Auditor"),
                                ("partner_manager", "Partner manager"),
                            ],
                            max_length=30,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "lines",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), null=True, size=None),
                ),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("body", models.BinaryField(null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("entry", models.UUIDField(null=True)),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.SlugField()),
                ("target", models.CharField(max_length=60)),
                ("facts", models.JSONField(default=dict)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.CharField(blank=True, choices=[("keep", "Keep"), ("revoke", "Revoke")], max_length=10),
                ),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("decided_at", models.DateTimeField(null=True)),
                ("silent", models.BooleanField(default=False)),
                ("outcome", models.SlugField(blank=True)),
                ("entry", models.UUIDField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="control.campaign"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__gt", models.F("started_at"))), name="review_due_later"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "closed"), _negated=True),
                    models.Q(("closed_at__isnull", False), ("entry__isnull", False)),
                    _connector="OR",
                ),
                name="review_closed_with_a_report",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["campaign", "decision"], name="review_item_open"),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(
                fields=("campaign", "person", "kind", "target"), name="review_item_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", models.F("reviewer")), _negated=True), name="review_never_of_oneself"
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", ""), ("entry", None), ("outcome", "")),
                    models.Q(models.Q(("decision", ""), _negated=True), ("entry__isnull", False)),
                    _connector="OR",
                ),
                name="review_decided_with_an_entry",
            ),
        ),
        state_guard("control_campaign", steps="running>closed", initial="running"),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
