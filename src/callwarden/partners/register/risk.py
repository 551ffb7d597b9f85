"""How much depends on a partner: computed from what it gets, never typed, with the reasons.

    rated = rate(Received(level=3, sensitive=False, volume=2, abroad=True, own_purposes=False))
    rated.tier, rated.reasons

Pure. The weights are the product's own; no law fixes them. Source of what counts: PIPL art. 55 (sensitive data, giving
to others, abroad); GB/T 35273-2020 9.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import Translatable
from callwarden.partners.register.terms import Tier, Volume

HIGHEST_LEVEL: Final = 4
_MEDIUM, _HIGH = 2, 4


@dataclass(frozen=True)
class Received:
    """What a partner gets.

    Attributes:
        level: the highest level of its kinds of data, 1 to 4; None where nobody has said of one how it counts.
        sensitive: one of them is sensitive somewhere it is collected.
        volume: `Volume`.
        abroad: it, or somebody it passes data to, handles them outside where they were collected; None is not known.
        own_purposes: it handles them for purposes of its own, or decides on them together with us.
    """

    level: int | None
    sensitive: bool
    volume: int
    abroad: bool | None
    own_purposes: bool


@dataclass(frozen=True)
class Weight:
    points: int
    says: Translatable


@dataclass(frozen=True)
class Rated:
    """The tier with what makes it up, the heaviest first."""

    tier: Tier
    reasons: tuple[Weight, ...]


def rate(received: Received) -> Rated:
    """The tier. What is not known counts as its worst."""
    weights = sorted(_weights(received), key=lambda weight: -weight.points)
    total = sum(weight.points for weight in weights)
    tier = Tier.HIGH if total >= _HIGH else Tier.MEDIUM if total >= _MEDIUM else Tier.LOW
    return Rated(tier, tuple(weights))


def _weights(received: Received) -> Iterable[Weight]:
    level = HIGHEST_LEVEL if received.level is None else received.level
    if received.level is None:
        yield Weight(3, _("Of a kind of data it gets nobody has said how it counts: taken as the highest level"))
    elif received.sensitive or level >= HIGHEST_LEVEL:
        yield Weight(3, _("It gets sensitive data, or data of the highest level"))
    elif level == 3:
        yield Weight(2, _("It gets data of level 3, such as original recordings"))
    else:
        yield Weight(level - 1, _("It gets data of no more than level 2"))
    if received.volume >= Volume.MORE:
        yield Weight(2, _("More than 100,000 people a month"))
    elif received.volume >= Volume.UP_TO_100000:
        yield Weight(1, _("More than 10,000 people a month"))
    if received.abroad is None:
        yield Weight(1, _("Where it handles them is not known: taken as abroad"))
    elif received.abroad:
        yield Weight(1, _("It, or somebody it passes data to, handles them abroad"))
    if received.own_purposes:
        yield Weight(1, _("It handles them for purposes of its own, or decides together with us"))
