"""A transfer abroad is written down before it counts."""

from django.db import migrations, models

import callwarden.kernel.clock

# "by" is a word of the language of triggers, so the guard compares whole rows instead of naming columns.
REVISION_STAYS = """
CREATE OR REPLACE FUNCTION lawful_purposerevision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'applied_at' IS DISTINCT FROM to_jsonb(OLD) - 'applied_at' OR OLD.applied_at IS NOT NULL THEN
    RAISE EXCEPTION 'a revision of a purpose is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("lawful", "0008_retention"),
    ]

    operations = [
        migrations.RunSQL(REVISION_STAYS, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="transfer",
            name="one_open_transfer_per_recipient",
        ),
        migrations.AddField(
            model_name="transfer",
            name="proposed_at",
            field=models.DateTimeField(default=callwarden.kernel.clock.now),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="registered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True), ("registered_at__isnull", False)),
                fields=("recipient", "jurisdiction"),
                name="one_open_transfer_per_recipient",
            ),
        ),
    ]
