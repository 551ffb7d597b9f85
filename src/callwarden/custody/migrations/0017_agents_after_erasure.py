from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("custody", "0016_ledger_years")]

    operations = [
        migrations.RemoveConstraint(model_name="subject", name="one_subject_per_agent"),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.UniqueConstraint(
                condition=models.Q(user__isnull=False, destroyed_at__isnull=True, erasure_due=False),
                fields=("client", "user"),
                name="one_subject_per_agent",
            ),
        ),
    ]
