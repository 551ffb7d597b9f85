"""Certificates: rows that are written once; the database refuses to change or remove one."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

NEVER_CHANGED = """
CREATE FUNCTION {table}_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a certificate is never changed' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {table}_never_changed();
"""
AGAIN = "DROP TRIGGER never_changed ON {table}; DROP FUNCTION {table}_never_changed();"
TABLES = ("lawful_certificate", "lawful_certifiedbucket")


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0007_clock_mark"),
        ("lawful", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("retention", "End of retention"),
                            ("erasure", "Erasure on request"),
                            ("anonymisation", "Anonymisation"),
                        ],
                        max_length=20,
                    ),
                ),
                ("about_kind", models.CharField(max_length=30)),
                ("about_id", models.UUIDField()),
                ("body", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("entry", models.UUIDField(unique=True)),
                ("issued_at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CertifiedBucket",
            fields=[
                (
                    "bucket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="custody.bucket",
                    ),
                ),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="buckets", to="lawful.certificate"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="certificate",
            index=models.Index(fields=["-issued_at"], name="certificate_latest"),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                fields=("kind", "about_kind", "about_id"), name="certificate_once_for_a_matter"
            ),
        ),
        *(migrations.RunSQL(NEVER_CHANGED.format(table=name), AGAIN.format(table=name)) for name in TABLES),
    ]
