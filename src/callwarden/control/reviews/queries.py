"""How far reviews have come, and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from callwarden.control.reviews.models import Campaign, Item
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role


@dataclass(frozen=True)
class Progress:
    total: int
    kept: int
    revoked: int
    silent: int

    @property
    def decided(self) -> int:
        return self.kept + self.revoked

    @property
    def open(self) -> int:
        return self.total - self.decided


def progress(campaign: Campaign) -> Progress:
    """Rights in all, kept, revoked, and of these by silence."""
    counted = campaign.items.aggregate(
        total=Count("pk"),
        kept=Count("pk", filter=Q(decision="keep")),
        revoked=Count("pk", filter=Q(decision="revoke")),
        silent=Count("pk", filter=Q(silent=True)),
    )
    return Progress(**counted)


def for_viewer(campaign: Campaign, viewer: User) -> QuerySet[Item]:
    """The rights a person sees: reviewers of teams their own, who oversees all of them."""
    found = campaign.items.select_related("person", "reviewer")
    if viewer.has_role(Role.DPO, Role.SECURITY_ADMIN, Role.AUDITOR):
        return found
    return found.filter(reviewer=viewer)


def may_decide(item: Item, viewer: User) -> bool:
    """Whether this person has to decide on it now."""
    mine = item.reviewer_id == viewer.pk or viewer.has_role(Role.DPO)
    return mine and not item.decision and item.person_id != viewer.pk and item.campaign.state == Campaign.State.RUNNING


def waiting_for(viewer: User) -> list[tuple[Campaign, int]]:
    """Running reviews in which this person has to decide on something, and on how much; the nearest end first."""
    mine = Q(items__decision="") & ~Q(items__person=viewer)
    if not viewer.has_role(Role.DPO):
        mine &= Q(items__reviewer=viewer)
    running = Campaign.objects.filter(state=Campaign.State.RUNNING).annotate(left=Count("items", filter=mine))
    return [(one, one.left) for one in running.filter(left__gt=0).order_by("due_at", "pk")]
