"""The registry as data: what a registry file holds, and what a revision of a purpose keeps.

    version: 1
    categories:
      recording_original:
        cn: {level: 3, sensitive: false, provision: "...", certainty: uncertain}
    purposes:
      recording:
        use: recording
        name: {en: Recording the call, zh: 通话录音}
        description: {en: ..., zh: ...}
        method: [record, store]
        concerns: [callers, agents]
        categories: [recording_original]
        recipients: [tingsong/asr]
        grounds:
          cn: {ground: consent, ends_with: consent_withdrawn, provision: "pipl@2021:13(1)(1)", certainty: read}
          eu: {ground: legitimate_interest, condition: balanced, ends_with: objection, provision: "gdpr@2016:6(1)(f)",
               certainty: read, reference: LIA-7, recorded_on: 2026-01-15}
    recipients:
      tingsong/asr: {name: {en: ..., zh: ...}, role: processor, country: CN}

A recipient is named by its client and its own short name.

`read` takes everything that can be read and says of the rest where it is wrong; nothing personal stands in a registry.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Final

import rfc8785
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.kernel.errors import Translatable
from callwarden.lawful.purposes.terms import (
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

VERSION: Final = 1
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
# instrument@edition:place, as in pipl@2021:13(1)(2); several are separated by "; ".
_PROVISION = re.compile(r"[a-z0-9]+@[0-9.-]+\??:[0-9A-Za-z().,\- ]+(?:; [a-z0-9]+@[0-9.-]+\??:[0-9A-Za-z().,\- ]+)*")
_KEY = re.compile(rf"{_SLUG.pattern}/{_SLUG.pattern}")
_COUNTRY = re.compile(r"[A-Z]{2}")
LONGEST: Final = 2000
# What a ground of the first registries did not say.
_LATER: Final = frozenset({"reference", "recorded_on", "valid_until"})


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where in the registry: `purposes.recording.grounds.cn`."""

    where: str
    says: Translatable

    def __str__(self) -> str:
        return f"{self.where}: {self.says}"


@dataclass(frozen=True)
class TwoTexts:
    """One text in both languages."""

    en: str = ""
    zh: str = ""


@dataclass(frozen=True)
class GroundEntry:
    """On what a purpose rests in one jurisdiction. Days are written as ISO 8601 has them.

    Attributes:
        reference, recorded_on: of what shows that the condition holds: the balancing of interests, the workplace rules.
        valid_until: last day on which the provision is in force; empty where no end is known.
    """

    ground: str
    ends_with: str
    provision: str = ""
    condition: str = ""
    certainty: str = Certainty.UNCERTAIN.value
    reference: str = ""
    recorded_on: str = ""
    valid_until: str = ""

    def to_data(self) -> dict[str, str]:
        """What came later is left out where it is empty: what was approved before keeps its digest."""
        data = asdict(self)
        return {name: text for name, text in data.items() if text or name not in _LATER}


@dataclass(frozen=True)
class RuleEntry:
    """How a kind of data counts in a jurisdiction."""

    level: int
    sensitive: bool = False
    never_store: bool = False
    provision: str = ""
    certainty: str = Certainty.UNCERTAIN.value


