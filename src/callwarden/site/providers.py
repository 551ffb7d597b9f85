"""Identity providers whose word counts when people sign in, from one file; secrets from files of their own.

    {"company": {"kind": "oidc", "label": {"en": "Company account", "zh": "公司账号"},
                 "issuer": "https://login.example.com", "client_id": "callwarden",
                 "secret_file": "/etc/callwarden/oidc",
                 "second_factor": {"amr": ["mfa"], "acr": []}, "link_by_email": ["example.com"]}}

`second_factor` names what of the provider's word counts as our second factor; without it ours is asked. `link_by_email`
names the domains whose verified addresses link a first sign-in to the account of that address; without it an
administrator links. Each is checked as the process starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from callwarden.protection.signin.providers import Provider
from callwarden.site.outside import BadSetting

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NAME = "CALLWARDEN_IDENTITY_PROVIDERS_FILE"
_OIDC = {"issuer", "client_id", "secret_file"}
_OPTIONAL = {"kind", "label", "second_factor", "link_by_email", "acr_values", "scopes"}


def identity_providers(file: str) -> dict[str, Provider]:
    """The providers by slug; none without a file.

    Raises:
        BadSetting: the file cannot be read, or a provider in it cannot be used.
    """
    if not file:
        return {}
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadSetting(f"{_NAME} must name a readable file of JSON.") from None
    if not isinstance(told, dict):
        raise BadSetting(f'{_NAME} must hold {{"name": {{"kind": "oidc", …}}}}.')
    return {slug: _provider(str(slug), one) for slug, one in told.items()}


def _provider(slug: str, told: Any) -> Provider:
    if not _SLUG.fullmatch(slug) or not isinstance(told, dict) or told.get("kind") != "oidc":
        raise BadSetting(f'{_NAME}: each provider has a name of a-z, 0-9 and - and the kind "oidc".')
    if missing := sorted(_OIDC - told.keys()):
        raise BadSetting(f"{_NAME}: {slug} lacks {', '.join(missing)}.")
    if unknown := sorted(told.keys() - _OIDC - _OPTIONAL):
        raise BadSetting(f"{_NAME}: {slug} has settings that do not exist: {', '.join(unknown)}.")
    if not _over_tls(str(told["issuer"])):
        raise BadSetting(f"{_NAME}: issuer of {slug} must begin with https://; http is for this machine alone.")
    counts = told.get("second_factor") or {}
    if not isinstance(counts, dict) or counts.keys() - {"acr", "amr"} or not all(map(_words, counts.values())):
        raise BadSetting(f'{_NAME}: second_factor of {slug} is {{"amr": ["…"], "acr": ["…"]}}.')
    for name in ("link_by_email", "acr_values", "scopes"):
        if not _words(told.get(name, [])):
            raise BadSetting(f"{_NAME}: {name} of {slug} is a list of words.")
    label = told.get("label") or {}
    if not isinstance(label, dict) or not all(isinstance(text, str) for text in label.values()):
        raise BadSetting(f'{_NAME}: label of {slug} is {{"en": "…", "zh": "…"}}.')
    return Provider(
        slug=slug,
        label_en=label.get("en") or slug,
        label_zh=label.get("zh") or label.get("en") or slug,
        authority=str(told["issuer"]),
        client_id=str(told["client_id"]),
        secret=_read(slug, told, "secret_file"),
        amr=tuple(counts.get("amr", ())),
        acr=tuple(counts.get("acr", ())),
        acr_values=tuple(told.get("acr_values", ())),
        scopes=tuple(told.get("scopes", ("openid", "email"))),
        email_domains=tuple(domain.casefold() for domain in told.get("link_by_email", ())),
    )


def _read(slug: str, told: Mapping[str, Any], name: str) -> str:
    try:
        text = Path(str(told[name])).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise BadSetting(f"{_NAME}: {name} of {slug} must name a readable file.") from None
    if not text:
        raise BadSetting(f"{_NAME}: {name} of {slug} is empty.")
    return text


def _over_tls(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"})


def _words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word for word in value)
