"""Pausing a receiver of the log, or taking it out of use, takes two people; alone somebody pauses it for an hour."""

from django.db import migrations, models

from callwarden.kernel.machine import state_guard


class Migration(migrations.Migration):
    dependencies = [("control", "0010_usage_reports")]

    operations = [
        migrations.AlterField(
            model_name="siemreceiver",
            name="state",
            field=models.CharField(
                choices=[
                    ("active", "Receiving"),
                    ("failing", "Not reached"),
                    ("paused", "Paused"),
                    ("removed", "Taken out of use"),
                ],
                default="active",
                max_length=10,
            ),
        ),
        migrations.AddField(model_name="siemreceiver", name="alone_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="siemreceiver", name="paused_until", field=models.DateTimeField(null=True)),
        state_guard(
            "control_siemreceiver",
            steps="active>failing,active>paused,active>removed,failing>active,failing>paused,failing>removed,"
            "paused>active,paused>removed,removed>active",
            initial="active",
        ),
    ]
