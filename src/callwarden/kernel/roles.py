"""The eight roles of a call centre, those a site adds, and which of them one person may not hold together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from callwarden.kernel.models import OwnRole, User


class Role(models.TextChoices):
    AGENT = "agent", _("Agent")
    TEAM_LEADER = "team_leader", _("Team leader")
    QUALITY_REVIEWER = "quality_reviewer", _("Quality reviewer")
    DPO = "data_protection_officer", _("Data protection officer")
    SECURITY_ADMIN = "security_administrator", _("Security administrator")
    SYSTEM_ADMIN = "system_administrator", _("System administrator")
    AUDITOR = "auditor", _("Auditor")
    PARTNER_MANAGER = "partner_manager", _("Partner manager")


_SHIPPED = frozenset(Role.values)

# Source: GB/T 22239-2019, three administrators (system, security, audit) whose rights are separated.
SEPARATED = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})

# Posts whose holder could turn the protection itself: given by two people, held for a time.
SENSITIVE = frozenset({Role.DPO, *SEPARATED})


def separated_pairs() -> list[tuple[str, str]]:
    """Every pair of roles that one person may not hold."""
    return list(combinations(sorted(role.value for role in SEPARATED), 2))


# What a role of a site's own may be based on: the ordinary ones. It opens the pages of its base and decides nothing.
BASES = tuple(role.value for role in Role if role not in SENSITIVE)


def seen_as(roles: Iterable[str]) -> frozenset[str]:
    """The roles whose pages somebody sees: their own, and of a role that the site added also the one it is based on."""
    held = frozenset(roles)
    return held if held <= _SHIPPED else held | {row.based_on for row in _own().filter(slug__in=held - _SHIPPED)}


def only_an_agent(user: User) -> bool:
    """Whether somebody has no other role than that of an agent, or ones based on it."""
    return set(seen_as(user.roles)) & _SHIPPED == {Role.AGENT.value}


def own_roles() -> list[OwnRole]:
    """The roles this site has added, by name."""
    return list(_own().order_by("name"))


def own_role(slug: str) -> OwnRole | None:
    return None if slug in _SHIPPED else _own().filter(slug=slug).first()


def _own() -> QuerySet[OwnRole]:
    from callwarden.kernel.models import OwnRole

    return OwnRole.objects.all()


def check_roles(roles: Iterable[str]) -> list[str]:
    """The roles, sorted and each once.

    Raises:
        InvalidInput: a role is unknown, or two administrators would be one person.
    """
    chosen = set(roles)
    unknown = chosen - _SHIPPED
    if unknown and (unknown := unknown - set(_own().filter(slug__in=unknown).values_list("slug", flat=True))):
        raise InvalidInput(
            "unknown_role", _("There is no such role. Choose from the list."), data={"roles": sorted(unknown)}
        )
    if len(chosen & SEPARATED) > 1:
        raise InvalidInput(
            "roles_separated",
            _("System, security and audit administration must be different people. Choose one of these roles."),
            data={"roles": sorted(chosen & SEPARATED)},
        )
    return sorted(chosen)
