"""Which part of a line is what: data that people edit, checked once and then only looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from callwarden.engines.neighbours._acts import ACTS

TEXTS: Final = ("json", "csv", "pairs", "none")
FORMS: Final = ("iso", "seconds", "milliseconds")
SUBJECT_KINDS: Final = ("phone", "customer_no", "email")
_PATH: Final = re.compile(r"[A-Za-z0-9_@:-]{1,60}(?:\.[A-Za-z0-9_@:-]{1,60}){0,7}")
_PARTS: Final = frozenset({"text", "within", "only", "time", "who", "act", "subject", "call", "rows", "inside"})
_WORDS: Final = 200


class BadMapping(ValueError):
    """A mapping that cannot be used.

    Attributes:
        where: the part at fault.
        code: `unknown`, `missing`, `path`, `choice`, `too_many`, `too_long` or `zone`.
    """

    def __init__(self, where: str, code: str) -> None:
        super().__init__(f"{where}: {code}")
        self.where, self.code = where, code


@dataclass(frozen=True)
class Within:
    """A text inside the text: found at `path`, behind `after`, read as `text`, and known as `name` from then on."""

    path: str
    after: str
    text: str
    name: str


@dataclass(frozen=True)
class Mapping:
    """Where each part stands. A path is names and numbers joined by dots; "" where there is none.

    `header.host`, `header.app`, `header.process`, `header.msgid` and `header.data.ELEMENT.NAME` are of the syslog
    message around the text.

    Attributes:
        text: what the text of a line is; `none` for lines that say all in their header.
        only: (path, begin): lines in which what stands there does not begin so are not meant for us.
        time: "" takes the time of the syslog message.
        zone: of times that name none.
        words: the other system's words for acts -> ours; compared without regard to case.
        other: what a word that is not listed is; "" refuses it.
        inside: where it says by which program it was done.
        programs: the values there that mean "by the application itself", and so not by a person around it.
    """

    text: str = "json"
    within: Within | None = None
    only: tuple[str, str] = ("", "")
    time: str = ""
    form: str = "iso"
    zone: str = "UTC"
    who: str = ""
    act: str = ""
    words: MappingOf[str, str] = field(default_factory=dict)
    other: str = ""
    subject: str = ""
    subject_kind: str = "customer_no"
    call: str = ""
    rows: str = ""
    inside: str = ""
    programs: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: object) -> Mapping:
        """Check a mapping that was written down.

        Raises:
            BadMapping: says where and why.
        """
        if not isinstance(told, dict):
            raise BadMapping("mapping", "missing")
        if unknown := sorted(set(told) - _PARTS):
            raise BadMapping(str(unknown[0])[:40], "unknown")
        act, time, inside = _part(told, "act"), _part(told, "time"), _part(told, "inside")
        only, subject = _part(told, "only"), _part(told, "subject")
        mapping = cls(
            text=_choice(told, "text", TEXTS, "json"),
            within=_within(told),
            only=(_path(only, "only"), _short(only.get("starts", ""), "only")),
            time=_path(time, "time"),
            form=_choice(time, "form", FORMS, "iso"),
            zone=_zone(time),
            who=_path(_part(told, "who"), "who"),
            act=_path(act, "act"),
            words=_words(act),
            other=_choice(act, "other", ("", *ACTS), ""),
            subject=_path(subject, "subject"),
            subject_kind=_choice(subject, "kind", SUBJECT_KINDS, "customer_no"),
            call=_path(_part(told, "call"), "call"),
            rows=_path(_part(told, "rows"), "rows"),
            inside=_path(inside, "inside"),
            programs=_programs(inside),
        )
        if not mapping.who:
            raise BadMapping("who", "missing")
        if not mapping.act and not mapping.other:
            raise BadMapping("act", "missing")
        return mapping

    def data(self) -> dict[str, Any]:
        """As JSON holds it; `of` reads it again."""
        told: dict[str, Any] = {"text": self.text, "who": {"path": self.who}}
        if self.within:
            within = self.within
            told["within"] = {"path": within.path, "after": within.after, "text": within.text, "as": within.name}
        if self.only[0]:
            told["only"] = {"path": self.only[0], "starts": self.only[1]}
        told["time"] = {"path": self.time, "form": self.form, "zone": self.zone}
        told["act"] = {"path": self.act, "words": dict(self.words), "other": self.other}
        told["subject"] = {"path": self.subject, "kind": self.subject_kind}
        told["call"], told["rows"] = {"path": self.call}, {"path": self.rows}
        told["inside"] = {"path": self.inside, "values": list(self.programs)}
        return told


def _part(told: MappingOf[str, Any], name: str) -> dict[str, Any]:
    part = told.get(name) or {}
    if not isinstance(part, dict):
        raise BadMapping(name, "missing")
    return part


def _path(part: MappingOf[str, Any], where: str) -> str:
    path = part.get("path") or ""
    if not isinstance(path, str) or (path and not _PATH.fullmatch(path)):
        raise BadMapping(where, "path")
    return path


def _short(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > 60:
        raise BadMapping(where, "too_long")
    return value


def _choice(part: MappingOf[str, Any], name: str, among: tuple[str, ...], usual: str) -> str:
    value = part.get(name, usual)
    if value not in among:
        raise BadMapping(name, "choice")
    return str(value)


def _within(told: MappingOf[str, Any]) -> Within | None:
    part = _part(told, "within")
    if not part:
        return None
    name = part.get("as", "")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z]{1,20}", name) or name == "header":
        raise BadMapping("within", "path")
    path = _path(part, "within")
    if not path:
        raise BadMapping("within", "missing")
    return Within(path, _short(part.get("after", ""), "within"), _choice(part, "text", TEXTS[:3], "json"), name)


def _zone(part: MappingOf[str, Any]) -> str:
    zone = part.get("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, TypeError, LookupError):
        raise BadMapping("time", "zone") from None
    return str(zone)


def _words(part: MappingOf[str, Any]) -> dict[str, str]:
    words = part.get("words") or {}
    if not isinstance(words, dict) or len(words) > _WORDS:
        raise BadMapping("act", "too_many")
    for word, act in words.items():
        _short(word, "act")
        if act not in ACTS:
            raise BadMapping("act", "choice")
    return {word.casefold(): act for word, act in words.items()}


def _programs(part: MappingOf[str, Any]) -> tuple[str, ...]:
    values = part.get("values") or []
    if not isinstance(values, list) or len(values) > 20:
        raise BadMapping("inside", "too_many")
    return tuple(_short(value, "inside") for value in values)
