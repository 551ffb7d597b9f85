"""Alerts in words: what each kind suspects, told with its own numbers, and what to look at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from callwarden.control.alerts.models import Alert
from callwarden.doors.console.components import Badge, Text

STATES: dict[str, tuple[str, str]] = {
    Alert.State.OPEN: ("warn", "bell"),
    Alert.State.ACKNOWLEDGED: ("info", "eye"),
    Alert.State.SUSPECTED: ("fail", "alert-triangle"),
    Alert.State.TRUE: ("fail", "check"),
    Alert.State.FALSE: ("pass", "check"),
    Alert.State.SUPPRESSED: ("neutral", "volume-off"),
}


@dataclass(frozen=True)
class Kind:
    """A kind of alert: what it is called, what was noticed (with `%(name)s` of its facts), what to look at."""

    title: Text
    noticed: Text
    look_at: Text


KINDS: dict[str, Kind] = {
    "bulk_unexplained": Kind(
        _("Many people opened without a reason"),
        _("%(seen)s people within %(minutes)s minutes, and no call, ticket, campaign or request led to any of them."),
        _("Were these people connected, by a street, a name, a number? Ask what the work was."),
    ),
    "too_fast": Kind(
        _("People opened faster than work is done"),
        _("%(seen)s different people within ten minutes; %(expected)s is usual."),
        _("Is a program working through this account?"),
    ),
    "too_many_explained": Kind(
        _("Far more people opened than usual"),
        _("%(seen)s different people in %(days)s where about %(expected)s are usual, each with a reason given."),
        _("Were the tickets or requests real? Look at who made them, and at those without an outcome."),
    ),
    "slow_unexplained": Kind(
        _("A few people a day without a reason"),
        _("%(seen)s people in %(days)s whom nothing led to; about %(expected)s would be usual for this work."),
        _("Look at the single days: same hour, same kind of customer, right after a call?"),
    ),
    "one_subject_again": Kind(
        _("The same person looked at again and again"),
        _("One person, whom nothing led to, was looked at on %(day_count)s different days."),
        _("Is there a private connection between the two?"),
    ),
    "many_at_one_subject": Kind(
        _("Many colleagues looked at the same person"),
        _("%(actors)s colleagues looked at one person within %(hours)s hours, none of them with a reason."),
        _("Is this person in the news, or known in the house?"),
    ),
    "vip_unexplained": Kind(
        _("A protected person opened without a reason"),
        _("Specially protected people were opened %(seen)s times in %(days)s, and nothing led to them."),
        _("Curiosity is misuse too. Ask soon: memories of a reason fade."),
    ),
    "close_record": Kind(
        _("The record of somebody close"),
        _("Their own record, or that of family or a colleague, was opened %(seen)s times in %(days)s."),
        _("Work for relatives is handed to a colleague. Was it?"),
    ),
    "sequence": Kind(
        _("Customers tried one after the other"),
        _("%(length)s customers next to each other in the order of numbers, within %(minutes)s minutes."),
        _("Numbers that are tried in order are a way to take the whole list. End the sessions first."),
    ),
    "searches_unexplained": Kind(
        _("Many searches that led to no work"),
        _("%(seen)s searches in %(days)s without a call or task; about %(expected)s are usual."),
        _("What was searched for is sealed beside each entry; two people can read it."),
    ),
    "outside_shift": Kind(
        _("People opened outside the shift"),
        _("%(seen)s people were opened outside the roster, without a call."),
        _("Was the shift swapped? Was it this person at all?"),
    ),
    "export_spike": Kind(
        _("Far more taken out than usual"),
        _("%(subjects)s people's data left within a day; about %(usual)s is usual among those who do this work."),
        _("Where did the file go? Ask for it back before anything else."),
    ),
    "deep_spike": Kind(
        _("Far more originals played or values revealed than usual"),
        _("%(seen)s in %(days)s; about %(expected)s are usual."),
        _("Could the masked view have served?"),
    ),
    "wrong_subject_in_call": Kind(
        _("In a call with one person, looking at others"),
        _("%(seen)s people in %(days)s who were not the caller; about %(expected)s would be usual."),
        _("Listen to one of the calls: was the other person spoken of?"),
    ),
    "own_approval_tried": Kind(
        _("Tried to approve their own request"),
        _("It was refused, as it always is."),
        _("A mistake happens once. Look at what was asked for."),
    ),
    "new_role_bulk": Kind(
        _("A new role, and at once strangers"),
        _("Within a day of getting a new role, people were opened whom nothing led to."),
        _("Who gave the role, and why then?"),
    ),
    "emergency_overused": Kind(
        _("Emergency access as a habit"),
        _("Emergency access was opened %(seen)s times in %(days)s."),
        _("If it is needed so often, the matrix lacks a grant. If not, it is misused."),
    ),
    "emergency_taken": Kind(
        _("Emergency access was taken"),
        _("Somebody can open personal data without approval for up to %(minutes)s minutes."),
        _("Read the reason, see what was opened, and review it within the day. If it was needless, open an incident."),
    ),
    "emergency_unreviewed": Kind(
        _("An emergency access that nobody reviewed"),
        _("Nobody reviewed it within %(hours)s hours; the account was frozen. %(rows)s values were opened by it."),
        _("Review it now. Two people unfreeze the account once it is known what happened."),
    ),
    "dormant_account": Kind(
        _("An account that slept is awake"),
        _("Signed in after %(days)s without use."),
        _("Is the person back from leave? If nobody knows, freeze it."),
    ),
    "two_places": Kind(
        _("In two places at once"),
        _("Signed in from two places within %(minutes)s minutes."),
        _("One of the two is somebody else. End the sessions; have the password changed."),
    ),
    "guessing": Kind(
        _("Somebody guesses passwords"),
        _("Sign-ins failed again and again within a quarter of an hour."),
        _("If one succeeded after that, freeze the account."),
    ),
    "probing": Kind(
        _("Refused again and again"),
        _("%(seen)s refusals in %(days)s; about %(expected)s are usual."),
        _("Somebody looks for a way in, or a role lacks a grant. The reasons stand with each entry."),
    ),
    "canary": Kind(
        _("A canary was touched"),
        _("An invented customer, with whom nobody has business, was opened."),
        _("There is no good reason for this. Find out how the record was come upon."),
    ),
    "partner_volume": Kind(
        _("A partner got far more than usual"),
        _("%(records)s records; about %(usual)s is usual for this partner."),
        _("Stop the exchange until somebody at the partner explains it."),
    ),
    "partner_field": Kind(
        _("A partner got fields it never had"),
        _("%(fields)s new fields were in an exchange."),
        _("Is the contract about these fields? If not, stop the exchange."),
    ),
    "unexplained_elsewhere": Kind(
        _("Customers looked up in another system without a reason"),
        _("%(seen)s customers in %(days)s whom no call, ticket, campaign or request led to; %(expected)s is usual."),
        _("The evidence names the system. Are its calls and ours joined, or is somebody curious?"),
    ),
    "read_outside": Kind(
        _("A database read around its application"),
        _("%(seen)s rows within %(minutes)s minutes by a person, not by the application whose data it is."),
        _("Was this maintenance somebody knew of? Where did the rows go?"),
    ),
}
FACTS: dict[str, Text] = {
    "seen": _("Seen"),
    "expected": _("Usual"),
    "days": _("Days"),
    "minutes": _("Minutes"),
    "chance": _("Probability by chance"),
    "length": _("Length of the run"),
    "gap": _("Greatest gap"),
    "actors": _("Colleagues"),
    "hours": _("Hours"),
    "subjects": _("People"),
    "usual": _("Usual"),
    "z": _("Distance from peers (robust z)"),
    "rows": _("Values opened"),
    "records": _("Records"),
    "fields": _("Fields"),
    "failed": _("Failed sign-ins"),
    "accounts": _("Accounts"),
    "own": _("Gave it to themselves"),
}
LINKS: dict[str, Text] = {
    "call": pgettext_lazy("reason of access", "Call"),
    "ticket": pgettext_lazy("reason of access", "Ticket"),
    "campaign": pgettext_lazy("reason of access", "Campaign"),
    "request": pgettext_lazy("reason of access", "Request"),
    "": _("Nothing"),
}


def state_badge(state: str) -> Badge:
    tone, icon = STATES[state]
    return Badge(Alert.State(state).label, tone, icon)


def title_of(kind: str) -> Text:
    known = KINDS.get(kind)
    return known.title if known else kind


def noticed(alert: Alert) -> Text:
    """What was noticed, with the numbers of this alert, in the reader's language."""
    return lazy(_noticed, str)(alert.kind, alert.facts)


def _noticed(kind: str, facts: Mapping[str, Any]) -> str:
    known = KINDS.get(kind)
    if known is None:
        return ""
    shown = _Numbers({name: _number(_whole(name, value)) for name, value in facts.items()})
    if "days" in facts:
        count = round(facts["days"])
        shown["day_count"] = shown["days"]
        shown["days"] = ngettext("%(count)s day", "%(count)s days", count) % {"count": number_format(count)}
    elif "minutes" in facts:
        count = round(_whole("minutes", facts["minutes"]))
        shown["days"] = ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": number_format(count)}
    return str(known.noticed) % shown


class _Numbers(dict[str, str]):
    """Numbers an older version did not keep are shown as a dash, not as an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def _whole(name: str, value: float) -> float:
    """Times below one are told as one."""
    return max(1.0, float(round(value))) if name in ("minutes", "hours") else value


def _number(value: float) -> str:
    return number_format(round(value) if value >= 10 or float(value).is_integer() else round(value, 1))


def fact(name: str, value: float) -> tuple[Text, Text]:
    """One number of an alert with its name."""
    if name == "chance":
        return FACTS[name], f"{value:.0e}" if value < 0.001 else f"{value:.3f}"
    return FACTS.get(name, name), _number(value)