@dataclass(frozen=True)
class PurposeEntry:
    """A purpose as a whole, its state aside."""

    slug: str
    use: str
    name: TwoTexts
    description: TwoTexts = TwoTexts()
    dpv: str = ""
    method: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    sensitive: bool = False
    separate_consent: bool = False
    abroad: bool = False
    recipients: tuple[str, ...] = ()
    grounds: Mapping[str, GroundEntry] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """The shape of the file, without the slug; lists sorted, so that the same purpose has one digest."""
        data = asdict(self)
        del data["slug"]
        for name in ("method", "concerns", "categories", "recipients"):
            data[name] = sorted(data[name])
        data["grounds"] = {place: self.grounds[place].to_data() for place in sorted(self.grounds)}
        return data

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of slug and content in canonical JSON (RFC 8785)."""
        return hashlib.sha256(rfc8785.dumps({"slug": self.slug, **self.to_data()})).hexdigest()

    @property
    def reach(self) -> dict[str, list[str]]:
        """How far it goes, as the log keeps it: what a revision gave up is left out again after a restore."""
        return {
            "categories": list(self.categories),
            "recipients": list(self.recipients),
            "method": list(self.method),
        }


@dataclass(frozen=True)
class RecipientEntry:
    name: TwoTexts
    role: str
    country: str
    contact: str = ""


@dataclass(frozen=True)
class Registry:
    """Everything a registry file says."""

    categories: Mapping[str, Mapping[str, RuleEntry]] = field(default_factory=dict)
    purposes: Mapping[str, PurposeEntry] = field(default_factory=dict)
    recipients: Mapping[str, RecipientEntry] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "categories": {
                category: {place: asdict(rule) for place, rule in sorted(rules.items())}
                for category, rules in sorted(self.categories.items())
            },
            "purposes": {slug: entry.to_data() for slug, entry in sorted(self.purposes.items())},
            "recipients": {key: asdict(one) for key, one in sorted(self.recipients.items())},
        }


def read(data: object) -> tuple[Registry, list[Fault]]:
    """The registry in parsed YAML or JSON, and everything that could not be read."""
    reader = _Reader()
    top = reader.mapping(data, "registry", {"version", "categories", "purposes", "recipients"})
    if top.get("version") != VERSION:
        reader.fault("version", _("Say “version: 1”; no other is known here."))
    categories = {
        str(category): dict(reader.rules(rules, f"categories.{category}"))
        for category, rules in reader.mapping(top.get("categories", {}), "categories").items()
        if reader.one_of(category, CATEGORIES, f"categories.{category}")
    }
    purposes = {}
    for slug, entry in reader.mapping(top.get("purposes", {}), "purposes").items():
        if read_one := reader.purpose(slug, entry, f"purposes.{slug}"):
            purposes[read_one.slug] = read_one
    recipients = {
        str(key): one
        for key, entry in reader.mapping(top.get("recipients", {}), "recipients").items()
        if (one := reader.recipient(key, entry, f"recipients.{key}"))
    }
    return Registry(categories, purposes, recipients), reader.faults


def read_purpose(slug: str, data: object) -> tuple[PurposeEntry | None, list[Fault]]:
    """One purpose, as a form or a revision gives it."""
    reader = _Reader()
    return reader.purpose(slug, data, f"purposes.{slug}"), reader.faults


class _Reader:
    """Collects faults instead of stopping at the first."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, where: str, says: Translatable) -> None:
        self.faults.append(Fault(where, says))

    def mapping(self, value: object, where: str, known: set[str] | None = None) -> dict[Any, Any]:
        if not isinstance(value, dict):
            self.fault(where, _("Names with values belong here."))
            return {}
        for name in sorted(map(str, value)):
            if known is not None and name not in known:
                self.fault(f"{where}.{name}", _("There is no such entry. Check its spelling."))
        return value

    def sequence(self, value: object, where: str) -> list[Any]:
        if not isinstance(value, list | tuple):
            self.fault(where, _("A list belongs here."))
            return []
        return list(value)

    def one_of(self, value: object, known: Mapping[str, object] | Sequence[str], where: str) -> bool:
        if isinstance(value, str) and value in known:
            return True
        names = ", ".join(name for name in known if name)
        self.fault(where, format_lazy(_("“{value}” is not known here. Known are: {names}."), value=value, names=names))
        return False

    def chosen(self, value: object, known: Sequence[str], where: str) -> tuple[str, ...]:
        found = self.sequence(value, where)
        return tuple(dict.fromkeys(one for one in found if self.one_of(one, known, where)))

    def text(self, value: object, where: str, *, longest: int = LONGEST) -> str:
        if not isinstance(value, str):
            self.fault(where, _("A text belongs here."))
            return ""
        if len(value) > longest:
            self.fault(where, format_lazy(_("Longer than {longest} characters."), longest=longest))
        return value.strip()

    def flag(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            self.fault(where, _("Say true or false."))
        return value is True

    def both(self, value: object, where: str, *, needed: bool, longest: int = LONGEST) -> TwoTexts:
        given = self.mapping(value, where, {"en", "zh"})
        texts = TwoTexts(*(self.text(given.get(code, ""), f"{where}.{code}", longest=longest) for code in ("en", "zh")))
        if bool(texts.en) != bool(texts.zh) or (needed and not texts.en):
            self.fault(where, _("Write it in both languages: en and zh."))
        return texts

    def provision(self, value: object, where: str) -> str:
        text = self.text(value, where, longest=100)
        if text and not _PROVISION.fullmatch(text):
            self.fault(where, _("Write a provision as instrument@edition:place, such as pipl@2021:13(1)(2)."))
        return text

    def day(self, value: object, where: str) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fault(where, _("Write a day as year-month-day, such as 2026-01-31."))
            return ""

    def slug(self, value: object, where: str) -> str | None:
        if isinstance(value, str) and len(value) <= 50 and _SLUG.fullmatch(value):
            return value
        self.fault(where, _("Use small letters, digits, - and _ for a short name."))
        return None

    def keys(self, value: object, where: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(one) for one in self.sequence(value, where)))

    def rules(self, value: object, where: str) -> Iterator[tuple[str, RuleEntry]]:
        known = {"level", "sensitive", "never_store", "provision", "certainty"}
        for place, rule in self.mapping(value, where).items():
            here = f"{where}.{place}"
            if not self.one_of(place, Jurisdiction.values, here):
                continue
            given = self.mapping(rule, here, known)
            level = given.get("level")
            if not isinstance(level, int) or isinstance(level, bool) or not 1 <= level <= 4:
                self.fault(f"{here}.level", _("A level is a number from 1 (low) to 4 (highest)."))
                continue
            yield (
                place,
                RuleEntry(
                    level,
                    self.flag(given.get("sensitive", False), f"{here}.sensitive"),
                    self.flag(given.get("never_store", False), f"{here}.never_store"),
                    self.provision(given.get("provision", ""), f"{here}.provision"),
                    self._certainty(given, here),
                ),
            )

    def _certainty(self, given: Mapping[str, object], where: str) -> str:
        value = given.get("certainty", Certainty.UNCERTAIN.value)
        return str(value) if self.one_of(value, Certainty.values, f"{where}.certainty") else Certainty.UNCERTAIN.value

    def purpose(self, slug: object, value: object, where: str) -> PurposeEntry | None:
        known = set(PurposeEntry.__dataclass_fields__) - {"slug"}
        given = self.mapping(value, where, known)
        name = self.slug(slug, where)
        use = given.get("use", "")
        if not self.one_of(use, Use.values, f"{where}.use") or name is None:
            return None
        return PurposeEntry(
            slug=name,
            use=use,
            name=self.both(given.get("name", {}), f"{where}.name", needed=True, longest=100),
            description=self.both(given.get("description", {}), f"{where}.description", needed=False),
            dpv=self.text(given.get("dpv", ""), f"{where}.dpv", longest=100),
            method=self.chosen(given.get("method", []), Method.values, f"{where}.method"),
            concerns=self.chosen(given.get("concerns", []), Whose.values, f"{where}.concerns"),
            categories=self.chosen(given.get("categories", []), list(CATEGORIES), f"{where}.categories"),
            **{
                flag: self.flag(given.get(flag, False), f"{where}.{flag}")
                for flag in ("sensitive", "separate_consent", "abroad")
            },
            recipients=self.keys(given.get("recipients", []), f"{where}.recipients"),
            grounds=dict(self._grounds(given.get("grounds", {}), f"{where}.grounds")),
        )

    def _grounds(self, value: object, where: str) -> Iterator[tuple[str, GroundEntry]]:
        known = set(GroundEntry.__dataclass_fields__)
        for place, ground in self.mapping(value, where).items():
            here = f"{where}.{place}"
            given = self.mapping(ground, here, known)
            sound = [
                self.one_of(place, Jurisdiction.values, here),
                self.one_of(given.get("ground"), Ground.values, f"{here}.ground"),
                self.one_of(given.get("ends_with"), Ending.values, f"{here}.ends_with"),
                self.one_of(given.get("condition", ""), Condition.values, f"{here}.condition"),
            ]
            if all(sound):
                yield (
                    place,
                    GroundEntry(
                        given["ground"],
                        given["ends_with"],
                        self.provision(given.get("provision", ""), f"{here}.provision"),
                        given.get("condition", ""),
                        self._certainty(given, here),
                        self.text(given.get("reference", ""), f"{here}.reference", longest=100),
                        self.day(given.get("recorded_on"), f"{here}.recorded_on"),
                        self.day(given.get("valid_until"), f"{here}.valid_until"),
                    ),
                )

    def recipient(self, key: object, value: object, where: str) -> RecipientEntry | None:
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            self.fault(where, _("Name a recipient as client/recipient, both in small letters."))
            return None
        given = self.mapping(value, where, set(RecipientEntry.__dataclass_fields__))
        country = given.get("country")
        if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
            self.fault(f"{where}.country", _("Name the country by its two capital letters (ISO 3166-1)."))
            return None
        if not self.one_of(given.get("role"), Role.values, f"{where}.role"):
            return None
        return RecipientEntry(
            name=self.both(given.get("name", {}), f"{where}.name", needed=True, longest=200),
            role=given["role"],
            country=country,
            contact=self.text(given.get("contact", ""), f"{where}.contact", longest=200),
        )
