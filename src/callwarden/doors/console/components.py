"""What the pages show: frozen values, each with the template that draws it.

Pages build these from what the chapters' queries return and hand them to `{% show value %}` or a named tag. A template
reads only the attributes listed here, so a chapter's own dataclass with the same attribute names serves as well:
chapters may not import doors. Times are aware datetimes, durations and offsets seconds, addresses site-relative.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from callwarden.doors.console.labels import SPEAKERS, kind_label, look

Text = object
"""A string or a lazily translated one."""


@dataclass(frozen=True)
class Crumb:
    label: Text
    href: str = ""


@dataclass(frozen=True)
class Action:
    """A button or link. `method="post"` draws a form with a token; `dialog` opens the address in the dialog."""

    label: Text
    href: str
    icon: str = ""
    style: str = ""
    method: str = "get"
    dialog: bool = False
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Badge:
    template: ClassVar[str] = "console/components/badge.html"
    label: Text
    tone: str = "neutral"
    icon: str = ""

    @classmethod
    def of(cls, state: str) -> Badge:
        """The badge of a known state (see `labels.STATES`)."""
        known = look(state)
        return cls(known.label, known.tone, known.icon)


@dataclass(frozen=True)
class Link:
    template: ClassVar[str] = "console/components/link.html"
    label: Text
    href: str
    note: Text = ""
    icon: str = ""


@dataclass(frozen=True)
class Moment:
    """A point in time, shown in the viewer's zone."""

    template: ClassVar[str] = "console/components/moment.html"
    at: datetime | None


@dataclass(frozen=True)
class Duration:
    template: ClassVar[str] = "console/components/duration.html"
    seconds: float | None


@dataclass(frozen=True)
class Masked:
    """A value of which the page holds only the masked form. The full one is not in the page, anywhere.

    Args:
        text: what may be shown, such as `138 •••• 5678`.
        label: what it is, for people who cannot see it.
        reveal_href: page that asks purpose and reason; empty when the viewer may not ask.
    """

    template: ClassVar[str] = "console/components/masked.html"
    text: str
    label: Text
    reveal_href: str = ""


@dataclass(frozen=True)
class Revealed:
    """A value shown until `until`, then replaced by what `masked_href` answers."""

    template: ClassVar[str] = "console/components/revealed.html"
    text: str
    label: Text
    until: datetime
    seconds: int
    masked_href: str


@dataclass(frozen=True)
class Option:
    value: str
    label: Text
    note: Text = ""


@dataclass(frozen=True)
class RevealForm:
    """Asks purpose and reason before a value, a recording or an export passes the door.

    Args:
        href: where the form posts.
        fields: names of what will be shown.
        step_up: the viewer must confirm who they are first.
        seconds: how long the value will stay.
        visible_to_subject: say that the data subject's access report will name this look.
        note, submit: what is recorded, and the words of the button, for anything but a short look.
    """

    template: ClassVar[str] = "console/components/reveal_form.html"
    href: str
    fields: Sequence[Text]
    purposes: Sequence[Option]
    seconds: int
    purpose: str = ""
    reason: str = ""
    step_up: bool = False
    visible_to_subject: bool = True
    note: Text = ""
    submit: Text = ""
    errors: Sequence[Text] = ()
    back_href: str = ""
    target: str = ""
    ask_href: str = ""


@dataclass(frozen=True)
class Countdown:
    """Time left until `until`, out of `seconds` in all (for the ring; 0 draws none)."""

    template: ClassVar[str] = "console/components/countdown.html"
    until: datetime
    seconds: int = 0
    label: Text = ""


@dataclass(frozen=True)
class Tile:
    """One control or figure. `state` is an outcome of `labels.STATES`; the value of an unmeasured one stays empty."""

    template: ClassVar[str] = "console/components/tile.html"
    label: Text
    state: str = ""
    value: Text = ""
    note: Text = ""
    href: str = ""

    @property
    def look(self) -> object:
        return look(self.state) if self.state else None


@dataclass(frozen=True)
class Fact:
    label: Text
    value: object


@dataclass(frozen=True)
class Facts:
    template: ClassVar[str] = "console/components/facts.html"
    items: Sequence[Fact]


@dataclass(frozen=True)
class Empty:
    """An empty state says what to do next."""

    template: ClassVar[str] = "console/components/empty.html"
    title: Text
    text: Text = ""
    icon: str = "inbox"
    action: Action | None = None


