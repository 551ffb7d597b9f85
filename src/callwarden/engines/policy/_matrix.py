"""The access matrix: role x purpose x category x action, as data that people edit and two people approve."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple, Self

import rfc8785
import yaml

from ._errors import MatrixRefused
from ._facts import ACTIONS, JOB_PREFIX
from ._faults import Fault
from ._guard_settings import GuardSettings, Known
from ._names import NAMED, Name, Names, names_of
from ._names import to_data as names_to_data
from ._reasons import OBLIGATIONS

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_KEYS = {"version", "roles", "purposes", "categories", "grants", "guards", "obligations"}


class Cell(NamedTuple):
    """One field of the matrix."""

    role: str
    purpose: str
    category: str
    action: str


class Grant(NamedTuple):
    """Cells of one role written together: every purpose with every category and every action."""

    role: str
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Purpose:
    """What holds for a purpose wherever it is used.

    Attributes:
        consent: the data subject must have consented to it.
        while_restricted: it may disclose a record whose processing is restricted (GDPR article 18(2) and its like).
    """

    consent: bool = False
    while_restricted: bool = False


@dataclass(frozen=True)
class MatrixDiff:
    """What one matrix grants that the other does not, and which other parts differ."""

    added: frozenset[Cell]
    removed: frozenset[Cell]
    changed: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Matrix:
    """An access matrix; immutable. Everything that is not a cell of it is refused."""

    version: int
    roles: tuple[str, ...]
    purposes: Mapping[str, Purpose]
    categories: tuple[str, ...]
    cells: frozenset[Cell]
    guards: GuardSettings
    obligations: Mapping[str, tuple[str, ...]]
    names: Names = field(default_factory=dict)

    @classmethod
    def default(cls) -> Self:
        """The matrix that Callwarden ships with."""
        return cls.load(files(__package__).joinpath("default_matrix.yaml").read_text(encoding="utf-8"))

    @classmethod
    def load(cls, text: str) -> Self:
        """Read a matrix from YAML. Raises MatrixRefused."""
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f" at line {mark.line + 1}" if mark else ""
            raise MatrixRefused([Fault("text", name=place)]) from None
        return cls.from_data(data)

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read a matrix from plain JSON values, as `to_data` gives them. Raises MatrixRefused naming every fault."""
        if not isinstance(data, Mapping) or set(data) - {"names"} != _KEYS:
            raise MatrixRefused([Fault("parts", name=", ".join(sorted(_KEYS)))])
        faults: list[Fault] = []
        roles = _slugs("roles", data["roles"], faults, jobs=True)
        categories = _slugs("categories", data["categories"], faults)
        purposes = _purposes(data["purposes"], faults)
        known = Known(roles, tuple(purposes), categories, ACTIONS, faults)
        version = data["version"]
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            faults.append(Fault("version"))
        cells = _cells(data["grants"], known)
        guards = data["guards"] if isinstance(data["guards"], Mapping) else {}
        settings = GuardSettings.from_data(guards, known, faults)
        obligations = _obligations(data["obligations"], known)
        names = names_of(data.get("names", {}), {"roles": roles, "categories": categories}, faults)
        if faults or settings is None:
            raise MatrixRefused(faults)
        return cls(version, roles, purposes, categories, cells, settings, obligations, names)

    def to_data(self) -> dict[str, Any]:
        """As plain JSON values; equal matrices give equal data."""
        return {
            "version": self.version,
            "roles": list(self.roles),
            "purposes": {
                name: {key: True for key in ("consent", "while_restricted") if getattr(purpose, key)}
                for name, purpose in self.purposes.items()
            },
            "categories": list(self.categories),
            "grants": [
                {
                    "roles": [grant.role],
                    "purposes": list(grant.purposes),
                    "categories": list(grant.categories),
                    "actions": list(grant.actions),
                }
                for grant in self.grants
            ],
            "guards": self.guards.to_data(),
            "obligations": {action: list(codes) for action, codes in self.obligations.items()},
            # Left out where nothing is named, so that matrices of earlier releases keep their digests.
            **({"names": named} if (named := names_to_data(self.names)) else {}),
        }

    def dump(self) -> str:
        """As YAML, readable by `load`."""
        return yaml.safe_dump(self.to_data(), allow_unicode=True, sort_keys=False, width=110)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical content (RFC 8785) without the version number."""
        content = {name: value for name, value in self.to_data().items() if name != "version"}
        return "sha256:" + sha256(rfc8785.dumps(content)).hexdigest()

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """The cells in as few grants as a person would write, in a fixed order."""
        actions: dict[tuple[str, str, str], set[str]] = {}
        for cell in self.cells:
            actions.setdefault((cell.role, cell.purpose, cell.category), set()).add(cell.action)
        categories: dict[tuple[str, str, tuple[str, ...]], set[str]] = {}
        for (role, purpose, category), found in actions.items():
            categories.setdefault((role, purpose, _ordered(found, ACTIONS)), set()).add(category)
        purposes: dict[tuple[str, tuple[str, ...], tuple[str, ...]], set[str]] = {}
        for (role, purpose, acts), kinds in categories.items():
            purposes.setdefault((role, _ordered(kinds, self.categories), acts), set()).add(purpose)
        grants = [
            Grant(role, _ordered(aims, self.purposes), kinds, acts) for (role, kinds, acts), aims in purposes.items()
        ]
        order = {role: at for at, role in enumerate(self.roles)}
        return tuple(sorted(grants, key=lambda grant: (order[grant.role], grant)))

    def with_cell(self, cell: Cell, allowed: bool) -> Self:
        """The next version, in which `cell` is allowed or not. Raises MatrixRefused when it names what is not known."""
        known = (self.roles, tuple(self.purposes), self.categories, ACTIONS)
        faults = [Fault("cell", name=repr(name)) for name, among in zip(cell, known, strict=True) if name not in among]
        if faults:
            raise MatrixRefused(faults)
        cells = self.cells | {cell} if allowed else self.cells - {cell}
        return replace(self, version=self.version + 1, cells=cells)

    def diff(self, newer: Matrix) -> MatrixDiff:
        """What `newer` changes."""
        ours, theirs = self.to_data(), newer.to_data()
        parts = ("roles", "purposes", "categories", "guards", "obligations", "names")
        return MatrixDiff(
            added=newer.cells - self.cells,
            removed=self.cells - newer.cells,
            changed={
                part: (ours.get(part, {}), theirs.get(part, {}))
                for part in parts
                if ours.get(part, {}) != theirs.get(part, {})
            },
        )

    def with_role(self, slug: str, name: Name, *, cells: bool = False) -> Self:
        """One role more, bound by the guards of the role it is based on; with that role's cells too, or with none.

        Raises:
            MatrixRefused: there is one of this slug, or slug, names or base are not what they must be.
        """
        data = self.to_data()
        data["roles"].append(slug)
        for rule in ("queue_bound", "task_bound", "shift_bound"):
            if name.based_on in data["guards"][rule]:
                data["guards"][rule].append(slug)
        limits = data["guards"]["bulk_limit"]
        if name.based_on in limits:
            limits[slug] = limits[name.based_on]
        data["guards"]["incompatible"] += [
            [slug, *(one for one in pair if one != name.based_on)]
            for pair in data["guards"]["incompatible"]
            if name.based_on in pair
        ]
        if cells:
            data["grants"] += [
                {**grant, "roles": [slug]} for grant in data["grants"] if grant["roles"] == [name.based_on]
            ]
        return self._named("roles", slug, name, data)

    def with_category(self, slug: str, name: Name) -> Self:
        """One category more; nobody may do anything with it yet. Raises MatrixRefused, as `with_role`."""
        data = self.to_data()
        data["categories"].append(slug)
        return self._named("categories", slug, name, data)

    def with_purpose(self, slug: str, purpose: Purpose) -> Self:
        """One purpose more; nobody may do anything for it yet. Raises MatrixRefused where it is there or no slug."""
        data = self.to_data()
        if slug in data["purposes"]:
            raise MatrixRefused([Fault("twice", "purposes")])
        rules = {key: True for key in ("consent", "while_restricted") if getattr(purpose, key)}
        data["purposes"][slug] = rules
        return self.from_data(data)

    def without(self, part: str, slug: str) -> Self:
        """Without this one of the roles, purposes or categories: its cells and its places in guards go with it.

        Raises:
            MatrixRefused: something cannot be without it, as a rule that would lose its last kind of data.
        """
        data = self.to_data()
        data[part] = {k: v for k, v in data[part].items() if k != slug} if part == "purposes" else [
            one for one in data[part] if one != slug
        ]  # fmt: skip
        left = [{**grant, part: [one for one in grant[part] if one != slug]} for grant in data["grants"]]
        data["grants"] = [grant for grant in left if grant[part]]
        guards = data["guards"]
        if part == "roles":
            for rule in ("queue_bound", "task_bound", "shift_bound"):
                guards[rule] = [one for one in guards[rule] if one != slug]
            guards["bulk_limit"].pop(slug, None)
            guards["incompatible"] = [pair for pair in guards["incompatible"] if slug not in pair]
        if part == "categories":
            guards["live_call_categories"] = [one for one in guards["live_call_categories"] if one != slug]
            fewer = [{**rule, part: [one for one in rule[part] if one != slug]} for rule in guards["grant_needed"]]
            guards["grant_needed"] = [rule for rule in fewer if rule[part]]
        for named in data.get("names", {}).values():
            named.pop(slug, None)
        return self.from_data(data)

    def _named(self, part: str, slug: str, name: Name, data: dict[str, Any]) -> Self:
        assert part in NAMED
        data.setdefault("names", {}).setdefault(part, {})[slug] = name.to_data()
        return self.from_data(data)

    def __hash__(self) -> int:
        return hash((self.version, self.digest))


def _ordered(found: Iterable[str], order: Iterable[str]) -> tuple[str, ...]:
    wanted = set(found)
    return tuple(name for name in order if name in wanted)


def _slugs(place: str, value: Any, faults: list[Fault], *, jobs: bool = False) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        faults.append(Fault("names", place))
        return ()
    bad: list[Fault] = []
    for name in value:
        bare = name.removeprefix(JOB_PREFIX) if jobs and isinstance(name, str) else name
        if not isinstance(bare, str) or not _SLUG.match(bare):
            bad.append(Fault("slug", place, repr(name)))
    if not bad and len(set(value)) != len(value):
        bad.append(Fault("twice", place))
    faults += bad
    return () if bad else tuple(value)


def _purposes(value: Any, faults: list[Fault]) -> dict[str, Purpose]:
    if not isinstance(value, Mapping):
        faults.append(Fault("mapping", "purposes"))
        return {}
    names = _slugs("purposes", list(value), faults)
    purposes = {}
    # In an order of our own: a database that keeps the data as JSON does not keep the order of keys.
    for name in sorted(names):
        rule = value[name] or {}
        good = isinstance(rule, Mapping) and set(rule) <= {"consent", "while_restricted"}
        if good and all(isinstance(flag, bool) for flag in rule.values()):
            purposes[name] = Purpose(**rule)
        else:
            faults.append(Fault("purpose", f"purposes.{name}"))
    return purposes


def _cells(value: Any, known: Known) -> frozenset[Cell]:
    if not isinstance(value, list):
        known.faults.append(Fault("list", "grants"))
        return frozenset()
    cells: set[Cell] = set()
    for at, row in enumerate(value):
        place = f"grants[{at}]"
        if not isinstance(row, Mapping) or set(row) != {"roles", "purposes", "categories", "actions"}:
            known.faults.append(Fault("grant", place))
            continue
        parts = [
            known.some(f"{place}.roles", row["roles"], known.roles),
            known.some(f"{place}.purposes", row["purposes"], known.purposes),
            known.some(f"{place}.categories", row["categories"], known.categories),
            known.some(f"{place}.actions", row["actions"], known.actions),
        ]
        cells |= {Cell(*names) for names in product(*parts)}
    return frozenset(cells)


def _obligations(value: Any, known: Known) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        known.faults.append(Fault("mapping", "obligations"))
        return {}
    known.faults += [Fault("unknown", "obligations", repr(name)) for name in value if name not in known.actions]
    return {
        action: known.some(f"obligations.{action}", value[action], tuple(OBLIGATIONS))
        for action in known.actions
        if action in value
    }
