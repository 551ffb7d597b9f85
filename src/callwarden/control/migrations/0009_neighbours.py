"""Systems beside ours and what they told: as received it never changes, and only erasure takes from it."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security
from callwarden.kernel.machine import state_guard

TABLES = ("neighbourbatch", "neighbourentry")
KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_neighbour FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('client_id,slug,kind,created_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_neighbourbatch FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('client_id,neighbour_id,way,received_at,taken,repeated,left_out,refused,digest,entry');
CREATE TRIGGER keep_columns BEFORE UPDATE ON control_neighbourentry FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('client_id,batch_id,neighbour_id,number,mark,at,act,rows,inside,who,commitment');
"""
LETS_GO = """
DROP TRIGGER keep_columns ON control_neighbour;
DROP TRIGGER keep_columns ON control_neighbourbatch;
DROP TRIGGER keep_columns ON control_neighbourentry;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0008_reviews"),
        ("custody", "0015_calls_listed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Neighbour",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("connected", "Connected"), ("paused", "Paused"), ("ended", "Disconnected")],
                        default="connected",
                        max_length=10,
                    ),
                ),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("name_zh", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("crm", "Customer system"),
                            ("telephony", "Telephone system"),
                            ("recorder", "Recorder"),
                            ("database", "Database"),
                        ],
                        max_length=10,
                    ),
                ),
                ("quiet_minutes", models.PositiveIntegerField(default=60)),
                ("mapping", models.JSONField()),
                (
                    "named_by",
                    models.CharField(
                        choices=[("login", "Login at the telephone system"), ("account", "Account name here")],
                        default="login",
                        max_length=10,
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("syslog", "Syslog over TLS, with a certificate"),
                            ("local", "Syslog on this machine"),
                            ("http", "HTTP, with a service key"),
                        ],
                        max_length=10,
                    ),
                ),
                ("program", models.SlugField(blank=True)),
                (
                    "certificates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), blank=True, default=list, size=None
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField(null=True)),
                ("taken", models.PositiveBigIntegerField(default=0)),
                ("repeated", models.PositiveBigIntegerField(default=0)),
                ("left_out", models.PositiveBigIntegerField(default=0)),
                ("refused", models.JSONField(default=dict)),
                ("skew_s", models.IntegerField(default=0)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NeighbourBatch",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("syslog", "Syslog over TLS, with a certificate"),
                            ("local", "Syslog on this machine"),
                            ("http", "HTTP, with a service key"),
                        ],
                        max_length=10,
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("taken", models.PositiveIntegerField()),
                ("repeated", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("refused", models.JSONField(default=dict)),
                ("skew_s", models.IntegerField(default=0)),
                ("digest", models.CharField(max_length=64)),
                ("entry", models.UUIDField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "neighbour",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="control.neighbour"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NeighbourEntry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("mark", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("act", models.CharField(max_length=16)),
                ("rows", models.PositiveIntegerField(null=True)),
                ("inside", models.BooleanField(null=True)),
                ("who", models.BinaryField(max_length=32)),
                ("person_token", models.BinaryField(max_length=32, null=True)),
                ("calls", models.BinaryField(max_length=3200, null=True)),
                ("commitment", models.CharField(max_length=64)),
                ("salt", models.BinaryField(max_length=32, null=True)),
                ("subject", models.UUIDField(null=True)),
                ("call", models.UUIDField(null=True)),
                ("link", models.CharField(blank=True, max_length=10)),
                ("judged_at", models.DateTimeField(null=True)),
                ("judged_in", models.UUIDField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="control.neighbourbatch"
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "neighbour",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="control.neighbour"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="neighbour",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("way", "http"), _negated=True), models.Q(("program", ""), _negated=True), _connector="OR"
                ),
                name="neighbour_by_http_has_a_program",
            ),
        ),
        migrations.AddConstraint(
            model_name="neighbour",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("way", "syslog"), _negated=True),
                    models.Q(("certificates", []), _negated=True),
                    _connector="OR",
                ),
                name="neighbour_by_syslog_has_a_certificate",
            ),
        ),
        migrations.AddIndex(
            model_name="neighbourbatch",
            index=models.Index(fields=["neighbour", "-received_at"], name="batch_of_neighbour"),
        ),
        migrations.AddIndex(
            model_name="neighbourentry",
            index=models.Index(fields=["client", "-at"], name="neighbour_entry_by_time"),
        ),
        migrations.AddIndex(
            model_name="neighbourentry",
            index=models.Index(fields=["user", "-at"], name="neighbour_entry_of_user"),
        ),
        migrations.AddIndex(
            model_name="neighbourentry",
            index=models.Index(fields=["subject", "-at"], name="neighbour_entry_of_subject"),
        ),
        migrations.AddIndex(
            model_name="neighbourentry",
            index=models.Index(fields=["call", "-at"], name="neighbour_entry_of_call"),
        ),
        migrations.AddIndex(
            model_name="neighbourentry",
            index=models.Index(condition=models.Q(("judged_at", None)), fields=["at"], name="neighbour_entry_unjudged"),
        ),
        migrations.AddIndex(
            model_name="neighbourentry",
            index=models.Index(fields=["judged_in"], name="neighbour_entry_judged_in"),
        ),
        migrations.AddConstraint(
            model_name="neighbourentry",
            constraint=models.UniqueConstraint(fields=("neighbour", "mark"), name="neighbour_line_once"),
        ),
        *(
            migrations.RunSQL(row_security(f"control_{table}"), drop_row_security(f"control_{table}"))
            for table in TABLES
        ),
        state_guard(
            "control_neighbour",
            steps="connected>ended,connected>paused,paused>connected,paused>ended",
            initial="connected",
        ),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
