"""Accounts that are frozen because something is suspected: inactive, and not reopened by one person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_bulk")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="frozen_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="opens_unfrozen",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("frozen_at", None), ("opens_unfrozen", False)),
                    models.Q(("frozen_at__isnull", False), ("is_active", False)),
                    _connector="OR",
                ),
                name="user_frozen_is_not_active",
            ),
        ),
    ]
