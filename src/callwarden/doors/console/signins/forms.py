"""Linking somebody to an identity provider."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.protection.signin import identities


def _providers() -> list[tuple[str, str]]:
    return [(provider.slug, provider.label) for provider in identities.providers().values()]


class LinkForm(forms.Form):
    provider = forms.ChoiceField(label=_("Identity provider"), choices=_providers)
    subject = forms.CharField(
        label=_("Unchanging name there"),
        max_length=255,
        help_text=_(
            "What the provider sends as the subject, often a long identifier. No address: it may change hands."
        ),
    )
