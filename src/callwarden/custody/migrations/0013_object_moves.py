"""Runs that seal objects anew: which object is being written or is to go, how far a run is in bytes."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0012_consent_proof"),
    ]

    operations = [
        migrations.AddField(
            model_name="keyrun",
            name="after",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="keyrun",
            name="byte_rate",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="keyrun",
            name="bytes",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="keyrun",
            name="bytes_total",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="keyrun",
            name="failed",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="keyrun",
            name="items",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="keyrun",
            name="items_total",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="record",
            name="resealed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="ObjectMove",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("record", models.UUIDField()),
                ("object_key", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[("writing", "Being written"), ("left", "Replaced"), ("failed", "Cannot be opened")],
                        default="writing",
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="custody.keyrun"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RunSQL(row_security("custody_objectmove"), drop_row_security("custody_objectmove")),
    ]
