"""Words and colours of consent."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Badge, Text
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence
from callwarden.lawful.purposes.terms import BY_CONSENT

State = ConsentEvent.State
__all__ = ["BY_CONSENT", "HEARD", "SAID", "badge_of", "proof_of"]

_BADGES: dict[str, tuple[str, str]] = {
    State.GIVEN: ("pass", "check"),
    State.REFUSED: ("fail", "ban"),
    State.WITHDRAWN: ("fail", "arrow-left"),
    State.EXPIRED: ("warn", "clock"),
    State.INVALIDATED: ("warn", "refresh"),
    State.REQUESTED: ("neutral", "help-circle"),
}
SAID: dict[str, Text] = {
    State.GIVEN: _("Recorded: consent given."),
    State.REFUSED: _("Recorded: refused. Nobody asks again for a while."),
    State.WITHDRAWN: _("Recorded: withdrawn. It holds from now on, and what was open for it is closed."),
}
HEARD: dict[str, Text] = {
    "given": _("Sounds like a yes"),
    "refused": _("Sounds like a no"),
    "withdrawn": _("Sounds like taking it back"),
}


def badge_of(state: str) -> Badge:
    """The badge of a state; "" is nobody asked."""
    tone, icon = _BADGES.get(state, ("neutral", "help-circle"))
    label = State(state).label if state else _("Never asked")
    return Badge(label, tone, icon)


def proof_of(shown: ConsentEvidence | None) -> Text:
    """What shows that it was said."""
    if shown is None:
        return ""
    if shown.mismatch:
        return _("The sound does not match its digest: it proves nothing.")
    return ConsentEvidence.Kind(shown.kind).label
