"""What two releases tell together that neither tells alone: whoever is in one and not in the other.

The rule. Take every earlier release that could have counted one of the same records. Bring both to what they share: the
columns both have, each as coarse as the coarser of the two. In every group, the people who came and the people who went
(summed over the values of the sensitive column, where both have it) must each be nobody or at least k, and the values
that came, or went, at least l. A group the earlier release does not show, though it left groups out, may have had up to
k - 1 people: what remains after taking any k - 1 away must still reach k and l, and the other way round.

It compares with our own releases, on shared columns. What others have published it cannot know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from callwarden.lawful.anonymisation.places import OTHER, UNKNOWN
from callwarden.lawful.anonymisation.rules import SEVERAL, Column, Group, Recipe

Margin = dict[tuple[str, ...], Counter[str]]
# Labels that stand for no value and are the same on every step.
SPECIAL: Final = frozenset({SEVERAL, OTHER, UNKNOWN})


@dataclass(frozen=True)
class Made:
    """A release as far as differences go: its recipe, its rows, and whether any group was left out of it."""

    recipe: Recipe
    groups: Sequence[Group]
    left_out: bool


@dataclass(frozen=True)
class Difference:
    """How many groups would let fewer than k people be told apart, and how many of too few values."""

    few: int
    alike: int

    @property
    def isolates(self) -> bool:
        return bool(self.few or self.alike)


def difference(new: Made, old: Made) -> Difference:
    """What the new release would give away beside the old one."""
    k, values = max(new.recipe.k, old.recipe.k), max(new.recipe.l, old.recipe.l)
    shared = _shared(new.recipe, old.recipe)
    valued = _valued(new.recipe, old.recipe)
    mine, theirs = _margin(new, shared, valued), _margin(old, shared, valued)
    few = alike = 0
    for labels in mine.keys() | theirs.keys():
        now, then = mine.get(labels, Counter()), theirs.get(labels, Counter())
        came, went = now - then, then - now
        if not then and old.left_out:
            came = _hidden(now, k - 1)
        if not now and new.left_out:
            went = _hidden(then, k - 1)
        for moved in (came, went):
            size = sum(moved.values())
            if not size:
                continue
            few += size < k
            alike += bool(valued) and size >= k and len(moved) < values
    return Difference(few, alike)


def _hidden(group: Counter[str], most: int) -> Counter[str]:
    """What certainly remains of a group when so many of it may have been there all along: the rarest values go first,
    for that leaves the fewest.
    """
    left = Counter(group)
    for value, count in sorted(group.items(), key=lambda pair: (pair[1], pair[0])):
        taken = min(count, most)
        left[value] -= taken
        most -= taken
    return +left


def _shared(new: Recipe, old: Recipe) -> tuple[tuple[str, str], ...]:
    """Quasi-identifiers both have, each with the coarser level of the two."""
    theirs = {one.field: one for one in old.quasi}
    return tuple((one.field, _coarser(one, theirs[one.field])) for one in new.quasi if one.field in theirs)


def _coarser(one: Column, other: Column) -> str:
    return max(one.level, other.level, key=one.of.step)


def _valued(new: Recipe, old: Recipe) -> tuple[str, str] | None:
    mine, theirs = new.sensitive, old.sensitive
    if mine is None or theirs is None or mine.field != theirs.field:
        return None
    return (mine.field, _coarser(mine, theirs))


def _margin(made: Made, shared: Iterable[tuple[str, str]], valued: tuple[str, str] | None) -> Margin:
    at = {one.field: position for position, one in enumerate(made.recipe.quasi)}
    level = {one.field: one.level for one in made.recipe.columns}
    steps = [(at[field], made.recipe.quasi[at[field]], to) for field, to in shared]
    sensitive = made.recipe.sensitive
    found: Margin = {}
    for group in made.groups:
        labels = tuple(
            _lifted(column, group.labels[position], level[column.field], to) for position, column, to in steps
        )
        value = _lifted(sensitive, group.value, sensitive.level, valued[1]) if valued and sensitive else ""
        found.setdefault(labels, Counter())[value] += group.people
    return found


def _lifted(column: Column, label: str, start: str, end: str) -> str:
    field = column.of
    if label in SPECIAL:
        return "*" if end == "any" else label
    return field.between(label, field.step(start), field.step(end))
