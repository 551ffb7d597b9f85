"""Rules that the database itself keeps, whatever program writes to it."""

from django.db import migrations

from callwarden.kernel.machine import STATE_GUARD_FUNCTION, state_guard

# Refuses an UPDATE that changes one of the named columns.
KEEP_FUNCTION = """
CREATE FUNCTION kernel_keep_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept text;
BEGIN
  FOREACH kept IN ARRAY string_to_array(TG_ARGV[0], ',') LOOP
    IF to_jsonb(OLD) -> kept IS DISTINCT FROM to_jsonb(NEW) -> kept THEN
      RAISE EXCEPTION '%: % never changes', TG_TABLE_NAME, kept USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NEW;
END $$
"""


def keep(table: str, columns: str) -> migrations.RunSQL:
    names = ",".join(columns.split())
    return migrations.RunSQL(
        f"CREATE TRIGGER keep_columns BEFORE UPDATE ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION kernel_keep_columns('{names}')",
        f"DROP TRIGGER IF EXISTS keep_columns ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(STATE_GUARD_FUNCTION, "DROP FUNCTION IF EXISTS kernel_guard_state()"),
        migrations.RunSQL(KEEP_FUNCTION, "DROP FUNCTION IF EXISTS kernel_keep_columns()"),
        state_guard(
            "kernel_approval",
            steps="approved>executed,approved>expired,approved>withdrawn,pending>approved,pending>expired,"
            "pending>refused,pending>withdrawn",
            initial="pending",
        ),
        state_guard(
            "kernel_finding",
            steps="accepted>open,open>accepted,open>triaged,remediating>accepted,remediating>verifying,"
            "triaged>accepted,triaged>remediating,verifying>closed,verifying>remediating",
            initial="open",
        ),
        state_guard("kernel_deadline", steps="running>filed,running>not_applicable", initial="running"),
        state_guard(
            "kernel_incident",
            steps="confirmed>contained,contained>eradicated,eradicated>closed,eradicated>notified,notified>closed,"
            "suspected>closed,suspected>confirmed",
            initial="suspected",
        ),
        state_guard("kernel_outboxmessage", steps="failed>queued,queued>failed,queued>sent", initial="queued"),
        # The act that people approved stays the act they approved.
        keep("kernel_approval", "kind parameters digest client requester_id requested_at expires_at quorum roles"),
        keep("kernel_vote", "approval_id requester_id voter_id choice digest at entry"),
        keep("kernel_check", "finding_id outcome by at evidence entry"),
        keep("kernel_deadline", "rule about_kind about_id started_at due_at"),
        # A vote's copy of the requester is the requester: together with the check on Vote, nobody votes on their own.
        migrations.RunSQL(
            "ALTER TABLE kernel_vote ADD CONSTRAINT vote_knows_the_requester"
            " FOREIGN KEY (approval_id, requester_id) REFERENCES kernel_approval (id, requester_id)"
            " DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE kernel_vote DROP CONSTRAINT vote_knows_the_requester",
        ),
    ]
