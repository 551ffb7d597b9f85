"""Whose training is current, and who has to be trained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from callwarden.control.training import rules
from callwarden.control.training.models import TrainingRecord
from callwarden.control.training.rules import COURSE, UNTRAINED, Standing, Trained
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.kernel.roles import SENSITIVE


def counted() -> QuerySet[TrainingRecord]:
    """What stands: everything but what was taken back."""
    return TrainingRecord.objects.filter(taken_back=None)


def trained(persons: Iterable[UUID]) -> dict[UUID, Trained]:
    """Person -> their training in security today; every person asked for is in it."""
    wanted = list(persons)
    days: dict[UUID, list[date]] = defaultdict(list)
    for person, until in counted().filter(person__in=wanted, course=COURSE).values_list("person", "valid_until"):
        days[person].append(until)
    today = clock.now().date()
    return {person: rules.judged(days[person], today) for person in wanted}


def ever_entered(person: UUID) -> bool:
    """Whether anything was entered of a person's training in security, though it was taken back."""
    return TrainingRecord.objects.filter(person=person, course=COURSE).exists()


def required() -> bool:
    """Whether sensitive roles rest on training here."""
    return settings.TRAINING_MONTHS > 0


def refuse_untrained(person: User, roles: Collection[str]) -> None:
    """See `rules.refuse_untrained`; nothing where the site requires none.

    Raises:
        Refused: the person's training is not current.
    """
    if required():
        rules.refuse_untrained(trained([person.pk]).get(person.pk, UNTRAINED), roles)


def holders_untrained() -> list[tuple[User, Trained]]:
    """Who holds a sensitive role without current training, by name."""
    if not required():
        return []
    holders = list(User.objects.filter(is_active=True, roles__overlap=sorted(SENSITIVE)).order_by("username"))
    found = trained([one.pk for one in holders])
    return [(one, found[one.pk]) for one in holders if found[one.pk].standing is not Standing.VALID]
