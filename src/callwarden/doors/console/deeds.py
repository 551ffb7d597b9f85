"""The ledger in words: what an entry says happened, who did it and why, as a trail shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.components import Empty, Proof, Text, Trail, TrailEntry
from callwarden.doors.console.labels import field_label, purpose_label
from callwarden.doors.console.navigation import PROVE
from callwarden.flows.disclose import explanation
from callwarden.flows.trail import Line, lines, programs
from callwarden.kernel.events import Event
from callwarden.kernel.models import User


@dataclass(frozen=True)
class Deed:
    """How a kind of event reads in a trail."""

    label: Text
    icon: str = "info-circle"
    tone: str = "neutral"


DEEDS: dict[str, Deed] = {
    Event.DISCLOSE_VIEW_MASKED: Deed(_("Opened, values masked"), "eye-off"),
    Event.DISCLOSE_REVEAL: Deed(_("Revealed"), "eye", "seal"),
    Event.DISCLOSE_PLAY_REDACTED: Deed(_("Played the redacted recording"), "headset", "info"),
    Event.DISCLOSE_PLAY_ORIGINAL: Deed(_("Played the original recording"), "ear", "seal"),
    Event.DISCLOSE_SEARCH: Deed(_("Searched"), "search"),
    Event.DISCLOSE_EXPORT: Deed(_("Exported"), "download", "seal"),
    Event.DISCLOSE_REDACT: Deed(_("Opened in order to redact it"), "refresh"),
    Event.DISCLOSE_ERASE: Deed(_("Opened in order to search for what its erasure leaves"), "flame"),
    Event.DISCLOSE_ADMIT: Deed(_("Opened by the gate"), "shield-lock"),
    Event.DISCLOSE_SHARE: Deed(_("Given to a partner"), "send", "seal"),
    Event.ADMISSION_ADMITTED: Deed(_("Admitted by the gate"), "shield-check", "pass"),
    Event.REDACTION_DONE: Deed(_("Redacted"), "shield-check", "pass"),
    Event.REDACTION_FAILED: Deed(_("Could not be redacted"), "alert-triangle", "fail"),
    Event.REDACTION_ORIGINAL_DESTROYED: Deed(_("Original destroyed"), "flame"),
    Event.REDACTION_HIDDEN: Deed(_("More of it hidden by a reviewer"), "lock", "seal"),
    Event.REDACTION_SHOWN: Deed(_("A redacted place given back to be read"), "lock-open", "warn"),
    Event.REDACTION_NOT_SHOWN: Deed(_("A redacted place could not be given back"), "circle-x"),
    Event.GATEWAY_PSEUDONYMISED: Deed(_("Words sent to a language model, with tokens for values"), "send"),
    Event.GATEWAY_RESTORED: Deed(_("Values put back in what a language model wrote"), "refresh"),
    Event.CONSENT_GIVEN: Deed(_("Consent given"), "circle-check", "pass"),
    Event.CONSENT_REFUSED: Deed(_("Consent declined"), "circle-x", "fail"),
    Event.CONSENT_WITHDRAWN: Deed(_("Consent withdrawn"), "circle-x", "fail"),
    Event.CUSTOMER_IMPORTED: Deed(_("Customer record taken in"), "user"),
    Event.CUSTOMER_CHANGED: Deed(_("Customer record replaced"), "pencil"),
    Event.RECORD_RESTRICTED: Deed(_("Processing restricted: stored only"), "lock", "warn"),
    Event.RECORD_UNRESTRICTED: Deed(_("Restriction lifted by two people"), "lock-open", "seal"),
    Event.RECORD_DESTROYED: Deed(_("Record destroyed"), "flame"),
    Event.HOLD_SET: Deed(_("Put on legal hold"), "gavel", "warn"),
    Event.HOLD_RELEASED: Deed(_("Legal hold released"), "gavel"),
    Event.PARTNER_REGISTERED: Deed(_("Partner registered"), "plus"),
    Event.PARTNER_CHANGED: Deed(_("Record of a partner changed"), "pencil"),
    Event.PARTNER_ASSESSING: Deed(_("Assessment of a partner begun"), "clipboard-check"),
    Event.PARTNER_APPROVED: Deed(_("Partner approved"), "circle-check", "pass"),
    Event.PARTNER_ACTIVATED: Deed(_("Partner may get data from now on"), "send", "seal"),
    Event.PARTNER_SUSPENDED: Deed(_("Partner suspended"), "ban", "warn"),
    Event.PARTNER_RESUMED: Deed(_("Partner goes on, by two people"), "player-play", "seal"),
    Event.PARTNER_EXITING: Deed(_("Parting from a partner"), "logout"),
    Event.PARTNER_LEFT: Deed(_("Partner has left"), "archive"),
    Event.PARTNER_CONTACT_NAMED: Deed(_("Contact at a partner named"), "user"),
    Event.PARTNER_CONTACT_OPENED: Deed(_("Contact at a partner looked up"), "eye", "seal"),
    Event.PARTNER_CONTACT_FORGOTTEN: Deed(_("Contact at a partner forgotten"), "trash"),
}
JOBS: dict[str, Text] = {
    "system": _("Callwarden"),
    "job:intake": _("The gate (program)"),
    "job:redaction": _("Redaction (program)"),
    "job:retention": _("Retention (program)"),
    "job:erasure": _("Erasure (program)"),
    "job:sharing": _("Sharing (program)"),
    "job:anonymisation": _("Counting for anonymous releases (program)"),
    "job:watch": _("The regular look (program)"),
    "job:alerts": _("The watch for misuse (program)"),
    "job:neighbours": _("Comparing with neighbouring systems (program)"),
    "door:syslog": _("Syslog door"),
    "job:clock": _("The clock (program)"),
    "job:notify": _("Messages (program)"),
    "door:spool": _("Watch folder"),
    "door:api": _("REST door"),
}


NOTHING_YET = Empty(_("Nothing on record yet"), _("The log takes about a second to write an entry."), "history")
TRAIL_LENGTH = 12
LOOKED_AT = 200
# What is sealed beside these is no reason: whom to reach, and which document.
NO_REASON = (Event.PARTNER_CONTACT_NAMED, Event.PARTNER_LEFT)


def trail_entry(line: Line, *, linked: bool = False) -> TrailEntry:
    """One ledger entry as a trail shows it; `linked` to the audit's page about it, where its reason can be read."""
    deed = DEEDS.get(line.event) or Deed(line.event.replace(":", " · ").replace("_", " "))
    what: Text = deed.label
    if line.fields and line.event == Event.DISCLOSE_REVEAL:
        names = gettext(", ").join(str(field_label(name)) for name in line.fields)
        what = gettext("%(deed)s: %(fields)s") % {"deed": deed.label, "fields": names}
    refused = line.decision == "refuse"
    if refused:
        what = gettext("Refused: %(deed)s") % {"deed": what}
    return TrailEntry(
        at=line.at,
        who=who_did(line.who),
        what=what,
        why=_why(line),
        icon="ban" if refused else deed.icon,
        tone="fail" if refused else deed.tone,
        proof=Proof(line.index, f"#{line.index} {line.entry}", reverse("console:proof", args=[line.index])),
        href=reverse("console:entry", args=[line.index]) if linked else "",
    )


