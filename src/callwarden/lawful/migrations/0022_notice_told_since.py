"""A notice brought over from before this program says since when callers have been told it."""

from django.db import migrations, models

STAYS = """
CREATE OR REPLACE FUNCTION lawful_notice_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'draft'
     AND (NEW.text_en, NEW.text_zh, NEW.script_en, NEW.script_zh, NEW.digest, NEW.version, NEW.covers,
          NEW.line_id{new})
     IS DISTINCT FROM (OLD.text_en, OLD.text_zh, OLD.script_en, OLD.script_zh, OLD.digest, OLD.version, OLD.covers,
          OLD.line_id{old})
  THEN
    RAISE EXCEPTION 'a published notice is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("lawful", "0021_ground_on_record")]

    operations = [
        migrations.AddField("notice", "told_since", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=models.Q(told_since=None)
                | models.Q(published_at=None)
                | models.Q(told_since__lte=models.F("published_at")),
                name="notice_told_since_the_past",
            ),
        ),
        migrations.RunSQL(
            STAYS.format(new=", NEW.published_at, NEW.told_since", old=", OLD.published_at, OLD.told_since"),
            STAYS.format(new="", old=""),
        ),
    ]
