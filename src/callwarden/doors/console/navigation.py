"""Where a person can go, by role. The rail shows only what a role has business with; the pages themselves decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.doors.console.components import Text
from callwarden.kernel.roles import seen_as

AGENT, LEADER, REVIEWER, DPO = "agent", "team_leader", "quality_reviewer", "data_protection_officer"
SECURITY, SYSTEM, AUDITOR, PARTNERS = "security_administrator", "system_administrator", "auditor", "partner_manager"

HANDLE_CALLS = frozenset({AGENT, LEADER, REVIEWER, DPO, AUDITOR})
SEE_CALLS = HANDLE_CALLS | {SECURITY}
# Who may say that a call, or a customer record, is of somebody else.
CORRECTS = frozenset({LEADER, DPO})
# Who may check what was redacted, and hide more of it; who reads what is learnt from that.
CHECK = frozenset({LEADER, REVIEWER, DPO})
LEARN = CHECK | {AUDITOR}
OVERSEE = frozenset({LEADER, REVIEWER, DPO, SECURITY, SYSTEM, AUDITOR, PARTNERS})
DECIDE = frozenset({LEADER, DPO, SECURITY, SYSTEM, AUDITOR, PARTNERS})
GLASS = frozenset({LEADER, DPO, SECURITY, AUDITOR})
PROVE = frozenset({DPO, SECURITY, AUDITOR})
KEEP = frozenset({DPO, SECURITY, SYSTEM, AUDITOR})
ANSWER = frozenset({LEADER, DPO, AUDITOR})
TAKE_IN = frozenset({AGENT, LEADER, DPO})
TODAY = frozenset({DPO, AUDITOR})
WATCH = frozenset({DPO, SECURITY, AUDITOR})
JUDGE = frozenset({DPO, SECURITY})
EVERYBODY = HANDLE_CALLS | OVERSEE


@dataclass(frozen=True)
class Place:
    """A destination. `badge` names the count shown beside it; `bottom` is its rank for the bar of narrow screens."""

    name: str
    label: Text
    icon: str
    roles: frozenset[str]
    number: int = 0
    badge: str = ""
    bottom: int = 0


@dataclass(frozen=True)
class Part:
    title: Text
    places: tuple[Place, ...]


MAP: tuple[Part, ...] = (
    Part(
        _("Work"),
        (
            Place("console:overview", _("Overview"), "layout-dashboard", OVERSEE, bottom=1),
            Place("console:day", _("Today"), "calendar", TODAY),
            Place("console:calls", _("Calls"), "phone", HANDLE_CALLS, bottom=2),
            Place("console:customers", _("Customers"), "users", frozenset({AGENT, LEADER, DPO}), bottom=4),
            Place("console:search", pgettext_lazy("place", "Search"), "search", HANDLE_CALLS, bottom=5),
        ),
    ),
    Part(
        _("Decisions"),
        (
            Place("console:approvals", _("Approvals"), "checkbox", DECIDE, badge="approvals", bottom=3),
            Place("console:grants", _("Access for a time"), "lock-open", HANDLE_CALLS | {SECURITY}),
            Place("console:emergencies", _("Emergency access"), "flame", GLASS),
            Place("console:findings", _("Findings"), "flag", OVERSEE, badge="findings"),
            Place("console:requests", pgettext_lazy("place", "Requests"), "inbox", ANSWER, badge="requests"),
            Place("console:alerts", _("Alerts"), "bell", WATCH, badge="alerts"),
            Place("console:incidents", _("Incidents"), "alert-octagon", EVERYBODY),
        ),
    ),
    Part(
        _("Chapters"),
        (
            Place("console:lawful", _("Lawful handling"), "scale", OVERSEE, number=1),
            Place("console:protection", _("Technical protection"), "shield-lock", OVERSEE, number=2),
            Place("console:control", _("Internal control"), "sitemap", OVERSEE, number=3),
            Place("console:partners", pgettext_lazy("place", "Partners"), "heart-handshake", OVERSEE, number=4),
        ),
    ),
    Part(
        _("Evidence"),
        (
            Place("console:audit", _("Audit"), "certificate", PROVE),
            Place(
                "console:reviews",
                _("Reviews of rights"),
                "clipboard-check",
                frozenset({LEADER, DPO, SECURITY, AUDITOR}),
            ),
            Place("console:accounts", _("Accounts"), "user-shield", KEEP),
            Place("console:keys", _("Keys"), "key", KEEP),
            Place("console:programs", _("Service keys"), "id", KEEP),
            Place("console:backups", _("Backups"), "archive", KEEP),
            Place("console:imports", _("Imports"), "file-import", frozenset({LEADER, SYSTEM, DPO})),
            Place("console:settings", _("Settings"), "settings", EVERYBODY),
        ),
    ),
)


@dataclass(frozen=True)
class Signpost:
    """A place as one person sees it on one page."""

    place: Place
    href: str
    current: bool
    count: int


@dataclass(frozen=True)
class Section:
    title: Text
    signposts: tuple[Signpost, ...]


def sections_for(roles: Collection[str], path: str, counts: Mapping[str, int]) -> list[Section]:
    """The parts of the map these roles see; the place whose address begins `path` longest is the current one."""
    mine = seen_as(roles)
    seen = [(part, place, reverse(place.name)) for part in MAP for place in part.places if place.roles & mine]
    here = max((href for _part, _place, href in seen if _leads_to(href, path)), key=len, default="")
    sections = []
    for part in MAP:
        signposts = tuple(
            Signpost(place, href, href == here, counts.get(place.badge, 0))
            for owner, place, href in seen
            if owner is part
        )
        if signposts:
            sections.append(Section(part.title, signposts))
    return sections


def may_go(roles: Collection[str], name: str) -> bool:
    """Whether these roles see the place of this address name: what leads elsewhere is not offered to them."""
    mine = seen_as(roles)
    return any(place.roles & mine for part in MAP for place in part.places if place.name == name)


def _leads_to(href: str, path: str) -> bool:
    return path == href or (href != "/" and path.startswith(href))


def bottom_bar(sections: list[Section], room: int = 4) -> list[Signpost]:
    """The places of daily work for the narrow bar, as many as thumbs can tell apart, in the order of the rail."""
    ranked = [signpost for section in sections for signpost in section.signposts if signpost.place.bottom]
    chosen = sorted(ranked, key=lambda signpost: signpost.place.bottom)[:room]
    return [signpost for signpost in ranked if signpost in chosen]
