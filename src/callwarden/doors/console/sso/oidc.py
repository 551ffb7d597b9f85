"""OpenID Connect with code, PKCE, state and nonce.

Source: OpenID Connect Core 1.0 section 3.1.3.7 (ID token validation), RFC 7636 (PKCE), RFC 9207 (issuer in answers),
RFC 9700 (security practice).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.urls import reverse

from callwarden.doors.console.sso.entering import app_of
from callwarden.kernel import clock
from callwarden.protection.signin import identities
from callwarden.protection.signin.identities import Told

# Signed by a key only the provider has; never a secret that we share, never nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SKEW = timedelta(seconds=60)
FRESH = timedelta(minutes=5)


class Client(OpenIDConnectProvider):  # type: ignore[misc]
    """One provider, seen from here."""

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **more: Any
    ) -> Any:
        """Send the person there. With `fresh` they prove themselves anew, whatever session they have there."""
        fresh = bool(more.pop("fresh", False))
        asked = {"nonce": secrets.token_urlsafe(24)}
        if values := self.app.settings["acr_values"]:
            asked["acr_values"] = " ".join(values)
        if fresh:
            asked |= {"prompt": "login", "max_age": "0"}
        return super().redirect(
            request,
            "login",
            next_url,
            data,
            auth_params=asked.copy(),
            scope=list(self.app.settings["scope"]),
            nonce=asked["nonce"],
            fresh=fresh,
        )

    def get_oauth2_adapter(self, request: HttpRequest) -> Exchange:
        return Exchange(request, self.app.provider_id)

    def told(self, answer: Any) -> Told | None:
        """What the verified token says, if it answers the question that was asked. None: it does not."""
        token = answer.account.extra_data.get("id_token") or {}
        nonce = answer.state.get("nonce") or ""
        if not nonce or not secrets.compare_digest(str(token.get("nonce", "")), str(nonce)):
            return None
        if answer.state.get("fresh") and not _just_now(token.get("auth_time")):
            return None
        provider = identities.find_provider(self.app.provider_id)
        person = {**(answer.account.extra_data.get("userinfo") or {}), **token}
        amr = token.get("amr")
        return Told(
            subject=str(token["sub"]),
            email=str(person.get("email") or ""),
            email_verified=person.get("email_verified") is True,
            factor=provider.proves_factor(
                acr=str(token.get("acr") or ""), amr=tuple(map(str, amr)) if isinstance(amr, list) else ()
            ),
        )


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The exchange of the code for a token, and the judgement of that token."""

    def get_provider(self) -> Client:
        provider = identities.find_provider(self.provider_id)
        settings = {
            "server_url": provider.authority.rstrip("/"),
            "oauth_pkce_enabled": True,
            "scope": provider.scopes,
            "acr_values": provider.acr_values,
        }
        return Client(self.request, app=app_of(provider, settings))

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's own description, which must be of the issuer the site names."""
        if not hasattr(self, "_described"):
            described: dict[str, Any] = super().openid_config
            if described.get("issuer") != identities.find_provider(self.provider_id).authority:
                raise OAuth2Error("The description is of another issuer.")
            self._described = described
        return self._described

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("sso_callback", args=[self.provider_id]))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **more: Any) -> Any:
        """Judge the token; a person's page at the provider only adds an address to it, and must be of the same."""
        named = request.GET.get("iss")
        if named is not None and named != self.openid_config["issuer"]:
            raise OAuth2Error("The answer names another issuer.")
        try:
            said = self._decode_id_token(app, more["response"]["id_token"])
            data: dict[str, Any] = {"id_token": said}
            if "email" not in said and "userinfo_endpoint" in self.openid_config:
                page = self._fetch_user_info(token.token)
                if page.get("sub") != said["sub"]:
                    raise OAuth2Error("The page is of another person.")
                data["userinfo"] = page
            return self.get_provider().sociallogin_from_response(request, data)
        except (KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("The answer cannot be read.") from error

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """The claims of a token whose signature, issuer, audience and times hold.

        Raises:
            OAuth2Error: something does not.
        """
        with get_adapter().get_requests_session() as session:
            keys = session.get(self.openid_config["jwks_uri"])
            keys.raise_for_status()
        try:
            header = jwt.get_unverified_header(id_token)
            if header.get("alg") not in ALGORITHMS:
                raise OAuth2Error("The token is signed in a way that proves nothing.")
            found = [key for key in jwt.PyJWKSet.from_dict(keys.json()).keys if _fits(key, header)]
            if len(found) != 1:
                raise OAuth2Error("The token's key is not among the provider's.")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                found[0].key,
                algorithms=[header["alg"]],
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=SKEW,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("The token does not hold.") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != app.client_id:
            raise OAuth2Error("The token was made for another program.")
        return claims


def _fits(key: Any, header: dict[str, Any]) -> bool:
    """Whether a published key may have signed a token with this header."""
    if header.get("kid") is not None and key.key_id != header["kid"]:
        return False
    return key.public_key_use in {None, "sig"} and str(key.algorithm_name)[:2] == str(header["alg"])[:2]


def _just_now(auth_time: object) -> bool:
    if not isinstance(auth_time, int):
        return False
    age = clock.now().timestamp() - auth_time
    return -SKEW.total_seconds() <= age <= FRESH.total_seconds()
