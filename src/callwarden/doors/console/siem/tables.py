"""One receiver as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from callwarden.control.siem import actions, rules
from callwarden.control.siem.models import SiemReceiver
from callwarden.doors.console.components import Action, Badge, Fact, Facts, Moment, Text, Tile
from callwarden.doors.console.siem.forms import AgainForm, StopForm
from callwarden.doors.console.siem.words import cause
from callwarden.kernel import clock

State = SiemReceiver.State
LOOKS = {
    State.ACTIVE: ("pass", "circle-check"),
    State.FAILING: ("fail", "circle-x"),
    State.PAUSED: ("warn", "player-pause"),
    State.REMOVED: ("neutral", "circle-x"),
}
FORMS: dict[str, Text] = {"ocsf": "OCSF 1.8, JSON", "cef": "CEF"}
_ENTRIES = ngettext_lazy("%(count)s entry", "%(count)s entries", "count")


@dataclass(frozen=True)
class Shown:
    """A receiver with all that is said about it."""

    row: SiemReceiver
    badge: Badge
    facts: Facts
    trouble: Text
    actions: list[Action]
    form: AgainForm
    stop: StopForm | None


def shown(row: SiemReceiver, *, may_act: bool) -> Shown:
    behind, age = actions.lag(row)
    chosen = settings.CALLWARDEN_SIEM[row.name]
    facts = [
        Fact(_("Address"), _address(chosen)),
        Fact(_("Form"), FORMS[chosen["format"]]),
        Fact(_("Last entry confirmed"), f"{row.next_index - 1:,}" if row.next_index else _("None yet")),
        Fact(_("Behind"), _behind(behind, age)),
        Fact(_("Confirmed last"), Moment(row.sent_at) if row.sent_at else _("Never")),
    ]
    if row.state == State.FAILING:
        facts += [Fact(_("Not reached since"), Moment(row.failing_since)), Fact(_("Tried again"), Moment(row.next_at))]
    if row.paused_until is not None:
        facts.append(Fact(_("Goes on by itself"), Moment(row.paused_until)))
    state = State(row.state)
    return Shown(
        row=row,
        badge=Badge(state.label, *LOOKS[state]),
        facts=Facts(facts),
        trouble=cause(row.error) if row.state == State.FAILING else "",
        actions=_actions(row) if may_act else [],
        form=AgainForm(auto_id=f"again-{row.pk}-%s"),
        stop=StopForm(auto_id=f"stop-{row.pk}-%s") if may_act and state != State.REMOVED else None,
    )


def tiles(rows: list[SiemReceiver]) -> list[Tile]:
    """The log's length, how many receivers there are, and how far the slowest is behind."""
    lags = [actions.lag(row) for row in rows if row.state not in (State.PAUSED, State.REMOVED)]
    most = max((age for _behind, age in lags), default=timedelta(0))
    count = max((behind for behind, _age in lags), default=0)
    reached = sum(row.state == State.ACTIVE for row in rows)
    state = "fail" if most > rules.SILENCE else "pass"
    return [
        Tile(_("Signed entries"), value=f"{actions.covered():,}", note=_("in the operation log")),
        Tile(
            pgettext_lazy("receivers", "Reached"),
            "not_measured" if not rows else "pass" if reached == len(rows) else "fail",
            _("%(reached)s of %(all)s") % {"reached": reached, "all": len(rows)} if rows else "",
        ),
        Tile(
            _("Furthest behind"),
            state if lags else "not_measured",
            str(_ENTRIES % {"count": count}) if lags else "",
            _old(most) if most >= timedelta(minutes=1) else "",
        ),
    ]


def _behind(count: int, age: timedelta) -> Text:
    if not count:
        return _("Nothing")
    entries = _ENTRIES % {"count": count}
    if age < timedelta(minutes=1):
        return entries
    return _("%(entries)s, %(oldest)s") % {"entries": entries, "oldest": _old(age)}


def _old(age: timedelta) -> str:
    now = clock.now()
    return str(_("the oldest from %(time)s ago") % {"time": timesince(now - age, now, depth=1)})


def _address(chosen: dict[str, Any]) -> Text:
    if chosen["kind"] == "webhook":
        return str(chosen["url"])
    way = _("syslog in clear, on this machine") if chosen["plain"] else _("syslog over TLS")
    return f"{chosen['host']}:{chosen['port']} · {way}"


def _actions(row: SiemReceiver) -> list[Action]:
    def post(label: Text, name: str, icon: str) -> Action:
        return Action(label, reverse(f"console:{name}", args=[row.pk]), icon, method="post")

    found = [post(_("Send a test message"), "siem_test", "send")]
    if row.state == State.FAILING:
        found.append(post(_("Try now"), "siem_try", "refresh"))
    if row.state in (State.PAUSED, State.REMOVED):
        found.append(post(_("Go on"), "siem_resume", "player-play"))
    return found
