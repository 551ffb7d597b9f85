"""Releases, recipes that stand for the end of a retention rule, and what became of buckets they were applied to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from callwarden.custody.models import Bucket, Client
from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.rows import Row
from callwarden.lawful.anonymisation.differencing import Made
from callwarden.lawful.anonymisation.rules import Figures, Group, Recipe, Scope
from callwarden.lawful.retention.models import RetentionRule


class EndRecipe(Stated):
    """What is counted of the records of a retention rule in the week they end: approved once, by two people.

    Attributes:
        rule: whose buckets; its kind of data says what is counted (calls or customer records).
        approval: the request two people decided on.
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("recipe", "Waits for a second person")
        IN_FORCE = "in_force", pgettext_lazy("recipe", "In force")
        ENDED = "ended", pgettext_lazy("recipe", "Ended")

    machine = Machine(
        "end_recipe",
        states=State,
        initial=State.ASKED,
        transitions={
            (State.ASKED, State.IN_FORCE): Step(Event.ANONYMISATION_AT_END_SET),
            (State.ASKED, State.ENDED): Step(Event.ANONYMISATION_AT_END_ENDED),
            (State.IN_FORCE, State.ENDED): Step(Event.ANONYMISATION_AT_END_ENDED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey(RetentionRule, on_delete=models.CASCADE, related_name="end_recipes")
    label = models.CharField(max_length=40)
    recipe = models.JSONField()
    recipe_digest = models.CharField(max_length=64)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    approval = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    columns = declare(structural="id state client rule label recipe recipe_digest asked_by asked_at approval ended_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "rule"], condition=~Q(state="ended"), name="one_end_recipe_per_rule"
            )
        ]

    @property
    def made_of(self) -> Recipe:
        return Recipe.of(self.recipe)


class Release(Stated):
    """One release. What it holds is written once: labels and numbers of people, nothing that leads to one of them.

    Attributes:
        label: how people call it; a slug, never a name.
        recipe, recipe_digest: what was counted (`rules.Recipe`).
        scope: of which records (`rules.Scope`).
        figures: what counting found (`rules.Figures`).
        rows: [[labels], value, people], in the order of the labels.
        digest: SHA-256, in hex, of the CSV.
        rules: version of the rules it was checked by.
        left_out: why -> how many could not be part of it.
        compared: releases it was compared with, for what both tell together.
        at_end: the recipe that made it when records ended; None where people asked for it.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("release", "Waits for a second person")
        RELEASED = "released", pgettext_lazy("release", "Released")
        DROPPED = "dropped", pgettext_lazy("release", "Not released")

    machine = Machine(
        "release",
        states=State,
        initial=State.PROPOSED,
        transitions={
            (State.PROPOSED, State.RELEASED): Step(Event.ANONYMISATION_RELEASED),
            (State.PROPOSED, State.DROPPED): Step(Event.ANONYMISATION_DROPPED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=40)
    recipe = models.JSONField()
    recipe_digest = models.CharField(max_length=64)
    scope = models.JSONField()
    figures = models.JSONField()
    rows = models.JSONField()
    digest = models.CharField(max_length=64)
    rules = models.PositiveSmallIntegerField()
    left_out = models.JSONField(default=dict)
    compared = ArrayField(models.UUIDField(), default=list)
    at_end = models.ForeignKey(EndRecipe, null=True, on_delete=models.PROTECT, related_name="releases")
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    entry = models.UUIDField()
    approval = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    columns = declare(
        structural="id state client label recipe recipe_digest scope figures rows digest rules left_out compared"
        " at_end proposed_by proposed_at entry approval ended_at"
    )

    class Meta:
        indexes = [models.Index(fields=["client", "-proposed_at"], name="release_latest")]

    @property
    def made_of(self) -> Recipe:
        return Recipe.of(self.recipe)

    @property
    def counted(self) -> Scope:
        return Scope.of(self.scope)

    @property
    def found(self) -> Figures:
        told = dict(self.figures)
        told["histogram"] = {int(size): count for size, count in told["histogram"].items()}
        return Figures(**told)

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(Group(tuple(labels), value, people) for labels, value, people in self.rows)

    @property
    def made(self) -> Made:
        """As far as differences go."""
        return Made(self.made_of, self.groups, left_out=bool(self.found.suppressed))


class BucketCounted(Row):
    """That a retention bucket was counted before it ended, and what came of it; without a release it just ended.

    Attributes:
        against: slugs of `rules.reached`, "difference", or why nothing was counted.
    """

    bucket = models.ForeignKey(Bucket, on_delete=models.CASCADE, related_name="+")
    end_recipe = models.ForeignKey(EndRecipe, on_delete=models.CASCADE, related_name="counted")
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="buckets")
    against = ArrayField(models.CharField(max_length=40), default=list)
    people = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    columns = declare(structural="id bucket end_recipe release against people at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "end_recipe"], name="bucket_counted_once")]
