"""A permit stands as it was issued: the application may end it, nothing else, and each has a ledger entry of its own."""

from django.db import migrations, models

STAND = """
REVOKE UPDATE, DELETE ON custody_permit, custody_permitrecord FROM cw_app;
GRANT UPDATE (revoked_at) ON custody_permit TO cw_app;
CREATE FUNCTION custody_permit_stays_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a permit stays revoked' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER stays_revoked BEFORE UPDATE ON custody_permit FOR EACH ROW
  WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
  EXECUTE FUNCTION custody_permit_stays_revoked();
"""

YIELD = """
DROP TRIGGER stays_revoked ON custody_permit;
DROP FUNCTION custody_permit_stays_revoked();
GRANT UPDATE, DELETE ON custody_permit, custody_permitrecord TO cw_app;
"""


class Migration(migrations.Migration):
    dependencies = [("custody", "0003_service_permits")]

    operations = [
        migrations.AddConstraint(
            model_name="permit",
            constraint=models.UniqueConstraint(fields=["entry"], name="permit_of_its_own_entry"),
        ),
        migrations.RunSQL(STAND, YIELD),
    ]
