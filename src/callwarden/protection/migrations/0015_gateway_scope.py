"""A scope for the gateway to language models."""

import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0015_calls_listed"),
        ("protection", "0014_spent_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="servicekey",
            name="service_key_scopes_known",
        ),
        migrations.AlterField(
            model_name="servicekey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("intake", "Hand in calls, recordings, words and call records"),
                        ("consent", "Report consent"),
                        ("customers", "Keep customer records up to date and look customers up, masked"),
                        ("calls", "Ask how far a call has come"),
                        ("dialler", "Ask who may be called, and say who wants no calls"),
                        ("decide", "Ask whether what is known of somebody may be used"),
                        (
                            "gateway",
                            "Send words to a language model with tokens for values, and have the values put back",
                        ),
                        ("retention", "Report what starts a retention period; hold records provisionally"),
                        ("requests", "Hand in requests of data subjects and ask how they stand"),
                        ("work", "Report tickets, campaigns and shifts"),
                        ("neighbours", "Bring the log of a neighbouring system"),
                        ("provision", "Open, change and close accounts of people (SCIM)"),
                    ],
                    max_length=12,
                ),
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="servicekey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scopes__contained_by",
                        [
                            "intake",
                            "consent",
                            "customers",
                            "calls",
                            "retention",
                            "dialler",
                            "requests",
                            "decide",
                            "provision",
                            "work",
                            "neighbours",
                            "gateway",
                        ],
                    ),
                    models.Q(("scopes", []), _negated=True),
                ),
                name="service_key_scopes_known",
            ),
        ),
    ]
