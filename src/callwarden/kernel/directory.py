"""Looking people up by what they may do."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from callwarden.kernel.models import User


def holding(roles: Iterable[str]) -> QuerySet[User]:
    """Active people with at least one of the roles, by name."""
    return User.objects.filter(is_active=True, roles__overlap=list(roles)).order_by("username")
