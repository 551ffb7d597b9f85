"""What the pages of reviews show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.control.reviews import queries
from callwarden.control.reviews.doubts import CODES
from callwarden.control.reviews.models import Campaign, Item
from callwarden.doors.console.components import Badge, Chips, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.listing import Column, Filter
from callwarden.doors.console.people.tables import TRAINING
from callwarden.doors.console.shell import role_name
from callwarden.kernel import clock

State, Decision = Campaign.State, Item.Decision
COLUMNS = (
    Column("reference", _("Review"), sortable=True),
    Column("roles", _("Roles")),
    Column("open", _("Not decided"), end=True),
    Column("revoked", _("Revoked"), end=True),
    Column("due_at", _("Ends"), sortable=True),
    Column("state", _("State")),
)
FILTERS = (Filter("state", _("State"), options=[Option(*pair) for pair in State.choices]),)
EMPTY = Empty(
    _("No review of rights yet"),
    _("Twice a year somebody else says of every right whether it is still needed. Begin the first one."),
    "clipboard-check",
)
PEOPLE = (
    Column("person", pgettext_lazy("account", "Who")),
    Column("rights", _("Rights")),
    Column("reviewer", _("Reviewed by")),
    Column("notable", _("Notable")),
    Column("state", _("State")),
)
WHOSE = (
    Filter(
        "whose",
        _("Shown"),
        options=[
            Option("mine", _("Waits for me")),
            Option("open", _("Not decided")),
            Option("decided", _("Decided")),
            Option("notable", _("Notable")),
        ],
    ),
)
NO_PEOPLE = Empty(_("Nothing here"), _("Change the filter to see what was decided, or what waits for others."), "check")
OUTCOMES: dict[str, tuple[Text, str, str]] = {
    "kept": (_("Kept"), "pass", "check"),
    "revoked": (_("Revoked"), "fail", "ban"),
    "gone": (_("Was gone already"), "neutral", "circle-minus"),
    "refused": (_("Revoked, not carried out"), "fail", "alert-triangle"),
}


NOTABLE = {
    "never_used": Badge(_("Never used"), "warn", "circle-dashed"),
    "dormant": Badge(_("Not used for long"), "warn", "hourglass"),
    "post_over": Badge(_("Post is over"), "fail", "clock"),
    "training_not_current": Badge(_("Training not current"), "fail", "certificate"),
    "nothing_opened": Badge(_("Nothing opened by it"), "warn", "eye-off"),
    "no_peer": Badge(_("Nobody else of the team has it"), "warn", "users"),
    "conflicting": Badge(_("Conflicts with another role"), "fail", "alert-triangle"),
}


def badge(campaign: Campaign) -> Badge:
    if campaign.state == State.CLOSED:
        return Badge(State.CLOSED.label, "neutral", "check")
    return Badge(State.RUNNING.label, "info", "hourglass")


def role_names(campaign: Campaign) -> Text:
    return ", ".join(str(role_name(role)) for role in campaign.roles) or _("Every role, and service keys")


def row(campaign: Campaign) -> Row:
    done, here = queries.progress(campaign), reverse("console:review", args=[campaign.pk])
    return Row(
        (
            Link(campaign.reference, here),
            role_names(campaign),
            done.open,
            done.revoked,
            campaign.due_at,
            badge(campaign),
        ),
        here,
    )


def right_name(item: Item) -> Text:
    """A role by its name; a key by what its program does."""
    if item.kind == "role":
        return role_name(item.target)
    return _("Service key %(purpose)s") % {"purpose": item.facts.get("purpose", "")}


def notable(item: Item) -> list[Badge]:
    """What speaks for taking a right away."""
    return [NOTABLE[code] for code in CODES if item.facts.get(code)]


def outcome(item: Item) -> Badge:
    if not item.decision:
        return Badge(_("Not decided"), "warn", "hourglass")
    label, tone, icon = OUTCOMES[item.outcome]
    return Badge(_("Revoked by silence") if item.silent and item.outcome == "revoked" else label, tone, icon)


def people_rows(campaign: Campaign, items: Sequence[Item]) -> list[Row]:
    """One row a person, their rights together."""
    of: dict[UUID, list[Item]] = {}
    for item in items:
        of.setdefault(item.person_id, []).append(item)
    rows = []
    for person, theirs in of.items():
        here = reverse("console:review_person", args=[campaign.pk, person])
        left = sum(not item.decision for item in theirs)
        marks = {str(one.label): one for item in theirs for one in notable(item)}
        state: object = Badge(_("Not decided"), "warn", "hourglass") if left else Badge(_("Decided"), "pass", "check")
        rows.append(
            Row(
                (
                    Link(theirs[0].person.get_full_name(), here, theirs[0].person.username),
                    Chips([Badge(right_name(item), "neutral") for item in theirs]),
                    ", ".join(sorted({item.reviewer.get_full_name() for item in theirs})),
                    Chips(list(marks.values())) if marks else "",
                    state,
                ),
                here,
            )
        )
    return rows


def facts(item: Item) -> Facts:
    """What there was to know when the review began."""
    shown = [Fact(_("Held since"), _time(item.facts.get("since")))]
    seen = _time(item.facts.get("seen"))
    label = _("Seen last") if item.kind == "role" else _("Used last")
    shown.append(Fact(label, seen or Badge(_("Never"), "warn", "circle-dashed")))
    if opened := item.facts.get("opened"):
        shown.append(Fact(_("Opened something last"), opened))
    if standing := item.facts.get("training"):
        shown.append(Fact(_("Training in security"), TRAINING[str(standing)]))
        if until := item.facts.get("trained_until"):
            shown.append(Fact(_("Counts until"), until))
    if marks := notable(item):
        shown.append(Fact(_("Notable"), Chips(marks)))
    if item.decision:
        shown += [Fact(_("Outcome"), outcome(item)), Fact(_("Decided at"), item.decided_at)]
    return Facts(shown)


def overdue(campaign: Campaign) -> bool:
    return campaign.state == State.RUNNING and campaign.due_at <= clock.now()


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
