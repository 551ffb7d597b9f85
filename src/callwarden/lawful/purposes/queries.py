"""What the registry says about a line, for the gate and for pages."""

from __future__ import annotations

from dataclasses import dataclass

from callwarden.custody.models import Line
from callwarden.lawful.purposes.models import CategoryRule, LinePurpose, Purpose, PurposeGround, Recipient
from callwarden.lawful.purposes.terms import BY_CONSENT


@dataclass(frozen=True)
class Served:
    """A purpose a line serves now, with what the registry says about it in the line's jurisdiction.

    Attributes:
        ground, condition, ends_with, provision: see `terms`; the last three are empty where the registry names none.
        core: the line makes no sense without it.
        separate_consent: a bundled yes does not cover it.
    """

    purpose: str
    use: str
    ground: str
    core: bool
    separate_consent: bool
    sensitive: bool
    abroad: bool
    condition: str = ""
    ends_with: str = ""
    provision: str = ""

    @property
    def by_consent(self) -> bool:
        return self.ground in BY_CONSENT


def grounds(line: Line) -> tuple[Served, ...]:
    """Active purposes of the line. One whose ground contradicts the registry is left out: nothing rests on it.

    A line serves nothing for a purpose in draft or retired.
    """
    registered = {
        ground.purpose_id: ground
        for ground in PurposeGround.objects.filter(
            jurisdiction=line.jurisdiction, purpose__in=line.purposes.values("purpose")
        )
    }
    rows = (
        LinePurpose.objects.filter(line=line, purpose__state=Purpose.State.ACTIVE)
        .select_related("purpose")
        .order_by("-core", "purpose")
    )
    return tuple(
        _served(row, registered.get(row.purpose_id)) for row in rows if _agrees(row, registered.get(row.purpose_id))
    )


def _agrees(row: LinePurpose, ground: PurposeGround | None) -> bool:
    return ground is None or row.ground == ground.ground


def _served(row: LinePurpose, ground: PurposeGround | None) -> Served:
    purpose = row.purpose
    separate = purpose.separate_consent or row.ground == LinePurpose.Ground.SEPARATE_CONSENT
    return Served(
        purpose=purpose.slug,
        use=purpose.use,
        ground=row.ground,
        core=row.core,
        separate_consent=separate,
        sensitive=purpose.sensitive,
        abroad=purpose.abroad,
        condition=ground.condition if ground else "",
        ends_with=ground.ends_with if ground else "",
        provision=ground.provision if ground else "",
    )


def never_store(jurisdiction: str) -> frozenset[str]:
    """Kinds of data that may not be kept in this jurisdiction, whatever the purpose: no rule may hold them."""
    rules = CategoryRule.objects.filter(jurisdiction=jurisdiction, never_store=True)
    return frozenset(rules.values_list("category", flat=True))


def recipients(line: Line) -> list[Recipient]:
    """Who is given data of this line: the client's recipients for the purposes the line serves."""
    return list(
        Recipient.objects.filter(
            client=line.client_id, ended_at__isnull=True, purposes__in=line.purposes.values("purpose")
        )
        .distinct()
        .prefetch_related("purposes")
        .order_by("slug")
    )
