"""What the pages of the matrix show beside the grid."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import compiled
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.chapters.words import ACTIONS, action_label, category_label, role_label
from callwarden.doors.console.components import Badge, Chips, Empty, Fact, Facts, Link, Row
from callwarden.doors.console.labels import purpose_label
from callwarden.engines.policy import Cell, CompiledPolicy, effective_matrix

State = PolicyVersion.State
LOOKS = {
    State.DRAFT: ("neutral", "pencil"),
    State.SHADOW: ("info", "eye"),
    State.ACTIVE: ("pass", "circle-check"),
    State.SUPERSEDED: ("neutral", "history"),
    State.DROPPED: ("neutral", "circle-x"),
}


def badge(version: PolicyVersion) -> Badge:
    return Badge(State(version.state).label, *LOOKS[State(version.state)])


def versions(found: Iterable[PolicyVersion]) -> PlainTable:
    rows = [
        Row(
            (
                Link(f"#{version.version}", reverse("console:matrix_version", args=[version.pk])),
                badge(version),
                f"#{version.based_on}" if version.based_on else "",
                version.revised_at or version.created_at,
                version.activated_at or "",
            )
        )
        for version in found
    ]
    return PlainTable(_("Versions"), (_("Version"), _("State"), _("Made from"), _("Written"), _("In force from")), rows)


def facts(version: PolicyVersion) -> Facts:
    return Facts(
        [
            Fact(_("Made from"), f"#{version.based_on}" if version.based_on else None),
            Fact(_("Written"), version.revised_at or version.created_at),
            Fact(_("In shadow from"), version.shadowed_at),
            Fact(_("In force from"), version.activated_at),
            Fact(_("Digest"), version.digest),
        ]
    )


@lru_cache(maxsize=4)
def decided(law: CompiledPolicy) -> frozenset[Cell]:
    """What the compiled policy really allows when all guards are content; some seconds of work, kept per policy."""
    return frozenset(cell for cell, allowed in effective_matrix(law).items() if allowed)


def effective(version: PolicyVersion) -> tuple[CompiledPolicy, frozenset[Cell]]:
    law = compiled(version)
    return law, decided(law)


def by_purpose(cells: frozenset[Cell], role: str) -> PlainTable:
    """Purpose by purpose: which kinds of data, and what may be done with them."""
    mine: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    found: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.role == role:
            found.setdefault((cell.purpose, cell.category), []).append(cell.action)
    order = list(ACTIONS)
    for (purpose, category), actions in sorted(found.items()):
        acts = tuple(sorted(actions, key=lambda action: order.index(action) if action in order else len(order)))
        mine.setdefault((purpose, acts), []).append(category)
    rows = [
        Row(
            (
                purpose_label(purpose),
                Chips([Badge(category_label(category)) for category in categories]),
                Chips([Badge(action_label(action), *_tone(action)) for action in acts]),
            )
        )
        for (purpose, acts), categories in mine.items()
    ]
    empty = Empty(_("This role may do nothing"), _("Whatever the matrix does not grant is refused."), "ban")
    return PlainTable(role_label(role), (_("Purpose"), _("Kinds of data"), _("May")), rows, empty)


def _tone(action: str) -> tuple[str, str]:
    if action in {"reveal", "play_original", "export", "share", "erase", "release_hold"}:
        return ("seal", "")
    return ("info", "")
