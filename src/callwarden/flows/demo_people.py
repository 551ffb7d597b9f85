"""Rights in the demonstration: keys of programs, and a review of rights that is under way."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from callwarden.control.reviews import actions as reviews
from callwarden.control.reviews.models import Campaign, Item
from callwarden.custody.models import Client
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role
from callwarden.protection.signin import actions as keys
from callwarden.protection.signin.models import ServiceKey

ACTOR: Final = "system"
REVIEW: Final = "2026-h2"
# Purpose, scopes, days until it ends.
_PROGRAMS: Final = (
    ("pbx-upload", ["intake"], 75),
    ("dialler", ["dialler", "decide"], 12),
    ("directory", ["provision"], 60),
)
_WHY: Final = "On the roster of this month."


def load(client: Client) -> None:
    """Give programs their keys and begin a review; run again, it does nothing. The keys themselves are forgotten."""
    owner, officer = _first(Role.SYSTEM_ADMIN), _first(Role.DPO)
    if owner is None or officer is None:
        return
    if not ServiceKey.objects.exists():
        for purpose, scopes, days in _PROGRAMS:
            keys.create(owner=owner, purpose=purpose, scopes=scopes, client=client, days=days, actor=ACTOR)
    if Campaign.objects.exists():
        return
    due = clock.now() + timedelta(days=14)
    campaign = reviews.start(REVIEW, roles=(), lines=None, due_at=due, by=officer)
    # What one leader has decided already.
    mine = campaign.items.filter(reviewer__roles__contains=[Role.TEAM_LEADER]).select_related("reviewer")
    for item in mine.order_by("person__username")[:3]:
        reviews.decide(item.pk, Item.Decision.KEEP, by=item.reviewer, reason=_WHY)


def _first(role: str) -> User | None:
    return User.objects.filter(is_active=True, roles__contains=[role]).order_by("username").first()
