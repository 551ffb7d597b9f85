"""Anonymise, then erase: records of a retention rule are counted in the week before they end, by a recipe two people
approved. What they end by is never delayed by it: what could not be counted in time, or is not anonymous, just ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from callwarden.custody.models import Bucket, Client, Line
from callwarden.custody.scope import client_scope
from callwarden.flows import anonymise
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval
from callwarden.lawful.anonymisation import actions, queries
from callwarden.lawful.anonymisation.actions import Isolates, NotReached
from callwarden.lawful.anonymisation.models import BucketCounted, EndRecipe, Release
from callwarden.lawful.anonymisation.rules import Scope
from callwarden.lawful.retention.models import BUCKET_DAYS

# Records of a bucket end one by one within its week; the first of them must still be there to be counted.
AHEAD: Final = timedelta(days=BUCKET_DAYS + 1)
TOO_LATE: Final = "ended_uncounted"


def look() -> int:
    """Count what is about to end, for every recipe in force. Returns how many releases that made."""
    made = 0
    for client in Client.objects.filter(closed_at=None).values_list("id", flat=True):
        for one in queries.in_force(client):
            _note_what_was_missed(one)
            for week, buckets in sorted(_about_to_end(one).items()):
                made += count(one, week, buckets) is not None
    return made


def count(one: EndRecipe, week: date, buckets: Sequence[UUID]) -> Release | None:
    """Count these buckets, which end in one week, together; None where that is no anonymous release.

    Where keys or the ledger cannot be had nothing is noted, and the next look tries again while there is time.
    """
    label = f"{one.label}-{week:%Y-%m-%d}"[-40:]
    people = 0
    against: tuple[str, ...] = ()
    release = None
    try:
        candidate = anonymise.count(one.client_id, label, one.made_of, Scope(buckets=tuple(buckets)))
        people = candidate.measured.figures.people
        actions.judge(candidate, actor=actions.ACTOR)
        release = actions.release_at_end(candidate, one)
    except Unavailable:
        return None
    except NotReached as error:
        against = tuple(map(str, error.data["against"]))  # type: ignore[arg-type]
    except Isolates:
        against = ("difference",)
    except CallwardenError as error:
        against = (error.code,)
    _note(one, buckets, release=release, against=against, people=people)
    return release


def _about_to_end(one: EndRecipe) -> dict[date, list[UUID]]:
    """Week -> buckets of the rule that end in it, soon, and were not counted."""
    until = clock.now().date() + AHEAD
    found: dict[date, list[UUID]] = defaultdict(list)
    with client_scope(one.client_id):
        open_ones = _buckets(one).filter(destroyed_at__isnull=True, expires_on__lte=until)
        for bucket, week in open_ones.values_list("id", "expires_on"):
            found[week].append(bucket)
    return found


def _note_what_was_missed(one: EndRecipe) -> None:
    """Say of buckets that ended uncounted, since the recipe is in force, that they did."""
    if one.approval is None:
        return
    since = Approval.objects.filter(pk=one.approval).values_list("executed_at", flat=True).first()
    if since is None:
        return
    with client_scope(one.client_id):
        missed = list(_buckets(one).filter(destroyed_at__gt=since).values_list("id", flat=True))
    if missed:
        _note(one, missed, release=None, against=(TOO_LATE,), people=0)


def _buckets(one: EndRecipe) -> QuerySet[Bucket]:
    lines = Line.objects.filter(client=one.client_id)
    lines = lines.filter(pk=one.rule.line_id) if one.rule.line_id else lines.filter(jurisdiction=one.rule.jurisdiction)
    told = BucketCounted.objects.filter(end_recipe=one).values("bucket")
    return Bucket.objects.filter(line__in=lines, category=one.rule.category, hold=False).exclude(pk__in=told)


@transaction.atomic
def _note(
    one: EndRecipe, buckets: Sequence[UUID], *, release: Release | None, against: tuple[str, ...], people: int
) -> None:
    with client_scope(one.client_id):
        BucketCounted.objects.bulk_create(
            BucketCounted(
                bucket_id=bucket,
                end_recipe=one,
                release=release,
                against=list(against),
                people=people,
                at=clock.now(),
            )
            for bucket in buckets
        )
        journal.record(
            journal.Entry(
                event=Event.ANONYMISATION_BUCKET_COUNTED,
                actor=actions.ACTOR,
                client=one.client_id,
                approval=one.approval,
                decision="refuse" if against else "allow",
                reasons=against,
                count=len(buckets),
                data={"end_recipe": str(one.pk), "release": str(release.pk) if release else None},
            )
        )
