"""Roles that a site adds with its access matrix. A person holds shipped roles and these; the database refuses others."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

SHIPPED = [
    "agent",
    "team_leader",
    "quality_reviewer",
    "data_protection_officer",
    "security_administrator",
    "system_administrator",
    "auditor",
    "partner_manager",
]
ORDINARY = ["agent", "team_leader", "quality_reviewer", "partner_manager"]

# The rows are locked against being taken away until whoever gives a role is done.
KNOWN = """
CREATE FUNCTION kernel_roles_known() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE own text[] := ARRAY(SELECT unnest(NEW.roles) EXCEPT SELECT unnest('{agent,team_leader,quality_reviewer,data_protection_officer,security_administrator,system_administrator,auditor,
partner_manager}'::text[]));
        found integer;
BEGIN
  IF own = '{}' THEN RETURN NEW; END IF;
  SELECT count(*) INTO found FROM (SELECT 1 FROM kernel_ownrole WHERE slug = ANY(own) FOR KEY SHARE) known;
  IF found <> cardinality(own) THEN
    RAISE EXCEPTION 'user_roles_known: a person may hold only roles there are' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER roles_known BEFORE INSERT OR UPDATE OF roles ON kernel_user FOR EACH ROW
  EXECUTE FUNCTION kernel_roles_known();
"""
UNKNOWN = "DROP TRIGGER roles_known ON kernel_user; DROP FUNCTION kernel_roles_known();"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0007_session_place")]

    operations = [
        migrations.CreateModel(
            name="OwnRole",
            fields=[
                ("slug", models.SlugField(max_length=30, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("name_zh", models.CharField(max_length=60)),
                ("based_on", models.CharField(max_length=30)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=~models.Q(slug__in=SHIPPED), name="own_role_is_not_shipped"),
                    models.CheckConstraint(
                        condition=models.Q(based_on__in=ORDINARY), name="own_role_based_on_an_ordinary_one"
                    ),
                ]
            },
        ),
        migrations.RemoveConstraint(model_name="user", name="user_roles_known"),
        migrations.AlterField(
            model_name="user",
            name="roles",
            field=ArrayField(base_field=models.CharField(max_length=30), blank=True, default=list, size=None),
        ),
        migrations.AlterField(model_name="roleheld", name="role", field=models.CharField(max_length=30)),
        migrations.RunSQL(KNOWN, UNKNOWN),
    ]
