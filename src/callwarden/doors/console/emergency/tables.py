"""What the pages of emergency access show."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.control.emergency.models import EmergencyAccess
from callwarden.doors.console.components import Badge, Countdown, Empty, Fact, Link, Option, Row
from callwarden.doors.console.grants.tables import WHY
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.listing import Column, Filter
from callwarden.kernel import clock

State = EmergencyAccess.State
LOOKS = {
    State.OPEN: ("seal", "lock-open"),
    State.ENDED: ("warn", "hourglass"),
    State.OVERDUE: ("fail", "alert-triangle"),
    State.CONFIRMED: ("pass", "circle-check"),
    State.QUESTIONED: ("fail", "circle-x"),
}
COLUMNS = (
    Column("who", _("Who")),
    Column("purpose", _("Purpose")),
    Column("starts_at", _("Begun"), sortable=True),
    Column("rows", _("Openings"), end=True),
    Column("due", _("Review due")),
    Column("by", _("Reviewed by")),
    Column("state", _("State")),
)
FILTERS = (Filter("state", _("State"), options=[Option(*pair) for pair in State.choices]),)
EMPTY = Empty(
    _("Nobody has broken the glass"),
    _("When somebody has to open data at once and alone, it appears here, and others are told."),
    "alert-octagon",
)


def badge(access: EmergencyAccess) -> Badge:
    state = State(access.state)
    if state == State.OPEN and not running(access):
        state = State.ENDED
    return Badge(state.label, *LOOKS[state])


def running(access: EmergencyAccess) -> bool:
    """Whether it opens anything now."""
    return access.state == State.OPEN and access.ends_at > clock.now()


def left(access: EmergencyAccess) -> Countdown | None:
    seconds = int((access.ends_at - access.starts_at).total_seconds())
    return Countdown(access.ends_at, seconds) if running(access) else None


def row(access: EmergencyAccess) -> Row:
    open_still = access.reviewed_at is None
    return Row(
        (
            Link(access.person.get_full_name(), reverse("console:emergency", args=[access.pk])),
            purpose_label(access.purpose),
            access.starts_at,
            _("%(uses)s of %(most)s") % {"uses": access.rows, "most": access.max_rows},
            Countdown(access.review_due) if open_still and access.review_due > clock.now() else access.review_due,
            access.reviewed_by.get_full_name() if access.reviewed_by else "",
            badge(access),
        )
    )


def facts(access: EmergencyAccess) -> Iterator[Fact]:
    yield Fact(_("Who"), access.person.get_full_name())
    yield Fact(_("Purpose"), purpose_label(access.purpose))
    yield Fact(_("Begun"), access.starts_at)
    yield Fact(_("Until"), access.ends_at)
    if access.ended_at:
        yield Fact(_("Ended"), access.ended_at)
        yield Fact(_("Why it ended"), WHY.get(access.why_ended, access.why_ended))
    yield Fact(_("Openings"), _("%(uses)s of %(most)s") % {"uses": access.rows, "most": access.max_rows})
    subjects = access.openings.values("subject").distinct().count()
    yield Fact(_("People concerned"), _("%(uses)s of %(most)s") % {"uses": subjects, "most": access.max_subjects})
    if access.reviewed_by:
        yield Fact(_("Reviewed by"), access.reviewed_by.get_full_name())
        yield Fact(_("Reviewed"), access.reviewed_at)
    else:
        yield Fact(_("Review due"), access.review_due)
    if access.incident:
        yield Fact(_("Incident"), Link(str(access.incident)[:8], reverse("console:incident", args=[access.incident])))
