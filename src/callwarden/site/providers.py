"""Identity providers whose word counts when people sign in, from one file; secrets from files of their own.

    {"company": {"kind": "oidc", "label": {"en": "Company account", "zh": "公司账号"},
                 "issuer": "https://login.example.com", "client_id": "callwarden",
                 "secret_file": "/etc/callwarden/oidc",
                 "second_factor": {"amr": ["mfa"], "acr": []}, "link_by_email": ["example.com"]},
     "group": {"kind": "saml", "metadata_file": "/etc/callwarden/group-metadata.xml", "name_id": "persistent",
               "email_attribute": "mail", "second_factor": {"acr": ["https://refeds.org/profile/mfa"]}}}

`second_factor` names what of the provider's word counts as our second factor; without it ours is asked. `link_by_email`
names the domains whose verified addresses link a first sign-in to the account of that address; without it an
administrator links. `single_logout: false` leaves the provider's session alone when somebody signs out here. Each is
checked as the process starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from callwarden.protection.signin.providers import Provider, Saml
from callwarden.protection.signin.saml.descriptions import over_tls, read_description
from callwarden.protection.signin.saml.documents import Unacceptable
from callwarden.site.outside import BadSetting

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NAME = "CALLWARDEN_IDENTITY_PROVIDERS_FILE"
_NEEDED = {"oidc": {"issuer", "client_id", "secret_file"}, "saml": {"metadata_file"}}
_OPTIONAL = {"kind", "label", "second_factor", "link_by_email", "acr_values", "single_logout"}
_OWN = {
    "oidc": {"scopes"},
    "saml": {"name_id", "subject_attribute", "email_attribute", "amr_attribute", "encrypted_only"},
}
_NAME_IDS = ("persistent", "email", "unspecified")


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
    kind = told.get("kind") if isinstance(told, dict) else None
    if not _SLUG.fullmatch(slug) or kind not in _NEEDED:
        raise BadSetting(f'{_NAME}: each provider has a name of a-z, 0-9 and - and the kind "oidc" or "saml".')
    _known(slug, told, kind)
    counts = told.get("second_factor") or {}
    label = told.get("label") or {}
    how = _by_oidc(slug, told) if kind == "oidc" else _by_saml(slug, told)
    return Provider(
        slug=slug,
        label_en=label.get("en") or slug,
        label_zh=label.get("zh") or label.get("en") or slug,
        amr=tuple(counts.get("amr", ())),
        acr=tuple(counts.get("acr", ())),
        acr_values=tuple(told.get("acr_values", ())),
        single_logout=bool(told.get("single_logout", True)),
        email_domains=tuple(domain.casefold() for domain in told.get("link_by_email", ())),
        **how,
    )


def _known(slug: str, told: Mapping[str, Any], kind: str) -> None:
    """Every setting is one that exists for this kind, and of the right shape."""
    if missing := sorted(_NEEDED[kind] - told.keys()):
        raise BadSetting(f"{_NAME}: {slug} lacks {', '.join(missing)}.")
    if unknown := sorted(told.keys() - _NEEDED[kind] - _OPTIONAL - _OWN[kind]):
        raise BadSetting(f"{_NAME}: {slug} has settings that do not exist: {', '.join(unknown)}.")
    counts = told.get("second_factor") or {}
    if not isinstance(counts, dict) or counts.keys() - {"acr", "amr"} or not all(map(_words, counts.values())):
        raise BadSetting(f'{_NAME}: second_factor of {slug} is {{"amr": ["…"], "acr": ["…"]}}.')
    for name in ("link_by_email", "acr_values", "scopes"):
        if not _words(told.get(name, [])):
            raise BadSetting(f"{_NAME}: {name} of {slug} is a list of words.")
    for name in ("single_logout", "encrypted_only"):
        if not isinstance(told.get(name, False), bool):
            raise BadSetting(f"{_NAME}: {name} of {slug} is true or false.")
    label = told.get("label") or {}
    if not isinstance(label, dict) or not all(isinstance(text, str) for text in label.values()):
        raise BadSetting(f'{_NAME}: label of {slug} is {{"en": "…", "zh": "…"}}.')


def _by_oidc(slug: str, told: Mapping[str, Any]) -> dict[str, Any]:
    if not over_tls(str(told["issuer"])):
        raise BadSetting(f"{_NAME}: issuer of {slug} must begin with https://; http is for this machine alone.")
    return {
        "authority": str(told["issuer"]),
        "client_id": str(told["client_id"]),
        "secret": _read(slug, told, "secret_file"),
        "scopes": tuple(told.get("scopes", ("openid", "email"))),
    }


def _by_saml(slug: str, told: Mapping[str, Any]) -> dict[str, Any]:
    names = {name: told.get(f"{name}_attribute", "") for name in ("subject", "email", "amr")}
    if not all(isinstance(name, str) for name in names.values()):
        raise BadSetting(f"{_NAME}: the attributes of {slug} are named by one word each.")
    name_id = told.get("name_id", "persistent")
    if name_id not in _NAME_IDS:
        raise BadSetting(f"{_NAME}: name_id of {slug} is one of {', '.join(_NAME_IDS)}.")
    if told.get("link_by_email") and not names["email"]:
        raise BadSetting(f"{_NAME}: link_by_email of {slug} needs email_attribute, which names where the address is.")
    if (told.get("second_factor") or {}).get("amr") and not names["amr"]:
        raise BadSetting(f"{_NAME}: amr of {slug} needs amr_attribute, which names where those words are.")
    try:
        found = read_description(_read(slug, told, "metadata_file").encode())
    except Unacceptable as error:
        raise BadSetting(
            f"{_NAME}: metadata_file of {slug} must hold the SAML 2.0 metadata of one identity provider, with a"
            f" redirect address of https:// and a signing certificate of at least 2048 bits ({error.why})."
        ) from None
    return {
        "authority": found.entity_id,
        "saml": Saml(
            found.sign_in_url,
            found.certificates,
            name_id,
            **names,
            encrypted_only=bool(told.get("encrypted_only")),
            sign_out_url=found.sign_out_url,
            sign_out_answers_at=found.sign_out_answers_at,
        ),
    }


def _read(slug: str, told: Mapping[str, Any], name: str) -> str:
    try:
        text = Path(str(told[name])).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise BadSetting(f"{_NAME}: {name} of {slug} must name a readable file.") from None
    if not text:
        raise BadSetting(f"{_NAME}: {name} of {slug} is empty.")
    return text


def _words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word for word in value)
