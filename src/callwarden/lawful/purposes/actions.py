"""Changing the registry. A draft changes by one person, what is in force by two, and what only takes away by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, Line
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import About
from callwarden.kernel.structural import Value
from callwarden.lawful.notices.telling import require_told
from callwarden.lawful.purposes import rules
from callwarden.lawful.purposes.before_force import assessed, carried, transferred
from callwarden.lawful.purposes.earlier import end_earlier
from callwarden.lawful.purposes.entries import (
    Fault,
    PurposeEntry,
    RecipientEntry,
    Registry,
    RuleEntry,
    read_purpose,
)
from callwarden.lawful.purposes.models import (
    CategoryRule,
    LinePurpose,
    Purpose,
    PurposeCategory,
    PurposeGround,
    PurposeRevision,
    Recipient,
    Transfer,
)
from callwarden.lawful.purposes.queries import entry_of, standing

State = Purpose.State
SHOWN_FAULTS: Final = 20


class RegistryRefused(InvalidInput):
    """A registry that may not be. `faults` says what is wrong and where."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("registry_refused", _told(self.faults), data={"places": [one.where for one in self.faults]})


def _told(faults: tuple[Fault, ...]) -> str:
    def sentences() -> str:
        lines = [str(fault) for fault in faults[:SHOWN_FAULTS]]
        if len(faults) > SHOWN_FAULTS:
            lines.append(str(_("and %(count)s more") % {"count": len(faults) - SHOWN_FAULTS}))
        return "\n".join(lines).replace("%", "%%")

    return lazy(sentences, str)()


@dataclass
class Loaded:
    """What became of a registry file.

    Attributes:
        proposed: revisions of active purposes; each waits until two people have decided on it.
        looser: rules for kinds of data that would become laxer: not taken over, they are asked for one by one.
    """

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    proposed: list[PurposeRevision] = field(default_factory=list)
    looser: list[str] = field(default_factory=list)


@transaction.atomic
def load(registry: Registry, *, actor: str) -> Loaded:
    """Take a registry over: all of it, or, when anything in it may not be, nothing.

    Raises:
        RegistryRefused: naming every place that is wrong.
    """
    found = rules.faults(registry, standing())
    found += [fault for slug, entry in registry.purposes.items() if (fault := _retired(slug, entry))]
    found += [fault for key, one in registry.recipients.items() if (fault := _recipient_fixed(key, one))]
    if found:
        raise RegistryRefused(found)
    done = Loaded()
    for category, places in registry.categories.items():
        for place, rule in places.items():
            if not _put_rule(category, place, rule, actor=actor):
                done.looser.append(f"{category}.{place}")
    for key, one in registry.recipients.items():
        put_recipient(key, one, actor=actor)
    for entry in registry.purposes.values():
        _take_over(entry, done, actor)
    return done


def _retired(slug: str, entry: PurposeEntry) -> Fault | None:
    purpose = Purpose.objects.filter(slug=slug, state=State.RETIRED).first()
    if purpose is None or entry_of(purpose) == entry:
        return None
    return Fault(f"purposes.{slug}", _("This purpose was retired. Give the new one another name."))


def _take_over(entry: PurposeEntry, done: Loaded, actor: str) -> None:
    purpose = Purpose.objects.select_for_update().filter(slug=entry.slug).first()
    if purpose is None:
        create(entry, actor=actor)
        done.created.append(entry.slug)
    elif entry_of(purpose).digest == entry.digest:
        done.unchanged.append(entry.slug)
    elif purpose.state == State.DRAFT:
        revise(purpose, entry, actor=actor)
        done.changed.append(entry.slug)
    else:
        done.proposed.append(propose(purpose, entry, actor=actor))


@transaction.atomic
def create(entry: PurposeEntry, *, actor: str) -> Purpose:
    """A new purpose, as a draft: nothing may be done for it yet.

    Raises:
        RegistryRefused, Conflict: it may not be; there is one of this name.
    """
    _sound(entry)
    if Purpose.objects.filter(slug=entry.slug).exists():
        raise Conflict("purpose_exists", _("There is a purpose of this name. Choose another, or change that one."))
    purpose = Purpose.objects.create(**_columns(entry), slug=entry.slug)
    _parts(purpose, entry)
    _revision(purpose, entry, actor, applied=True)
    _record(Event.PURPOSE_CHANGED, purpose, actor, digest=entry.digest, before="")
    return purpose


