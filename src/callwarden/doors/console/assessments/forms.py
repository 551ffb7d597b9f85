"""One form for each step of an assessment."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from callwarden.lawful.assessments import rules
from callwarden.lawful.assessments.models import Assessment

_LEVELS = [("", "—"), *((str(level), label) for level, label in rules.LEVELS.items())]


class AnswersForm(forms.Form):
    """The questions of one step."""

    def __init__(self, step: rules.Step, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in step.questions:
            self.fields[question.slug] = forms.CharField(
                label=question.asks,
                required=False,
                max_length=rules.LONGEST_ANSWER,
                widget=forms.Textarea(attrs={"rows": 4}),
            )
        if step.slug == "measures":
            self.fields["consulted"] = forms.CharField(
                label=_("Reference of the authority's or the officer's written advice"),
                required=False,
                max_length=100,
                help_text=_("Needed only where a high risk remains."),
            )
            self.fields["review_months"] = forms.TypedChoiceField(
                label=_("Look at it again after"),
                coerce=int,
                choices=[
                    (months, ngettext_lazy("%(count)s month", "%(count)s months", months) % {"count": months})
                    for months in rules.REVIEW_MONTHS
                ],
            )


class RiskForm(forms.Form):
    """One risk; without weights it is left out."""

    likelihood = forms.ChoiceField(label=_("How likely"), required=False, choices=_LEVELS)
    severity = forms.ChoiceField(label=_("How grave"), required=False, choices=_LEVELS)
    measure = forms.CharField(label=_("Measure"), required=False, max_length=500)
    likelihood_after = forms.ChoiceField(label=_("How likely after it"), required=False, choices=_LEVELS)
    severity_after = forms.ChoiceField(label=_("How grave after it"), required=False, choices=_LEVELS)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        weights = [bool(given.get(name)) for name in _WEIGHTS]
        if any(weights) and not all(weights):
            raise forms.ValidationError(_("Weigh it before and after the measure, or leave it out."))
        return given


_WEIGHTS = ("likelihood", "severity", "likelihood_after", "severity_after")


def risk_forms(data: Any, assessment: Assessment) -> list[tuple[str, object, RiskForm]]:
    """(risk, its name, form) for every risk of the list, filled in with what was weighed."""
    known = {str(one["risk"]): one for one in assessment.risks}
    return [
        (slug, label, RiskForm(data, prefix=slug, initial=known.get(slug, {}))) for slug, label in rules.RISKS.items()
    ]


def weighed(given: list[tuple[str, object, RiskForm]]) -> list[rules.Risk]:
    """The risks that carry weights."""
    return [
        rules.Risk(
            risk=slug, measure=form.cleaned_data["measure"], **{name: int(form.cleaned_data[name]) for name in _WEIGHTS}
        )
        for slug, _label, form in given
        if form.cleaned_data.get("likelihood")
    ]
