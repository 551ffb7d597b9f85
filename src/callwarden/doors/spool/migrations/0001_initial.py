import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("custody", "0004_permits_stand"),
    ]

    operations = [
        migrations.CreateModel(
            name="LeftFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("watcher", models.BinaryField(max_length=32)),
                ("path", models.BinaryField(max_length=32, unique=True)),
                ("shown", models.CharField(max_length=255)),
                ("code", models.CharField(max_length=60)),
                ("seen_at", models.DateTimeField()),
                (
                    "line",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="custody.line"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
    ]
