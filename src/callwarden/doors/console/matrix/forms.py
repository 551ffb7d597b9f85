"""The settings of the guards as a form, and the small forms around a draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.chapters.words import action_label, category_label, role_label
from callwarden.doors.console.components import Text
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.matrix.grid import ORDER
from callwarden.doors.console.matrix.words import GUARDS, PURPOSE_RULES, TRAINING, faults_told, pair_label
from callwarden.engines.policy import JOB_PREFIX, Matrix, MatrixRefused
from callwarden.kernel.roles import separated_pairs

Choices = list[tuple[str, Text]]
_MOST_MINUTES: Final = 7 * 24 * 60
_PAIR: Final = "+"


@dataclass(frozen=True)
class Group:
    """Fields that belong together: `small` ones stand side by side."""

    title: Text
    lead: Text
    fields: list[BoundField]
    small: bool = False


class GuardForm(forms.Form):
    """Everything that may be set about the guards of one draft."""

    expected = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, matrix: Matrix, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = matrix
        guards = matrix.guards
        self.people = [role for role in matrix.roles if not role.startswith(JOB_PREFIX)]
        roles: Choices = [(role, role_label(role)) for role in self.people]
        actions: Choices = [(action, action_label(action)) for action in ORDER]
        kinds: Choices = [(kind, category_label(kind)) for kind in matrix.categories]
        limits, ages = dict(guards.bulk_limit), dict(guards.step_up_s)
        self._number("bulk_default", _("Every other role"), limits["default"], required=True, most=1_000_000)
        for role in self.people:
            self._number(f"bulk_{role}", role_label(role), limits.get(role), most=1_000_000)
        for action in ORDER:
            age = ages.get(action)
            self._number(f"age_{action}", action_label(action), -(-age // 60) if age else None, most=_MOST_MINUTES)
        for name in ("task_bound", "queue_bound", "shift_bound"):
            self._many(name, GUARDS[name], roles, getattr(guards, name))
        self._many("live_call_categories", GUARDS["live_call_categories"], kinds, guards.live_call_categories)
        for name in ("reason_actions", "vip_actions", "training_actions"):
            self._many(name, GUARDS[name], actions, getattr(guards, name))
        self._many("training_accepted", GUARDS["training_accepted"], list(TRAINING.items()), guards.training_accepted)
        self.grants = len(guards.grant_needed) + 1
        for at in range(self.grants):
            acts, of = guards.grant_needed[at] if at < len(guards.grant_needed) else ((), ())
            self._many(f"grant_{at}_actions", _("These acts"), actions, acts)
            self._many(f"grant_{at}_kinds", _("with these kinds of data"), kinds, of)
        pairs: Choices = [(_PAIR.join(pair), pair_label(*pair)) for pair in combinations(self.people, 2)]
        held = {frozenset(pair) for pair in guards.incompatible}
        chosen = [value for value, _label in pairs if frozenset(value.split(_PAIR)) in held]
        self._many("incompatible", _("Pairs of roles"), pairs, chosen)
        purposes: Choices = [(one, purpose_label(one)) for one in matrix.purposes]
        for name, label in PURPOSE_RULES.items():
            of_purposes = [one for one, rule in matrix.purposes.items() if getattr(rule, name)]
            self._many(f"purposes_{name}", label, purposes, of_purposes)

    def _number(self, name: str, label: Text, value: int | None, *, required: bool = False, most: int) -> None:
        self.fields[name] = forms.IntegerField(
            label=str(label), initial=value, required=required, min_value=1, max_value=most
        )

    def _many(self, name: str, label: Text, choices: Choices, chosen: Iterable[str]) -> None:
        self.fields[name] = forms.MultipleChoiceField(
            label=str(label),
            required=False,
            choices=choices,
            initial=list(chosen),
            widget=forms.CheckboxSelectMultiple,
        )

    def groups(self) -> Iterator[Group]:
        """The fields as the page shows them."""
        bulk = [self["bulk_default"], *(self[f"bulk_{role}"] for role in self.people)]
        yield Group(GUARDS["bulk_limit"], _("Left empty, the number for every other role holds."), bulk, small=True)
        ages = [self[f"age_{action}"] for action in ORDER]
        yield Group(GUARDS["step_up_s"], _("In minutes. Left empty, no second factor is asked for."), ages, small=True)
        names = ("task_bound", "live_call_categories", "queue_bound", "shift_bound")
        yield Group(_("When and where"), _("For people in these roles."), [self[name] for name in names])
        names = ("reason_actions", "vip_actions", "training_actions", "training_accepted")
        yield Group(_("What an act needs"), "", [self[name] for name in names])
        grants = [self[f"grant_{at}_{part}"] for at in range(self.grants) for part in ("actions", "kinds")]
        yield Group(GUARDS["grant_needed"], _("The last pair is empty, for one more rule."), grants)
        yield Group(
            GUARDS["incompatible"],
            _("System, security and audit administration always stay separate."),
            [self["incompatible"]],
        )
        yield Group(_("Purposes"), "", [self[f"purposes_{name}"] for name in PURPOSE_RULES])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for at in range(self.grants):
            parts = [given.get(f"grant_{at}_{part}") for part in ("actions", "kinds")]
            if any(parts) and not all(parts):
                self.add_error(f"grant_{at}_kinds", _("Choose acts and kinds of data, or none of either."))
        if not given.get("training_accepted"):
            self.add_error("training_accepted", _("Choose at least one."))
        return given

    def matrix(self) -> Matrix | None:
        """The matrix with these settings; None, with errors in the form, when it would not do."""
        given, data = self.cleaned_data, self.before.to_data()
        ages = dict(self.before.guards.step_up_s)
        guards = data["guards"]
        limits = {role: given[f"bulk_{role}"] for role in self.people if given[f"bulk_{role}"]}
        guards["bulk_limit"] = {"default": given["bulk_default"], **limits}
        # An age that nobody touched keeps its seconds; the page shows whole minutes.
        guards["step_up_s"] = {
            action: ages[action] if action in ages and -(-ages[action] // 60) == minutes else minutes * 60
            for action in ORDER
            if (minutes := given[f"age_{action}"])
        }
        for name in (
            "task_bound", "queue_bound", "shift_bound", "live_call_categories", "reason_actions", "vip_actions",
            "training_actions", "training_accepted",
        ):  # fmt: skip
            guards[name] = given[name]
        guards["grant_needed"] = [
            {"actions": given[f"grant_{at}_actions"], "categories": given[f"grant_{at}_kinds"]}
            for at in range(self.grants)
            if given[f"grant_{at}_actions"]
        ]
        guards["incompatible"] = self._pairs(given["incompatible"])
        for name in data["purposes"]:
            data["purposes"][name] = {rule: True for rule in PURPOSE_RULES if name in given[f"purposes_{rule}"]}
        try:
            return Matrix.from_data(data)
        except MatrixRefused as refusal:
            for fault in faults_told(refusal):
                self.add_error(None, fault)
            return None

    def _pairs(self, chosen: Iterable[str]) -> list[list[str]]:
        """The pairs chosen, and those that no choice takes away; what was there before keeps its place."""
        wanted = {frozenset(value.split(_PAIR)) for value in chosen} | {frozenset(pair) for pair in separated_pairs()}
        kept = [list(pair) for pair in self.before.guards.incompatible if frozenset(pair) in wanted]
        known = {frozenset(pair) for pair in kept}
        return kept + sorted(sorted(pair) for pair in wanted - known)


class ShadowForm(forms.Form):
    sample = forms.IntegerField(
        label=_("Ask it about, of a hundred decisions"),
        min_value=1,
        max_value=100,
        initial=100,
        help_text=_("100 asks about each. Fewer cost less on a busy site."),
    )
