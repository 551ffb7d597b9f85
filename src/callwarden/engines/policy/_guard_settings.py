"""What may be set about the guard rails. The guards themselves are in `_guards.py`; most cannot be turned off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ._faults import Fault

TRAINING = ("valid", "expired", "not_measured")


@dataclass(frozen=True)
class GuardSettings:
    """Lists and limits that the guards use; see `default_matrix.yaml` for what each means."""

    queue_bound: tuple[str, ...]
    task_bound: tuple[str, ...]
    live_call_categories: tuple[str, ...]
    shift_bound: tuple[str, ...]
    step_up_s: tuple[tuple[str, int], ...]
    bulk_limit: tuple[tuple[str, int], ...]
    reason_actions: tuple[str, ...]
    training_actions: tuple[str, ...]
    training_accepted: tuple[str, ...]
    vip_actions: tuple[str, ...]
    grant_needed: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    incompatible: tuple[tuple[str, str], ...]

    def bulk_limit_of(self, role: str) -> int:
        """Distinct records in the window that `role` may open without a grant."""
        limits = dict(self.bulk_limit)
        return limits.get(role, limits["default"])

    def to_data(self) -> dict[str, Any]:
        """As plain JSON values."""
        lists = (
            "queue_bound task_bound live_call_categories shift_bound reason_actions training_actions "
            "training_accepted vip_actions"
        )
        return {
            **{name: list(getattr(self, name)) for name in lists.split()},
            "step_up_s": dict(self.step_up_s),
            "bulk_limit": dict(self.bulk_limit),
            "grant_needed": [
                {"actions": list(actions), "categories": list(categories)} for actions, categories in self.grant_needed
            ],
            "incompatible": [list(pair) for pair in self.incompatible],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], known: Known, faults: list[Fault]) -> Self | None:
        """Read plain values; append to `faults` whatever is wrong, and return None then."""
        before = len(faults)
        names = set(cls.__dataclass_fields__)
        faults += [Fault("no_setting", f"guards.{name}") for name in sorted(set(map(str, data)) - names)]
        faults += [Fault("missing", f"guards.{name}") for name in sorted(names - set(data))]
        if len(faults) > before:
            return None
        settings = cls(
            queue_bound=known.some("guards.queue_bound", data["queue_bound"], known.roles),
            task_bound=known.some("guards.task_bound", data["task_bound"], known.roles),
            live_call_categories=known.some(
                "guards.live_call_categories", data["live_call_categories"], known.categories
            ),
            shift_bound=known.some("guards.shift_bound", data["shift_bound"], known.roles),
            step_up_s=known.limits("guards.step_up_s", data["step_up_s"], known.actions),
            bulk_limit=known.limits("guards.bulk_limit", data["bulk_limit"], (*known.roles, "default")),
            reason_actions=known.some("guards.reason_actions", data["reason_actions"], known.actions),
            training_actions=known.some("guards.training_actions", data["training_actions"], known.actions),
            training_accepted=known.some("guards.training_accepted", data["training_accepted"], TRAINING),
            vip_actions=known.some("guards.vip_actions", data["vip_actions"], known.actions),
            grant_needed=known.grants_needed(data["grant_needed"]),
            incompatible=known.pairs(data["incompatible"]),
        )
        if "default" not in dict(settings.bulk_limit):
            faults.append(Fault("missing", "guards.bulk_limit.default"))
        if not settings.training_accepted:
            faults.append(Fault("empty", "guards.training_accepted"))
        return settings if len(faults) == before else None


@dataclass
class Known:
    """The slugs a matrix may use, and a reader of plain values that notes every fault with its place."""

    roles: tuple[str, ...]
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    actions: tuple[str, ...]
    faults: list[Fault]

    def some(self, place: str, value: Any, among: tuple[str, ...]) -> tuple[str, ...]:
        """A list of distinct known slugs, in the order of `among`."""
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            self.faults.append(Fault("names", place))
            return ()
        self.faults += [Fault("unknown", place, repr(item)) for item in value if item not in among]
        return tuple(item for item in among if item in value)

    def limits(self, place: str, value: Any, among: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
        """A mapping of known slugs to positive whole numbers."""
        if not isinstance(value, Mapping):
            self.faults.append(Fault("numbers", place))
            return ()
        for name, number in value.items():
            if name not in among:
                self.faults.append(Fault("unknown", place, repr(name)))
            elif not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**53:
                self.faults.append(Fault("number", f"{place}.{name}"))
        return tuple((name, value[name]) for name in among if name in value)

    def grants_needed(self, value: Any) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """A list of {actions, categories}."""
        place = "guards.grant_needed"
        if not isinstance(value, list) or not all(
            isinstance(row, Mapping) and set(row) == {"actions", "categories"} for row in value
        ):
            self.faults.append(Fault("actions_with_categories", place))
            return ()
        return tuple(
            (self.some(place, row["actions"], self.actions), self.some(place, row["categories"], self.categories))
            for row in value
        )

    def pairs(self, value: Any) -> tuple[tuple[str, str], ...]:
        """A list of two different known roles each."""
        place = "guards.incompatible"
        pairs = value if isinstance(value, list) else [None]
        found = []
        for pair in pairs:
            two = self.some(place, pair, self.roles)
            if len(two) == 2:
                found.append((two[0], two[1]))
            else:
                self.faults.append(Fault("pairs", place))
        return tuple(found)