@dataclass(frozen=True)
class LatestDeeds:
    """A trail, newest first; `more` when older entries are left out, `searched` where the whole log is searched."""

    shown: Trail
    more: bool
    searched: str = ""


def latest(
    entries: QuerySet[LedgerEntry], viewer: User, *, everything: bool = False, about: Mapping[str, UUID] | None = None
) -> LatestDeeds:
    """The newest entries as a trail, or all of them; whoever audits can go on to each.

    `about` is the filter of the audit that finds them there, as {"subject": pseudonym} or {"call": id}.

    Until all are asked for, the same look repeated by the same person is told once, with how often.
    """
    found = lines(entries if everything else entries[:LOOKED_AT])
    runs = [[line] for line in found] if everything else [list(run) for _same, run in groupby(found, _told_as)]
    told = runs if everything else runs[:TRAIL_LENGTH]
    linked = viewer.has_role(*PROVE)
    shown = [_repeated(trail_entry(run[0], linked=linked), len(run)) for run in told]
    searched = f"{reverse('console:audit')}?{urlencode(about)}" if linked and about else ""
    return LatestDeeds(Trail(shown, NOTHING_YET), len(told) < len(found) or len(found) == LOOKED_AT, searched)


def _told_as(line: Line) -> tuple[object, ...]:
    # What a reason was stated for is never told together with anything else.
    apart = line.index if line.has_detail or line.decision == "refuse" else None
    return line.event, line.who, line.purpose, line.decision, apart


def _repeated(entry: TrailEntry, times: int) -> TrailEntry:
    return entry if times == 1 else replace(entry, what=f"{entry.what} × {times}")


def who_did(who: str) -> Text:
    """A colleague's name as it is; programs and people who left by what they are."""
    if who in JOBS:
        return JOBS[who]
    if who.startswith("elsewhere:"):
        return _("Somebody in a neighbouring system")
    if who.startswith("service:"):
        return _("A program with a key")
    return _("A former colleague") if len(who) == 36 and who.count("-") == 4 else who


def named_actor(actor: str) -> Text:
    """A person by name, a program by what it is for, from the pseudonym that is kept with a deed."""
    person = User.objects.filter(pseudonym=actor).first() if len(actor) == 36 else None
    return person.get_full_name() if person else programs([actor]).get(actor) or who_did(actor)


def _why(line: Line) -> str:
    parts = [str(purpose_label(line.purpose))] if line.purpose else []
    if line.decision == "refuse":
        parts += explanation(line.reasons)
    if line.has_detail and line.event not in NO_REASON:
        parts.append(gettext("reason stated"))
    return " · ".join(parts)
