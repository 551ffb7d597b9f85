"""What releases there are, and which of them a new one has to be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from callwarden.lawful.anonymisation.differencing import Difference, Made, difference
from callwarden.lawful.anonymisation.models import EndRecipe, Release
from callwarden.lawful.anonymisation.rules import Recipe, Scope

State = Release.State


def comparable(client: UUID, recipe: Recipe, scope: Scope) -> list[Release]:
    """Releases that could have counted one of the same records, the latest first."""
    made = Release.objects.filter(client=client, state=State.RELEASED).order_by("-ended_at", "pk")
    return [one for one in made if one.made_of.source == recipe.source and one.counted.overlaps(scope)]


@dataclass(frozen=True)
class Isolating:
    """An earlier release beside which the new one would single people out."""

    release: Release
    difference: Difference


def isolating(made: Made, earlier: Iterable[Release]) -> Isolating | None:
    """The first of them with which the new one tells too much."""
    for one in earlier:
        found = difference(made, one.made)
        if found.isolates:
            return Isolating(one, found)
    return None


def in_force(client: UUID) -> list[EndRecipe]:
    return list(
        EndRecipe.objects.filter(client=client, state=EndRecipe.State.IN_FORCE).select_related("rule", "rule__line")
    )
