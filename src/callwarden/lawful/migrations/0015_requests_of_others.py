"""Requests that come from the public pages and from other systems: their references, followers and codes for nobody."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from callwarden.kernel.machine import state_guard


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0011_restricted_inside_floors"),
        ("lawful", "0014_notice_covers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="subjectrequest",
            name="follow_up",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="reference",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="subjectrequest",
            name="told",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SlugField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AlterField(
            model_name="requestproof",
            name="customer",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="custody.customer"
            ),
        ),
        migrations.AlterField(
            model_name="subjectrequest",
            name="rejected_for",
            field=models.CharField(
                blank=True,
                choices=[
                    ("taken_back", "The person took the request back"),
                    ("not_verified", "The person could not be verified"),
                    ("not_the_subject", "Asked by somebody else without authority"),
                    ("nothing_kept", "Nothing is kept about this person"),
                    ("excessive", "Repeated without reason"),
                    ("harms_others", "It would harm the rights of others"),
                    ("law_requires_keeping", "A law requires it to be kept"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.UniqueConstraint(fields=("client", "reference"), name="request_reference_once"),
        ),
        state_guard(
            "lawful_subjectrequest",
            steps=(
                "accepted>planned,accepted>rejected,answered>closed,executing>answered,executing>restricted,"
                "planned>executing,planned>rejected,received>accepted,received>rejected,received>verifying,"
                "rejected>closed,restricted>executing,verifying>accepted,verifying>rejected"
            ),
            initial="received",
        ),
    ]
