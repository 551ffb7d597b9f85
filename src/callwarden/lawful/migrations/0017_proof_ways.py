"""A proof by a code that was sent, beside the one that is told when called back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0013_object_moves"),
        ("lawful", "0016_anonymisation"),
    ]

    operations = [
        migrations.AddField(
            model_name="requestproof",
            name="way",
            field=models.CharField(
                choices=[("call_back", "Told when called back"), ("message", "Sent to a known number or address")],
                default="call_back",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="requestproof",
            constraint=models.UniqueConstraint(fields=("request", "way"), name="request_proof_once"),
        ),
    ]
