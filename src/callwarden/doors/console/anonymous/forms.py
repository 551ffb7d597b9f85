"""What is asked before people are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.models import Client, Line
from callwarden.doors.console.components import Text
from callwarden.doors.console.offering import offer
from callwarden.flows.names import named
from callwarden.lawful.anonymisation.actions import COUNTED_WITH
from callwarden.lawful.anonymisation.fields import Field, Role, fields_of
from callwarden.lawful.anonymisation.rules import DEFAULT_K, DEFAULT_L, MOST_SUPPRESSED, Column, Recipe, Scope
from callwarden.lawful.retention.models import RetentionRule

DROPPED = ""
_DAY = {"type": "date"}
_ISO = "%Y-%m-%d"
_ROLES = ((DROPPED, _("Not part of it")), (Role.QUASI, _("Groups people")), (Role.SENSITIVE, _("Is told of groups")))


class RecipeForm(forms.Form):
    """Columns with their roles and steps, and what they have to reach. `role_…` and `level_…` stand for each field."""

    client = forms.ChoiceField(label=_("Client"))
    label = forms.CharField(
        label=_("Reference"), max_length=40, help_text=_("Letters, digits and hyphens, such as ages-2026. No names.")
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=_DAY, format=_ISO))
    until = forms.DateField(
        label=pgettext_lazy("date", "Before"),
        required=False,
        widget=forms.DateInput(attrs=_DAY, format=_ISO),
        help_text=_("Days that do not overlap make releases that need not be compared."),
    )
    k = forms.IntegerField(label=_("People in every group, at least (k)"), initial=DEFAULT_K)
    l = forms.IntegerField(  # noqa: E741
        label=_("Different values in every group, at least (l)"),
        initial=DEFAULT_L,
        help_text=_("Counts for the sensitive column."),
    )
    suppress = forms.IntegerField(
        label=_("People that may be left out, in per cent"), initial=0, min_value=0, max_value=MOST_SUPPRESSED
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For whoever decides. Kept sealed."),
    )

    def __init__(self, source: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = source
        clients = Client.objects.filter(closed_at=None).order_by("slug")
        offer(self, "client", [(str(one.pk), named(one)) for one in clients])
        if clients.count() == 1:
            self.fields["client"].widget = forms.HiddenInput()
            self.fields["client"].initial = str(clients[0].pk)
        self.fields["k"].initial = max(DEFAULT_K, settings.ANONYMITY_LEAST_K)
        for one in fields_of(source):
            self.fields[f"role_{one.slug}"] = forms.ChoiceField(label=one.title, required=False, choices=_ROLES)
            self.fields[f"level_{one.slug}"] = forms.ChoiceField(
                label=_("How coarse"),
                widget=forms.Select(attrs={"aria-label": _("How coarse: %(column)s") % {"column": one.title}}),
                required=False,
                choices=[(level.slug, level.title) for level in one.levels[:-1]],
                initial=one.levels[min(1, len(one.levels) - 2)].slug,
            )

    def columns(self) -> Iterator[tuple[Field, BoundField, BoundField]]:
        for one in fields_of(self.source):
            yield one, self[f"role_{one.slug}"], self[f"level_{one.slug}"]

    def about(self) -> list[BoundField]:
        return [self[name] for name in self._about()]

    def demands(self) -> list[BoundField]:
        return [self[name] for name in ("k", "l", "suppress")]

    def _about(self) -> tuple[str, ...]:
        hidden = isinstance(self.fields["client"].widget, forms.HiddenInput)
        return ("label", "since", "until") if hidden else ("client", "label", "since", "until")

    def recipe(self) -> Recipe:
        given = self.cleaned_data
        columns = tuple(
            Column(one.slug, given[f"role_{one.slug}"], given[f"level_{one.slug}"] or one.levels[0].slug)
            for one in fields_of(self.source)
            if given[f"role_{one.slug}"]
        )
        return Recipe(self.source, columns, given["k"], given["l"], given["suppress"])

    def scope(self) -> Scope:
        since: date | None = self.cleaned_data.get("since")
        until: date | None = self.cleaned_data.get("until")
        return Scope(since, until)

    @property
    def client_id(self) -> UUID:
        return UUID(self.cleaned_data["client"])


class AtEndForm(RecipeForm):
    """The same, for the records of one retention rule in the week they end."""

    rule = forms.ChoiceField(label=_("Retention rule"))

    def __init__(self, source: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(source, *args, **kwargs)
        del self.fields["since"], self.fields["until"]
        offer(self, "rule", _rules(source))

    def _about(self) -> tuple[str, ...]:
        hidden = isinstance(self.fields["client"].widget, forms.HiddenInput)
        return ("rule", "label") if hidden else ("client", "rule", "label")


def _rules(source: str) -> Iterator[tuple[str, Text]]:
    kinds = [kind for kind, counted in COUNTED_WITH.items() if counted == source]
    found = RetentionRule.objects.filter(category__in=kinds).select_related("line", "purpose")
    for rule in found.order_by("line__slug", "jurisdiction", "purpose"):
        where = named(rule.line) if rule.line else rule.get_jurisdiction_display()
        days = _("%(days)s days") % {"days": rule.ceiling_days}
        yield str(rule.pk), f"{where} · {named(rule.purpose)} · {days}"


def initial_of(recipe: Recipe) -> Mapping[str, object]:
    """A recipe as the form shows it: to begin from one that there is."""
    told: dict[str, object] = {"k": recipe.k, "l": recipe.l, "suppress": recipe.suppress}
    for one in recipe.columns:
        told |= {f"role_{one.field}": one.role, f"level_{one.field}": one.level}
    return told


def lines_of(rule: RetentionRule) -> str:
    return named(rule.line) if isinstance(rule.line, Line) else str(rule.jurisdiction)
