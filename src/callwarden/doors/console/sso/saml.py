"""SAML 2.0, web browser profile: asked by redirect, answered by POST, and only what was asked is answered.

A provider's POST comes from another site, so the browser sends no cookie of ours along. The first thing that arrives is
therefore read by nobody: a page of ours sends it once more, and this time the browser says whose question it answers.

Source: OASIS Profiles for SAML V2.0 section 4.1; Bindings sections 3.4 and 3.5.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from callwarden.doors.console.sso.entering import admit, refuse
from callwarden.kernel import clock
from callwarden.protection.signin import replays, saml_keys
from callwarden.protection.signin.arrivals import Arrived
from callwarden.protection.signin.identities import Provider, Told
from callwarden.protection.signin.providers import Saml
from callwarden.protection.signin.saml.answers import FORMATS, FRESH, SKEW, Expected, Said, judge
from callwarden.protection.signin.saml.descriptions import describe
from callwarden.protection.signin.saml.documents import LONGEST, Unacceptable
from callwarden.protection.signin.saml.questions import Question

# What the web session remembers of questions that nobody answered yet.
ASKED = "saml_asked"
_AT_ONCE = 5
_PATIENCE = timedelta(minutes=15)


def ask(request: HttpRequest, provider: Provider, saml: Saml, back: str | None, *, fresh: bool) -> HttpResponse:
    """Send the person to the provider. With `fresh` they prove themselves anew, whatever session they have there."""
    now = clock.now()
    question = Question(
        sign_in_url=saml.sign_in_url,
        audience=our_name(request, provider.slug),
        answers_at=answers_at(request, provider.slug),
        name_id="" if saml.subject else FORMATS[saml.name_id],
        contexts=provider.acr_values,
        fresh=fresh,
    )
    asked, address = question.written(now)
    facts = {"provider": provider.slug, "next": back, "fresh": fresh, "at": now.timestamp()}
    # A browser may have several windows at the sign-in page, but not any number.
    earlier = list(_asked(request).items())[-(_AT_ONCE - 1) :]
    request.session[ASKED] = {**dict(earlier), asked: facts}
    return HttpResponseRedirect(address)


def answer(request: HttpRequest, provider: Provider, saml: Saml) -> HttpResponse:
    """Judge what the provider's page sent, and let the person in if it proves them."""
    written = request.POST.get("SAMLResponse", "")
    if not written or len(written) > LONGEST * 2:
        return refuse(request, "answer", provider.slug, detail="missing" if not written else "too_long")
    asked = {name: facts for name, facts in _asked(request).items() if facts["provider"] == provider.slug}
    if not asked and request.POST.get("again") != "1":
        # Nothing is read and nothing is written: a session begun here would replace the one that asked.
        return render(request, "account/sso_return.html", {"written": written, "name": provider.label})
    try:
        said = judge(decoded(written), _expected(request, provider, saml, asked))
        told = _told(provider, saml, said, fresh=bool(asked[said.answers].get("fresh")))
        until = clock.now() + FRESH + 2 * SKEW
        if not replays.spend(provider.authority, said.id, until=until):
            raise Unacceptable("replayed")
    except Unacceptable as error:
        return refuse(request, "answer", provider.slug, detail=error.why)
    request.session[ASKED] = {name: facts for name, facts in _asked(request).items() if name != said.answers}
    return admit(request, provider, told, _arrived(provider, said), asked[said.answers].get("next"))


def metadata(request: HttpRequest, provider: Provider, saml: Saml) -> HttpResponse:
    """What the provider is told of this site."""
    written = describe(
        entity_id=our_name(request, provider.slug),
        answers_at=answers_at(request, provider.slug),
        name_id=FORMATS[saml.name_id],
        leaves_at=leaves_at(request, provider.slug),
        signing=saml_keys.published(saml_keys.Use.SIGNING),
        opening=saml_keys.published(saml_keys.Use.ENCRYPTION),
    )
    return HttpResponse(written, content_type="application/samlmetadata+xml")


def our_name(request: HttpRequest, slug: str) -> str:
    """How the provider knows this site: by the address of its metadata."""
    return request.build_absolute_uri(reverse("sso_metadata", args=[slug]))


def answers_at(request: HttpRequest, slug: str) -> str:
    return request.build_absolute_uri(reverse("sso_answer", args=[slug]))


def leaves_at(request: HttpRequest, slug: str) -> str:
    return request.build_absolute_uri(reverse("sso_leave", args=[slug]))


def _asked(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Questions of this browser that may still be answered, by id."""
    since = (clock.now() - _PATIENCE).timestamp()
    kept: dict[str, dict[str, Any]] = request.session.get(ASKED) or {}
    return {name: facts for name, facts in kept.items() if facts["at"] >= since}


def _expected(request: HttpRequest, provider: Provider, saml: Saml, asked: dict[str, dict[str, Any]]) -> Expected:
    return Expected(
        entity_id=provider.authority,
        certificates=saml.certificates,
        audience=our_name(request, provider.slug),
        recipient=answers_at(request, provider.slug),
        asked=frozenset(asked),
        now=clock.now(),
        keys=saml_keys.opening,
        encrypted_only=saml.encrypted_only,
    )


def decoded(written: str) -> bytes:
    try:
        return b64decode("".join(written.split()), validate=True)
    except ValueError:
        raise Unacceptable("not_base64") from None


def _told(provider: Provider, saml: Saml, said: Said, *, fresh: bool) -> Told:
    """What counts here of what was said.

    Raises:
        Unacceptable: the person is named in another form, or has not proved themselves just now though asked to.
    """
    if fresh and not -SKEW <= clock.now() - said.at <= FRESH:
        raise Unacceptable("not_fresh")
    if saml.subject:
        subject = _one(said, saml.subject)
        if not subject:
            raise Unacceptable("subject")
    else:
        subject = said.name
        if said.name_format != FORMATS[saml.name_id]:
            raise Unacceptable("name_format")
    email = _one(said, saml.email) if saml.email else ""
    amr = said.attributes.get(saml.amr, ()) if saml.amr else ()
    # A provider says nothing of how it knows an address. Naming a domain in `link_by_email` is the site's word for it.
    return Told(
        subject=subject,
        email=email,
        email_verified=bool(email),
        factor=provider.proves_factor(acr=said.context, amr=amr),
    )


def _arrived(provider: Provider, said: Said) -> Arrived:
    """What is needed to end the session there as well, and to know by which name it will ask for the end of ours."""
    qualifier, site_qualifier = said.qualifiers
    told = {"format": said.name_format, "qualifier": qualifier, "site_qualifier": site_qualifier}
    return Arrived(provider.slug, said.name, said.index, told)


def _one(said: Said, name: str) -> str:
    values = said.attributes.get(name, ())
    return values[0] if len(values) == 1 else ""
