"""Since when roles are held, votes that count no more, and what a directory calls its people."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Roles that were given before this was kept: never earlier than the account, and nothing more is known here.
HELD_BEFORE = """
INSERT INTO kernel_roleheld (id, user_id, role, since, given_by)
SELECT gen_random_uuid(), person.id, role, person.date_joined, 'system' FROM kernel_user person, unnest(person.roles) role
"""

KEEPS = """
CREATE TRIGGER keep_columns BEFORE UPDATE ON kernel_roleheld FOR EACH ROW
  EXECUTE FUNCTION kernel_keep_columns('user_id,role,since,given_by,approval');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("kernel", "0004_frozen_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoleHeld",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("agent", "Agent"),
                            ("team_leader", "Team leader"),
                            ("quality_reviewer", "Quality reviewer"),
                            ("data_protection_officer", "Data protection officer"),
                            ("security_administrator", "Security administrator"),
                            ("system_administrator", "System administrator"),
                            ("auditor", "Auditor"),
                            ("partner_manager", "Partner manager"),
                        ],
                        max_length=30,
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("given_by", models.CharField(max_length=60)),
                ("approval", models.UUIDField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="external_id",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="vote",
            name="void_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("external_id",),
                name="user_external_id_once",
            ),
        ),
        migrations.AddField(
            model_name="roleheld",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="roles_held", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="roleheld",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)), fields=("user", "role"), name="role_held_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="roleheld",
            constraint=models.CheckConstraint(
                condition=models.Q(("until", None), ("until__gte", models.F("since")), _connector="OR"),
                name="role_held_until_later",
            ),
        ),
        migrations.RunSQL(KEEPS, "DROP TRIGGER keep_columns ON kernel_roleheld"),
        migrations.RunSQL(HELD_BEFORE, migrations.RunSQL.noop),
    ]
