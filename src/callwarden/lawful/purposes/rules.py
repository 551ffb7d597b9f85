"""What a registry may say: which grounds exist where, what calls for separate consent or an assessment first.

Pure: takes entries, returns faults and reasons. Source: PIPL art. 13, 23, 28-31, 39, 55; GDPR art. 6, 9, 35; control
map A3, C8, D8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.kernel.errors import Translatable
from callwarden.lawful.purposes.entries import Fault, GroundEntry, PurposeEntry, RecipientEntry, Registry, RuleEntry
from callwarden.lawful.purposes.terms import (
    BY_CONSENT,
    CATEGORIES,
    Certainty,
    Condition,
    Ending,
    Ground,
    Method,
    Role,
    Use,
    Whose,
)

G = Ground
# Grounds each law knows. "Elsewhere" has the strictest of them: those every one of the others knows.
GROUNDS: Final[Mapping[str, frozenset[str]]] = {
    Jurisdiction.CN: frozenset(
        {
            G.CONSENT,
            G.SEPARATE_CONSENT,
            G.CONTRACT,
            G.LEGAL_OBLIGATION,
            G.VITAL_INTEREST,
            G.PUBLIC_INTEREST,
            G.HR_MANAGEMENT,
        }
    ),
    Jurisdiction.EU: frozenset(set(G) - {G.HR_MANAGEMENT}),
    Jurisdiction.UK: frozenset(set(G) - {G.HR_MANAGEMENT}),
    Jurisdiction.US_CA: frozenset(set(G) - {G.HR_MANAGEMENT}),
    Jurisdiction.GENERIC: frozenset({G.CONSENT, G.SEPARATE_CONSENT, G.CONTRACT, G.LEGAL_OBLIGATION}),
}
_NEEDS: Final[Mapping[str, str]] = {
    G.CONTRACT: Condition.CONTRACT_ON_RECORD,
    G.LEGAL_OBLIGATION: Condition.LAW_IN_FORCE,
    G.VITAL_INTEREST: Condition.EMERGENCY,
    G.LEGITIMATE_INTEREST: Condition.BALANCED,
    G.HR_MANAGEMENT: Condition.WORKPLACE_RULES,
}
_ENDS: Final[Mapping[str, frozenset[str]]] = {
    G.CONSENT: frozenset({Ending.CONSENT_WITHDRAWN}),
    G.SEPARATE_CONSENT: frozenset({Ending.CONSENT_WITHDRAWN}),
    G.LEGITIMATE_INTEREST: frozenset({Ending.OBJECTION}),
    G.HR_MANAGEMENT: frozenset({Ending.EMPLOYMENT_END}),
}
# What only one kind of ground ends with: with anything else it would never come.
_ENDS_ONLY: Final[Mapping[str, frozenset[str]]] = {
    Ending.CONSENT_WITHDRAWN: BY_CONSENT,
    Ending.DUTY_END: frozenset({G.LEGAL_OBLIGATION, G.PUBLIC_INTEREST}),
    Ending.EMPLOYMENT_END: frozenset({G.HR_MANAGEMENT}),
}


@dataclass(frozen=True)
class OnRecord:
    """What is on record of the condition of a ground and of its end.

    Attributes:
        reference, recorded_on: of the balancing of interests, or of the workplace rules.
        assessed: the purpose rests on an approved impact assessment, which weighs interests too. One that is due for
            review is a finding and no end (`assessments.actions.lapse_due`).
        valid_until: last day on which the provision is in force; None where no end is known.
    """

    provision: str = ""
    reference: str = ""
    recorded_on: date | None = None
    valid_until: date | None = None
    assessed: bool = False


NOTHING: Final = OnRecord()


def on_record(ground: GroundEntry, *, assessed: bool) -> OnRecord:
    """What an entry of the registry names."""
    recorded_on, valid_until = (
        date.fromisoformat(day) if day else None for day in (ground.recorded_on, ground.valid_until)
    )
    return OnRecord(ground.provision, ground.reference, recorded_on, valid_until, assessed)


def why_not_carried(ground: str, known: OnRecord, today: date) -> str:
    """Why a ground carries nothing on this day, whoever the data is about; empty where it carries.

    Source: PIPL art. 13(1)(2)-(3); GDPR art. 5(2), 6(1)(c), 6(1)(f), 6(3).
    """
    balanced = known.assessed or bool(known.reference and known.recorded_on and known.recorded_on <= today)
    held = {
        G.LEGITIMATE_INTEREST: balanced,
        G.LEGAL_OBLIGATION: bool(known.provision),
        G.HR_MANAGEMENT: bool(known.reference),
    }
    if not held.get(G(ground), True):
        return "condition_unmet"
    if known.valid_until is not None and known.valid_until < today:
        return "ground_ended"
    return ""


# Where a person's no ends what is done, whatever it is done for.
_OBJECTED: Final = BY_CONSENT | {G.PUBLIC_INTEREST, G.LEGITIMATE_INTEREST}
_REFUSABLE: Final = frozenset({Use.MARKETING, Use.OUTBOUND_CALLING})


def yields_to_no(ground: str, use: str, ends_with: str = "") -> bool:
    """Whether a no of the person ends a purpose: consent that is taken back, an objection where the law gives one.

    What a contract or a legal duty asks for goes on. It ends with the contract or the duty; an erasure or a restriction
    is a request of its own.

    Args:
        ends_with: what ends the ground by the registry (`terms.Ending`), where it says so.

    Source: PIPL art. 13(1)(2)-(3), 13 para. 2, 15, 24; GDPR art. 7(3), 21(1)-(3). That a no in China also ends what
    rests on public interest is the cautious reading.
    """
    return ground in _OBJECTED or use in _REFUSABLE or ends_with == Ending.OBJECTION


# What is not abroad, by ISO 3166-1 alpha-2. For PIPL art. 38-40 Hong Kong, Macao and Taiwan lie outside ("境外"); the
# EEA is one area for GDPR chapter V. Where the law knows no rule on transfers, nothing is abroad.
HOME: Final[Mapping[str, frozenset[str]]] = {
    Jurisdiction.CN: frozenset({"CN"}),
    Jurisdiction.EU: frozenset(
        {"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU"}
        | {"MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO"}
    ),
    Jurisdiction.UK: frozenset({"GB"}),
}


def is_abroad(jurisdiction: str, country: str) -> bool:
    """Whether giving data to somebody there takes it out of this jurisdiction."""
    home = HOME.get(jurisdiction)
    return home is not None and country not in home


def needs_separate_consent(jurisdiction: str, role: str, country: str) -> bool:
    """Whether the person must have consented to such a recipient by itself.

    Source: PIPL art. 23 (another controller), 39 (abroad). That art. 23 also holds for joint controllers (art. 20) is
    the cautious reading, not the text.
    """
    return jurisdiction == Jurisdiction.CN and (role != Role.PROCESSOR or is_abroad(jurisdiction, country))


# What may allow a transfer abroad, law by law. Source: PIPL art. 38; GDPR art. 45-49; UK GDPR likewise (general
# knowledge). The exemptions of the rules on cross-border data flows (CAC, March 2024) were not read: uncertain.
MECHANISMS: Final[Mapping[str, tuple[str, ...]]] = {
    Jurisdiction.CN: ("security_assessment", "standard_contract", "certification", "exempted"),
    Jurisdiction.EU: ("adequacy", "clauses", "binding_rules", "derogation"),
    Jurisdiction.UK: ("adequacy", "clauses", "binding_rules", "derogation"),
}


@dataclass(frozen=True)
class Trigger:
    """Why an assessment has to come first, and the provision that says so."""

    code: str
    says: Translatable
    provision: str
    certainty: str


SENSITIVE = Trigger("sensitive", _("It handles sensitive data"), "pipl@2021:55(1)", Certainty.READ)
BY_PROGRAM = Trigger(
    "ai", _("Programs analyse people, or decide about them"), "pipl@2021:55(2); gdpr@2016:35(1)", Certainty.READ
)
GIVEN = Trigger("sharing", _("Data is entrusted to others, or given to them"), "pipl@2021:55(3)", Certainty.READ)
ABROAD = Trigger("abroad", _("Data leaves the country"), "pipl@2021:55(4)", Certainty.READ)


def triggers(entry: PurposeEntry) -> tuple[Trigger, ...]:
    """Why this purpose needs an approved impact assessment before it becomes active; empty when it needs none."""
    found = []
    if entry.sensitive:
        found.append(SENSITIVE)
    if entry.use == Use.AI_PROCESSING or Method.DECIDE in entry.method:
        found.append(BY_PROGRAM)
    if entry.use == Use.SHARING or entry.recipients:
        found.append(GIVEN)
    if entry.abroad:
        found.append(ABROAD)
    return tuple(found)


@dataclass(frozen=True)
class Standing:
    """What a purpose is judged against: rules for kinds of data and recipients, those of a file over those in force."""

    rules: Mapping[str, Mapping[str, RuleEntry]] = field(default_factory=dict)
    recipients: Mapping[str, RecipientEntry] = field(default_factory=dict)

    def under(self, registry: Registry) -> Standing:
        """With what a file says laid over it."""
        categories = {*self.rules, *registry.categories}
        rules = {one: {**self.rules.get(one, {}), **registry.categories.get(one, {})} for one in categories}
        return Standing(rules, {**self.recipients, **registry.recipients})


def faults(registry: Registry, standing: Standing) -> list[Fault]:
    """Everything a registry says that it may not say."""
    judged = standing.under(registry)
    found = [fault for entry in registry.purposes.values() for fault in purpose_faults(entry, judged)]
    for category, places in registry.categories.items():
        found += [
            Fault(f"categories.{category}.{place}", _("Sensitive data has at least level 3."))
            for place, rule in places.items()
            if rule.sensitive and rule.level < 3
        ]
    return found


def purpose_faults(entry: PurposeEntry, standing: Standing) -> Iterator[Fault]:
    """What is wrong with one purpose."""
    where = f"purposes.{entry.slug}"
    if not entry.grounds:
        yield Fault(f"{where}.grounds", _("Name a lawful ground for at least one jurisdiction."))
    if not entry.method:
        yield Fault(f"{where}.method", _("Say how the data is handled."))
    if not entry.concerns:
        yield Fault(f"{where}.concerns", _("Say whose data it is."))
    if not entry.categories:
        yield Fault(f"{where}.categories", _("Name the kinds of data."))
    for place, ground in entry.grounds.items():
        yield from _ground_faults(entry, place, ground, f"{where}.grounds.{place}")
    yield from _category_faults(entry, standing.rules, where)
    yield from _recipient_faults(entry, standing.recipients, f"{where}.recipients")
    abroad = Method.SEND_ABROAD in entry.method
    if abroad != entry.abroad:
        yield Fault(f"{where}.abroad", _("Say “abroad: true” exactly where the method sends data abroad."))
    if entry.use == Use.SHARING and Method.GIVE not in entry.method:
        yield Fault(f"{where}.method", _("A purpose of giving data to others names “give” among its methods."))


def _ground_faults(entry: PurposeEntry, place: str, ground: GroundEntry, where: str) -> Iterator[Fault]:
    if ground.ground not in GROUNDS[place]:
        if (place, ground.ground) == (Jurisdiction.CN, G.LEGITIMATE_INTEREST):
            yield Fault(
                where, _("Chinese law knows no ground of legitimate interest (PIPL art. 13 lists all there are).")
            )
        else:
            says = _("“{ground}” is no ground in “{place}”.")
            yield Fault(where, format_lazy(says, ground=G(ground.ground).label, place=Jurisdiction(place).label))
        return
    needed = _NEEDS.get(ground.ground, "")
    if ground.condition != needed:
        says = _("This ground carries only on the condition “{condition}”. Name it.")
        yield Fault(f"{where}.condition", format_lazy(says, condition=Condition(needed).label))
    if ground.ground in _ENDS and ground.ends_with not in _ENDS[ground.ground]:
        names = ", ".join(sorted(_ENDS[ground.ground]))
        yield Fault(f"{where}.ends_with", format_lazy(_("What ends this ground is: {names}."), names=names))
    if ground.ground not in _ENDS_ONLY.get(ground.ends_with, frozenset(G)):
        says = _("“{ground}” does not end with “{ending}”.")
        ending = Ending(ground.ends_with).label
        yield Fault(f"{where}.ends_with", format_lazy(says, ground=G(ground.ground).label, ending=ending))
    yield from _record_faults(ground, where)
    if not ground.provision and ground.certainty != Certainty.UNCERTAIN:
        yield Fault(f"{where}.certainty", _("Without a provision this is uncertain; say so, or name the provision."))
    if ground.ground == G.HR_MANAGEMENT and set(entry.concerns) != {Whose.AGENTS}:
        yield Fault(where, _("Staff management carries data of staff alone. Make a purpose of its own for callers."))
    if entry.separate_consent and ground.ground == G.CONSENT and place == Jurisdiction.CN:
        yield Fault(where, _("This purpose needs separate consent; name “separate_consent” as its ground here."))
    if ground.ground == G.SEPARATE_CONSENT and not entry.separate_consent:
        yield Fault(where, _("Say “separate_consent: true” for a purpose that rests on it."))


def _record_faults(ground: GroundEntry, where: str) -> Iterator[Fault]:
    """What is missing of that by which a ground is shown to hold. A balancing may follow until the purpose begins."""
    if ground.ground == G.LEGAL_OBLIGATION and not ground.provision:
        yield Fault(f"{where}.provision", _("Name the provision that makes it a duty."))
    if ground.ground == G.HR_MANAGEMENT and not ground.reference:
        says = _("Name the workplace rules or the collective contract that provide for it.")
        yield Fault(f"{where}.reference", says)
    if ground.ground == G.LEGITIMATE_INTEREST and bool(ground.reference) != bool(ground.recorded_on):
        yield Fault(f"{where}.reference", _("Name the balancing of interests and the day it was written down."))
    if ground.valid_until and ground.ground != G.LEGAL_OBLIGATION:
        yield Fault(f"{where}.valid_until", _("Only the provision of a legal obligation has a last day."))


def _category_faults(entry: PurposeEntry, rules: Mapping[str, Mapping[str, RuleEntry]], where: str) -> Iterator[Fault]:
    for category in entry.categories:
        for place in entry.grounds:
            rule = rules.get(category, {}).get(place)
            here = f"{where}.categories"
            names = {"category": CATEGORIES[category], "place": Jurisdiction(place).label}
            if rule is None:
                says = _("The registry has no rule for “{category}” in “{place}”. Add its level first.")
                yield Fault(here, format_lazy(says, **names))
            elif rule.never_store and Method.STORE in entry.method:
                says = _("“{category}” may never be stored ({provision}). Leave it out.")
                yield Fault(here, format_lazy(says, provision=rule.provision, **names))
            elif rule.sensitive and not entry.sensitive:
                says = _(
                    "“{category}” is sensitive in “{place}” ({provision}), so the purpose is: say “sensitive: true”."
                )
                yield Fault(here, format_lazy(says, provision=rule.provision or "?", **names))


def _recipient_faults(entry: PurposeEntry, recipients: Mapping[str, RecipientEntry], where: str) -> Iterator[Fault]:
    for key in entry.recipients:
        one = recipients.get(key)
        if one is None:
            yield Fault(where, format_lazy(_("There is no recipient “{key}”. Register it first."), key=key))
            continue
        if one.role != Role.PROCESSOR and entry.use != Use.SHARING:
            says = _("“{key}” is a controller of its own. Only a purpose whose use is “sharing” gives data to it.")
            yield Fault(where, format_lazy(says, key=key))
        for place in entry.grounds:
            if is_abroad(place, one.country) and not entry.abroad:
                says = _("“{key}” is abroad as seen from “{place}”: say “abroad: true”.")
                yield Fault(where, format_lazy(says, key=key, place=Jurisdiction(place).label))
            if needs_separate_consent(place, one.role, one.country) and not entry.separate_consent:
                says = _(
                    "Giving data to “{key}” needs separate consent (PIPL art. 23, 39): say “separate_consent: true”."
                )
                yield Fault(where, format_lazy(says, key=key))