@transaction.atomic
def revise(purpose: Purpose, entry: PurposeEntry, *, actor: str) -> Purpose:
    """Change a draft.

    Raises:
        RegistryRefused, Conflict: it may not be so; it is no draft.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    if purpose.state != State.DRAFT:
        raise Conflict("purpose_not_draft", _("This purpose is no draft any more. Ask for the change instead."))
    _sound(entry)
    become(purpose, entry, actor=actor)
    return purpose


@transaction.atomic
def propose(purpose: Purpose, entry: PurposeEntry, *, actor: str) -> PurposeRevision:
    """Write down how an active purpose shall be. It stays as it is until two people have put this into force.

    Raises:
        RegistryRefused, Conflict: it may not be so; it is not active, or nothing would change.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    if purpose.state != State.ACTIVE:
        raise Conflict("purpose_not_active", _("Only a purpose in force is changed by proposal."))
    _sound(entry)
    if entry_of(purpose).digest == entry.digest:
        raise Conflict("nothing_changes", _("Nothing would change."))
    revision = _revision(purpose, entry, actor, applied=False)
    _record(Event.PURPOSE_PROPOSED, purpose, actor, digest=entry.digest, revision=str(revision.pk))
    return revision


@transaction.atomic
def apply(revision: PurposeRevision, *, instead_of: str, actor: str, approval: UUID | None) -> Purpose:
    """Put a proposed revision into force.

    Args:
        instead_of: digest of the purpose as it was when the change was asked for.

    Raises:
        Conflict: the purpose changed meanwhile, or the revision was put into force already.
        Refused: it needs an impact assessment that covers it, a balancing of interests, a provision that is in force,
            a registered transfer, or a notice that tells it.
        RegistryRefused: by the rules as they are now it may not be.
    """
    purpose = Purpose.objects.select_for_update().get(pk=revision.purpose_id)
    revision = PurposeRevision.objects.select_for_update().get(pk=revision.pk)
    before = entry_of(purpose).digest
    if purpose.state != State.ACTIVE or revision.applied_at is not None or before != instead_of:
        raise Conflict("changed_meanwhile", _("Somebody else changed this meanwhile. Look at it again, then decide."))
    entry = content_of(revision)
    _sound(entry)
    transferred(purpose, entry)
    carried(purpose, entry)
    require_told(purpose, entry)
    _put(purpose, entry, assessment=assessed(purpose, entry))
    revision.applied_at = clock.now()
    revision.save(update_fields=["applied_at"])
    _record(Event.PURPOSE_CHANGED, purpose, actor, approval, digest=entry.digest, before=before, **entry.reach)
    return purpose


@transaction.atomic
def become(purpose: Purpose, entry: PurposeEntry, *, actor: str) -> None:
    """Let a purpose be so: a draft, or one in force where the act that made it so is lost (`tightening.narrow`)."""
    before = entry_of(purpose).digest
    _put(purpose, entry)
    _revision(purpose, entry, actor, applied=True)
    _record(Event.PURPOSE_CHANGED, purpose, actor, None, digest=entry.digest, before=before, **entry.reach)


