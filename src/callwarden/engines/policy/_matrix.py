"""The access matrix: role x purpose x category x action, as data that people edit and two people approve."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
        if not isinstance(data, Mapping) or set(data) != _KEYS:
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
        if faults or settings is None:
            raise MatrixRefused(faults)
        return cls(version, roles, purposes, categories, cells, settings, obligations)

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
        parts = ("roles", "purposes", "categories", "guards", "obligations")
        return MatrixDiff(
            added=newer.cells - self.cells,
            removed=self.cells - newer.cells,
            changed={part: (ours[part], theirs[part]) for part in parts if ours[part] != theirs[part]},
        )

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
