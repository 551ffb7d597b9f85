"""The report a person keeps, as one page that needs nothing else: no script, no picture, no other file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from callwarden.control.neighbours.models import Neighbour
from callwarden.custody.categories import Category
from callwarden.doors.console.components import Text
from callwarden.doors.console.labels import field_label, purpose_label
from callwarden.doors.console.neighbours.words import ACTS
from callwarden.flows.names import named
from callwarden.kernel.roles import Role
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.purposes.models import LinePurpose
from callwarden.lawful.purposes.terms import Certainty
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest

_LOOKS: Final = Path(__file__).with_name("report.css")
_DEEDS: Final[dict[str, Text]] = {
    "view_masked": _("Opened, values masked"),
    "reveal": _("Revealed"),
    "play_redacted": _("Played the redacted recording"),
    "play_original": _("Played the original recording"),
    "search": _("Searched"),
    "export": _("Exported"),
    "share": _("Given to a partner"),
    "redact": _("Opened in order to redact it"),
    "admit": _("Opened by the gate"),
    "list": _("Listed"),
    "emergency": _("Emergency access"),
}
_WAITS: Final = _("Not set yet: it counts from something that has not happened, such as the end of your contract")
_PROGRAMS: Final[dict[str, Text]] = {"job": _("A program of the centre"), "service": _("A program with a key")}


def page(request: SubjectRequest, told: Mapping[str, Any]) -> bytes:
    """The report in the person's language, with times where the line is."""
    with translation.override(request.language):
        context = {
            "request": request,
            "kind": Kind(request.kind).label,
            "client": named(request.line.client),
            "line": named(request.line),
            "made_at": _time(told["made_at"], request),
            "values": _values(told["data"]),
            "masked": _values(told["masked"]),
            "calls": [_call(call, request) for call in told["calls"]],
            "kept": [(Category(name).label, day or _WAITS) for name, day in sorted(told["kept_until"].items())],
            "purposes": [_purpose(one) for one in told["purposes"]],
            "recipients": [(_named(one), one["country"]) for one in told["recipients"]],
            "consents": [_consent(one, request) for one in told["consents"]],
            "seen": [_seen(one, request) for one in told["looked_at"]],
            "seen_before": told["looked_at_before"],
            "given": [_given(one, request) for one in told.get("access_given", [])],
            "elsewhere": [_elsewhere(one, request) for one in told.get("looked_at_elsewhere", {}).get("acts", [])],
            "elsewhere_before": told.get("looked_at_elsewhere", {}).get("before", 0),
            "unseen": [
                Neighbour.Kind(kind).label for kind in told.get("looked_at_elsewhere", {}).get("not_measured", [])
            ],
            "recordings": told["recordings"],
            "looks": _style(),
        }
        return render_to_string("console/requests/report.html", context).encode()


def _style() -> SafeString:
    # Our own file; nothing a person typed is in it.
    return format_html("<style>{}</style>", mark_safe(_LOOKS.read_text(encoding="utf-8")))  # noqa: S308


def _named(one: Mapping[str, str]) -> str:
    chinese = (translation.get_language() or "").startswith("zh")
    return (one["zh"] or one["en"]) if chinese else one["en"]


def _time(text: str, request: SubjectRequest) -> str:
    return datetime.fromisoformat(text).astimezone(ZoneInfo(request.line.time_zone)).strftime("%Y-%m-%d %H:%M")


def _values(data: Mapping[str, Any]) -> list[tuple[Text, list[list[tuple[Text, str]]]]]:
    """(category, records of (field, values))."""
    return [
        (
            Category(category).label,
            [[(field_label(name), " · ".join(values)) for name, values in record.items()] for record in records],
        )
        for category, records in data.items()
    ]


def _call(call: Mapping[str, Any], request: SubjectRequest) -> dict[str, Any]:
    minutes, seconds = divmod(call["seconds"], 60)
    return {
        "at": _time(call["at"], request),
        "line": _named(call["line"]),
        "length": f"{minutes}:{seconds:02}",
        "turns": call["transcript"],
    }


def _ground(ground: str) -> Text:
    return dict(LinePurpose.Ground.choices).get(ground, ground)


def _purpose(one: Mapping[str, Any]) -> tuple[str, Text, str, Text, str]:
    sure = Certainty(one["certainty"]).label
    return _named(one), _ground(one["ground"]), one["provision"], sure, ", ".join(_named(line) for line in one["lines"])


def _consent(one: Mapping[str, Any], request: SubjectRequest) -> tuple[str, Text, str, Text, Text]:
    return (
        _time(one["at"], request),
        purpose_label(one["purpose"]),
        _named(one["recipient"]) if one["recipient"] else "",
        dict(ConsentEvent.State.choices).get(one["state"], one["state"]),
        dict(ConsentEvent.Method.choices).get(one["how"], one["how"]),
    )


def _given(one: Mapping[str, Any], request: SubjectRequest) -> tuple[str, str, str, Text, Text, int]:
    who = " + ".join(str(dict(Role.choices).get(role, role)) for role in one["who"].split("+"))
    what = _DEEDS.get(one["what"], one["what"])
    since, until = _time(one["from"], request), _time(one["until"], request)
    return since, until, who, what, purpose_label(one["purpose"]), one["opened"]


def _seen(one: Mapping[str, Any], request: SubjectRequest) -> tuple[str, str, Text, Text, str]:
    who = _PROGRAMS.get(one["who"]) or " + ".join(
        str(dict(Role.choices).get(role, role)) for role in one["who"].split("+")
    )
    what = _DEEDS.get(one["what"], one["what"])
    fields = ", ".join(str(field_label(name)) for name in one["fields"])
    refused = "" if one["allowed"] else str(_("refused"))
    return _time(one["at"], request), str(who), what, purpose_label(one["purpose"]), refused or fields


def _elsewhere(one: Mapping[str, Any], request: SubjectRequest) -> tuple[str, str, str, Text]:
    roles = " + ".join(str(dict(Role.choices).get(role, role)) for role in one["who"].split("+")) if one["who"] else ""
    who = roles or str(_("Somebody the centre’s own list of staff does not name"))
    return _time(one["at"], request), _named(one["system"]), who, ACTS.get(one["what"], one["what"])
