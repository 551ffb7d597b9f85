"""Certificates between this site and SAML providers that end soon, or have ended. As findings.

A certificate whose time is over proves nothing any more, so from that day nobody comes in by it. Certificates are
carried over by hand, and somebody has to begin a month before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.protection.signin import saml_keys
from callwarden.protection.signin.models import SamlKey
from callwarden.protection.signin.providers import providers
from callwarden.protection.signin.saml import descriptions

ACTOR: Final = "job:watch"
NOTICE: Final = timedelta(days=30)

PROVIDERS = findings.register(
    FindingKind(
        "provider-certificate-ending",
        title=_("The signing certificate of an identity provider ends within 30 days, or has ended"),
        remedy=_(
            "Save the provider's present metadata as metadata_file and start again; two certificates may stand in it"
            " until the provider has changed its key. Without that nobody signs in by it from that day on."
        ),
    )
)
OWN = findings.register(
    FindingKind(
        "own-certificate-ending",
        title=_("The certificate of this site's own key towards SAML providers ends within 30 days, or has ended"),
        remedy=_("Replace the key under Technical protection, Signing in, and give every provider the metadata anew."),
    )
)


@dataclass(frozen=True)
class Ending:
    """A certificate that is needed and ends soon; `mark` tells it from the next one at the same place."""

    kind: str
    where: str
    mark: str
    at: datetime


def look() -> list[Finding]:
    """Report what ends soon, each once, and check what is said to have been put right."""
    seen = list(_ending())
    wrong = {(one.kind, one.where, one.mark) for one in seen}
    for finding in Finding.objects.filter(kind__in=(PROVIDERS.name, OWN.name), state=Finding.State.VERIFYING):
        if (finding.kind, finding.where, finding.data.get("certificate")) not in wrong:
            findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
    return [
        findings.report(
            one.kind,
            severity=Severity.CRITICAL if one.at <= clock.now() else Severity.HIGH,
            actor=ACTOR,
            where=one.where,
            key={"certificate": one.mark},
            data={"certificate": one.mark, "ends": one.at.date().isoformat()},
        )
        for one in seen
    ]


def _ending() -> Iterator[Ending]:
    soon = clock.now() + NOTICE
    for provider in providers().values():
        if provider.saml is not None and provider.saml.certificates:
            # While two are pinned, one of them may end: that is what a change of keys looks like.
            last = max(provider.saml.certificates, key=lambda one: descriptions.ends((one,)))
            if (at := descriptions.ends((last,))) <= soon:
                yield Ending(PROVIDERS.name, f"provider:{provider.slug}", _mark(last), at)
    if any(one.saml for one in providers().values()):
        for row in SamlKey.objects.filter(until=None).order_by("use"):
            if (at := saml_keys.ends(row)) <= soon:
                yield Ending(OWN.name, f"saml_key:{row.use}", _mark(row.certificate), at)


def _mark(certificate: str) -> str:
    """SHA-256 of a certificate as it is written down, in hex."""
    return hashlib.sha256(certificate.strip().encode()).hexdigest()
