"""The registry of purposes and kinds of data, assessments, transfers abroad, the notice to staff."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0008_registry"),
        ("lawful", "0003_certificates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CategoryRule",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "category",
                    models.CharField(
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
                            ("card_verification", "Card security code, PIN and track data"),
                            ("voiceprint", "Voiceprint"),
                            ("agent_voice", "Agent's voice"),
                            ("agent_conduct", "Agent's times, results and look-ups"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "jurisdiction",
                    models.CharField(
                        choices=[
                            ("cn", "Mainland China"),
                            ("eu", "European Union"),
                            ("uk", "United Kingdom"),
                            ("us-ca", "California"),
                            ("generic", "Elsewhere"),
                        ],
                        max_length=10,
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("sensitive", models.BooleanField(default=False)),
                ("never_store", models.BooleanField(default=False)),
                ("provision", models.CharField(blank=True, max_length=100)),
                (
                    "certainty",
                    models.CharField(
                        choices=[
                            ("read", "Read in the text"),
                            ("second_hand", "Second-hand account"),
                            ("general", "General knowledge, not re-read"),
                            ("uncertain", "Uncertain: ask a lawyer"),
                        ],
                        default="uncertain",
                        max_length=12,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PurposeCategory",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "category",
                    models.CharField(
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
                            ("card_verification", "Card security code, PIN and track data"),
                            ("voiceprint", "Voiceprint"),
                            ("agent_voice", "Agent's voice"),
                            ("agent_conduct", "Agent's times, results and look-ups"),
                        ],
                        max_length=30,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PurposeGround",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "jurisdiction",
                    models.CharField(
                        choices=[
                            ("cn", "Mainland China"),
                            ("eu", "European Union"),
                            ("uk", "United Kingdom"),
                            ("us-ca", "California"),
                            ("generic", "Elsewhere"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("consent", "Consent"),
                            ("separate_consent", "Separate consent"),
                            ("contract", "Contract with the caller"),
                            ("legal_obligation", "Legal obligation"),
                            ("vital_interest", "Protection of life and property in an emergency"),
                            ("public_interest", "Public interest"),
                            ("legitimate_interest", "Legitimate interest"),
                            ("hr_management", "Staff management under lawful workplace rules"),
                        ],
                        max_length=20,
                    ),
                ),
                ("provision", models.CharField(blank=True, max_length=100)),
                (
                    "condition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Nothing else"),
                            ("contract_on_record", "A contract with this person is on record"),
                            ("law_in_force", "The provision is in force and asks for it"),
                            ("balanced", "A balancing of interests is on record, and nobody objected"),
                            ("emergency", "There is an emergency"),
                            ("workplace_rules", "Lawful workplace rules or a collective contract provide for it"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "ends_with",
                    models.CharField(
                        choices=[
                            ("consent_withdrawn", "Consent is withdrawn"),
                            ("call_end", "The call ends"),
                            ("contract_end", "The contract ends"),
                            ("complaint_closed", "The complaint is closed"),
                            ("account_closed", "The account is closed"),
                            ("objection", "The person objects"),
                            ("duty_end", "The legal duty ends"),
                            ("employment_end", "The employment ends"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "certainty",
                    models.CharField(
                        choices=[
                            ("read", "Read in the text"),
                            ("second_hand", "Second-hand account"),
                            ("general", "General knowledge, not re-read"),
                            ("uncertain", "Uncertain: ask a lawyer"),
                        ],
                        default="uncertain",
                        max_length=12,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PurposeRevision",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("by", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Recipient",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("slug", models.SlugField()),
                ("name", models.CharField(max_length=200)),
                ("name_zh", models.CharField(blank=True, max_length=200)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("processor", "Processor"),
                            ("controller", "Controller of its own"),
                            ("joint", "Joint controller"),
                        ],
                        max_length=12,
                    ),
                ),
                ("country", models.CharField(max_length=2)),
                ("contact", models.CharField(blank=True, max_length=200)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StaffNotice",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.CharField(max_length=20, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published"), ("superseded", "Superseded")],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("text_en", models.TextField()),
                ("text_zh", models.TextField()),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("published_at", models.DateTimeField(null=True)),
                ("superseded_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StaffReading",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "jurisdiction",
                    models.CharField(
                        choices=[
                            ("cn", "Mainland China"),
                            ("eu", "European Union"),
                            ("uk", "United Kingdom"),
                            ("us-ca", "California"),
                            ("generic", "Elsewhere"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "mechanism",
                    models.CharField(
                        choices=[
                            ("security_assessment", "Security assessment by the authority"),
                            ("standard_contract", "Standard contract, filed"),
                            ("certification", "Certification"),
                            ("exempted", "Exempted by rule"),
                            ("adequacy", "Adequacy decision"),
                            ("clauses", "Standard contractual clauses"),
                            ("binding_rules", "Binding corporate rules"),
                            ("derogation", "Derogation in a single case"),
                        ],
                        max_length=20,
                    ),
                ),
                ("provision", models.CharField(max_length=100)),
                (
                    "certainty",
                    models.CharField(
                        choices=[
                            ("read", "Read in the text"),
                            ("second_hand", "Second-hand account"),
                            ("general", "General knowledge, not re-read"),
                            ("uncertain", "Uncertain: ask a lawyer"),
                        ],
                        default="uncertain",
                        max_length=12,
                    ),
                ),
                ("reference", models.CharField(max_length=100)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("registered_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="purpose",
            name="abroad",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="purpose",
            name="concerns",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("callers", "Callers"), ("customers", "Customers"), ("agents", "Agents")], max_length=20
                ),
                blank=True,
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="description_en",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="purpose",
            name="description_zh",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="purpose",
            name="method",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("collect", "Collecting in the call"),
                        ("record", "Recording sound"),
                        ("store", "Keeping it encrypted"),
                        ("transcribe", "Turning speech into text"),
                        ("redact", "Removing personal data from it"),
                        ("listen", "Listening to it and reading it"),
                        ("analyse", "Analysing it by program"),
                        ("decide", "Deciding by program"),
                        ("call_out", "Calling the person"),
                        ("give", "Giving it to a recipient"),
                        ("send_abroad", "Sending it abroad"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="sensitive",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="purpose",
            name="state",
            field=models.CharField(
                choices=[("draft", "Draft"), ("active", "Active"), ("retired", "Retired")],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="use",
            field=models.CharField(
                choices=[
                    ("collection", "Collecting"),
                    ("recording", "Recording"),
                    ("analytics", "Analysis"),
                    ("quality_review", "Quality review"),
                    ("ai_processing", "Processing by AI"),
                    ("marketing", "Marketing"),
                    ("sharing", "Giving to others"),
                    ("outbound_calling", "Calling people"),
                ],
                default="collection",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="linepurpose",
            name="ground",
            field=models.CharField(
                choices=[
                    ("consent", "Consent"),
                    ("separate_consent", "Separate consent"),
                    ("contract", "Contract with the caller"),
                    ("legal_obligation", "Legal obligation"),
                    ("vital_interest", "Protection of life and property in an emergency"),
                    ("public_interest", "Public interest"),
                    ("legitimate_interest", "Legitimate interest"),
                    ("hr_management", "Staff management under lawful workplace rules"),
                ],
                default="consent",
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("replaced", "Replaced by a later one"),
                            ("lapsed", "Lapsed"),
                            ("abandoned", "Abandoned"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "jurisdictions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("cn", "Mainland China"),
                                ("eu", "European Union"),
                                ("uk", "United Kingdom"),
                                ("us-ca", "California"),
                                ("generic", "Elsewhere"),
                            ],
                            max_length=10,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("covers", models.CharField(max_length=64)),
                ("answers", models.JSONField(default=dict)),
                ("risks", models.JSONField(default=list)),
                ("consulted", models.CharField(blank=True, max_length=100)),
                ("review_months", models.PositiveSmallIntegerField(default=12)),
                ("due_on", models.DateField(null=True)),
                ("started_by", models.CharField(max_length=60)),
                ("started_at", models.DateTimeField()),
                ("approval", models.UUIDField(null=True)),
                (
                    "approved_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                ("approved_at", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                ("keep_until", models.DateTimeField(null=True)),
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assessments", to="lawful.purpose"
                    ),
                ),
            ],
        ),
        # What was in use is in use; only a new purpose begins as a draft.
        migrations.RunSQL(
            "UPDATE lawful_purpose SET state = CASE WHEN retired_at IS NULL THEN 'active' ELSE 'retired' END",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="purpose",
            name="assessment",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lawful.assessment"
            ),
        ),
        migrations.AddConstraint(
            model_name="purpose",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True),
                    ("assessment__isnull", False),
                    models.Q(
                        ("abroad", False),
                        ("sensitive", False),
                        models.Q(("use__in", ("ai_processing", "sharing")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="purpose_assessed_before_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="purpose",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("retired_at__isnull", False), ("state", "retired")),
                    models.Q(models.Q(("state", "retired"), _negated=True), ("retired_at__isnull", True)),
                    _connector="OR",
                ),
                name="purpose_retired_at_some_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="categoryrule",
            constraint=models.UniqueConstraint(
                fields=("category", "jurisdiction"), name="category_rule_once_per_jurisdiction"
            ),
        ),
        migrations.AddConstraint(
            model_name="categoryrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__gte", 1), ("level__lte", 4)), name="category_level_1_to_4"
            ),
        ),
        migrations.AddField(
            model_name="purposecategory",
            name="purpose",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="categories", to="lawful.purpose"
            ),
        ),
        migrations.AddField(
            model_name="purposeground",
            name="purpose",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="grounds", to="lawful.purpose"
            ),
        ),
        migrations.AddField(
            model_name="purposerevision",
            name="purpose",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="lawful.purpose"
            ),
        ),
        migrations.AddField(
            model_name="recipient",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="recipients", to="custody.client"
            ),
        ),
        migrations.AddField(
            model_name="recipient",
            name="purposes",
            field=models.ManyToManyField(blank=True, related_name="recipients", to="lawful.purpose"),
        ),
        migrations.AddConstraint(
            model_name="staffnotice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "published")), fields=("state",), name="one_published_staff_notice"
            ),
        ),
        migrations.AddField(
            model_name="staffreading",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="lawful.staffnotice"
            ),
        ),
        migrations.AddField(
            model_name="staffreading",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="recipient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="lawful.recipient"
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.UniqueConstraint(fields=("purpose", "number"), name="assessment_number_once_per_purpose"),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")), fields=("purpose",), name="one_draft_assessment_per_purpose"
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "approved")),
                fields=("purpose",),
                name="one_approved_assessment_per_purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "abandoned"]),
                    models.Q(
                        ("approved_at__isnull", False), ("keep_until__isnull", False), ("valid_until__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="assessment_approved_with_its_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposecategory",
            constraint=models.UniqueConstraint(fields=("purpose", "category"), name="purpose_category_once"),
        ),
        migrations.AddConstraint(
            model_name="purposeground",
            constraint=models.UniqueConstraint(
                fields=("purpose", "jurisdiction"), name="purpose_ground_once_per_jurisdiction"
            ),
        ),
        migrations.AddConstraint(
            model_name="purposeground",
            constraint=models.CheckConstraint(
                condition=models.Q(("ground", "legitimate_interest"), ("jurisdiction", "cn"), _negated=True),
                name="no_legitimate_interest_in_cn",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposerevision",
            constraint=models.UniqueConstraint(fields=("purpose", "number"), name="purpose_revision_once"),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.UniqueConstraint(fields=("client", "slug"), name="recipient_slug_once_per_client"),
        ),
        migrations.AddConstraint(
            model_name="staffreading",
            constraint=models.UniqueConstraint(fields=("notice", "user"), name="staff_reading_once"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("recipient", "jurisdiction"),
                name="one_open_transfer_per_recipient",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                ),
                name="transfer_valid_forwards",
            ),
        ),
    ]
