"""Runs over keys, versions of keys, holds, and what the keeper needs to move wraps by itself."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security

OF_A_CLIENT = ("custody_hold", "custody_indexkey", "custody_keyversion")

GRANTS = """
-- The keeper moves wraps, and says itself when no key is left under an epoch and how long that one is still kept.
GRANT SELECT ON custody_epoch, custody_keyrun, custody_keyversion, custody_indexkey, custody_hold, custody_subject,
  custody_sealedfield TO cw_keeper;
GRANT UPDATE (state, retired_at, destroy_after) ON custody_epoch TO cw_keeper;
GRANT UPDATE (step, position, done, wal_bytes, moved_at) ON custody_keyrun TO cw_keeper;
GRANT UPDATE (wrapped, version, wrap) ON custody_datakey TO cw_keeper;
GRANT UPDATE (blob) ON custody_sealedfield TO cw_keeper;
REVOKE UPDATE, DELETE ON custody_epoch FROM cw_app;
GRANT UPDATE (state, destroyed_at, approval) ON custody_epoch TO cw_app;
GRANT SELECT (version, wrap) ON custody_datakey TO cw_app;
CREATE POLICY keeper_reads ON custody_epoch FOR SELECT USING (current_user = 'cw_keeper');
CREATE POLICY keeper_moves ON custody_epoch FOR UPDATE USING (current_user = 'cw_keeper');
CREATE POLICY keeper_reads ON custody_subject FOR SELECT USING (current_user = 'cw_keeper');
CREATE POLICY keeper_reads ON custody_sealedfield FOR SELECT USING (current_user = 'cw_keeper');
CREATE POLICY keeper_moves ON custody_sealedfield FOR UPDATE USING (current_user = 'cw_keeper');

-- Room in each page for the new version of every row in it, so that a turn touches no index.
ALTER TABLE custody_subjectkey SET (fillfactor = 45);
ALTER TABLE custody_bucketkey SET (fillfactor = 45);
ALTER TABLE custody_datakey SET (fillfactor = 80);
"""

REVOKES = """
ALTER TABLE custody_datakey RESET (fillfactor);
ALTER TABLE custody_bucketkey RESET (fillfactor);
ALTER TABLE custody_subjectkey RESET (fillfactor);
DROP POLICY keeper_moves ON custody_sealedfield;
DROP POLICY keeper_reads ON custody_sealedfield;
DROP POLICY keeper_reads ON custody_subject;
DROP POLICY keeper_moves ON custody_epoch;
DROP POLICY keeper_reads ON custody_epoch;
GRANT UPDATE, DELETE ON custody_epoch TO cw_app;
REVOKE UPDATE (wrapped, version, wrap) ON custody_datakey FROM cw_keeper;
REVOKE SELECT, UPDATE ON custody_epoch, custody_subject, custody_sealedfield FROM cw_keeper;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0004_permits_stand"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockLook",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("steady_since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("matter", models.UUIDField()),
                ("erase", models.CharField(blank=True, max_length=60)),
                ("set_by", models.CharField(max_length=60)),
                ("set_at", models.DateTimeField()),
                ("released_by", models.CharField(blank=True, max_length=60)),
                ("released_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="IndexKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("column", models.CharField(max_length=20)),
                ("version", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("current", "In use"),
                            ("leaving", "Tokens are moving on"),
                            ("destroyed", "Destroyed"),
                        ],
                        default="current",
                        max_length=10,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="KeyRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("turn", "Epoch turn"),
                            ("rewrap", "Rewrap data keys"),
                            ("reencrypt", "Re-encrypt records"),
                            ("reindex", "New index key"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("from_epoch", models.UUIDField(null=True)),
                ("to_epoch", models.UUIDField(null=True)),
                ("version", models.PositiveIntegerField(default=0)),
                ("column", models.CharField(blank=True, max_length=20)),
                ("step", models.CharField(blank=True, max_length=20)),
                ("position", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("done", models.BigIntegerField(default=0)),
                ("rate", models.PositiveIntegerField(default=0)),
                ("wal_bytes", models.BigIntegerField(default=0)),
                ("actor", models.CharField(max_length=60)),
                ("entry", models.UUIDField()),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("started_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="KeyVersion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("current", "In use"), ("leaving", "Records are moving on"), ("retired", "Retired")],
                        default="current",
                        max_length=10,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LookupCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("principal", models.CharField(max_length=60)),
                ("minute", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="bucket",
            name="purged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="client",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="customer",
            name="number_version",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="datakey",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="datakey",
            name="wrap",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="epoch",
            name="approval",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="epoch",
            name="destroy_after",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="epoch",
            name="retired_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="identifiertoken",
            name="version",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="subject",
            name="erasure_due",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="subject",
            name="turn_due",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="bucketkey",
            name="epoch",
            field=models.ForeignKey(
                db_index=False,
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="custody.epoch",
            ),
        ),
        migrations.AlterField(
            model_name="epoch",
            name="state",
            field=models.CharField(
                choices=[
                    ("active", "Active"),
                    ("turning", "Keys are moving on"),
                    ("retired", "Retired"),
                    ("destroyed", "Destroyed"),
                ],
                default="active",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="subjectkey",
            name="epoch",
            field=models.ForeignKey(
                db_index=False,
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="custody.epoch",
            ),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(condition=models.Q(("turn_due", True)), fields=["client"], name="subject_turn_due"),
        ),
        migrations.AddField(
            model_name="hold",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"),
        ),
        migrations.AddField(
            model_name="hold",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="holds", to="custody.record"
            ),
        ),
        migrations.AddField(
            model_name="indexkey",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"),
        ),
        migrations.AddField(
            model_name="keyrun",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"),
        ),
        migrations.AddField(
            model_name="keyversion",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"),
        ),
        migrations.AddConstraint(
            model_name="lookupcount",
            constraint=models.UniqueConstraint(fields=("principal", "minute"), name="lookups_once_per_minute"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("released_at__isnull", True)),
                fields=("record", "matter"),
                name="hold_once_per_matter",
            ),
        ),
        migrations.AddConstraint(
            model_name="indexkey",
            constraint=models.UniqueConstraint(fields=("client", "column", "version"), name="index_key_once"),
        ),
        migrations.AddConstraint(
            model_name="indexkey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "current")), fields=("client", "column"), name="one_current_index_key"
            ),
        ),
        migrations.AddIndex(
            model_name="keyrun",
            index=models.Index(fields=["state", "-started_at"], name="custody_key_state_d21c4b_idx"),
        ),
        migrations.AddConstraint(
            model_name="keyrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["running", "paused"])),
                fields=("client", "kind", "column"),
                name="one_run_of_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="keyversion",
            constraint=models.UniqueConstraint(fields=("client", "number"), name="key_version_once_per_client"),
        ),
        migrations.AddConstraint(
            model_name="keyversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "current")), fields=("client",), name="one_current_version_per_client"
            ),
        ),
        *(migrations.RunSQL(row_security(table, keeper=True), drop_row_security(table)) for table in OF_A_CLIENT),
        migrations.RunSQL(GRANTS, REVOKES),
    ]
