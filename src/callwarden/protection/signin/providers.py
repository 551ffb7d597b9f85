"""Identity providers as the site is set. Pure but for reading the setting, so that settings may import it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import get_language


@dataclass(frozen=True)
class Saml:
    """What is known of a provider that speaks SAML 2.0.

    Attributes:
        sign_in_url: where people are sent.
        certificates: PEM of the keys that may sign.
        name_id: in which form it names people: persistent, email or unspecified.
        subject, email, amr: names of the attributes that hold an unchanging name to be used instead, an address, and
            the ways somebody signed in; "" for none.
        encrypted_only: an assertion counts only if it was encrypted for this site.
        sign_out_url, sign_out_answers_at: where wishes to sign out go, and answers to its own; "" where it has no
            such address.
    """

    sign_in_url: str
    certificates: tuple[str, ...]
    name_id: str = "persistent"
    subject: str = ""
    email: str = ""
    amr: str = ""
    encrypted_only: bool = False
    sign_out_url: str = ""
    sign_out_answers_at: str = ""


@dataclass(frozen=True)
class Provider:
    """An identity provider as the site is set.

    Attributes:
        authority: the issuer; subjects are unique within it.
        client_id, secret: how this site is known there; OpenID Connect only.
        amr, acr: what of its word counts as our second factor.
        acr_values: which ways of signing in there are asked for.
        email_domains: verified addresses of these link a first sign-in.
        single_logout: whether signing out here ends its session too.
        saml: set where it speaks SAML 2.0; otherwise it speaks OpenID Connect.
    """

    slug: str
    label_en: str
    label_zh: str
    authority: str
    client_id: str = ""
    secret: str = field(default="", repr=False)
    amr: tuple[str, ...] = ()
    acr: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("openid", "email")
    email_domains: tuple[str, ...] = ()
    single_logout: bool = True
    saml: Saml | None = None

    @property
    def label(self) -> str:
        return self.label_zh if (get_language() or "").startswith("zh") else self.label_en

    def proves_factor(self, *, acr: str, amr: tuple[str, ...]) -> bool:
        """Whether what the provider says of this sign-in counts as a second factor here."""
        return acr in self.acr or bool(set(amr) & set(self.amr))


def providers() -> dict[str, Provider]:
    found: dict[str, Provider] = getattr(settings, "CALLWARDEN_IDENTITY_PROVIDERS", {})
    return found
