"""What shows that a ground holds: a reference with its day, and the last day of a provision."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lawful", "0020_requests_corrected"),
    ]

    operations = [
        migrations.AddField(
            model_name="purposeground",
            name="recorded_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="purposeground",
            name="reference",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="purposeground",
            name="valid_until",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="purposeground",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__isnull", True), ("ground", "legal_obligation"), _connector="OR"),
                name="only_a_legal_duty_has_a_last_day",
            ),
        ),
    ]
