"""OpenID Connect with code, PKCE, state and nonce.

Source: OpenID Connect Core 1.0 section 3.1.3.7 (ID token validation), RFC 7636 (PKCE), RFC 9207 (issuer in answers),
RFC 9700 (security practice).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

from callwarden.doors.console.sso.entering import app_of
from callwarden.kernel import clock
from callwarden.protection.signin import identities
from callwarden.protection.signin.arrivals import Arrived
from callwarden.protection.signin.identities import Provider, Told

# Signed by a key only the provider has; never a secret that we share, never nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SKEW = timedelta(seconds=60)
FRESH = timedelta(minutes=5)
_OF_SIGN_IN = ["iss", "sub", "aud", "exp", "iat"]
_OF_SIGN_OUT = ["iss", "aud", "iat", "jti"]
_SIGN_OUT = "http://schemas.openid.net/event/backchannel-logout"
_TYPES = frozenset({"jwt", "logout+jwt", "application/logout+jwt"})
_LONGEST = 16 * 1024
# For how long the provider's keys are kept for tokens that arrive unasked, and how often they are asked for at most.
_KEYS_LAST, _ASKED_EVERY = timedelta(minutes=5), timedelta(seconds=30)


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

    def arrived(self, answer: Any) -> Arrived:
        """What is needed to end the session there as well, and to know by which name it asks for the end of ours."""
        data = answer.account.extra_data
        token = data["id_token"]
        told = {"id_token": str(data["written"]), "end_session_endpoint": str(data["end_session_endpoint"])}
        return Arrived(self.app.provider_id, str(token["sub"]), str(token.get("sid") or ""), told)


@dataclass(frozen=True)
class Ending:
    """Whose sessions a provider wants ended: of this person, that one session of theirs, or both.

    Attributes:
        id: of the token; it counts once.
    """

    id: str
    subject: str
    session: str


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
            data: dict[str, Any] = {
                "id_token": said,
                "written": more["response"]["id_token"],
                "end_session_endpoint": self.openid_config.get("end_session_endpoint") or "",
            }
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
        claims = _claims(id_token, self._keys(), app.client_id, self.openid_config["issuer"], required=_OF_SIGN_IN)
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != app.client_id:
            raise OAuth2Error("The token was made for another program.")
        return claims

    def judge_logout(self, logout_token: str) -> Ending:
        """Whom the provider signs out, by a token that nobody else could have made, meant for this, and of just now.

        Anybody may ask, so what costs nothing is looked at before the provider's keys are fetched, and these are kept
        for some minutes.

        Raises:
            OAuth2Error: something does not hold.
        Source: OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6.
        """
        provider = identities.find_provider(self.provider_id)
        if not 0 < len(logout_token) <= _LONGEST:
            raise OAuth2Error("There is no token.")
        _promising(logout_token, provider)
        claims = _claims(
            logout_token, self._known_keys(logout_token), provider.client_id, provider.authority, required=_OF_SIGN_OUT
        )
        _meant_for_signing_out(claims)
        return Ending(str(claims["jti"]), str(claims.get("sub") or ""), str(claims.get("sid") or ""))

    def _keys(self) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            keys = session.get(self.openid_config["jwks_uri"])
            keys.raise_for_status()
        found: dict[str, Any] = keys.json()
        return found

    def _known_keys(self, token: str) -> dict[str, Any]:
        """The provider's keys as they were lately; asked anew for one that is not among them, once in a while."""
        name = f"oidc-keys:{self.provider_id}"
        known: dict[str, Any] | None = cache.get(name)
        kid = jwt.get_unverified_header(token).get("kid")
        if known is not None and any(key.get("kid") == kid for key in known.get("keys", [])):
            return known
        if not cache.add(f"oidc-asked:{self.provider_id}", True, timeout=_ASKED_EVERY.total_seconds()):
            return known or {"keys": []}
        known = self._keys()
        cache.set(name, known, timeout=_KEYS_LAST.total_seconds())
        return known


def _claims(token: str, keys: dict[str, Any], audience: str, issuer: str, *, required: list[str]) -> dict[str, Any]:
    """The claims of a token that a key of the provider has signed, for us.

    Raises:
        OAuth2Error: something does not hold.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise OAuth2Error("The token is signed in a way that proves nothing.")
        found = [key for key in jwt.PyJWKSet.from_dict(keys).keys if _fits(key, header)]
        if len(found) != 1:
            raise OAuth2Error("The token's key is not among the provider's.")
        claims: dict[str, Any] = jwt.decode(
            token,
            found[0].key,
            algorithms=[header["alg"]],
            audience=audience,
            issuer=issuer,
            leeway=SKEW,
            options={"require": required},
        )
    except jwt.PyJWTError as error:
        raise OAuth2Error("The token does not hold.") from error
    return claims


def _promising(token: str, provider: Provider) -> None:
    """Whether a token says of itself that it is one. It proves nothing yet."""
    try:
        header = jwt.get_unverified_header(token)
        said = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise OAuth2Error("The token cannot be read.") from error
    if header.get("alg") not in ALGORITHMS or str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise OAuth2Error("The token is of another kind.")
    audience = said.get("aud")
    named = provider.client_id in audience if isinstance(audience, list) else provider.client_id == audience
    if said.get("iss") != provider.authority or not named:
        raise OAuth2Error("The token is of others or for others.")
    _meant_for_signing_out(said)


def _meant_for_signing_out(claims: dict[str, Any]) -> None:
    """No token of a sign-in, which holds a nonce, ends anything; nor one of yesterday, nor one that names nobody."""
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_SIGN_OUT), dict) or "nonce" in claims:
        raise OAuth2Error("The token is of another kind.")
    if not _just_now(claims.get("iat")):
        raise OAuth2Error("The token is not of just now.")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise OAuth2Error("The token has no name.")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        raise OAuth2Error("The token names nobody.")


def _fits(key: Any, header: dict[str, Any]) -> bool:
    """Whether a published key may have signed a token with this header."""
    if header.get("kid") is not None and key.key_id != header["kid"]:
        return False
    return key.public_key_use in {None, "sig"} and str(key.algorithm_name)[:2] == str(header["alg"])[:2]


def _just_now(time: object) -> bool:
    if not isinstance(time, int) or isinstance(time, bool):
        return False
    age = clock.now().timestamp() - time
    return -SKEW.total_seconds() <= age <= FRESH.total_seconds()
