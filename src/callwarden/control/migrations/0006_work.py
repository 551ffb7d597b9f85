"""Tickets, campaigns, shifts and ties of staff, each of one client."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.custody.walls import drop_row_security, row_security
from callwarden.kernel.machine import state_guard

TABLES = ("task", "taskagent", "tasksubject", "shift", "tie")


class Migration(migrations.Migration):
    dependencies = [
        ("control", "0005_emergency"),
        ("custody", "0015_calls_listed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("ticket", "Ticket"), ("campaign", "Campaign")], max_length=10)),
                ("reference", models.BinaryField(max_length=32)),
                ("purpose", models.CharField(blank=True, max_length=64)),
                ("opened_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TaskAgent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="agents", to="control.task"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TaskSubject",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="custody.subject"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="subjects", to="control.task"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tie",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("declared", "Declared"), ("confirmed", "Confirmed"), ("ended", "Ended")],
                        default="declared",
                        max_length=10,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("self", "The person themselves"), ("family", "Family"), ("close", "Otherwise close")],
                        max_length=10,
                    ),
                ),
                ("declared_by", models.CharField(max_length=60)),
                ("declared_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="custody.subject"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("starts", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.client"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("client", "user", "starts"), name="shift_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ends__gt", models.F("starts"))), name="shift_ends_after_it_began"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(fields=("client", "kind", "reference"), name="task_once"),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("opened_at"))), name="task_ends_after_it_began"
            ),
        ),
        migrations.AddConstraint(
            model_name="taskagent",
            constraint=models.UniqueConstraint(fields=("task", "user"), name="task_agent_once"),
        ),
        migrations.AddConstraint(
            model_name="tasksubject",
            constraint=models.UniqueConstraint(fields=("task", "subject"), name="task_subject_once"),
        ),
        migrations.AddConstraint(
            model_name="tie",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "ended"), _negated=True),
                fields=("user", "subject"),
                name="tie_once_while_it_holds",
            ),
        ),
        *(
            migrations.RunSQL(row_security(f"control_{table}"), drop_row_security(f"control_{table}"))
            for table in TABLES
        ),
        state_guard("control_tie", steps="confirmed>ended,declared>confirmed,declared>ended", initial="declared"),
    ]
