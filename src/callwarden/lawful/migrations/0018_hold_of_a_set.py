"""A matter may hold a set that was drawn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lawful", "0017_proof_ways"),
    ]

    operations = [
        migrations.AlterField(
            model_name="matter",
            name="scope",
            field=models.CharField(
                choices=[
                    ("call", "One call"),
                    ("customer", "One customer"),
                    ("person", "One person, as far as known"),
                    ("query", "All records that fit"),
                    ("set", "A set, drawn once"),
                ],
                max_length=10,
            ),
        ),
    ]
