"""Adding a role, a purpose or a kind of data to a draft of the matrix."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.chapters.words import role_label
from callwarden.doors.console.matrix.words import faults_told
from callwarden.doors.console.offering import offer
from callwarden.engines.policy import Matrix, MatrixRefused, Name, Purpose
from callwarden.flows.names import named
from callwarden.kernel.roles import BASES
from callwarden.lawful.purposes.models import Purpose as Registered

SLUG = r"[a-z][a-z0-9_]{1,29}"


class PartForm(forms.Form):
    """One part more. The matrix it would make is checked as a whole: Cedar with its schema compiles it when saved."""

    part: forms.CharField
    expected = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, matrix: Matrix, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"id_{type(self).__name__.lower()}_%s", **kwargs})
        self.before = matrix
        self.initial.setdefault("expected", matrix.digest)

    def matrix(self) -> Matrix | None:
        """The matrix with it; None, with errors in the form, when it would not do."""
        try:
            return self._matrix()
        except MatrixRefused as refusal:
            for fault in faults_told(refusal):
                self.add_error(None, fault)
            return None

    def _matrix(self) -> Matrix:
        raise NotImplementedError


class NamedForm(PartForm):
    name_en = forms.CharField(label=_("Name in English"), max_length=60)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=60)
    slug = forms.RegexField(
        SLUG,
        label=_("Short name"),
        max_length=30,
        help_text=_("Small letters, digits and underscores; it stands in the log and never changes."),
        error_messages={"invalid": _("Only small letters, digits and underscores, beginning with a letter.")},
    )

    def _name(self, based_on: str = "") -> Name:
        return Name(self.cleaned_data["name_en"], self.cleaned_data["name_zh"], based_on)


class RoleForm(NamedForm):
    based_on = forms.ChoiceField(
        label=_("Based on"),
        help_text=_(
            "Its holders see the same pages, and the same guard rails bind them. It approves and governs nothing."
        ),
    )
    cells = forms.BooleanField(label=_("Begin with what that role may do"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "based_on", [(role, role_label(role)) for role in BASES])

    def _matrix(self) -> Matrix:
        given = self.cleaned_data
        return self.before.with_role(given["slug"], self._name(given["based_on"]), cells=given["cells"])


class CategoryForm(NamedForm):
    def _matrix(self) -> Matrix:
        return self.before.with_category(self.cleaned_data["slug"], self._name())


class PurposeForm(PartForm):
    """A purpose comes from the registry, where its grounds, names and assessment are."""

    slug = forms.ChoiceField(label=_("Purpose of the registry"))
    consent = forms.BooleanField(label=_("Needs consent"), required=False)
    while_restricted = forms.BooleanField(label=_("Also while processing is restricted"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Registered.objects.exclude(state="retired").exclude(slug__in=self.before.purposes).order_by("slug")
        self.offered = [(row.slug, named(row)) for row in rows]
        offer(self, "slug", self.offered)

    def _matrix(self) -> Matrix:
        given = self.cleaned_data
        # The registry's word counts where it says that the purpose stands on consent, whatever was ticked.
        consent = given["consent"] or Registered.objects.filter(slug=given["slug"], grounds__ground="consent").exists()
        return self.before.with_purpose(given["slug"], Purpose(consent, given["while_restricted"]))
