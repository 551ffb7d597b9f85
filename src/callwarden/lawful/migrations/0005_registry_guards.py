"""What the database itself refuses: forbidden steps, changes of what was approved, an early end of an assessment."""

from django.db import migrations

from callwarden.kernel.machine import state_guard

ASSESSMENT_STAYS = """
CREATE FUNCTION lawful_assessment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.keep_until IS NOT NULL AND OLD.keep_until > now() THEN
      RAISE EXCEPTION 'an impact assessment is kept for three years' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state <> 'draft' AND
     (NEW.purpose_id, NEW.number, NEW.jurisdictions, NEW.covers, NEW.answers, NEW.risks, NEW.consulted, NEW.approval,
      NEW.approved_by, NEW.approved_at, NEW.valid_until)
     IS DISTINCT FROM
     (OLD.purpose_id, OLD.number, OLD.jurisdictions, OLD.covers, OLD.answers, OLD.risks, OLD.consulted, OLD.approval,
      OLD.approved_by, OLD.approved_at, OLD.valid_until)
  THEN
    RAISE EXCEPTION 'an approved impact assessment is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.keep_until IS NOT NULL AND (NEW.keep_until IS NULL OR NEW.keep_until < OLD.keep_until) THEN
    RAISE EXCEPTION 'an impact assessment is kept for three years' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON lawful_assessment
  FOR EACH ROW EXECUTE FUNCTION lawful_assessment_stays();
"""

REVISION_STAYS = """
CREATE FUNCTION lawful_purposerevision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.purpose_id, NEW.number, NEW.content, NEW.digest, NEW.by, NEW.made_at)
     IS DISTINCT FROM (OLD.purpose_id, OLD.number, OLD.content, OLD.digest, OLD.by, OLD.made_at)
     OR OLD.applied_at IS NOT NULL
  THEN
    RAISE EXCEPTION 'a revision of a purpose is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON lawful_purposerevision
  FOR EACH ROW EXECUTE FUNCTION lawful_purposerevision_stays();
"""

STAFF_NOTICE_STAYS = """
CREATE FUNCTION lawful_staffnotice_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'draft' AND (NEW.text_en, NEW.text_zh, NEW.digest, NEW.version)
     IS DISTINCT FROM (OLD.text_en, OLD.text_zh, OLD.digest, OLD.version)
  THEN
    RAISE EXCEPTION 'a published notice is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON lawful_staffnotice
  FOR EACH ROW EXECUTE FUNCTION lawful_staffnotice_stays();
"""


def _drop(table: str) -> str:
    return f"DROP TRIGGER stays ON {table}; DROP FUNCTION {table}_stays();"


class Migration(migrations.Migration):
    dependencies = [("lawful", "0004_registry"), ("kernel", "0002_guards")]

    operations = [
        state_guard("lawful_purpose", steps="active>retired,draft>active,draft>retired", initial="draft"),
        state_guard(
            "lawful_assessment",
            steps="approved>lapsed,approved>replaced,draft>abandoned,draft>approved,lapsed>replaced",
            initial="draft",
        ),
        migrations.RunSQL(ASSESSMENT_STAYS, _drop("lawful_assessment")),
        migrations.RunSQL(REVISION_STAYS, _drop("lawful_purposerevision")),
        migrations.RunSQL(STAFF_NOTICE_STAYS, _drop("lawful_staffnotice")),
    ]
