"""What stands is kept by the database: the newest answer of a subject for a purpose and a recipient, in whatever order
events arrive. Consent events and their evidence are never changed. Every new table shows one client's rows only.

An answer is newer than another by (when it was said, rank, id): the greatest of these is the same whatever came first,
so events that arrive late, twice or in any order leave the same row. A question is no answer and replaces none.
"""

from django.db import migrations

from callwarden.custody.walls import drop_row_security, row_security

_KEPT = (
    "line_id, reference, scope, purpose, recipient, state, method, key, by, apart, notice_id, script_version, reason,"
    " at, expires_at, recorded_at, client_id"
)


def _columns(row: str, names: str) -> str:
    return ", ".join(f'{row}."{name.strip()}"' for name in names.split(","))


def _keeps(names: str, *once: str) -> str:
    """Refuse to change `names`, or to replace what stands in one of `once`; it may be filled, and emptied."""
    replaced = " OR ".join(
        f"(OLD.{name} IS NOT NULL AND NEW.{name} IS NOT NULL AND NEW.{name} <> OLD.{name})" for name in once
    )
    return f"""
CREATE OR REPLACE FUNCTION lawful_consentevent_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ({_columns("NEW", names)}) IS DISTINCT FROM ({_columns("OLD", names)}) OR {replaced}
  THEN
    RAISE EXCEPTION 'a consent event is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""


_KEPT_BEFORE = "line_id, reference, purpose, state, method, key, at, recorded_at, client_id"

EVIDENCE_KEEPS = """
CREATE FUNCTION lawful_consentevidence_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.client_id, NEW.kind, NEW.claimed, NEW.start_ms, NEW.end_ms, NEW.script, NEW.attested_by, NEW.made_at)
     IS DISTINCT FROM (OLD.client_id, OLD.kind, OLD.claimed, OLD.start_ms, OLD.end_ms, OLD.script, OLD.attested_by, OLD.made_at)
     OR (OLD.source IS NOT NULL AND NEW.source IS DISTINCT FROM OLD.source)
     OR (length(OLD.digest) > 0 AND NEW.digest IS DISTINCT FROM OLD.digest)
     OR (OLD.record_id IS NOT NULL AND NEW.record_id IS NOT NULL AND NEW.record_id <> OLD.record_id)
     OR (OLD.mismatch AND NOT NEW.mismatch)
  THEN
    RAISE EXCEPTION 'evidence of consent is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keeps BEFORE UPDATE ON lawful_consentevidence
  FOR EACH ROW EXECUTE FUNCTION lawful_consentevidence_keeps();
"""

STANDS = """
CREATE FUNCTION lawful_consent_rank(state text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE state WHEN 'requested' THEN 0 WHEN 'given' THEN 1 WHEN 'expired' THEN 2
                     WHEN 'invalidated' THEN 3 WHEN 'refused' THEN 4 ELSE 5 END)::smallint
$$;

CREATE FUNCTION lawful_consent_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  said timestamptz := LEAST(NEW.at, NEW.recorded_at);
  place smallint := lawful_consent_rank(NEW.state);
  asked timestamptz := CASE WHEN NEW.state = 'requested' THEN said END;
  no timestamptz := CASE WHEN NEW.state = 'refused' THEN said END;
BEGIN
  INSERT INTO lawful_consentstate AS now (id, client_id, subject_id, purpose, recipient, state, scope, event_id,
                                          said_at, rank, expires_at, asked_at, refused_at)
  VALUES (gen_random_uuid(), NEW.client_id, NEW.subject_id, NEW.purpose, NEW.recipient, NEW.state, NEW.scope, NEW.id,
          said, place, NEW.expires_at, asked, no)
  ON CONFLICT (client_id, subject_id, purpose, recipient) DO UPDATE SET
    asked_at = GREATEST(now.asked_at, asked), refused_at = GREATEST(now.refused_at, no);
  UPDATE lawful_consentstate now
     SET state = NEW.state, scope = NEW.scope, event_id = NEW.id, said_at = said, rank = place,
         expires_at = NEW.expires_at
   WHERE now.client_id = NEW.client_id AND now.subject_id = NEW.subject_id AND now.purpose = NEW.purpose
     AND now.recipient = NEW.recipient
     AND (place > 0, said, place, NEW.id) > (now.rank > 0, now.said_at, now.rank, now.event_id);
  RETURN NULL;
