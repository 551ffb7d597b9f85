"""From what the flows return to what the templates draw: rows, player, transcript, masked values, consents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Call
from callwarden.doors.console.calls.queries import Consent, Kept
from callwarden.doors.console.components import (
    Badge,
    Chips,
    Duration,
    Fact,
    Facts,
    Link,
    Masked,
    Moment,
    Player,
    Quiet,
    Removed,
    Row,
    Text,
    Transcript,
    Turn,
    Words,
)
from callwarden.doors.console.consents.words import badge_of
from callwarden.doors.console.labels import field_label, kind_label, language_label
from callwarden.flows.calls import CallView
from callwarden.flows.glimpse import MaskedField, Withheld
from callwarden.flows.names import named

# What the redactor puts in the place of what it removes: [KIND], [KIND_2], [KIND:hash] or ****.
_PLACE = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)(?:_\d+)?(?::[a-p]{16})?\]|\*{4}")
STATES = {"pending": "redacting", "done": "redacted", "failed": "restricted"}
CONSENTS = {"given": "given", "refused": "declined", "withdrawn": "withdrawn", "": "unknown"}
_SPEAKERS = {"caller": "customer"}


@dataclass(frozen=True)
class Spot:
    """A place in the page whose content is swapped for something else, and back."""

    template: ClassVar[str] = "console/calls/spot.html"
    id: str
    inside: object


@dataclass(frozen=True)
class NotShown:
    """Kinds of data that exist and are not shown, and why."""

    label: Text
    why: str


@dataclass(frozen=True)
class ConsentLine:
    label: Text
    badge: Badge
    how: Text
    consent: Consent


def state_of(call: Call) -> Badge:
    return Badge.of(STATES.get(call.redaction, call.redaction))


def direction_of(call: Call) -> Badge:
    if call.direction == "outbound":
        return Badge(_("Outbound"), "plain", "phone-outgoing")
    return Badge(_("Inbound"), "plain", "phone-incoming")


def started(call: Call) -> str:
    """When a call began, in the viewer's zone."""
    return timezone.localtime(call.started_at).strftime("%Y-%m-%d %H:%M")


def call_row(call: Call) -> Row:
    """One call in a list: structure only, so that a list opens nothing."""
    href = reverse("console:call", args=[call.id])
    return Row(
        (
            Link(started(call), href),
            Badge(named(call.line), "plain", direction_of(call).icon),
            call.agent.get_full_name() if call.agent else None,
            Duration(call.duration_ms / 1000),
            language_label(call.language),
            Badge(_("Known"), "plain", "user") if call.customer_id else None,
            call.spans,
            state_of(call),
        ),
        href,
        pick=str(call.id),
        pick_label=started(call),
    )


def about(call: Call) -> Facts:
    return Facts(
        (
            Fact(_("Line"), named(call.line)),
            Fact(_("Direction"), direction_of(call)),
            Fact(_("Started"), Moment(call.started_at)),
            Fact(_("Length"), Duration(call.duration_ms / 1000)),
            Fact(_("Agent"), call.agent.get_full_name() if call.agent else None),
            Fact(_("Language"), language_label(call.language)),
        )
    )


def player_of(view: CallView, parties: Sequence[str], src: str, title: Text) -> Player:
    """The recording with what was removed marked on the wave of the channel it was removed from."""
    peaks = [view.peaks[channel] for channel in sorted(view.peaks, key=int)]
    return Player(
        src=src,
        peaks_href="",
        outline=peaks,
        duration=view.call.duration_ms / 1000,
        speakers=tuple(parties) or ("unknown",),
        quiet=tuple(
            Quiet(span["start_ms"] / 1000, span["end_ms"] / 1000, kind, span["channel"])
            for span in view.sound
            for kind in span["types"][:1]
        ),
        title=title,
    )


def transcript_of(view: CallView) -> Transcript:
    return Transcript(
        tuple(
            Turn(_SPEAKERS.get(turn.speaker, turn.speaker), _seconds(turn.start_ms), _seconds(turn.end_ms), parts)
            for turn in view.turns
            if (parts := tuple(split(turn.text)))
        ),
        language="zh-Hans" if view.call.language.startswith("zh") else view.call.language,
    )


def split(text: str) -> Iterable[Words | Removed]:
    """A redacted text taken apart into what may be read and the kinds of what was removed."""
    at = 0
    for found in _PLACE.finditer(text):
        if found.start() > at:
            yield Words(text[at : found.start()])
        yield Removed(found[1] or "NUMBER")
        at = found.end()
    if at < len(text):
        yield Words(text[at:])


def removed_kinds(view: CallView) -> Chips:
    """What was removed, by kind and how often."""
    counted = sorted(view.types.items(), key=lambda pair: -pair[1])
    return Chips([Badge(f"{kind_label(kind)} × {count}", "neutral", "lock") for kind, count in counted])


def masked_facts(fields: Iterable[MaskedField], *, purpose: str, call: UUID | None) -> Facts:
    """Masked values under their names; several values of one field stand in one place and are revealed together."""
    return Facts([Fact(field_label(field.name), spot_of(field, purpose=purpose, call=call)) for field in fields])


def spot_of(field: MaskedField, *, purpose: str, call: UUID | None) -> Spot:
    return Spot(spot_id(field.record, field.name), masked_of(field, purpose=purpose, call=call))


def spot_id(record: UUID, name: str) -> str:
    return f"value-{record}-{name}"


def masked_of(field: MaskedField, *, purpose: str, call: UUID | None) -> Masked:
    href = reveal_href("console:reveal", field.record, field.name, purpose=purpose, call=call)
    return Masked(" · ".join(field.shown), field_label(field.name), href if field.may_reveal else "")


def reveal_href(name: str, record: UUID, field: str, *, purpose: str, call: UUID | None) -> str:
    """Address of revealing (or masking again) one field: ids and names of structure, never a value."""
    told = {"purpose": purpose} | ({"call": str(call)} if call else {})
    return f"{reverse(name, args=[record, field])}?{urlencode(told)}"


def not_shown(withheld: Iterable[Withheld]) -> list[NotShown]:
    """What exists and is not shown, one entry for each reason; the marks of a redaction go with its transcript."""
    labels: Mapping[str, Text] = dict(Category.choices)
    because: dict[str, list[str]] = {}
    for item in withheld:
        if item.category != Category.REDACTION_SPANS:
            because.setdefault(" ".join(item.why), []).append(str(labels.get(item.category, item.category)))
    return [NotShown(_(", ").join(kinds), why) for why, kinds in because.items()]


def consent_lines(consents: Iterable[Consent]) -> list[ConsentLine]:
    return [_consent_line(consent) for consent in consents]


def _consent_line(consent: Consent) -> ConsentLine:
    if not consent.state and consent.ground != "consent":
        ground = _("Contract with the caller") if consent.ground == "contract" else _("Legal obligation")
        return ConsentLine(consent.label, Badge(_("No consent needed"), "neutral", "scale"), ground, consent)
    known = CONSENTS.get(consent.state)
    badge = Badge.of(known) if known else badge_of(consent.state)
    return ConsentLine(consent.label, badge, consent.method or _("Nobody asked."), consent)


def kept_facts(kept: Iterable[Kept]) -> Facts:
    """Until which day each category is kept; the marks of a redaction end with its transcript."""
    return Facts(
        [
            Fact(item.label, timezone.localtime(item.due).strftime("%Y-%m-%d"))
            for item in kept
            if item.category != Category.REDACTION_SPANS
        ]
    )


def suites_of(kept: Iterable[Kept]) -> str:
    return _(", ").join(dict.fromkeys(item.suite for item in kept))


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
