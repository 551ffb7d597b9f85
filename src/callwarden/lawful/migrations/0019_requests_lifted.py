"""A restriction may be lifted, and what turned out unfounded while under way may be refused."""

from django.db import migrations, models

from callwarden.kernel.machine import state_guard


class Migration(migrations.Migration):
    dependencies = [
        ("lawful", "0018_hold_of_a_set"),
    ]

    operations = [
        migrations.AddField(
            model_name="subjectrequest",
            name="lifted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="subjectrequest",
            name="rejected_for",
            field=models.CharField(
                blank=True,
                choices=[
                    ("taken_back", "The person took the request back"),
                    ("not_verified", "The person could not be verified"),
                    ("not_the_subject", "Asked by somebody else without authority"),
                    ("nothing_kept", "Nothing is kept about this person"),
                    ("right_as_it_is", "What is kept is right as it is"),
                    ("excessive", "Repeated without reason"),
                    ("harms_others", "It would harm the rights of others"),
                    ("law_requires_keeping", "A law requires it to be kept"),
                ],
                max_length=30,
            ),
        ),
        state_guard(
            "lawful_subjectrequest",
            steps=(
                "accepted>planned,accepted>rejected,answered>closed,executing>answered,executing>rejected,"
                "executing>restricted,planned>executing,planned>rejected,received>accepted,received>rejected,"
                "received>verifying,rejected>closed,restricted>executing,verifying>accepted,verifying>rejected"
            ),
            initial="received",
        ),
    ]
