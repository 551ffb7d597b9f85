"""What is asked about a purpose, and how it becomes an entry of the registry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.custody.models import Line
from callwarden.doors.console.offering import offer
from callwarden.flows.names import named
from callwarden.lawful.purposes.entries import PurposeEntry, read_purpose
from callwarden.lawful.purposes.models import Recipient, Transfer
from callwarden.lawful.purposes.terms import CATEGORIES, Certainty, Condition, Ending, Ground, Method, Use, Whose

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For whoever decides. Kept sealed beside the log; do not write personal data here."),
    )


class PurposeForm(forms.Form):
    """A purpose as a whole. Grounds follow in a form of their own for each jurisdiction."""

    name_en = forms.CharField(label=_("Name in English"), max_length=100)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100)
    description_en = forms.CharField(
        label=_("Description in English"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    description_zh = forms.CharField(
        label=_("Description in Chinese"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    use = forms.ChoiceField(label=_("Use"), choices=Use.choices)
    dpv = forms.CharField(
        label=_("Term of the Data Privacy Vocabulary"), required=False, max_length=100, help_text="dpv:RecordManagement"
    )
    concerns = forms.MultipleChoiceField(
        label=_("Whose data"), choices=Whose.choices, widget=forms.CheckboxSelectMultiple
    )
    method = forms.MultipleChoiceField(
        label=_("How it is handled"), choices=Method.choices, widget=forms.CheckboxSelectMultiple
    )
    categories = forms.MultipleChoiceField(
        label=_("Kinds of data"), choices=list(CATEGORIES.items()), widget=forms.CheckboxSelectMultiple
    )
    sensitive = forms.BooleanField(label=_("Handles sensitive data"), required=False)
    separate_consent = forms.BooleanField(label=_("Needs separate consent"), required=False)
    abroad = forms.BooleanField(label=_("Sends data abroad"), required=False)
    recipients = forms.MultipleChoiceField(label=_("Recipients"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Recipient.objects.filter(ended_at__isnull=True).select_related("client").order_by("slug")
        offer(self, "recipients", [(one.key, named(one)) for one in known])


class NewPurposeForm(PurposeForm):
    slug = forms.SlugField(
        label=_("Short name"), max_length=50, help_text=_("Small letters and digits; it never changes again.")
    )
    field_order = ("slug",)


class GroundForm(forms.Form):
    """The ground in one jurisdiction; an empty ground leaves the jurisdiction out."""

    ground = forms.ChoiceField(label=_("Ground"), required=False, choices=[("", "—"), *Ground.choices])
    condition = forms.ChoiceField(label=_("Condition"), required=False, choices=Condition.choices)
    ends_with = forms.ChoiceField(label=_("Ends when"), required=False, choices=[("", "—"), *Ending.choices])
    provision = forms.CharField(label=_("Provision"), required=False, max_length=100, help_text="pipl@2021:13(1)(1)")
    certainty = forms.ChoiceField(label=_("How sure"), choices=Certainty.choices, initial=Certainty.UNCERTAIN)
    reference = forms.CharField(
        label=_("Where it is on record"),
        required=False,
        max_length=100,
        help_text=_("Of the balancing of interests, or of the workplace rules."),
    )
    recorded_on = forms.DateField(label=_("Written down on"), required=False, widget=_DAY)
    valid_until = forms.DateField(
        label=_("In force until (last day)"),
        required=False,
        widget=_DAY,
        help_text=_("Of the provision of a legal obligation. After it nothing rests on it."),
    )


def grounds_of(data: Any, entry: PurposeEntry | None) -> list[tuple[object, GroundForm]]:
    """One form for each jurisdiction, with its name."""
    made: list[tuple[object, GroundForm]] = []
    for place in Jurisdiction:
        known = entry.grounds.get(place.value) if entry else None
        start = dict(known.__dict__) if known else {}
        made.append((place, GroundForm(data, prefix=f"ground-{place.value}", initial=start)))
    return made


def start_of(entry: PurposeEntry) -> dict[str, object]:
    """What a form begins with: the purpose as it is."""
    return {
        "name_en": entry.name.en,
        "name_zh": entry.name.zh,
        "description_en": entry.description.en,
        "description_zh": entry.description.zh,
        **{
            name: getattr(entry, name)
            for name in ("use", "dpv", "concerns", "method", "categories", "sensitive", "separate_consent", "abroad")
        },
        "recipients": entry.recipients,
    }


def entry_from(
    slug: str, form: PurposeForm, grounds: list[tuple[Any, GroundForm]]
) -> tuple[PurposeEntry | None, list[str]]:
    """The purpose the forms describe, and what is wrong with it."""
    given = form.cleaned_data
    data = {
        "use": given["use"],
        "name": {"en": given["name_en"], "zh": given["name_zh"]},
        "description": {"en": given["description_en"], "zh": given["description_zh"]},
        **{
            name: given[name]
            for name in ("dpv", "concerns", "method", "categories", "sensitive", "separate_consent", "abroad")
        },
        "recipients": given["recipients"],
        "grounds": {
            place.value: {name: ground.cleaned_data[name] for name in ground.fields}
            for place, ground in grounds
            if ground.cleaned_data.get("ground")
        },
    }
    entry, faults = read_purpose(slug, data)
    return entry, [str(fault) for fault in faults]


class ServeForm(ReasonForm):
    """Which line begins or ends to serve a purpose."""

    line = forms.ChoiceField(label=_("Line"))
    serves = forms.ChoiceField(
        label=_("The line"), choices=[("yes", _("begins to serve it")), ("no", _("serves it no more"))]
    )
    core = forms.BooleanField(
        label=_("Nothing is kept of a call without it"),
        required=False,
        help_text=_("Calls it does not cover are refused."),
    )
    field_order = ("line", "serves", "core", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "line", [(str(line.id), named(line)) for line in Line.objects.order_by("slug")])


class KindForm(forms.Form):
    """How a kind of data counts in one jurisdiction."""

    level = forms.TypedChoiceField(
        label=_("Level"), coerce=int, choices=[(level, str(level)) for level in (1, 2, 3, 4)]
    )
    sensitive = forms.BooleanField(label=_("Sensitive"), required=False)
    never_store = forms.BooleanField(label=_("Never stored"), required=False)
    provision = forms.CharField(label=_("Provision"), required=False, max_length=100)
    certainty = forms.ChoiceField(label=_("How sure"), choices=Certainty.choices)
    reason = forms.CharField(label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("sensitive") and given.get("level", 4) < 3:
            self.add_error("level", _("Sensitive data has at least level 3."))
        return given


class FileForm(forms.Form):
    text = forms.CharField(
        label=_("Registry file"),
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "mono"}),
        help_text=_("The YAML of “callwarden registry export”. New purposes become drafts."),
    )


class TransferForm(forms.Form):
    """A transfer abroad as it shall be registered."""

    recipient = forms.ChoiceField(label=_("Recipient"))
    jurisdiction = forms.ChoiceField(
        label=_("Leaves"), choices=[c for c in Jurisdiction.choices if c[0] in ("cn", "eu", "uk")]
    )
    mechanism = forms.ChoiceField(label=_("Allowed by"), choices=Transfer.Mechanism.choices)
    provision = forms.CharField(label=_("Provision"), max_length=100, help_text="pipl@2021:38(1)(3)")
    certainty = forms.ChoiceField(label=_("How sure"), choices=Certainty.choices, initial=Certainty.UNCERTAIN)
    reference = forms.CharField(label=_("Number of the filing, certificate or contract"), max_length=100)
    valid_from = forms.DateField(label=_("From"), widget=_DAY)
    valid_until = forms.DateField(label=_("Until (last day)"), required=False, widget=_DAY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Recipient.objects.filter(ended_at__isnull=True).order_by("slug")
        offer(self, "recipient", [(str(one.pk), f"{named(one)} ({one.country})") for one in known])
