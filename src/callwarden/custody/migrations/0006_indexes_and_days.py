"""The keeper sees what is indexed, so that it destroys no index key in use; a day whose key has ended may have another."""

from django.db import migrations, models

GRANTS = """
GRANT SELECT ON custody_identifiertoken, custody_customer TO cw_keeper;
CREATE POLICY keeper_reads ON custody_identifiertoken FOR SELECT USING (current_user = 'cw_keeper');
CREATE POLICY keeper_reads ON custody_customer FOR SELECT USING (current_user = 'cw_keeper');
"""
REVOKES = """
DROP POLICY keeper_reads ON custody_customer;
DROP POLICY keeper_reads ON custody_identifiertoken;
REVOKE SELECT ON custody_identifiertoken, custody_customer FROM cw_keeper;
"""


class Migration(migrations.Migration):
    dependencies = [("custody", "0005_key_runs")]

    operations = [
        migrations.RunSQL(GRANTS, REVOKES),
        migrations.AlterField(model_name="intakekey", name="day", field=models.DateField()),
        migrations.AddConstraint(
            model_name="intakekey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("destroyed_at__isnull", True)), fields=("day",), name="one_live_key_a_day"
            ),
        ),
    ]
