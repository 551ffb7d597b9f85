"""Access rules of the demonstration: a new role in a draft, a version in shadow, an emergency to be reviewed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.conf import settings

from callwarden.control.access import actions
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.control.emergency import actions as emergency
from callwarden.control.emergency.models import EmergencyAccess
from callwarden.custody.models import Client, Record
from callwarden.custody.scope import client_scope
from callwarden.engines.policy import Cell, Name
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.kernel import sessions
from callwarden.kernel.models import User
from callwarden.kernel.people import holding
from callwarden.kernel.roles import Role

ACTOR: Final = "system"
_SENIOR: Final = Name("Senior agent", "资深坐席", Role.AGENT)
_WHY: Final = "The ticket system was down and a caller waited whose card had been charged twice."


def drafts() -> None:
    """Once: a version in shadow, and a draft with a role of the centre's own. Both wait for people to decide."""
    if PolicyVersion.objects.exclude(state=PolicyVersion.State.ACTIVE).exists():
        return
    now, law = PolicyVersion.objects.get(state=PolicyVersion.State.ACTIVE), active().matrix
    # In shadow: leaders too need a call, a ticket or a campaign, and agents may not see what was bought.
    bound = replace(
        law.guards, task_bound=tuple({**dict.fromkeys(law.guards.task_bound), Role.TEAM_LEADER.value: None})
    )
    fewer = frozenset(cell for cell in law.cells if (cell.role, cell.category) != (Role.AGENT, "purchase_history"))
    stricter = actions.draft(replace(law, guards=bound, cells=fewer), actor=ACTOR, based_on=now.version)
    actions.put_into_shadow(stricter, sample=100, actor=ACTOR)
    wider = law.with_role("senior_agent", _SENIOR, cells=True)
    for action in ("play_redacted", "view_masked"):
        wider = wider.with_cell(Cell("senior_agent", "complaint_handling", "recording_redacted", action), True)
    actions.draft(wider, actor=ACTOR, based_on=now.version)


def emergency_taken(client: Client) -> None:
    """Once: a leader who is none of those the demonstration's links sign in took emergency access and gave it back."""
    leaders = list(holding([Role.TEAM_LEADER]).order_by("date_joined"))
    if len(leaders) < 2 or EmergencyAccess.objects.exists():
        return
    leader, purpose = leaders[-1], "complaint_handling"
    login = sessions.open(leader, f"demo-emergency-{leader.pk}", mfa=False, demo=settings.DEMO)
    taken = emergency.begin(client.pk, purpose=purpose, reason=_WHY, by=leader, session=login.pk)
    _look(leader, Actor.person(leader, login), client, purpose)
    emergency.end(taken.pk, by=leader, session=login.pk)
    sessions.revoke(login, actor=leader.actor)


def _look(leader: User, actor: Actor, client: Client, purpose: str) -> None:
    with client_scope(client.pk):
        found = Record.objects.filter(client=client, category="contact", customer__isnull=False)
        if leader.lines is not None:
            found = found.filter(line_id__in=leader.lines)
        records = list(found.order_by("created_at").values_list("pk", flat=True)[:2])
    for record in records:
        try:
            disclose(Ask(actor, client.pk, "reveal", purpose, records={record: ("phone",)}, reason=_WHY))
        except AccessRefused:
            continue
