"""The registry in words and badges."""

from __future__ import annotations

from collections.abc import Iterable

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.doors.console.components import Badge, Chips, Text
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import CATEGORIES, Certainty

STATES: dict[str, tuple[str, str]] = {
    Purpose.State.DRAFT: ("neutral", "pencil"),
    Purpose.State.ACTIVE: ("pass", "circle-check"),
    Purpose.State.RETIRED: ("neutral", "archive"),
}
SURE: dict[str, tuple[str, str]] = {
    Certainty.READ: ("pass", "check"),
    Certainty.SECOND_HAND: ("info", "info-circle"),
    Certainty.GENERAL: ("neutral", "info-circle"),
    Certainty.UNCERTAIN: ("warn", "help-circle"),
}


def state_badge(purpose: Purpose) -> Badge:
    tone, icon = STATES[purpose.state]
    return Badge(Purpose.State(purpose.state).label, tone, icon)


def certainty_badge(certainty: str) -> Badge:
    """How sure it is that the provision says so."""
    tone, icon = SURE[certainty]
    return Badge(Certainty(certainty).label, tone, icon)


def places(slugs: Iterable[str]) -> str:
    return ", ".join(str(Jurisdiction(slug).label) for slug in slugs)


def category_label(slug: str) -> Text:
    return CATEGORIES.get(slug, slug)


def chips(labels: Iterable[object]) -> Chips:
    return Chips([Badge(label) for label in labels])
