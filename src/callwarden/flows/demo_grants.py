"""Access for a time in the demonstration centre: one grant that runs and one that was given back."""

from __future__ import annotations

from callwarden.control.grants import actions
from callwarden.control.grants.models import AccessGrant
from callwarden.control.grants.rules import Wish
from callwarden.custody.categories import Category
from callwarden.custody.models import Client, Record
from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals
from callwarden.kernel.models import User
from callwarden.kernel.people import holding
from callwarden.kernel.roles import Role

_OF = (Category.IDENTITY, Category.CONTACT)


def load(client: Client) -> None:
    """Ask, approve and begin, by the centre's own people; run twice, it does nothing the second time."""
    # Those whom the links of the demonstration sign in.
    leader = holding([Role.TEAM_LEADER]).order_by("date_joined").first()
    officer = holding([Role.DPO]).order_by("date_joined").first()
    if leader is None or officer is None or AccessGrant.objects.exists():
        return
    for minutes, uses, ticket, over in ((60, 5, "CS-4711", True), (480, 20, "CS-4702", False)):
        grant = _begun(_wish(client, minutes, uses, ticket), leader, officer)
        if over:
            actions.end(grant.pk, by=leader)


def _wish(client: Client, minutes: int, uses: int, ticket: str) -> Wish:
    with client_scope(client.id):
        records = list(Record.objects.filter(customer__isnull=False, category__in=_OF).order_by("customer", "id")[:2])
    return Wish(
        client=client.id,
        action="reveal",
        purpose="complaint_handling",
        scope=AccessGrant.Scope.RECORDS,
        records={record.id: (record.subject_id, ()) for record in records},
        reason="Demonstration",
        minutes=minutes,
        uses=uses,
        ticket=ticket,
    )


def _begun(wish: Wish, leader: User, officer: User) -> AccessGrant:
    grant = actions.ask(wish, by=leader)
    approvals.approve(grant.approval, by=officer)
    return actions.begin(grant.pk, by=leader)
