"""What staff are told now, who has read it, and what a draft is made of."""

from __future__ import annotations

from django.db.models import Max, Min, QuerySet

from callwarden.custody.categories import Category
from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.kernel.models import User
from callwarden.lawful.notices.drafting import TwoNames
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import CATEGORIES, Ending, Ground, Whose
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.staff.models import StaffNotice, StaffReading
from callwarden.lawful.staff.rules import StaffPurpose


def told() -> StaffNotice | None:
    """The version in force."""
    return StaffNotice.objects.filter(state=StaffNotice.State.PUBLISHED).first()


def unread(user: User) -> StaffNotice | None:
    """The version in force, where this person has not confirmed reading it yet."""
    in_force = StaffNotice.objects.filter(state=StaffNotice.State.PUBLISHED)
    return in_force.exclude(readings__user=user).first()


def still_to_read(notice: StaffNotice) -> QuerySet[User]:
    """Active people who have not confirmed reading this version."""
    read = StaffReading.objects.filter(notice=notice).values("user")
    return User.objects.filter(is_active=True).exclude(pk__in=read).order_by("username")


def purposes_of_staff() -> list[StaffPurpose]:
    """Active purposes for which data of agents is handled."""
    found = Purpose.objects.filter(state=Purpose.State.ACTIVE, concerns__contains=[Whose.AGENTS]).order_by("slug")
    return [
        StaffPurpose(
            name=TwoNames(one.name, one.name_zh),
            description=TwoNames(one.description_en, one.description_zh),
            categories=tuple(CATEGORIES.get(slug, slug) for slug in sorted(it.category for it in one.categories.all())),
            grounds=tuple(
                (Jurisdiction(it.jurisdiction).label, Ground(it.ground).label, Ending(it.ends_with).label)
                for it in sorted(one.grounds.all(), key=lambda it: it.jurisdiction)
            ),
        )
        for one in found.prefetch_related("grounds", "categories")
    ]


def days_kept() -> tuple[int, int] | None:
    """Least and most days a recording may be kept, over all lines."""
    found = RetentionRule.objects.filter(category=Category.RECORDING_ORIGINAL).aggregate(
        least=Min("ceiling_days"), most=Max("ceiling_days")
    )
    return None if found["least"] is None else (found["least"], found["most"])
