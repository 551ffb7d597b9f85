from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0002_walls"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="permit",
            name="permit_of_a_session_or_a_job",
        ),
        migrations.AddConstraint(
            model_name="permit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("session__isnull", False),
                    ("principal__startswith", "job:"),
                    ("principal__startswith", "service:"),
                    _connector="OR",
                ),
                name="permit_of_a_session_job_or_service",
            ),
        ),
    ]
