"""Possible misuse for the demonstration: a few people do what they should not, through the doors they would use.

What they do is decided, refused where the matrix refuses it, and stands in the log like anything else; the running
watch notices it. Only the four weeks before, of which there is no log, are counts without entries.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from callwarden.control.alerts import actions
from callwarden.control.alerts.models import AccessDay, WatchState
from callwarden.custody.models import Client, Record
from callwarden.custody.scope import client_scope
from callwarden.engines import watch
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.flows.watching import peers_of
from callwarden.kernel import clock, journal, sessions
from callwarden.kernel.events import Event
from callwarden.kernel.models import User

_DAYS: Final = 27


def load(client: Client) -> None:
    """Once: whoever runs it again finds the watch at work and does nothing."""
    now = clock.now()
    _state, begins = WatchState.objects.get_or_create(id=1, defaults={"learn_until": now})
    people = list(User.objects.filter(is_active=True).order_by("username"))
    agents = [one for one in people if one.roles == ["agent"]]
    officer = next((one for one in people if one.has_role("data_protection_officer")), None)
    leader = next((one for one in people if one.has_role("team_leader")), None)
    if (not begins and AccessDay.objects.exists()) or not agents or officer is None or leader is None:
        return
    _weeks_before(people)
    with client_scope(client.pk):
        found = Record.objects.filter(client=client, category="contact", customer__isnull=False)
        records = list(found.order_by("created_at").values_list("pk", "customer__subject_id"))
    if len(records) < 10:
        return
    canary = records[-1]
    actions.plant(client.pk, canary[1], by=officer)
    _open(agents[0], client, [record for record, _subject in records[:9]], "service")
    _open(leader, client, [canary[0]], "service")
    _guesses(next((one for one in people if one.has_role("system_administrator")), agents[-1]))
    _judged(agents[-1], officer)


def _weeks_before(people: Sequence[User]) -> None:
    chance = random.Random(11)  # noqa: S311 (invented figures)
    today = clock.now().date()
    rows = []
    for user in people:
        if not {"agent", "team_leader", "quality_reviewer"} & set(user.roles):
            continue
        pace = chance.randint(14, 26)
        for back in range(_DAYS, 0, -1):
            day = today - timedelta(days=back)
            if day.weekday() >= 5:
                continue
            linked = "call" if "agent" in user.roles else ""
            for action, share in (("view_masked", 1.0), ("reveal", 0.2), ("search", 0.15)):
                count = max(0, round(chance.gauss(pace, 4) * share))
                for link, part in ((linked, count - count // 25), ("", count // 25)):
                    if part:
                        rows.append((day, user, action, link, part))
    counted: dict[tuple[object, ...], AccessDay] = {}
    for day, user, action, link, part in rows:
        key = (day, user.actor, action, link)
        if key in counted:
            counted[key].count += part
        else:
            counted[key] = AccessDay(
                day=day, actor=user.actor, peers=peers_of(user), action=action, link=link, purpose="service", count=part
            )
    AccessDay.objects.bulk_create(counted.values(), ignore_conflicts=True)


def _open(user: User, client: Client, records: Sequence[UUID], purpose: str) -> None:
    """One record after the other, as a curious person would."""
    login = sessions.open(user, f"demo-{user.pk}", mfa=False, demo=settings.DEMO)
    actor = Actor.person(user, login)
    for record in records:
        try:
            disclose(Ask(actor, client.pk, "view_masked", purpose, records={record: ()}))
        except AccessRefused:
            continue
    sessions.revoke(login, actor=user.actor)


def _guesses(user: User) -> None:
    """Somebody tries passwords of an administrator."""
    for _try in range(21):
        with transaction.atomic():
            entry = journal.Entry(event=Event.SIGN_IN_FAILED, actor="door:console", data={"person": user.actor})
            journal.record(entry)


def _judged(user: User, officer: User) -> None:
    """Three alerts that were looked at and were nothing, so that the thresholds have something to say."""
    now = clock.now()
    for seen in (24, 27, 31):
        told = watch.Alert(
            detector="D5",
            kind="searches_unexplained",
            actor=user.actor,
            at=(now - timedelta(hours=seen)).timestamp(),
            since=(now - timedelta(hours=seen + 9)).timestamp(),
            evidence=(),
            facts=(("seen", float(seen)), ("expected", 11.0), ("days", 1.0), ("chance", 10.0 ** -(seen / 5.5))),
        )
        with transaction.atomic():
            alert = actions.raise_alert(told, committed_at=now)
            reason = "Post was sorted that day; each search belongs to a letter."
            actions.close(alert, misuse=False, by=officer, reason=reason)