@dataclass(frozen=True)
class Proof:
    """The trace of one ledger entry: its number, a text to copy, and a proof file to download."""

    template: ClassVar[str] = "console/components/proof.html"
    entry: int
    text: str
    href: str = ""


@dataclass(frozen=True)
class TrailEntry:
    at: datetime
    who: Text
    what: Text
    why: Text = ""
    icon: str = "eye"
    tone: str = "neutral"
    proof: Proof | None = None
    href: str = ""


@dataclass(frozen=True)
class Trail:
    template: ClassVar[str] = "console/components/trail.html"
    entries: Sequence[TrailEntry]
    empty: Empty | None = None


@dataclass(frozen=True)
class Words:
    """A run of transcript that may be read. `found` marks it as matching the search."""

    text: str
    found: bool = False


@dataclass(frozen=True)
class Removed:
    """A run that was removed: only its kind is known here."""

    kind: str

    @property
    def label(self) -> object:
        return kind_label(self.kind)


@dataclass(frozen=True)
class Turn:
    speaker: str
    start: float | None
    end: float | None
    parts: Sequence[Words | Removed]

    @property
    def who(self) -> object:
        return SPEAKERS.get(self.speaker, self.speaker)


@dataclass(frozen=True)
class Transcript:
    template: ClassVar[str] = "console/components/transcript.html"
    turns: Sequence[Turn]
    language: str = ""
    empty: Empty | None = None


@dataclass(frozen=True)
class Quiet:
    """A span of sound that was removed. `channel` None means every channel."""

    start: float
    end: float
    kind: str
    channel: int | None = None

    @property
    def label(self) -> object:
        return kind_label(self.kind)


@dataclass(frozen=True)
class Player:
    """Plays `src` through the media element, which asks for byte ranges; the wave is drawn from `peaks_href`.

    The wave is either in the page (`outline`: some hundred values from -1 to 1 a channel) or what `peaks_href` answers
    as JSON `{"channels": [[...], ...]}`, so that it costs no download of the recording. `src` is not asked before
    somebody presses play: listening is an act of its own.
    """

    template: ClassVar[str] = "console/components/player.html"
    src: str
    peaks_href: str
    duration: float
    outline: Sequence[Sequence[float]] = ()
    speakers: Sequence[str] = ("agent", "customer")
    quiet: Sequence[Quiet] = ()
    title: Text = ""

    @property
    def outline_text(self) -> str:
        return json.dumps(self.outline, separators=(",", ":")) if self.outline else ""

    @property
    def legend(self) -> list[tuple[str, object]]:
        return [(speaker, SPEAKERS.get(speaker, speaker)) for speaker in self.speakers]


@dataclass(frozen=True)
class Progress:
    """Long work. While `state` is running the page asks `href` again every two seconds."""

    template: ClassVar[str] = "console/components/progress.html"
    id: str
    label: Text
    done: int
    total: int | None
    state: str = "running"
    counts: Sequence[Fact] = ()
    href: str = ""
    note: Text = ""

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None


@dataclass(frozen=True)
class Voice:
    """One approver's place: empty `who` means nobody has spoken yet."""

    role: Text
    who: Text = ""
    decision: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class ApprovalCard:
    template: ClassVar[str] = "console/components/approval.html"
    id: str
    title: Text
    state: str
    asked_by: Text
    asked_at: datetime
    reason: Text
    digest: str
    expires_at: datetime | None = None
    facts: Sequence[Fact] = ()
    voices: Sequence[Voice] = ()
    decide_href: str = ""
    why_not: Text = ""


@dataclass(frozen=True)
class Change:
    label: Text
    before: Text = ""
    after: Text = ""


@dataclass(frozen=True)
class Difference:
    template: ClassVar[str] = "console/components/difference.html"
    changes: Sequence[Change]
    caption: Text = ""


@dataclass(frozen=True)
class Row:
    """Cells in the order of the table's columns: text, numbers, datetimes or any component.

    `pick` is the id by which the row is chosen for an act on many, `pick_label` what is chosen then.
    """

    cells: Sequence[object]
    href: str = ""
    pick: str = ""
    pick_label: Text = ""


@dataclass(frozen=True)
class Chips:
    template: ClassVar[str] = "console/components/chips.html"
    items: Sequence[object] = field(default_factory=tuple)
