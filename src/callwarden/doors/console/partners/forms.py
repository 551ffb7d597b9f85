"""What is asked about a partner."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.categories import Category
from callwarden.custody.models import Client, Line
from callwarden.doors.console.offering import offer
from callwarden.flows.names import named
from callwarden.kernel.directory import holding
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role
from callwarden.partners.register import queries, terms
from callwarden.partners.register.actions import Wish
from callwarden.partners.register.models import Partner

OWNERS = (Role.PARTNER_MANAGER, Role.DPO, Role.SECURITY_ADMIN, Role.TEAM_LEADER)


class PartnerForm(forms.Form):
    """The legal entity, what it is to us, where it handles data, and who answers for it here."""

    name = forms.CharField(label=_("Registered name"), max_length=200)
    name_zh = forms.CharField(label=_("Name, Chinese"), max_length=200, required=False)
    country = forms.CharField(
        label=_("Registered in"), max_length=2, min_length=2, help_text=_("Two letters (ISO 3166-1): CN, DE, SG.")
    )
    registration = forms.CharField(
        label=_("Registration number"),
        max_length=40,
        help_text=_("As a public register knows it, such as the unified social credit code."),
    )
    role = forms.ChoiceField(label=_("What it is to us"), choices=terms.Role.choices)
    locations = forms.CharField(
        label=_("Where it handles data"),
        required=False,
        max_length=2500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One place a line, the country first: CN Shenzhen."),
    )
    owner = forms.ChoiceField(label=_("Answered for here by"))
    holds_data = forms.BooleanField(
        label=_("It has data of ours already"),
        required=False,
        help_text=_("Of before it was registered here, or by another way. It counts as unvetted until it is vetted."),
    )

    def __init__(self, *args: Any, partner: Partner | None = None, **kwargs: Any) -> None:
        if partner is not None:
            kwargs["initial"] = _as_it_is(partner)
        super().__init__(*args, **kwargs)
        people = holding(OWNERS).order_by("display_name")
        offer(self, "owner", [(str(one.pk), one.get_full_name()) for one in people])

    def wish(self) -> Wish:
        """The valid form as `register.actions` wants it."""
        given = self.cleaned_data
        return Wish(
            name=given["name"],
            name_zh=given["name_zh"],
            country=given["country"],
            registration=given["registration"],
            role=given["role"],
            locations=tuple(given["locations"].splitlines()),
            owner=User.objects.get(pk=given["owner"]),
            holds_data=given["holds_data"],
        )


def _as_it_is(partner: Partner) -> dict[str, object]:
    names = ("name", "name_zh", "country", "registration", "role", "holds_data")
    now = {name: getattr(partner, name) for name in names}
    return {**now, "locations": "\n".join(partner.locations), "owner": str(partner.owner_id)}


class ServiceForm(forms.Form):
    """One thing it does for us, with which data of how many people."""

    kind = forms.ChoiceField(label=_("What it does"), choices=terms.Service.choices)
    lines = forms.MultipleChoiceField(
        label=_("Only for these lines"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every line."),
    )
    categories = forms.MultipleChoiceField(
        label=_("Kinds of data it gets"), choices=Category.choices, widget=forms.CheckboxSelectMultiple
    )
    volume = forms.TypedChoiceField(
        label=_("Of how many people a month"), choices=terms.Volume.choices, coerce=int, initial=terms.Volume.UP_TO_1000
    )

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "lines", [(str(one.pk), named(one)) for one in Line.objects.filter(client=client).order_by("slug")])

    def given(self) -> dict[str, Any]:
        """The valid form as arguments of `actions.add_service`."""
        return {**self.cleaned_data, "lines": [UUID(line) for line in self.cleaned_data["lines"]]}


class SubProcessorForm(forms.Form):
    """Somebody it passes data to: another partner, or an entity by name and country."""

    other = forms.ChoiceField(label=_("A partner of ours"), required=False)
    name = forms.CharField(
        label=_("Or an entity"), required=False, max_length=200, help_text=_("The registered name. No person.")
    )
    country = forms.CharField(label=_("Its country"), required=False, max_length=2, help_text=_("Two letters: CN, DE."))
    kind = forms.ChoiceField(label=_("What it does"), choices=terms.Service.choices)

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = queries.partners().exclude(pk=partner.pk).exclude(state__in=queries.GONE)
        none = pgettext_lazy("partner", "None of them")
        offer(self, "other", [("", none), *((str(one.pk), named(one)) for one in others)])

    def given(self) -> dict[str, Any]:
        """The valid form as arguments of `actions.add_sub_processor`."""
        chosen = self.cleaned_data["other"]
        return {**self.cleaned_data, "other": Partner.objects.get(pk=chosen) if chosen else None}


class ContactForm(forms.Form):
    """Whom to reach there. All but the duty is sealed."""

    duty = forms.ChoiceField(label=_("Duty"), choices=terms.Duty.choices)
    name = forms.CharField(label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    mail = forms.CharField(
        label=_("E-mail address"), required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    phone = forms.CharField(
        label=_("Telephone number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("At least one of the two. Who was named for this duty before is forgotten."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Kept sealed.")
    )


class LeftForm(forms.Form):
    reference = forms.CharField(
        label=_("File number of its written word"),
        max_length=40,
        help_text=_("That it returned or destroyed everything it had of ours."),
    )
