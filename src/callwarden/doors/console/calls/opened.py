"""One opened call laid out for its page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from callwarden.control.grants.models import AccessGrant
from callwarden.custody.categories import Category
from callwarden.custody.models import Call
from callwarden.doors.console import purposes
from callwarden.doors.console.access import holds
from callwarden.doors.console.calls import queries, shown
from callwarden.doors.console.components import Countdown, Option
from callwarden.doors.console.consents.panel import RECORDS, panel_of
from callwarden.doors.console.deeds import latest
from callwarden.doors.console.grants.offering import address
from callwarden.doors.console.navigation import TAKE_IN
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import playback, trail
from callwarden.flows.actors import Actor
from callwarden.flows.calls import ABOUT_CUSTOMER, CallView
from callwarden.kernel.errors import NotFound
from callwarden.lawful.purposes.models import Purpose

OPENED = (Category.TRANSCRIPT_REDACTED, Category.CALL_METADATA, *ABOUT_CUSTOMER)


def purposes_of(actor: Actor, call: Call) -> list[str]:
    """Purposes the viewer may look at this call for: of their roles, less those that other lines serve and this not."""
    served = set(call.line.purposes.values_list("purpose", flat=True))
    elsewhere = set(Purpose.objects.values_list("slug", flat=True)) - served
    return [purpose for purpose in purposes.open_to(actor, "view_masked", OPENED) if purpose not in elsewhere]


def context_of(request: ConsoleRequest, view: CallView, options: list[Option]) -> dict[str, Any]:
    """Everything the template draws."""
    call = view.call
    kept = queries.kept_of(call)
    metadata = [field for field in view.fields if field.category == Category.CALL_METADATA]
    customer = [field for field in view.fields if field.category != Category.CALL_METADATA]
    return {
        "title": _("Call of %(time)s") % {"time": shown.started(call)},
        "call": call,
        "badge": shown.state_of(call),
        "about": shown.about(call),
        "purpose": view.purpose,
        "purposes": options,
        "transcript": shown.transcript_of(view),
        "removed": shown.removed_kinds(view),
        "may_ask": holds(request, TAKE_IN),
        "export_href": _export(request, call),
        "numbers": shown.masked_facts(metadata, purpose=view.purpose, call=call.id),
        "customer": shown.masked_facts(customer, purpose=view.purpose, call=call.id),
        "consents": shown.consent_lines(queries.consents_of(call)),
        "panel": panel_of(call) if holds(request, RECORDS) else None,
        "kept": shown.kept_facts(kept),
        "suite": shown.suites_of(kept),
        "not_shown": shown.not_shown(view.withheld),
        "trail": latest(
            trail.of_call(call.id), request.user, everything="trail" in request.GET, about={"call": call.id}
        ),
        **_sound(request, view),
    }


def _export(request: ConsoleRequest, call: Call) -> str:
    """Where to ask for a copy of the original, for whom that could be given leave."""
    if not purposes.open_to(request.actor, "export", [Category.RECORDING_ORIGINAL]):
        return ""
    return address(AccessGrant.Scope.CALL, [call.id], "export")


def _sound(request: ConsoleRequest, view: CallView) -> dict[str, Any]:
    """The player of the redacted recording, or of the original while a permit to hear it lasts."""
    call, parties = view.call, queries.parties_of(view.call)
    original = original_permit(request, call)
    if original is not None:
        src = reverse("console:call_audio", args=[call.id, original])
        ends = playback.ends_at(original)
        return {
            "player": shown.player_of(view, parties, src, _("Original recording")),
            "original": Countdown(ends, int(playback.LASTS.total_seconds()), _("Until")) if ends else None,
            "may_play_original": False,
        }
    src = f"{reverse('console:call_listen', args=[call.id])}?{urlencode({'purpose': view.purpose})}"
    return {
        "player": shown.player_of(view, parties, src, _("Redacted recording")) if view.may_play else None,
        "original": None,
        "may_play_original": view.may_play_original,
    }


def original_permit(request: ConsoleRequest, call: Call) -> UUID | None:
    """The permit to hear the original that the address names, if the viewer holds it in this session."""
    try:
        permit = UUID(request.GET.get("original", ""))
        playback.held(request.actor, call, permit)
    except (ValueError, NotFound):
        return None
    return permit
