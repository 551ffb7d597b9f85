"""D11: a partner that gets more than usual, or other fields."""

from __future__ import annotations

from collections.abc import Iterator
from math import log1p

from ._facts import Alert, Delivery
from ._scene import tell
from ._settings import DAY, HOUR, Settings
from ._state import Partner
from ._tails import median, robust_z

_KEPT = 200
_ENOUGH = 8
_FLOOR = 0.2


def look(delivery: Delivery, partner: Partner, settings: Settings, day: int) -> Iterator[Alert | None]:
    partner.trail.append([delivery.at, delivery.index])
    del partner.trail[:-100]
    if day != partner.day:
        if partner.today:
            partner.days.append(log1p(partner.today))
            del partner.days[:-_KEPT]
        partner.day, partner.today = day, 0
    partner.today += delivery.records
    since = day * DAY - settings.utc_offset_s
    evidence = tuple(int(index) for at, index in partner.trail if at >= since)
    yield _fields(delivery, partner, evidence)
    wanted = settings.partner_z * settings.stricter("partner_volume")
    spiked = False
    for seen, kept in ((delivery.records, partner.volumes), (partner.today, partner.days)):
        if len(kept) >= _ENOUGH and seen >= 20 and (z := robust_z(log1p(seen), kept, _FLOOR)) >= wanted:
            spiked = True
            facts = {"records": float(seen), "usual": round(2.718281828459045 ** median(kept) - 1), "z": z}
            yield tell(
                partner.muted, "partner_volume", delivery.partner, delivery.at, delivery.index, since, evidence,
                seen, 12 * HOUR, facts,
            )  # fmt: skip
    if not spiked:
        partner.volumes.append(log1p(delivery.records))
        del partner.volumes[:-_KEPT]


def _fields(delivery: Delivery, partner: Partner, evidence: tuple[int, ...]) -> Alert | None:
    """A field this partner never had, once its exchanges are known."""
    new = sorted(delivery.fields - partner.fields.keys())
    known = len(partner.volumes) >= _ENOUGH
    for name in delivery.fields:
        partner.fields[name] = partner.fields.get(name, 0) + 1
    while len(partner.fields) > 500:
        del partner.fields[min(partner.fields, key=lambda name: partner.fields[name])]
    if not new or not known:
        return None
    return tell(
        partner.muted, "partner_field", delivery.partner, delivery.at, delivery.index, delivery.at, evidence[-1:],
        len(new), HOUR, {"fields": float(len(new))},
    )  # fmt: skip
