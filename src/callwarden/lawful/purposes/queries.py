"""What the registry says about a line, for the gate and for pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from callwarden.custody.models import Line
from callwarden.kernel import clock
from callwarden.lawful.purposes.entries import (
    GroundEntry,
    PurposeEntry,
    RecipientEntry,
    Registry,
    RuleEntry,
    TwoTexts,
)
from callwarden.lawful.purposes.models import (
    CategoryRule,
    LinePurpose,
    Purpose,
    PurposeCategory,
    PurposeGround,
    Recipient,
    Transfer,
)
from callwarden.lawful.purposes.rules import NOTHING, OnRecord, Standing, why_not_carried, yields_to_no
from callwarden.lawful.purposes.terms import BY_CONSENT, Certainty


@dataclass(frozen=True)
class Served:
    """A purpose a line serves now, with what the registry says about it in the line's jurisdiction.

    Attributes:
        ground, condition, ends_with, provision: see `terms`; the last three are empty where the registry names none.
        core: the line makes no sense without it.
        separate_consent: a bundled yes does not cover it.
        on_record: what shows that the ground holds.
        certainty: how sure the provision is; uncertain where the registry has no ground.
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
    on_record: OnRecord = NOTHING
    certainty: str = Certainty.UNCERTAIN

    @property
    def by_consent(self) -> bool:
        return self.ground in BY_CONSENT

    @property
    def yields_to_no(self) -> bool:
        """Whether a no of the person ends it (`rules.yields_to_no`)."""
        return yields_to_no(self.ground, self.use, self.ends_with)

    def why_not_carried(self, today: date) -> str:
        """Why nobody's data is carried by it on this day (`rules.why_not_carried`)."""
        return why_not_carried(self.ground, self.on_record, today)


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
        on_record=on_record(ground, purpose),
        certainty=ground.certainty if ground else Certainty.UNCERTAIN,
    )


def on_record(ground: PurposeGround | None, purpose: Purpose) -> OnRecord:
    """What shows that a ground of this purpose holds; nothing where the registry has none."""
    assessed = purpose.assessment_id is not None
    if ground is None:
        return OnRecord(assessed=assessed)
    return OnRecord(ground.provision, ground.reference, ground.recorded_on, ground.valid_until, assessed)


def never_store(jurisdiction: str) -> frozenset[str]:
    """Kinds of data that may not be kept in this jurisdiction, whatever the purpose: no rule may hold them."""
    rules = CategoryRule.objects.filter(jurisdiction=jurisdiction, never_store=True)
    return frozenset(rules.values_list("category", flat=True))


def handling(category: str) -> frozenset[str]:
    """The purposes that the registry lets handle this kind of data. What it does not name, no purpose handles."""
    return frozenset(PurposeCategory.objects.filter(category=category).values_list("purpose_id", flat=True))


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


def asked_by_name(line: Line) -> list[tuple[str, Recipient]]:
    """(purpose, recipient) of what the line gives only to whom the person consented to by name."""
    served = {one.purpose for one in grounds(line)}
    return [
        (purpose.slug, one)
        for one in recipients(line)
        if one.separate_consent_in(line.jurisdiction)
        for purpose in sorted(one.purposes.all(), key=lambda purpose: purpose.slug)
        if purpose.slug in served
    ]


def recipients_called(client: UUID, slugs: Iterable[str]) -> dict[str, Recipient]:
    """The client's recipients of these names, those included that are given nothing any more."""
    return {one.slug: one for one in Recipient.objects.filter(client=client, slug__in=set(slugs))}


def entry_of(purpose: Purpose) -> PurposeEntry:
    """The purpose as the registry file would say it."""
    return PurposeEntry(
        slug=purpose.slug,
        use=purpose.use,
        name=TwoTexts(purpose.name, purpose.name_zh),
        description=TwoTexts(purpose.description_en, purpose.description_zh),
        dpv=purpose.dpv,
        method=tuple(purpose.method),
        concerns=tuple(purpose.concerns),
        categories=tuple(sorted(one.category for one in purpose.categories.all())),
        sensitive=purpose.sensitive,
        separate_consent=purpose.separate_consent,
        abroad=purpose.abroad,
        recipients=tuple(sorted(one.key for one in purpose.recipients.select_related("client"))),
        grounds={
            one.jurisdiction: GroundEntry(
                one.ground,
                one.ends_with,
                one.provision,
                one.condition,
                one.certainty,
                one.reference,
                one.recorded_on.isoformat() if one.recorded_on else "",
                one.valid_until.isoformat() if one.valid_until else "",
            )
            for one in purpose.grounds.all()
        },
    )


def standing() -> Standing:
    """Rules for kinds of data, and recipients, as they are in force."""
    rules: dict[str, dict[str, RuleEntry]] = {}
    for one in CategoryRule.objects.all():
        rules.setdefault(one.category, {})[one.jurisdiction] = RuleEntry(
            one.level, one.sensitive, one.never_store, one.provision, one.certainty
        )
    return Standing(rules, {one.key: _recipient(one) for one in _open_recipients()})


def _open_recipients() -> QuerySet[Recipient]:
    return Recipient.objects.filter(ended_at__isnull=True).select_related("client")


def _recipient(one: Recipient) -> RecipientEntry:
    return RecipientEntry(TwoTexts(one.name, one.name_zh), one.role, one.country, one.contact)


def registry() -> Registry:
    """The whole registry as it is, drafts included, retired purposes left out."""
    found = standing()
    purposes = Purpose.objects.exclude(state=Purpose.State.RETIRED).prefetch_related("grounds", "categories")
    return Registry(found.rules, {one.slug: entry_of(one) for one in purposes}, found.recipients)


def uncovered_transfers(entry: PurposeEntry) -> list[str]:
    """Recipients abroad of this purpose to whom no registered transfer holds today."""
    recipients = {one.key: one for one in _open_recipients().prefetch_related("transfers")}
    return sorted(
        {
            key
            for key in entry.recipients
            for place in entry.grounds
            if (one := recipients.get(key)) and one.abroad_from(place) and not _transfer_holds(one, place)
        }
    )


def _transfer_holds(recipient: Recipient, place: str) -> bool:
    return bool(transfers_in_force(recipient, place, clock.now().date()))


def transfers_in_force(recipient: Recipient, place: str, today: date) -> list[Transfer]:
    """What allows giving data to this recipient out of a jurisdiction on this day."""
    return [one for one in recipient.transfers.all() if one.jurisdiction == place and in_force(one, today)]


def given_abroad() -> Iterator[tuple[Recipient, set[str]]]:
    """Recipients whom purposes in force name, and the jurisdictions out of which data goes to them."""
    named = _open_recipients().filter(purposes__state=Purpose.State.ACTIVE).distinct().prefetch_related("transfers")
    for recipient in named.order_by("pk"):
        grounds = PurposeGround.objects.filter(purpose__recipients=recipient, purpose__state=Purpose.State.ACTIVE)
        places = set(grounds.values_list("jurisdiction", flat=True))
        if abroad := {place for place in places if recipient.abroad_from(place)}:
            yield recipient, abroad


def in_force(transfer: Transfer, today: date) -> bool:
    """Whether a transfer counts on this day."""
    begun = transfer.registered_at is not None and transfer.valid_from <= today
    return begun and transfer.ended_at is None and (transfer.valid_until is None or today <= transfer.valid_until)
