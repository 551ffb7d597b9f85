"""Up to when time has passed evenly; the keeper opens nothing again that was due by then."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("custody", "0006_indexes_and_days")]

    operations = [
        migrations.AddField(model_name="clocklook", name="mark", field=models.DateTimeField(null=True)),
        migrations.RunSQL(
            "GRANT SELECT ON custody_clocklook TO cw_keeper", "REVOKE SELECT ON custody_clocklook FROM cw_keeper"
        ),
    ]
