"""The keeper sees for itself what people approved, before it changes who holds the root."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("protection", "0001_initial"),
        ("custody", "0002_walls"),
        ("kernel", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "GRANT SELECT ON kernel_approval, kernel_vote TO cw_keeper;",
            "REVOKE SELECT ON kernel_approval, kernel_vote FROM cw_keeper;",
        ),
    ]
