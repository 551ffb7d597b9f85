"""What the pages of partners show."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.categories import Category
from callwarden.custody.models import LedgerEntry, Line
from callwarden.custody.scope import client_scope
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import (
    Action,
    Badge,
    Chips,
    Empty,
    Fact,
    Facts,
    Link,
    Masked,
    Option,
    Row,
    Text,
    Tile,
)
from callwarden.doors.console.listing import Column, Filter
from callwarden.flows.names import named
from callwarden.partners.register import rules
from callwarden.partners.register.models import Partner, PartnerService
from callwarden.partners.register.risk import Rated
from callwarden.partners.register.rules import Facts as Known
from callwarden.partners.register.terms import Duty, Role, Service, State, Tier, Volume

LOOKS: dict[str, tuple[str, str]] = {
    State.PROSPECT: ("neutral", "circle-dashed"),
    State.ASSESSING: ("info", "clipboard-check"),
    State.APPROVED: ("pass", "circle-check"),
    State.ACTIVE: ("seal", "send"),
    State.SUSPENDED: ("fail", "ban"),
    State.EXITING: ("warn", "logout"),
    State.EXITED: ("neutral", "archive"),
}
TIERS: dict[int, tuple[str, str]] = {
    Tier.LOW: ("pass", "circle-check"),
    Tier.MEDIUM: ("warn", "alert-triangle"),
    Tier.HIGH: ("fail", "alert-octagon"),
}
HERE = "here"
COLUMNS = (
    Column("name", _("Partner"), sortable=True),
    Column("role", _("What it is to us")),
    Column("services", _("What it does")),
    Column("risk", _("Risk tier")),
    Column("owner", _("Answered for here by")),
    Column("state", _("State"), sortable=True),
)
FILTERS = (
    Filter("text", pgettext_lazy("place", "Search"), kind="search", placeholder=_("Name or registration number")),
    Filter("state", _("State"), options=[Option(HERE, _("Not left")), *(Option(*pair) for pair in State.choices)]),
    Filter("role", _("What it is to us"), options=[Option(*pair) for pair in Role.choices]),
    Filter("tier", _("Risk tier"), options=[Option(str(tier.value), tier.label) for tier in Tier]),
)
EMPTY = Empty(
    _("No partner is registered"),
    _("Register whoever outside handles data of your callers, or shall: debt collectors, call centres, AI services."),
    "heart-handshake",
)
# The words of the button that leads to a state.
STEPS: dict[str, tuple[Text, str]] = {
    State.ASSESSING: (_("Begin the assessment"), "clipboard-check"),
    State.APPROVED: (_("Approve"), "circle-check"),
    State.ACTIVE: (_("Let it get data"), "send"),
    State.EXITING: (_("Part from it"), "logout"),
    State.EXITED: (_("Close its record"), "archive"),
}
LOOKED_AT = 500


@dataclass(frozen=True)
class Offered:
    """A step that could be next, and what stands against it."""

    to: str
    label: Text
    icon: str
    reasons: tuple[Text, ...]


def badge(partner: Partner) -> Badge:
    return Badge(State(partner.state).label, *LOOKS[partner.state])


def tier(rated: Rated | None) -> Badge:
    """The risk tier; nobody is rated who gets nothing."""
    if rated is None:
        return Badge(_("Gets nothing yet"), "unmeasured", "circle-dashed")
    return Badge(rated.tier.label, *TIERS[rated.tier])


def row(partner: Partner, rated: Rated | None) -> Row:
    kinds = [Badge(Service(one.kind).label) for one in partner.services.order_by("kind")]
    return Row(
        (
            Link(
                named(partner),
                reverse("console:partner", args=[partner.pk]),
                f"{partner.country} · {partner.registration}",
            ),
            Role(partner.role).label,
            Chips(kinds) if kinds else "—",
            tier(rated),
            partner.owner.get_full_name(),
            badge(partner),
        )
    )


def facts(partner: Partner) -> Facts:
    told = [
        Fact(_("Registered name"), partner.name),
        Fact(_("Registered in"), partner.country),
        Fact(_("Registration number"), partner.registration),
        Fact(_("What it is to us"), Role(partner.role).label),
        Fact(_("Where it handles data"), "; ".join(partner.locations) or _("Not known")),
        Fact(_("Answered for here by"), partner.owner.get_full_name()),
        Fact(_("It has data of ours"), _("Yes") if partner.holds_data else _("No")),
        Fact(_("On record since"), partner.registered_at),
    ]
    if partner.suspended_at:
        told.append(Fact(_("Suspended since"), partner.suspended_at))
    if partner.attestation:
        told.append(Fact(_("Written word on return or destruction"), partner.attestation))
    return Facts(told)


def offered(partner: Partner, known: Known) -> Iterator[Offered]:
    """What could come next, but for stopping it and letting it go on."""
    for to in Partner.machine.next_states(partner.state):
        if to == State.SUSPENDED or (partner.state == State.SUSPENDED and to != State.EXITING):
            continue
        if to == State.EXITING and not known.holds_data and partner.state in (State.PROSPECT, State.ASSESSING):
            continue  # it has nothing that would have to come back: its record is closed
        label, icon = STEPS[to]
        yield Offered(to, label, icon, rules.why_not(to, known))


def services(partner: Partner, *, may_keep: bool) -> PlainTable:
    lines = {line.pk: named(line) for line in Line.objects.filter(client=partner.client_id)}
    kinds = dict(Category.choices)

    def one(service: PartnerService) -> Row:
        served = ", ".join(lines[pk] for pk in service.lines if pk in lines)
        names = Chips([Badge(kinds.get(kind, kind)) for kind in service.categories])
        where = reverse("console:partner_service_remove", args=[partner.pk, service.pk])
        cells = (Service(service.kind).label, served or _("Every line"), names, Volume(service.volume).label)
        return Row((*cells, _button(_("Remove"), where, "trash", may_keep)))

    none = Empty(_("Nothing is on record"), _("Say what it does for us; its risk tier is computed from that."), "send")
    headings = (_("What it does"), _("Lines"), _("Kinds of data"), _("People a month"), "")
    return PlainTable(
        _("What it does for us"), headings, [one(each) for each in partner.services.order_by("kind")], none
    )


def sub_processors(partner: Partner, *, may_keep: bool) -> PlainTable:
    rows = []
    for one in partner.sub_processors.select_related("other").order_by("kind", "pk"):
        who: object = one.name
        where = one.country
        if one.other is not None:
            who = Link(named(one.other), reverse("console:partner", args=[one.other.pk]), icon="heart-handshake")
            where = ", ".join(sorted({rules.country_of(place) for place in one.other.locations})) or one.other.country
        remove = reverse("console:partner_sub_remove", args=[partner.pk, one.pk])
        rows.append(Row((who, where, Service(one.kind).label, _button(_("Remove"), remove, "trash", may_keep))))
    none = Empty(
        _("Nobody is on record"), _("Ask whom it passes data to. Each counts where it handles them."), "sitemap"
    )
    headings = (pgettext_lazy("passes data to", "Who"), _("Country"), _("What it does"), "")
    return PlainTable(_("Whom it passes data to"), headings, rows, none)


def contacts(partner: Partner, *, may_keep: bool, may_open: bool) -> PlainTable:
    """Whom to reach there, masked: a page holds no name, address or number before it is asked for."""
    there = {one.duty: one for one in partner.contacts.all()}
    rows = []
    for duty in Duty:
        one = there.get(duty.value)
        if one is None:
            needed = duty in rules.NEEDED_DUTIES
            missing = Badge(
                _("Nobody named"), "warn" if needed else "neutral", "alert-triangle" if needed else "circle-minus"
            )
            rows.append(Row((duty.label, missing, "—", "")))
            continue
        show = reverse("console:partner_contact_open", args=[partner.pk, one.pk])
        forget = reverse("console:partner_contact_forget", args=[partner.pk, one.pk])
        buttons = (_button(_("Look up"), show, "eye", may_open), _button(_("Forget"), forget, "trash", may_keep))
        rows.append(
            Row(
                (
                    duty.label,
                    Masked("•••• ••••", _("Whom to reach")),
                    timezone.localtime(one.named_at).date().isoformat(),
                    Chips([one for one in buttons if one]),
                )
            )
        )
    return PlainTable(_("Whom to reach there"), (_("Duty"), _("Whom to reach"), _("Named on"), ""), rows)


def _button(label: Text, href: str, icon: str, may: bool) -> object:
    return Button(Action(label, href, icon, "quiet", method="post")) if may else ""


def entries_of(partner: Partner) -> list[int]:
    """Places in the log of what was done with this partner, the newest first, as far back as is looked."""
    found = LedgerEntry.objects.filter(client=partner.client_id, event__startswith="partners:").order_by("-index")
    told = ((entry.index, json.loads(bytes(entry.body)).get("data", {})) for entry in found[:LOOKED_AT])
    return [index for index, data in told if data.get("id") == str(partner.pk)]


def tiles_of(client: UUID) -> list[Tile]:
    """How many are in which state, each a way to them; nothing where nobody is registered."""
    with client_scope(client):
        counts = Counter(Partner.objects.values_list("state", flat=True))
    register = reverse("console:partner_register")
    return [
        Tile(state.label, value=counts[state], href=f"{register}?state={state.value}")
        for state in State
        if counts[state]
    ]
