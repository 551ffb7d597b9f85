"""What a version covers, as data beside its text; once published it stays as it is, like the text."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

STAYS = """
CREATE OR REPLACE FUNCTION lawful_notice_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'draft'
     AND (NEW.text_en, NEW.text_zh, NEW.script_en, NEW.script_zh, NEW.digest, NEW.version{new})
     IS DISTINCT FROM (OLD.text_en, OLD.text_zh, OLD.script_en, OLD.script_zh, OLD.digest, OLD.version{old})
  THEN
    RAISE EXCEPTION 'a published notice is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("lawful", "0013_consent_in_writing")]

    operations = [
        migrations.AddField("notice", "covers", models.JSONField(default=dict)),
        migrations.AddField("notice", "renewing", ArrayField(models.SlugField(), blank=True, default=list)),
        migrations.RunSQL(
            STAYS.format(new=", NEW.covers, NEW.line_id", old=", OLD.covers, OLD.line_id"),
            STAYS.format(new="", old=""),
        ),
    ]
