"""Identity providers as the site is set. Pure but for reading the setting, so that settings may import it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import get_language


@dataclass(frozen=True)
class Provider:
    """An identity provider as the site is set.

    Attributes:
        authority: the issuer; subjects are unique within it.
        amr, acr: what of its word counts as our second factor.
        email_domains: verified addresses of these link a first sign-in.
    """

    slug: str
    label_en: str
    label_zh: str
    authority: str
    client_id: str
    secret: str = field(repr=False)
    amr: tuple[str, ...] = ()
    acr: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("openid", "email")
    email_domains: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.label_zh if (get_language() or "").startswith("zh") else self.label_en

    def proves_factor(self, *, acr: str, amr: tuple[str, ...]) -> bool:
        """Whether what the provider says of this sign-in counts as a second factor here."""
        return acr in self.acr or bool(set(amr) & set(self.amr))


def providers() -> dict[str, Provider]:
    found: dict[str, Provider] = getattr(settings, "CALLWARDEN_IDENTITY_PROVIDERS", {})
    return found
