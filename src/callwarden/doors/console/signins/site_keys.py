"""This site's own keys towards SAML providers: how they stand, and their replacement."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Row
from callwarden.doors.console.navigation import SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel.errors import InvalidInput
from callwarden.protection.signin import saml_keys
from callwarden.protection.signin.providers import providers

AT_ONCE = "at_once"


@for_roles(frozenset({SECURITY}))
@require_POST
def replace(request: ConsoleRequest, use: str) -> HttpResponse:
    """Make the next key of a use; the former counts for the overlap, or no more."""
    if use not in saml_keys.Use.values:
        raise InvalidInput("no_such_use", _("There is no such key. Look at the page again."))
    at_once = request.POST.get("how") == AT_ONCE
    return do(
        request,
        lambda: saml_keys.replace(use, actor=request.user.actor, at_once=at_once),
        said=_("The key was replaced. Give every SAML provider the metadata anew.")
        if at_once
        else _("The key was replaced. Give every SAML provider the metadata anew within 30 days."),
        then=f"{reverse('console:sign_ins')}#saml-keys",
    )


def table(*, may_replace: bool) -> PlainTable | None:
    """The keys that count; None where no provider speaks SAML."""
    if not any(one.saml for one in providers().values()):
        return None
    rows = []
    for one in saml_keys.counting():
        until = one.until or _("The newest")
        cells: list[object] = [saml_keys.Use(one.use).label, one.made_at, saml_keys.ends(one), until]
        if may_replace:
            cells += ["", ""] if one.until else list(_buttons(one.use))
        rows.append(Row(cells))
    headings = (pgettext_lazy("key", "What for"), _("Made"), _("Its certificate ends"), _("Counts until"))
    return PlainTable(_("Own keys towards SAML providers"), headings + (("", "") if may_replace else ()), rows)


def _buttons(use: str) -> tuple[Button, Button]:
    href = reverse("console:sign_in_saml_key", args=[use])
    return (
        Button(Action(_("Replace"), href, "key", method="post")),
        Button(Action(_("Replace at once"), href, "ban", method="post", name="how", value=AT_ONCE)),
    )
