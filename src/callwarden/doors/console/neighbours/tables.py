"""What the pages of neighbouring systems show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.control.neighbours import queries, rules
from callwarden.control.neighbours.models import Neighbour
from callwarden.doors.console.components import Action, Badge, Duration, Fact, Facts, Moment, Text, Tile
from callwarden.doors.console.neighbours.words import ACTS, REASONS
from callwarden.flows.names import named
from callwarden.flows.neighbours import Understood

State, Kind = Neighbour.State, Neighbour.Kind
ICONS: dict[str, str] = {
    Kind.CUSTOMER_SYSTEM: "users",
    Kind.TELEPHONY: "phone",
    Kind.RECORDER: "message-2",
    Kind.DATABASE: "stack-2",
}


@dataclass(frozen=True)
class Shown:
    """A system with all that is said about it."""

    row: Neighbour
    name: str
    badge: Badge
    trouble: Text
    facts: Facts
    actions: list[Action]


def badge(row: Neighbour) -> Badge:
    """How it does, in a word."""
    state = queries.health(row)
    if row.state == State.PAUSED:
        return Badge(State.PAUSED.label, "warn", "player-pause")
    looks: dict[str, Badge] = {
        "pass": Badge(pgettext_lazy("neighbour", "Tells"), "pass", "circle-check"),
        "fail": Badge(pgettext_lazy("neighbour", "Silent"), "fail", "circle-x"),
        "warn": Badge(_("Its clock is off"), "warn", "clock"),
    }
    return looks.get(state) or Badge.of("not_measured")


def shown(row: Neighbour, *, may_act: bool) -> Shown:
    since = queries.silent_since(row)
    facts = [
        Fact(_("Kind"), Kind(row.kind).label),
        Fact(_("Answered for by"), row.owner.get_full_name()),
        Fact(_("Heard last"), Moment(row.heard_at) if row.heard_at else _("Never")),
        Fact(_("May be quiet for"), Duration(row.quiet_minutes * 60) if row.quiet_minutes else _("Any time")),
        Fact(_("Acts kept"), f"{row.taken:,}"),
        Fact(_("Sent twice, kept once"), f"{row.repeated:,}"),
        Fact(_("Not meant for us"), f"{row.left_out:,}"),
        Fact(_("Kept out"), _refused(row)),
        Fact(_("Comes by"), Neighbour.Way(row.way).label),
    ]
    if row.heard_at and rules.is_off(row.skew_s):
        facts.append(Fact(_("Clock ahead by"), Duration(-row.skew_s)))
    trouble: Text = ""
    if since is not None:
        trouble = _("It has been silent for longer than it may. What its people do meanwhile is not seen here.")
    elif row.state == State.PAUSED:
        trouble = _("Paused: what it sends is refused, and what its people do is not seen here.")
    return Shown(row, named(row), badge(row), trouble, Facts(facts), _actions(row, may_act=may_act))


def tiles(rows: Iterable[Neighbour]) -> list[Tile]:
    """One for each kind of system: told, silent, or not measured."""
    by_kind: dict[str, list[Neighbour]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    return [_tile(kind, by_kind.get(kind, [])) for kind in Kind]


def _tile(kind: Neighbour.Kind, rows: list[Neighbour]) -> Tile:
    if not rows:
        return Tile(kind.label, "not_measured", note=_("not connected"))
    states = [queries.health(row) for row in rows]
    if "fail" in states:
        return Tile(kind.label, "fail", note=_("silent too long"))
    if any(row.state == State.PAUSED for row in rows):
        return Tile(kind.label, "not_measured", note=pgettext_lazy("neighbour", "paused"))
    if "not_measured" in states:
        return Tile(kind.label, "not_measured", note=_("never heard"))
    return Tile(kind.label, "pass", note=_("its clock is off") if "warn" in states else "")


def understood(told: Understood) -> Facts:
    """What a line would be kept as."""
    if told.told is None:
        return Facts([Fact(_("Kept out"), REASONS.get(told.reason, told.reason))])
    one = told.told
    known, unknown = _("known here"), _("not known here: kept as a token alone")
    inside = {True: _("by the application itself"), False: _("by a person around the application")}
    return Facts(
        [
            Fact(_("Time"), Moment(one.at)),
            Fact(_("Who"), f"{one.who} · {known if told.known_who else unknown}"),
            Fact(_("Act"), ACTS[one.act]),
            Fact(_("Customer"), _subject(told)),
            Fact(_("Call"), _("named") if one.call else _("none named")),
            Fact(pgettext_lazy("act elsewhere", "Rows"), "—" if one.rows is None else f"{one.rows:,}"),
            Fact(pgettext_lazy("act elsewhere", "Done"), "—" if one.inside is None else inside[one.inside]),
        ]
    )


def _subject(told: Understood) -> Text:
    if told.told is None or not told.told.subject:
        return _("none named")
    if told.known_subject is None:
        return _("named, and readable")
    return _("known here") if told.known_subject else _("not known here: kept as a token alone")


def _refused(row: Neighbour) -> Text:
    total = sum(row.refused.values())
    if not total:
        return "0"
    most = sorted(row.refused.items(), key=lambda pair: -pair[1])[:3]
    return f"{total:,} · " + "; ".join(f"{REASONS.get(reason, reason)} ({count:,})" for reason, count in most)


def _actions(row: Neighbour, *, may_act: bool) -> list[Action]:
    arrived = Action(_("What arrived"), reverse("console:neighbour_batches", args=[row.pk]), "file-import")
    if not may_act:
        return [arrived]
    found = [arrived, Action(_("Change"), reverse("console:neighbour", args=[row.pk]), "pencil")]
    if row.state == State.PAUSED:
        where = reverse("console:neighbour_resume", args=[row.pk])
        found.append(Action(_("Go on"), where, "player-play", method="post"))
    else:
        where = reverse("console:neighbour_pause", args=[row.pk])
        found.append(Action(pgettext_lazy("receiver", "Pause"), where, "player-pause", method="post"))
    where = reverse("console:neighbour_end", args=[row.pk])
    found.append(Action(pgettext_lazy("neighbour", "Disconnect"), where, "ban", method="post"))
    return found
