"""Whose law a line stands under and what time it is there; who answers for a client's data."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0007_clock_mark"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="contact",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="client",
            name="controller",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="client",
            name="controller_zh",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="line",
            name="jurisdiction",
            field=models.CharField(
                choices=[
                    ("cn", "Mainland China"),
                    ("eu", "European Union"),
                    ("uk", "United Kingdom"),
                    ("us-ca", "California"),
                    ("generic", "Elsewhere"),
                ],
                default="cn",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="line",
            name="time_zone",
            field=models.CharField(default="Asia/Shanghai", max_length=60),
        ),
    ]