END $$;
CREATE TRIGGER stands AFTER INSERT ON lawful_consentevent
  FOR EACH ROW WHEN (NEW.subject_id IS NOT NULL) EXECUTE FUNCTION lawful_consent_stands();
CREATE TRIGGER stands_once_tied AFTER UPDATE OF subject_id ON lawful_consentevent
  FOR EACH ROW WHEN (OLD.subject_id IS NULL AND NEW.subject_id IS NOT NULL) EXECUTE FUNCTION lawful_consent_stands();
"""

FOLLOWS = """
CREATE FUNCTION lawful_consentstate_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'what stands follows from the events alone' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follows BEFORE INSERT OR UPDATE ON lawful_consentstate
  FOR EACH ROW EXECUTE FUNCTION lawful_consentstate_follows();
"""

_DROP_FOLLOWS = """
DROP TRIGGER follows ON lawful_consentstate;
DROP FUNCTION lawful_consentstate_follows();
"""

_DROP_STANDS = """
DROP TRIGGER stands ON lawful_consentevent;
DROP TRIGGER stands_once_tied ON lawful_consentevent;
DROP FUNCTION lawful_consent_stands();
DROP FUNCTION lawful_consent_rank(text);
"""

_TABLES = (
    "lawful_consentevidence",
    "lawful_consentstate",
    "lawful_consentproposal",
    "lawful_minor",
    "lawful_donotcall",
    "lawful_callinghours",
)
# The owner reads past its own walls only while they are not forced upon it.
REPLAY = """
ALTER TABLE lawful_consentevent NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lawful_consentstate NO FORCE ROW LEVEL SECURITY;
INSERT INTO lawful_consentstate (id, client_id, subject_id, purpose, recipient, state, scope, event_id, said_at, rank,
                                 expires_at, asked_at, refused_at)
SELECT DISTINCT ON (client_id, subject_id, purpose, recipient)
       gen_random_uuid(), client_id, subject_id, purpose, recipient, state, scope, id, LEAST(at, recorded_at),
       lawful_consent_rank(state), expires_at, NULL::timestamptz,
       max(CASE WHEN state = 'refused' THEN LEAST(at, recorded_at) END)
         OVER (PARTITION BY client_id, subject_id, purpose, recipient)
  FROM lawful_consentevent
 WHERE subject_id IS NOT NULL
 ORDER BY client_id, subject_id, purpose, recipient, LEAST(at, recorded_at) DESC, lawful_consent_rank(state) DESC,
          id DESC;
ALTER TABLE lawful_consentstate FORCE ROW LEVEL SECURITY;
ALTER TABLE lawful_consentevent FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("lawful", "0010_consent")]

    operations = [
        migrations.RunSQL(
            _keeps(_KEPT, "subject_id", "call_id", "evidence_id"),
            _keeps(_KEPT_BEFORE, "id"),
        ),
        *(migrations.RunSQL(row_security(table), drop_row_security(table)) for table in _TABLES),
        migrations.RunSQL(
            EVIDENCE_KEEPS,
            "DROP TRIGGER keeps ON lawful_consentevidence; DROP FUNCTION lawful_consentevidence_keeps();",
        ),
        migrations.RunSQL(STANDS, _DROP_STANDS),
        # Before the guard is set: what was said before this version stands as well.
        migrations.RunSQL(REPLAY, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOWS, _DROP_FOLLOWS),
    ]
