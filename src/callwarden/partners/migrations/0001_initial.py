"""The register of partners: under row-level security, with the table of steps in the database as well."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security
from callwarden.kernel.machine import state_guard

TABLES = ("partner", "partnerservice", "subprocessor", "partnercontact")
STEPS = (
    "active>exiting,active>suspended,approved>active,approved>exiting,approved>suspended,assessing>approved,"
    "assessing>exited,assessing>exiting,assessing>suspended,exiting>exited,prospect>assessing,"
    "prospect>exited,prospect>exiting,suspended>approved,suspended>assessing,suspended>exiting"
)
KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON partners_partner FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('client_id,registered_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON partners_partnercontact FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('client_id,partner_id,duty,entry,named_at');
"""
LETS_GO = """
DROP TRIGGER keep_columns ON partners_partner;
DROP TRIGGER keep_columns ON partners_partnercontact;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("custody", "0020_request_statement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("assessing", "Being assessed"),
                            ("approved", "Approved"),
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                            ("exiting", "Leaving"),
                            ("exited", "Left"),
                        ],
                        default="prospect",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("name_zh", models.CharField(blank=True, max_length=200)),
                ("country", models.CharField(max_length=2)),
                ("registration", models.CharField(max_length=40)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("processor", "Entrusted: handles data for us alone"),
                            ("controller", "Handles data for purposes of its own"),
                            ("joint", "Decides on purposes together with us"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "locations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=70), blank=True, default=list, size=None
                    ),
                ),
                ("holds_data", models.BooleanField(default=False)),
                ("vetted_until", models.DateField(null=True)),
                ("agreement", models.UUIDField(null=True)),
                (
                    "suspended_from",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("prospect", "Prospect"),
                            ("assessing", "Being assessed"),
                            ("approved", "Approved"),
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                            ("exiting", "Leaving"),
                            ("exited", "Left"),
                        ],
                        max_length=10,
                    ),
                ),
                ("suspended_at", models.DateTimeField(null=True)),
                ("attestation", models.CharField(blank=True, max_length=40)),
                ("registered_at", models.DateTimeField()),
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
            name="PartnerContact",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "duty",
                    models.CharField(
                        choices=[
                            ("security", "Security"),
                            ("privacy", "Privacy"),
                            ("operations", "Operations"),
                            ("incident", "Incidents, at any hour"),
                        ],
                        max_length=12,
                    ),
                ),
                ("entry", models.UUIDField(unique=True)),
                ("named_at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="partners.partner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PartnerService",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("calls", "Takes or makes calls for us"),
                            ("collection", "Collects debts"),
                            ("transcription", "Turns speech into text"),
                            ("analysis", "Analyses or summarises calls"),
                            ("messages", "Sends messages"),
                            ("delivery", "Delivers or repairs"),
                            ("marketing", "Marketing"),
                            ("hosting", "Hosts systems or stores data"),
                            ("other", "Something else"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "lines",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("identity", "Identity"),
                                ("contact", "Contact details"),
                                ("government_id", "Government identifier"),
                                ("payment_card", "Payment card"),
                                ("purchase_history", "Purchase history"),
                                ("call_metadata", "Call details"),
                                ("recording_original", "Original recording"),
                                ("recording_redacted", "Redacted recording"),
                                ("transcript_original", "Original transcript"),
                                ("transcript_redacted", "Redacted transcript"),
                                ("redaction_spans", "Redaction marks"),
                                ("consent_proof", "Proof of consent"),
                                ("request_statement", "What a person says is wrong"),
                            ],
                            max_length=30,
                        ),
                        size=None,
                    ),
                ),
                (
                    "volume",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Up to 1,000 people"),
                            (2, "Up to 10,000 people"),
                            (3, "Up to 100,000 people"),
                            (4, "More than 100,000 people"),
                        ]
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="services", to="partners.partner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SubProcessor",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("country", models.CharField(blank=True, max_length=2)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("calls", "Takes or makes calls for us"),
                            ("collection", "Collects debts"),
                            ("transcription", "Turns speech into text"),
                            ("analysis", "Analyses or summarises calls"),
                            ("messages", "Sends messages"),
                            ("delivery", "Delivers or repairs"),
                            ("marketing", "Marketing"),
                            ("hosting", "Hosts systems or stores data"),
                            ("other", "Something else"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passed_to_by",
                        to="partners.partner",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sub_processors",
                        to="partners.partner",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.UniqueConstraint(
                fields=("client", "country", "registration"), name="partner_registered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["approved", "active"]), _negated=True),
                    ("vetted_until__isnull", False),
                    _connector="OR",
                ),
                name="partner_vetted_before_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True), ("agreement__isnull", False), _connector="OR"
                ),
                name="partner_active_with_an_agreement",
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "suspended"), ("suspended_at__isnull", False), ("suspended_from__gt", "")),
                    models.Q(
                        models.Q(("state", "suspended"), _negated=True),
                        ("suspended_at__isnull", True),
                        ("suspended_from", ""),
                    ),
                    _connector="OR",
                ),
                name="partner_suspended_at_some_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "exited"), _negated=True), ("holds_data", False), _connector="OR"
                ),
                name="partner_left_without_data",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnercontact",
            constraint=models.UniqueConstraint(fields=("partner", "duty"), name="partner_contact_once_a_duty"),
        ),
        migrations.AddConstraint(
            model_name="partnerservice",
            constraint=models.UniqueConstraint(fields=("partner", "kind"), name="partner_service_once"),
        ),
        migrations.AddConstraint(
            model_name="partnerservice",
            constraint=models.CheckConstraint(
                condition=models.Q(("categories", []), _negated=True), name="partner_service_with_data"
            ),
        ),
        migrations.AddConstraint(
            model_name="subprocessor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("country", ""), ("name", ""), ("other__isnull", False)),
                    models.Q(("other__isnull", True), ("country__gt", ""), ("name__gt", "")),
                    _connector="OR",
                ),
                name="sub_processor_is_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="subprocessor",
            constraint=models.CheckConstraint(
                condition=models.Q(("other", models.F("partner")), _negated=True), name="sub_processor_is_another"
            ),
        ),
        migrations.AddConstraint(
            model_name="subprocessor",
            constraint=models.UniqueConstraint(
                condition=models.Q(("other__isnull", False)), fields=("partner", "other"), name="sub_processor_once"
            ),
        ),
        *(
            migrations.RunSQL(row_security(f"partners_{table}"), drop_row_security(f"partners_{table}"))
            for table in TABLES
        ),
        state_guard("partners_partner", steps=STEPS, initial="prospect"),
        migrations.RunSQL(KEEPS, LETS_GO),
    ]
