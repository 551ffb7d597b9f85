from django.db import migrations, models

GRANTS = """
-- Which years there are is the sequencer's to say; pages read it.
REVOKE INSERT, UPDATE, DELETE ON custody_ledgeryear FROM cw_app;
GRANT SELECT ON custody_ledgeryear TO cw_app, cw_keeper;
GRANT SELECT, INSERT, UPDATE ON custody_ledgeryear TO cw_sequencer;
-- That two people decided on the destruction of a year is written in the transaction of their act.
GRANT UPDATE (erasure_approved_at) ON custody_ledgeryear TO cw_app;
GRANT DELETE ON custody_ledgerentry, custody_ledgerdetail TO cw_sequencer;
GRANT SELECT (entry) ON custody_ledgerdetail TO cw_sequencer;
"""

# The wall of 0002, with one door in it: a whole year that two people gave up, three years after it was closed.
ONLY_ADDED = """
CREATE OR REPLACE FUNCTION custody_ledgerentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user = 'cw_sequencer' AND EXISTS (
    SELECT 1 FROM custody_ledgeryear given
      JOIN custody_ledgeryear after
        ON after.first = (SELECT min(first) FROM custody_ledgeryear later WHERE later.first > given.first)
     WHERE given.erasure_approved_at IS NOT NULL AND given.first <= OLD.index AND OLD.index < after.first
       AND after.opened_at < now() - interval '3 years')
  THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'rows of this table are only ever added' USING ERRCODE = 'insufficient_privilege';
END $$;
"""
NEVER_TAKEN = """
CREATE OR REPLACE FUNCTION custody_ledgerentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of this table are only ever added' USING ERRCODE = 'insufficient_privilege'; END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("custody", "0015_calls_listed"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerYear",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=200, unique=True)),
                ("key", models.CharField(max_length=400)),
                ("first", models.BigIntegerField(unique=True)),
                ("opened_at", models.DateTimeField()),
                ("erasure_approved_at", models.DateTimeField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunSQL(GRANTS + ONLY_ADDED, NEVER_TAKEN),
    ]
