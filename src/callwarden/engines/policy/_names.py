"""What people call the roles and categories that a site has added to its matrix, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ._faults import Fault

LONGEST = 60
NAMED = ("roles", "categories")


class Name(NamedTuple):
    """A name in English and in Chinese; of a role also the role whose guards it began with."""

    en: str
    zh: str
    based_on: str = ""

    def to_data(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh} | ({"based_on": self.based_on} if self.based_on else {})


Names = Mapping[str, Mapping[str, Name]]


def names_of(value: Any, known: Mapping[str, tuple[str, ...]], faults: list[Fault]) -> Names:
    """Read names from plain values; append to `faults` whatever is wrong."""
    if not isinstance(value, Mapping) or not set(value) <= set(NAMED):
        faults.append(Fault("mapping", "names"))
        return {}
    found: dict[str, dict[str, Name]] = {}
    for part in NAMED:
        given = value.get(part, {})
        if not isinstance(given, Mapping):
            faults.append(Fault("mapping", f"names.{part}"))
            continue
        faults += [Fault("unknown", f"names.{part}", repr(slug)) for slug in given if slug not in known[part]]
        # In an order of our own, as with purposes.
        for slug in known[part]:
            if slug in given and (name := _name(f"names.{part}.{slug}", given[slug], known["roles"], faults)):
                found.setdefault(part, {})[slug] = name
    return found


def to_data(names: Names) -> dict[str, dict[str, dict[str, str]]]:
    return {part: {slug: name.to_data() for slug, name in names[part].items()} for part in NAMED if names.get(part)}


def _name(place: str, value: Any, roles: tuple[str, ...], faults: list[Fault]) -> Name | None:
    texts = value if isinstance(value, Mapping) else {}
    good = set(texts) <= {"en", "zh", "based_on"} and all(_is_text(texts.get(one)) for one in ("en", "zh"))
    based_on = texts.get("based_on", "")
    if not good or not isinstance(based_on, str):
        faults.append(Fault("label", place))
        return None
    if based_on and based_on not in roles:
        faults.append(Fault("unknown", place, repr(based_on)))
    return Name(texts["en"], texts["zh"], based_on)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) == len(value) <= LONGEST and value.isprintable()
