"""The eight roles of a call centre, and which of them one person may not hold together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import InvalidInput


class Role(models.TextChoices):
    AGENT = "agent", _("Agent")
    TEAM_LEADER = "team_leader", _("Team leader")
    QUALITY_REVIEWER = "quality_reviewer", _("Quality reviewer")
    DPO = "data_protection_officer", _("Data protection officer")
    SECURITY_ADMIN = "security_administrator", _("Security administrator")
    SYSTEM_ADMIN = "system_administrator", _("System administrator")
    AUDITOR = "auditor", _("Auditor")
    PARTNER_MANAGER = "partner_manager", _("Partner manager")


# Source: GB/T 22239-2019, three administrators (system, security, audit) whose rights are separated.
SEPARATED = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})

# Posts whose holder could turn the protection itself: given by two people, held for a time.
SENSITIVE = frozenset({Role.DPO, *SEPARATED})


def separated_pairs() -> list[tuple[str, str]]:
    """Every pair of roles that one person may not hold."""
    return list(combinations(sorted(role.value for role in SEPARATED), 2))


def check_roles(roles: Iterable[str]) -> list[str]:
    """The roles, sorted and each once.

    Raises:
        InvalidInput: a role is unknown, or two administrators would be one person.
    """
    chosen = set(roles)
    if unknown := chosen - set(Role.values):
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
