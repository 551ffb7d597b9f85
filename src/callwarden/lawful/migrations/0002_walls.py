"""Consent events: row-level security; after they are written they can be tied to a call, never changed."""

from django.db import migrations

from callwarden.custody.walls import drop_row_security, row_security

ONLY_TIED = """
CREATE FUNCTION lawful_consentevent_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.line_id, NEW.reference, NEW.purpose, NEW.state, NEW.method, NEW.key, NEW.at, NEW.recorded_at, NEW.client_id)
     IS DISTINCT FROM
     (OLD.line_id, OLD.reference, OLD.purpose, OLD.state, OLD.method, OLD.key, OLD.at, OLD.recorded_at, OLD.client_id)
  THEN
    RAISE EXCEPTION 'a consent event is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keeps BEFORE UPDATE ON lawful_consentevent
  FOR EACH ROW EXECUTE FUNCTION lawful_consentevent_keeps();
"""

PUBLISHED_STAYS = """
CREATE FUNCTION lawful_notice_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'draft' AND (NEW.text_en, NEW.text_zh, NEW.script_en, NEW.script_zh, NEW.digest, NEW.version)
     IS DISTINCT FROM (OLD.text_en, OLD.text_zh, OLD.script_en, OLD.script_zh, OLD.digest, OLD.version)
  THEN
    RAISE EXCEPTION 'a published notice is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON lawful_notice
  FOR EACH ROW EXECUTE FUNCTION lawful_notice_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("lawful", "0001_initial"), ("custody", "0002_walls")]

    operations = [
        migrations.RunSQL(row_security("lawful_consentevent"), drop_row_security("lawful_consentevent")),
        migrations.RunSQL(
            ONLY_TIED, "DROP TRIGGER keeps ON lawful_consentevent; DROP FUNCTION lawful_consentevent_keeps();"
        ),
        migrations.RunSQL(PUBLISHED_STAYS, "DROP TRIGGER stays ON lawful_notice; DROP FUNCTION lawful_notice_stays();"),
    ]
