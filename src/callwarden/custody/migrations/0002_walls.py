"""Roles, grants, row-level security and the append-only ledger."""

from django.db import migrations

from callwarden.custody.walls import append_only, create_roles, drop_append_only, drop_row_security, row_security

SEEN_BY_KEEPER = ("custody_record", "custody_bucket")
OF_A_CLIENT = (
    "custody_subject",
    "custody_person",
    "custody_personlink",
    "custody_customer",
    "custody_epoch",
    "custody_call",
    "custody_agentlogin",
    "custody_leg",
    "custody_sealedfield",
    "custody_mention",
    "custody_identifiertoken",
    "custody_searchtoken",
)

GRANTS = """
GRANT USAGE ON SCHEMA public TO cw_app, cw_keeper, cw_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO cw_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO cw_app, cw_sequencer;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cw_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO cw_app, cw_sequencer;

-- Wrapped keys: the keeper alone reads and makes them; everybody else may only destroy or replace a wrap.
REVOKE ALL ON custody_subjectkey, custody_bucketkey, custody_datakey FROM cw_app;
GRANT SELECT (id, subject_id, generation, suite, epoch_id), DELETE ON custody_subjectkey TO cw_app;
GRANT SELECT (bucket_id, suite, epoch_id), DELETE ON custody_bucketkey TO cw_app;
GRANT SELECT (record_id, subject_id, generation, bucket_id), INSERT, UPDATE, DELETE ON custody_datakey TO cw_app;
GRANT SELECT, INSERT, UPDATE ON custody_subjectkey, custody_bucketkey TO cw_keeper;
GRANT SELECT ON custody_datakey, custody_record, custody_bucket, custody_permit, custody_intakeitem,
  custody_intakekey, custody_ledgerpending, custody_ledgerentry, kernel_session TO cw_keeper;
GRANT SELECT, UPDATE (uses) ON custody_permitrecord TO cw_keeper;

-- The ledger: everybody adds to what is pending, the sequencer alone makes leaves and heads of it.
REVOKE UPDATE, DELETE ON custody_ledgerpending FROM cw_app;
REVOKE INSERT, UPDATE, DELETE ON custody_ledgerentry, custody_checkpoint FROM cw_app;
GRANT SELECT, UPDATE, DELETE ON custody_ledgerpending TO cw_sequencer;
GRANT SELECT, INSERT ON custody_ledgerentry TO cw_sequencer;
GRANT SELECT, INSERT, UPDATE ON custody_checkpoint TO cw_sequencer;
GRANT SELECT ON django_migrations TO cw_sequencer;
"""

REVOKES = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM cw_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM cw_app, cw_sequencer;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM cw_app, cw_keeper, cw_sequencer;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM cw_app, cw_sequencer;
"""


class Migration(migrations.Migration):
    dependencies = [("custody", "0001_initial"), ("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(create_roles(), migrations.RunSQL.noop),
        migrations.RunSQL(GRANTS, REVOKES),
        migrations.RunSQL(append_only("custody_ledgerentry"), drop_append_only("custody_ledgerentry")),
        *(
            migrations.RunSQL(row_security(table, keeper=table in SEEN_BY_KEEPER), drop_row_security(table))
            for table in (*OF_A_CLIENT, *SEEN_BY_KEEPER)
        ),
    ]
