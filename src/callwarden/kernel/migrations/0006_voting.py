"""Deputies, approvals from different roles, and approvals under the policy they were asked for."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_APPROVAL = "kind,parameters,digest,client,requester_id,requested_at,expires_at,quorum,roles"
_VOTE = "approval_id,requester_id,voter_id,choice,digest,at,entry"


def _keeps(approval: str, vote: str) -> str:
    return "".join(
        f"DROP TRIGGER keep_columns ON {table}; CREATE TRIGGER keep_columns BEFORE UPDATE ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION kernel_keep_columns('{columns}');"
        for table, columns in (("kernel_approval", approval), ("kernel_vote", vote))
    )


# A principal and whoever votes in their name are one voice.
NOT_BOTH = """
CREATE FUNCTION kernel_not_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM kernel_vote v WHERE v.approval_id = NEW.approval_id
             AND (v.voter_id = NEW.in_name_of_id OR v.in_name_of_id = NEW.voter_id)) THEN
    RAISE EXCEPTION 'a person and their deputy have one voice' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_both BEFORE INSERT ON kernel_vote FOR EACH ROW EXECUTE FUNCTION kernel_not_both();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0005_people_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("entry", models.UUIDField()),
            ],
        ),
        migrations.AddField(
            model_name="approval",
            name="distinct_roles",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="approval",
            name="policy",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="vote",
            name="in_name_of",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("distinct_roles__gte", 1), ("distinct_roles__lte", models.F("quorum"))),
                name="approval_roles_can_be_had",
            ),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("in_name_of__isnull", False)),
                fields=("approval", "in_name_of"),
                name="vote_once_in_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="vote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("in_name_of", None),
                    models.Q(
                        models.Q(("in_name_of", models.F("requester")), _negated=True),
                        models.Q(("in_name_of", models.F("voter")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="vote_not_in_the_requesters_name",
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="deputy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="deputises", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="delegation",
            name="principal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="deputies", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="delegation",
            index=models.Index(fields=["deputy", "ends_at"], name="delegation_of_deputy"),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("principal", models.F("deputy")), _negated=True), name="delegation_to_somebody_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="delegation_ends_later"
            ),
        ),
        # What was asked for and what was said stay as they were, the new columns too.
        migrations.RunSQL(
            _keeps(f"{_APPROVAL},distinct_roles,policy", f"{_VOTE},in_name_of_id") + NOT_BOTH,
            _keeps(_APPROVAL, _VOTE) + "DROP FUNCTION kernel_not_both() CASCADE;",
        ),
    ]
