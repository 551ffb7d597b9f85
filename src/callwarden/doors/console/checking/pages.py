"""One redacted call to be checked, and the cases that corrections leave."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.calls import shown
from callwarden.doors.console.checking import laid, tables
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.navigation import CHECK, LEARN
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import cases as learnt
from callwarden.flows.calls import find_call
from callwarden.flows.checked import check as open_to_check
from callwarden.flows.checking import ask_to_show
from callwarden.flows.checking import hide as hide_more
from callwarden.kernel.errors import InvalidInput


@for_roles(CHECK)
@require_safe
def check(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """The redacted words with their marks; each mark says what speaks for it."""
    found = find_call(request.actor, client_of(request).id, call)
    seen = open_to_check(request.actor, found)
    title = _("Check the redaction")
    when = _("Call of %(time)s") % {"time": shown.started(found)}
    context = {
        "title": title,
        "call": found,
        "seen": seen,
        "turns": laid.turns_of(seen),
        "panels": laid.panels_of(seen),
        "kinds": laid.kinds(),
        "language": "zh-Hans" if found.language.startswith("zh") else found.language,
        "crumbs": (
            Crumb(gettext_lazy("Calls"), reverse("console:calls")),
            Crumb(when, reverse("console:call", args=[call])),
            Crumb(title),
        ),
    }
    return render(request, "console/checking/check.html", context)


@for_roles(CHECK)
@require_POST
def hide(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """Hide the chosen words."""
    found = find_call(request.actor, client_of(request).id, call)
    given = request.POST

    def act() -> Text:
        place = (_number(given.get("turn")), _number(given.get("start")), _number(given.get("end")))
        hidden = hide_more(request.actor, found, _version(given.get("version")), place, given.get("kind", ""))
        if hidden.is_destroyed:
            return gettext_lazy("Hidden in the text and in the sound. The version before has been destroyed.")
        return gettext_lazy(
            "Hidden in the text and in the sound. A hold keeps the version before; it is used for nothing else."
        )

    return do(request, act, then=reverse("console:redaction", args=[call]))


@for_roles(CHECK)
@require_POST
def show(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """Ask for leave to give a mark back to be read."""
    found = find_call(request.actor, client_of(request).id, call)
    given = request.POST

    def act() -> None:
        version, mark = _version(given.get("version")), _number(given.get("mark"))
        ask_to_show(request.actor, found, version, mark, reason=given.get("reason", ""))

    said = gettext_lazy("Asked for. Somebody else decides in the approvals; until then it stays hidden.")
    return do(request, act, said=said, then=reverse("console:redaction", args=[call]))


@for_roles(LEARN)
@require_safe
def cases(request: ConsoleRequest) -> HttpResponse:
    """What corrections say of the rules."""
    client = client_of(request).id
    with client_scope(client):
        found = learnt.summary()
    context = {
        "found": found,
        "chart": tables.chart(found),
        "nothing": tables.EMPTY,
        "by_rule": tables.by_rule(found),
        "by_type": tables.by_type(found),
        "crumbs": (
            Crumb(gettext_lazy("Calls"), reverse("console:calls")),
            Crumb(gettext_lazy("Corrections of redaction")),
        ),
    }
    return render(request, "console/checking/cases.html", context)


@for_roles(LEARN)
@require_safe
def export(request: ConsoleRequest) -> HttpResponse:
    """The cases as JSON lines, without a value, a person or a call."""
    with client_scope(client_of(request).id):
        body = "".join(learnt.lines())
    answer = HttpResponse(body, content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="corrections.jsonl"'
    return answer


def _number(value: str | None) -> int:
    try:
        return int(value or "")
    except ValueError:
        raise InvalidInput("nothing_chosen", gettext_lazy("Choose words in the text first.")) from None


def _version(value: str | None) -> UUID:
    try:
        return UUID(value or "")
    except ValueError:
        raise InvalidInput("nothing_chosen", gettext_lazy("Choose words in the text first.")) from None
