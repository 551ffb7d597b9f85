"""The acts two people decide on: that a release exists, and that a recipe stands for the end of a retention rule."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.roles import Role
from callwarden.lawful.anonymisation.models import EndRecipe, Release

if TYPE_CHECKING:
    from callwarden.lawful.anonymisation.rules import Recipe

RELEASE: Final = "lawful:anonymisation:release"
AT_END: Final = "lawful:anonymisation:at_end"
DECIDE: Final = (Role.DPO, Role.SECURITY_ADMIN)
# What was counted is of the moment it was counted. After a day it is counted anew.
LASTS: Final = timedelta(hours=24)


def columns_of(recipe: Recipe) -> list[str]:
    return [f"{one.field}:{one.role}:{one.level}" for one in recipe.columns]


def releasing(release: Release) -> Act:
    """The act of releasing exactly these bytes."""
    recipe, found = release.made_of, release.found
    return Act(
        RELEASE,
        {
            "release": str(release.pk),
            "client": str(release.client_id),
            "label": release.label,
            "recipe": release.recipe_digest,
            "dataset": release.digest,
            "columns": columns_of(recipe),
            "k": recipe.k,
            "l": recipe.l if recipe.sensitive else None,
            "people": found.people,
            "classes": found.kept_classes,
            "smallest": found.kept_smallest,
            "suppressed": found.suppressed,
            "rules": release.rules,
        },
    )


def standing(one: EndRecipe) -> Act:
    """The act of counting by exactly this recipe whenever records of the rule end."""
    recipe = one.made_of
    return Act(
        AT_END,
        {
            "end_recipe": str(one.pk),
            "client": str(one.client_id),
            "rule": str(one.rule_id),
            "label": one.label,
            "recipe": one.recipe_digest,
            "columns": columns_of(recipe),
            "k": recipe.k,
            "l": recipe.l if recipe.sensitive else None,
            "suppress": recipe.suppress,
        },
    )


def _release(execution: Execution) -> Release:
    from callwarden.lawful.anonymisation import actions

    release = Release.objects.get(pk=str(execution.parameters["release"]))
    if releasing(release).digest != Act(RELEASE, execution.parameters).digest:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return actions.release(release, actor=execution.by.actor, approval=execution.approval)


def _at_end(execution: Execution) -> EndRecipe:
    from callwarden.lawful.anonymisation import actions

    one = EndRecipe.objects.get(pk=str(execution.parameters["end_recipe"]))
    if standing(one).digest != Act(AT_END, execution.parameters).digest:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return actions.put_at_end(one, actor=execution.by.actor, approval=execution.approval)


approvals.register(
    ActKind(RELEASE, title=_("Release an anonymous dataset"), roles=DECIDE, quorum=1, run=_release, lasts=LASTS)
)
approvals.register(ActKind(AT_END, title=_("Count records before they end"), roles=DECIDE, quorum=1, run=_at_end))
