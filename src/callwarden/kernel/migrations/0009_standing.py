"""What lasts until it ends, so that the log tells its beginning and its end once each."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0008_own_roles")]

    operations = [
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("name", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
            ],
        ),
    ]
