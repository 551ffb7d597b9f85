"""An identity provider of its own: django-oauth-toolkit, served in a process with a database of its own.

    python tests/identity_provider.py FOLDER PORT REDIRECT_URI

It signs ID tokens with a fresh RSA key. Whoever is named in the address `/as/NAME/` is signed in there, which stands
for the provider's own sign-in page; what its tokens say of them is in the folder's `people.json`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from wsgiref.simple_server import WSGIServer, make_server

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

CLIENT, SECRET = "callwarden", "a secret between these two"


def serve(folder: Path, port: int, redirect: str) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings.configure(
        SECRET_KEY="of the provider",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "provider.sqlite3")}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        LOGIN_URL="/sign-in/",
        SESSION_COOKIE_NAME="provider_session",
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": pem,
            "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
            "SCOPES": {"openid": "who somebody is", "email": "their address"},
            "PKCE_REQUIRED": True,
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
            "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from oauth2_provider.models import get_application_model

    get_application_model().objects.create(
        name="Callwarden",
        client_id=CLIENT,
        client_secret=SECRET,
        client_type="confidential",
        authorization_grant_type="authorization-code",
        redirect_uris=redirect,
        post_logout_redirect_uris=redirect.replace("/callback/", "/signed-out/"),
        skip_authorization=True,
        algorithm="RS256",
    )
    globals()["PEOPLE"] = folder / "people.json"
    from django.core.wsgi import get_wsgi_application

    WSGIServer.allow_reuse_address = True
    with make_server("127.0.0.1", port, get_wsgi_application()) as server:
        (folder / "ready").write_text("yes")
        server.serve_forever()


def _said(name: str) -> dict[str, object]:
    told: dict[str, dict[str, object]] = json.loads(globals()["PEOPLE"].read_text())
    return told.get(name, {})


def __getattr__(name: str) -> object:
    """What Django asks of this module by name, once it is set up."""
    if name == "Validator":
        return _validator()
    if name == "urlpatterns":
        return _addresses()
    raise AttributeError(name)


def _validator() -> type:
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Validator(OAuth2Validator):  # type: ignore[misc]
        oidc_claim_scope = None

        def get_additional_claims(self, request: object) -> dict[str, object]:
            said = _said(request.user.username)  # type: ignore[attr-defined]
            return {"auth_time": int(time.time()), **said}

    return Validator


def _addresses() -> list[object]:
    from django.contrib.auth import get_user_model, login
    from django.http import HttpResponse
    from django.urls import include, path

    def become(request: object, name: str) -> HttpResponse:
        user, _made = get_user_model().objects.get_or_create(username=name)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
        return HttpResponse(name)

    return [path("as/<str:name>/", become), path("", include("oauth2_provider.urls", namespace="oauth2_provider"))]


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
