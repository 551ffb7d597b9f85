"""Permits by who holds them and since when: counted at every decision, however many there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("custody", "0008_registry")]

    operations = [
        migrations.AddIndex(
            model_name="permit",
            index=models.Index(fields=["principal", "issued_at"], name="custody_per_princip_578c3f_idx"),
        ),
    ]
