"""How far each receiver of the operation log has got."""

import uuid

from django.db import migrations, models

from callwarden.kernel.machine import state_guard


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0001_initial"),
        ("kernel", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiemReceiver",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Receiving"), ("failing", "Not reached"), ("paused", "Paused")],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
                ("next_index", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("covered_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("failing_since", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=60)),
                ("taken_until", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("next_index__gte", 0)), name="siem_receiver_index_is_a_leaf"
                    )
                ],
            },
        ),
        state_guard(
            "control_siemreceiver",
            steps="active>failing,active>paused,failing>active,failing>paused,paused>active",
            initial="active",
        ),
    ]