@transaction.atomic
def activate(purpose: Purpose, *, digest: str, actor: str, approval: UUID | None = None) -> Purpose:
    """Put a draft into force: from the next decision on it carries what rests on it.

    Args:
        digest: of the purpose as it was approved.

    Raises:
        Conflict: it is no draft, or changed meanwhile.
        Refused: it needs an impact assessment that covers it, a balancing of interests, a provision that is in force,
            or a registered transfer.
        RegistryRefused: by the rules as they are now it may not be.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    entry = entry_of(purpose)
    if entry.digest != digest:
        raise Conflict("changed_meanwhile", _("Somebody else changed this meanwhile. Look at it again, then decide."))
    _sound(entry)
    transferred(purpose, entry)
    assessment = assessed(purpose, entry)
    carried(purpose, entry)
    about: About = {"approval": approval, "purpose": purpose.slug, "data": {"digest": digest}}
    return Purpose.machine.move(
        purpose,
        State.ACTIVE,
        actor=actor,
        changes={"assessment": assessment},
        about=about,
    )


def retire(purpose: Purpose, *, actor: str) -> Purpose:
    """End a purpose at once: nothing new rests on it, what is kept follows its retention.

    Raises:
        Conflict: it is retired already.
    """
    changes = {"retired_at": clock.now()}
    return Purpose.machine.move(purpose, State.RETIRED, actor=actor, changes=changes, about={"purpose": purpose.slug})


def why_not_active(purpose: Purpose, entry: PurposeEntry) -> list[object]:
    """Everything that keeps this content from being in force, in words; empty when nothing does."""
    missing: list[object] = list(rules.purpose_faults(entry, standing()))
    for check in (assessed, carried, transferred, *([require_told] if purpose.state == State.ACTIVE else [])):
        try:
            check(purpose, entry)
        except Refused as error:
            missing.append(error)
    return missing


def content_of(revision: PurposeRevision) -> PurposeEntry:
    """What a revision says.

    Raises:
        RegistryRefused: it can no longer be read.
    """
    entry, faults = read_purpose(revision.purpose_id, revision.content)
    if entry is None or faults:
        raise RegistryRefused(faults)
    return entry


def _sound(entry: PurposeEntry) -> None:
    if found := list(rules.purpose_faults(entry, standing())):
        raise RegistryRefused(found)


def _columns(entry: PurposeEntry) -> dict[str, object]:
    return {
        "name": entry.name.en,
        "name_zh": entry.name.zh,
        "description_en": entry.description.en,
        "description_zh": entry.description.zh,
        "dpv": entry.dpv,
        "use": entry.use,
        "method": sorted(entry.method),
        "concerns": sorted(entry.concerns),
        "sensitive": entry.sensitive,
        "separate_consent": entry.separate_consent,
        "abroad": entry.abroad,
    }


def _put(purpose: Purpose, entry: PurposeEntry, **more: object) -> None:
    columns = {**_columns(entry), **more}
    for name, value in columns.items():
        setattr(purpose, name, value)
    purpose.save(update_fields=list(columns))
    _parts(purpose, entry)


def _parts(purpose: Purpose, entry: PurposeEntry) -> None:
    purpose.grounds.all().delete()
    PurposeGround.objects.bulk_create(
        PurposeGround(
            purpose=purpose,
            jurisdiction=place,
            ground=one.ground,
            provision=one.provision,
            condition=one.condition,
            ends_with=one.ends_with,
            certainty=one.certainty,
            reference=one.reference,
            recorded_on=one.recorded_on or None,
            valid_until=one.valid_until or None,
        )
        for place, one in entry.grounds.items()
    )
    purpose.categories.all().delete()
    PurposeCategory.objects.bulk_create(PurposeCategory(purpose=purpose, category=one) for one in entry.categories)
    purpose.recipients.set([_recipient(key) for key in entry.recipients])


def _recipient(key: str) -> Recipient:
    client, _slash, slug = key.partition("/")
    return Recipient.objects.get(client__slug=client, slug=slug, ended_at__isnull=True)


def _revision(purpose: Purpose, entry: PurposeEntry, actor: str, *, applied: bool) -> PurposeRevision:
    last = purpose.revisions.aggregate(last=Max("number"))["last"] or 0
    now = clock.now()
    return PurposeRevision.objects.create(
        purpose=purpose,
        number=last + 1,
        content=entry.to_data(),
        digest=entry.digest,
        by=actor,
        made_at=now,
        applied_at=now if applied else None,
    )


def _record(event: Event, purpose: Purpose, actor: str, approval: UUID | None = None, **data: str | list[str]) -> None:
    entry = journal.Entry(
        event=event, actor=actor, purpose=purpose.slug, approval=approval, data={"purpose": purpose.slug, **data}
    )
    journal.record(entry)


# Kinds of data


def is_looser(before: CategoryRule, after: RuleEntry) -> bool:
    """Whether a rule asks for less care than before."""
    return (
        after.level < before.level
        or (before.sensitive and not after.sensitive)
        or (before.never_store and not after.never_store)
    )


def _put_rule(category: str, place: str, rule: RuleEntry, *, actor: str) -> bool:
    """Take a rule over unless it is laxer than the one in force. Returns whether it holds now."""
    before = CategoryRule.objects.select_for_update().filter(category=category, jurisdiction=place).first()
    if before is not None and is_looser(before, rule):
        return False
    write_rule(category, place, rule, actor=actor)
    return True


@transaction.atomic
def write_rule(category: str, place: str, rule: RuleEntry, *, actor: str, approval: UUID | None = None) -> CategoryRule:
    """Let a rule for a kind of data hold in a jurisdiction."""
    values = {
        "level": rule.level,
        "sensitive": rule.sensitive,
        "never_store": rule.never_store,
        "provision": rule.provision,
        "certainty": rule.certainty,
    }
    before = CategoryRule.objects.filter(category=category, jurisdiction=place).first()
    if before is not None and all(getattr(before, name) == value for name, value in values.items()):
        return before
    made, _created = CategoryRule.objects.update_or_create(category=category, jurisdiction=place, defaults=values)
    data: dict[str, Value] = {"category": category, "jurisdiction": place, "level": rule.level}
    data |= {"sensitive": rule.sensitive, "never_store": rule.never_store}
    journal.record(journal.Entry(event=Event.CATEGORY_RULE_CHANGED, actor=actor, approval=approval, data=data))
    return made


# Recipients and transfers


def _recipient_fixed(key: str, one: RecipientEntry) -> Fault | None:
    client, _slash, slug = key.partition("/")
    if not Client.objects.filter(slug=client).exists():
        return Fault(f"recipients.{key}", _("There is no client of this name."))
    known = Recipient.objects.filter(client__slug=client, slug=slug).first()
    if known is not None and known.ended_at is not None:
        return Fault(
            f"recipients.{key}", _("Nothing is given to this recipient any more. Give a new one another name.")
        )
    if known is None or (known.role, known.country) == (one.role, one.country):
        return None
    return Fault(f"recipients.{key}", _("Role and country of a recipient stay as they are. Register another one."))


@transaction.atomic
def put_recipient(key: str, one: RecipientEntry, *, actor: str) -> Recipient:
    """Register a recipient, or change its name and contact. What it is given follows from the purposes that name it.

    Raises:
        RegistryRefused: there is no such client, or role or country would change.
    """
    if fault := _recipient_fixed(key, one):
        raise RegistryRefused([fault])
    client, _slash, slug = key.partition("/")
    owner = Client.objects.get(slug=client)
    values = {
        "name": one.name.en,
        "name_zh": one.name.zh,
        "role": one.role,
        "country": one.country,
        "contact": one.contact,
    }
    known = Recipient.objects.filter(client=owner, slug=slug).first()
    if known is not None and all(getattr(known, name) == value for name, value in values.items()):
        return known
    made, _created = Recipient.objects.update_or_create(client=owner, slug=slug, defaults=values)
    data = {"recipient": slug, "role": one.role, "country": one.country}
    journal.record(journal.Entry(event=Event.RECIPIENT_CHANGED, actor=actor, client=owner.id, data=data))
    return made


@transaction.atomic
def end_recipient(
    recipient: Recipient, *, actor: str, at: datetime | None = None, named_still: bool = False
) -> Recipient:
    """Give nothing to them any more, at once.

    Args:
        at: since when; now where it is left out.
        named_still: also where a purpose in force names them.

    Raises:
        Conflict: an active purpose names them; change or retire it first.
    """
    recipient = Recipient.objects.select_for_update().select_related("client").get(pk=recipient.pk)
    if not named_still and recipient.purposes.filter(state=State.ACTIVE).exists():
        raise Conflict("recipient_in_use", _("A purpose in force names this recipient. Change or retire it first."))
    if recipient.ended_at is None:
        recipient.ended_at = at or clock.now()
        recipient.save(update_fields=["ended_at"])
        data: dict[str, Value] = {"recipient": recipient.slug, "ended": True}
        entry = journal.Entry(event=Event.RECIPIENT_CHANGED, actor=actor, client=recipient.client_id, data=data)
        journal.record(entry)
    return recipient


@transaction.atomic
def propose_transfer(recipient: Recipient, **values: object) -> Transfer:
    """Write down a transfer abroad. It counts once two people have registered it.

    Raises:
        InvalidInput: the recipient is not abroad as seen from there, the mechanism is not one of that law, or it has
            ended before it begins.
    """
    transfer = Transfer(recipient=recipient, proposed_at=clock.now(), **values)
    if not recipient.abroad_from(transfer.jurisdiction):
        raise InvalidInput("not_abroad", _("As seen from there this recipient is not abroad."))
    if transfer.mechanism not in rules.MECHANISMS.get(transfer.jurisdiction, ()):
        raise InvalidInput("mechanism_elsewhere", _("This mechanism belongs to another law. Choose one of the list."))
    if transfer.valid_until is not None and transfer.valid_until < transfer.valid_from:
        raise InvalidInput("ends_before", _("The last day lies before the first."))
    transfer.save()
    return transfer


@transaction.atomic
def register_transfer(transfer: Transfer, *, actor: str, approval: UUID | None = None) -> Transfer:
    """Let a transfer count; an earlier one to the same recipient ends.

    Raises:
        Conflict: it counts or has ended already.
    """
    transfer = Transfer.objects.select_for_update().select_related("recipient").get(pk=transfer.pk)
    if transfer.registered_at is not None or transfer.ended_at is not None:
        raise Conflict("transfer_registered", _("This transfer was registered or ended before."))
    now = clock.now()
    open_still = Transfer.objects.filter(
        recipient=transfer.recipient, jurisdiction=transfer.jurisdiction, registered_at__isnull=False
    ).filter(ended_at__isnull=True)
    open_still.update(ended_at=now)
    transfer.registered_at = now
    transfer.save(update_fields=["registered_at"])
    _record_transfer(Event.TRANSFER_REGISTERED, transfer, actor, approval)
    return transfer


@transaction.atomic
def end_transfer(transfer: Transfer, *, actor: str, at: datetime | None = None) -> Transfer:
    """End a transfer at once; active purposes that need it are retired by hand or changed."""
    transfer = Transfer.objects.select_for_update().select_related("recipient").get(pk=transfer.pk)
    if transfer.ended_at is None:
        transfer.ended_at = at or clock.now()
        transfer.save(update_fields=["ended_at"])
        _record_transfer(Event.TRANSFER_ENDED, transfer, actor, None)
    return transfer


def _record_transfer(event: Event, transfer: Transfer, actor: str, approval: UUID | None) -> None:
    data = {
        "transfer": str(transfer.pk),
        "recipient": transfer.recipient.slug,
        "mechanism": transfer.mechanism,
        "jurisdiction": transfer.jurisdiction,
    }
    client = transfer.recipient.client_id
    journal.record(journal.Entry(event=event, actor=actor, client=client, approval=approval, data=data))


# Lines


@transaction.atomic
def serve(line: Line, purpose: Purpose, *, core: bool, actor: str, approval: UUID | None = None) -> LinePurpose:
    """Let a line serve a purpose, on the ground the registry has for the line's jurisdiction.

    Raises:
        Refused: the registry has no ground for it there, or the purpose is retired.
        Conflict: it was served before, and what was consented to then is still being ended.
    """
    ground = PurposeGround.objects.filter(purpose=purpose, jurisdiction=line.jurisdiction).first()
    if ground is None:
        says = _("The registry has no ground for “{purpose}” under the law of this line. Add one first.")
        raise Refused("no_ground_here", format_lazy(says, purpose=purpose.slug))
    if Purpose.objects.get(pk=purpose.pk).state == State.RETIRED:
        raise Refused("purpose_retired", _("This purpose was retired. Choose another."))
    if not LinePurpose.objects.filter(line=line, purpose=purpose).exists():
        end_earlier(line, purpose.slug, actor=actor)
    made, _created = LinePurpose.objects.update_or_create(
        line=line, purpose=purpose, defaults={"ground": ground.ground, "core": core}
    )
    _record_line(line, purpose, actor, approval, serves=True, core=core, ground=ground.ground)
    return made


@transaction.atomic
def stop_serving(line: Line, purpose: Purpose, *, actor: str, approval: UUID | None = None) -> None:
    """Let a line serve a purpose no more.

    Raises:
        NotFound: it does not.
    """
    gone, _rows = LinePurpose.objects.filter(line=line, purpose=purpose).delete()
    if not gone:
        raise NotFound("not_served", _("The line does not serve this purpose."))
    _record_line(line, purpose, actor, approval, serves=False)


def _record_line(line: Line, purpose: Purpose, actor: str, approval: UUID | None, **data: str | bool) -> None:
    facts: Mapping[str, str | bool] = {"line": line.slug, "purpose": purpose.slug, **data}
    entry = journal.Entry(
        event=Event.LINE_PURPOSE_CHANGED,
        actor=actor,
        client=line.client_id,
        purpose=purpose.slug,
        approval=approval,
        data=facts,
    )
    journal.record(entry)
