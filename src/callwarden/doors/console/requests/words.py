"""How a request and its tasks read: badges, what comes next, what each replica did."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Badge, Text
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import RequestTask, SubjectRequest
from callwarden.lawful.requests.queries import OPEN, SOON

State = SubjectRequest.State
_LOOKS: Final = {
    State.RECEIVED: ("info", "inbox"),
    State.VERIFYING: ("warn", "id"),
    State.ACCEPTED: ("info", "check"),
    State.PLANNED: ("info", "clipboard-check"),
    State.EXECUTING: ("info", "refresh"),
    State.RESTRICTED: ("warn", "lock"),
    State.ANSWERED: ("pass", "check"),
    State.CLOSED: ("pass", "check"),
    State.REJECTED: ("neutral", "ban"),
}
_TASK_LOOKS: Final = {
    RequestTask.State.PENDING: ("neutral", "clock"),
    RequestTask.State.HELD: ("warn", "lock"),
    RequestTask.State.DONE: ("pass", "check"),
    RequestTask.State.FAILED: ("fail", "alert-triangle"),
    RequestTask.State.EXCEPTED: ("info", "scale"),
}
ICONS: Final = {
    Kind.ACCESS: "eye",
    Kind.COPY: "download",
    Kind.CORRECTION: "pencil",
    Kind.ERASURE: "flame",
    Kind.RESTRICTION: "lock",
    Kind.WITHDRAWAL: "circle-x",
    Kind.OBJECTION: "ban",
    Kind.EXPLANATION: "info-circle",
    Kind.ACCOUNT_CLOSING: "user",
}
METHODS: Final[dict[str, Text]] = {
    "key_destroyed": _("Keys destroyed"),
    "rows_deleted": _("Rows deleted"),
    "permits_revoked": _("Closed at once"),
    "version_without_person": _("Replaced by versions without the person"),
    "not_measured": _("No call is marked; what is not marked was not measured"),
    "none_on_record": _("None is on record"),
    "out_of_reach": _("Left before, and is out of reach: the certificate names it"),
    "ends_with_epoch": _("Unreadable with the end of their keys"),
    "restricted": _("Stored and protected only"),
    "withdrawn": _("Consents withdrawn"),
    "reported": _("In the report"),
    "replaced": _("Replaced"),
    "corrected": _("Corrected"),
    "to_be_told": _("Left before: to be told what is right"),
    "explained": _("Explained"),
    "not_concerned": _("Not concerned by this request"),
}


def state_badge(request: SubjectRequest) -> Badge:
    tone, icon = _LOOKS[State(request.state)]
    return Badge(State(request.state).label, tone, icon)


def task_badge(task: RequestTask) -> Badge:
    tone, icon = _TASK_LOOKS[RequestTask.State(task.state)]
    return Badge(RequestTask.State(task.state).label, tone, icon)


def due_badge(request: SubjectRequest, now: datetime) -> Badge | None:
    """How much time is left, while it is open."""
    if request.state not in OPEN:
        return None
    left = request.due_at - now
    if left.total_seconds() < 0:
        return Badge(_("Overdue"), "fail", "alert-triangle")
    days = left.days
    words = gettext("Due today") if days == 0 else ngettext("%(days)s day left", "%(days)s days left", days)
    return Badge(words % {"days": days} if days else words, "warn" if left <= SOON else "neutral", "clock")


def how_verified(how: str) -> Text:
    return _HOW.get(how, how)


_HOW: Final[dict[str, Text]] = {
    "call_back": _("Told the code when called back at a known number"),
    "message": _("Typed in the code sent to a known number or address"),
    "agent": _("Attested by the agent who had them on the line"),
    "signed_in": _("Signed in at the client's own service"),
    "system": _("Verified by the client's own system"),
}


def also_ends(calls: int) -> Text:
    """What goes when consent to recording is taken back."""
    told = ngettext_lazy(
        "Taking consent to recording back also deletes what was recorded in %(count)s call.",
        "Taking consent to recording back also deletes what was recorded in %(count)s calls.",
        calls,
    )
    return told % {"count": calls}
