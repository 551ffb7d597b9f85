"""What the pages of holds show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Empty, Fact, Link, Option, Progress, Row, Text
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.listing import Column, Filter
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.lawful.holds import queries
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query

State = Matter.State
LOOKS = {
    State.ASKED: ("warn", "hourglass"),
    State.PROVISIONAL: ("warn", "gavel"),
    State.HELD: ("seal", "gavel"),
    State.RELEASED: ("neutral", "lock-open"),
    State.DROPPED: ("neutral", "circle-minus"),
}
COLUMNS = (
    Column("label", _("Matter")),
    Column("scope", _("What it is about")),
    Column("held", _("On hold"), end=True),
    Column("deferred", _("Erasures waiting"), end=True),
    Column("owner", _("Answered for by")),
    Column("review_on", _("Looked at again"), sortable=True),
    Column("state", _("State")),
)
FILTERS = (
    Filter(
        "state",
        _("State"),
        options=[Option("in_force", _("Holding records")), *(Option(*pair) for pair in State.choices)],
    ),
    Filter("ground", _("Ground"), options=[Option(*pair) for pair in Matter.Ground.choices]),
)
EMPTY = Empty(
    _("Nothing is on hold"),
    _("When a dispute or an inquiry needs records, open a matter. One person holds at once; two put it into force."),
    "gavel",
)


def badge(matter: Matter) -> Badge:
    return Badge(State(matter.state).label, *LOOKS[State(matter.state)])


def row(matter: Matter) -> Row:
    with client_scope(matter.client_id):
        now = queries.standing(matter)
    late = matter.state in queries.IN_FORCE and matter.review_on < clock.now().date()
    review = Badge(matter.review_on.isoformat(), "fail", "clock") if late else matter.review_on.isoformat()
    return Row(
        (
            Link(matter.label, reverse("console:hold", args=[matter.pk]), Matter.Ground(matter.ground).label),
            about(matter),
            now.held,
            now.deferred,
            matter.owner.get_full_name(),
            review,
            badge(matter),
        ),
        pick=str(matter.pk) if matter.state in queries.IN_FORCE else "",
        pick_label=matter.label,
    )


def about(matter: Matter) -> Text:
    """What a matter covers, in words."""
    if matter.scope not in (Matter.Scope.QUERY, Matter.Scope.SET):
        return Matter.Scope(matter.scope).label
    return "; ".join(str(part) for part in parts_of(Query.of(matter.query)))


def parts_of(query: Query) -> Iterator[Text]:
    line = Line.objects.filter(pk=query.line).first() if query.line else None
    yield named(line) if line else _("Every line")
    labels = dict(Category.choices)
    if query.categories:
        yield ", ".join(str(labels.get(kind, kind)) for kind in query.categories)
    if query.since:
        yield _("from %(day)s") % {"day": query.since}
    if query.until:
        yield _("until %(day)s") % {"day": query.until}


def facts(matter: Matter, roles: Sequence[str]) -> Iterator[Fact]:
    from callwarden.doors.console.navigation import may_go

    yield Fact(_("Ground"), Matter.Ground(matter.ground).label)
    yield Fact(_("What it is about"), about(matter))
    if matter.target and matter.scope == Matter.Scope.CALL and may_go(roles, "console:calls"):
        yield Fact(_("Call"), Link(str(matter.target), reverse("console:call", args=[matter.target])))
    elif matter.target and matter.scope == Matter.Scope.CUSTOMER and may_go(roles, "console:customers"):
        yield Fact(_("Customer"), Link(str(matter.target), reverse("console:customer", args=[matter.target])))
    elif matter.target and matter.scope == Matter.Scope.SET:
        yield Fact(_("Set"), Link(_("What was drawn and held"), reverse("console:bulk_act", args=[matter.target])))
    elif matter.target:
        yield Fact(_("Number"), str(matter.target))
    yield Fact(_("Answered for by"), matter.owner.get_full_name())
    yield Fact(_("Opened"), matter.opened_at)
    yield Fact(_("Opened by"), named_actor(matter.opened_by))
    yield Fact(_("Looked at again on"), matter.review_on.isoformat())
    if matter.ended_at:
        yield Fact(_("Ended"), matter.ended_at)


def kinds(counts: Sequence[tuple[str, int]], caption: Text) -> PlainTable:
    labels = dict(Category.choices)
    rows = [Row((labels.get(kind, kind), count)) for kind, count in counts]
    empty = Empty(_("No record"), _("Nothing that is stored now fits."), "inbox")
    return PlainTable(caption, (_("Kind of data"), _("Records")), rows, empty)


def progress(matter: Matter, now: queries.Standing) -> Progress | None:
    """How far marking and moving, or letting go, has come; None where there is nothing to follow."""
    if matter.state == State.RELEASED and now.held:
        done, total = now.released, now.held + now.released
        label: Text = _("Letting go, one by one; what was to be erased is erased now")
    elif matter.state in queries.IN_FORCE and now.held > now.settled:
        done, total = now.settled, now.held
        label = _("Held; being moved under keys that do not end")
    else:
        return None
    return Progress(
        f"hold-{matter.pk}", label, done, total, "running", href=reverse("console:hold_live", args=[matter.pk])
    )
