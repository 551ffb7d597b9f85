"""Records whose erasure waits for a floor: until when, and why they go then."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0010_residue_scans"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="erase_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="record",
            name="erase_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("erase_at__isnull", False)),
                fields=["client", "erase_at"],
                name="record_waits_for_floor",
            ),
        ),
    ]
