"""The mapping file: how the columns of one system's call records become ours.

It is YAML written by the operator of the call centre; ``docs/guides/spool-formats.md`` explains every key. All scalars
are read as text, so ``1``, ``01`` and ``no`` in a value table mean what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from .errors import MappingError

MAX_MAPPING_BYTES = 65_536
AUDIO_EXTENSIONS = ("wav", "flac", "mp3", "opus", "ogg")
WORDS_SUFFIX = ".words.json"

Layout = Literal["stereo:caller,agent", "stereo:agent,caller", "mono:caller", "mono:agent", "mono:mixed"]
Encoding = Literal["utf-8", "gb18030", "utf-16", "latin-1"]

_TEMPLATE_PART = re.compile(r"\{([a-z_]+)(?::([^{}]*))?\}|\*")
_TEMPLATE_FIELDS = frozenset({"call_id", "line", "agent", "caller", "callee", "started", "leg", "ext"})


class Identified(NamedTuple):
    """What the name of a recording tells: its call, and its channel layout where the name has a leg."""

    call_id: str
    layout: str | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Source(_Part):
    """Where a value comes from: a column, with or without a value table, or a constant."""

    column: str | None = Field(default=None, min_length=1, max_length=200)
    constant: str | None = Field(default=None, min_length=1, max_length=200)
    values: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_of_both(self) -> Source:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either a column or a constant")
        if self.constant is not None and self.values:
            raise ValueError("a constant has no value table")
        return self


def _as_source(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Cell = Annotated[Source, BeforeValidator(_as_source)]


class FileShape(_Part):
    """Encodings tried in order, delimiter, and the column names when the file has no header line."""

    encodings: tuple[Encoding, ...] = Field(default=("utf-8", "gb18030"), min_length=1)
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    header: tuple[str, ...] | None = None

    @field_validator("delimiter")
    @classmethod
    def _not_a_quote(cls, value: str) -> str:
        if value in '"\r\n\x00':
            raise ValueError("not a delimiter")
        return value


class Columns(_Part):
    """The canonical fields of a call record. The first four are required."""

    call_id: Cell
    line: Cell
    direction: Cell
    started_at: Cell
    caller: Cell | None = None
    callee: Cell | None = None
    agent: Cell | None = None
    answered_at: Cell | None = None
    ended_at: Cell | None = None
    total_seconds: Cell | None = None
    talk_seconds: Cell | None = None
    recordings: Cell | None = None
    layout: Cell | None = None
    customer_no: Cell | None = None
    payment_windows: Cell | None = None


class Times(_Part):
    """Formats tried in order (``iso``, ``epoch``, ``epoch_ms`` or strptime) and the zone of times without an offset."""

    formats: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(default=("iso",), min_length=1)
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            raise ValueError("not a time zone of the IANA list, like Asia/Shanghai") from None
        except KeyError:
            raise ValueError("not a time zone of the IANA list, like Asia/Shanghai") from None
        return value


class Recordings(_Part):
    """How recordings are named and how their channels are laid out."""

    separator: str = Field(default=";", max_length=1)
    name: str = Field(default="{call_id}.{ext}", max_length=200)
    layout: Layout = "mono:mixed"
    legs: dict[str, Layout] = {}

    @field_validator("name")
    @classmethod
    def _template(cls, value: str) -> str:
        fields = [part[1] for part in _TEMPLATE_PART.finditer(value) if part[1]]
        if not set(fields) <= _TEMPLATE_FIELDS:
            raise ValueError(f"use only {', '.join(sorted(_TEMPLATE_FIELDS))} in braces")
        if fields.count("call_id") != 1:
            raise ValueError("the name needs {call_id} once")
        if "/" in value or "\\" in value:
            raise ValueError("a file name has no folders")
        return value

    @model_validator(mode="after")
    def _legs_are_used(self) -> Recordings:
        if bool(self.legs) != ("{leg}" in self.name):
            raise ValueError("give legs and {leg} in the name together")
        return self


class NoticeColumns(_Part):
    """The notice that was played. It counts as played when ``at`` has a time and ``played``, if named, says yes."""

    version: Cell
    language: Cell
    at: Cell
    played: Cell | None = None


class ConsentColumns(_Part):
    """One consent question: the column that holds the answer, and the purposes it was asked for."""

    purposes: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")], ...] = Field(min_length=1)
    answer: Cell
    method: Cell = Source(constant="keypress")
    key: Cell | None = None
    at: Cell | None = None


class CdrMapping(_Part):
    """A checked mapping. Make one with `load_mapping`."""

    version: Literal["1"]
    columns: Columns
    file: FileShape = FileShape()
    times: Times = Times()
    recordings: Recordings = Recordings()
    notice: NoticeColumns | None = None
    consents: tuple[ConsentColumns, ...] = ()
    empty: tuple[str, ...] = ("", "-", "NULL", "null", "\\N", "0000-00-00 00:00:00")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.times.zone)

    def named_columns(self) -> tuple[str, ...]:
        """Every column of the file that the mapping uses, each once."""
        return tuple(dict.fromkeys(source.column for source in _sources(self) if source.column is not None))

    def identify(self, file_name: str) -> Identified | None:
        """The call a recording belongs to by its name alone, or None when the name does not fit the pattern.

        The spool uses it for recordings that no row names, and for systems whose records name none at all.
        """
        found = re.fullmatch(_name_pattern(self.recordings), file_name, re.IGNORECASE)
        if found is None:
            return None
        leg = found.groupdict().get("leg")
        layouts = {name.casefold(): layout for name, layout in self.recordings.legs.items()}
        return Identified(found["call_id"], layouts[leg.casefold()] if leg else None)

    def layout_of(self, file_name: str) -> str:
        """Channel layout of a recording by its name: of its leg, else the layout of the mapping."""
        identified = self.identify(file_name)
        return (identified and identified.layout) or self.recordings.layout


def _sources(part: BaseModel) -> list[Source]:
    found: list[Source] = []
    for name in type(part).model_fields:
        value = getattr(part, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Source):
                found.append(item)
            elif isinstance(item, BaseModel):
                found.extend(_sources(item))
    return found


def _name_pattern(recordings: Recordings) -> str:
    """A regular expression for file names; only ``call_id`` and ``leg`` are captured."""
    pattern, after = [], 0
    for part in _TEMPLATE_PART.finditer(recordings.name):
        pattern.append(re.escape(recordings.name[after : part.start()]))
        after = part.end()
        if part[1] == "call_id":
            pattern.append(r"(?P<call_id>[^\s/\\]+?)")
        elif part[1] == "leg":
            pattern.append(f"(?P<leg>{'|'.join(re.escape(leg) for leg in recordings.legs)})")
        elif part[1] == "ext":
            pattern.append(f"(?:{'|'.join(AUDIO_EXTENSIONS)})")
        elif part[1] == "started":
            pattern.append(r"[0-9A-Za-z_.+-]+?")
        else:
            pattern.append(r"[^/\\]*?")
    pattern.append(re.escape(recordings.name[after:]))
    return "".join(pattern)


def words_name(recording: str) -> str:
    """Name of the words file that goes with a recording: ``a.flac`` has ``a.words.json``."""
    stem, dot, extension = recording.rpartition(".")
    return (stem if dot and extension.lower() in AUDIO_EXTENSIONS else recording) + WORDS_SUFFIX


class _PlainLoader(yaml.BaseLoader):
    """Scalars as text; no anchors (which could grow without bound) and no repeated keys (of which one would vanish)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.MarkedYAMLError(problem="a key occurs twice", problem_mark=node.start_mark)
        return mapping


def load_mapping(data: bytes, *, file: str = "mapping.yaml") -> CdrMapping:
    """Read and check a mapping file.

    Args:
        data: UTF-8 YAML, at most `MAX_MAPPING_BYTES`.
        file: its name, for the message.

    Raises:
        MappingError: ``data`` has ``line`` or ``at`` and ``reason``; the message says what to correct.
    """
    if len(data) > MAX_MAPPING_BYTES:
        raise MappingError("too_large", file=file, limit=MAX_MAPPING_BYTES)
    try:
        document = yaml.load(data.decode("utf-8-sig"), Loader=_PlainLoader)  # noqa: S506 - builds only text, lists, maps
    except (UnicodeDecodeError, RecursionError):
        raise MappingError("mapping_not_yaml", file=file, line=1) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise MappingError("mapping_not_yaml", file=file, line=mark.line + 1 if mark else 1) from None
    try:
        return CdrMapping.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        at = ".".join(str(step) for step in first["loc"]) or "the top"
        reason = first["msg"].removeprefix("Value error, ")
        raise MappingError("mapping_invalid", file=file, at=at, reason=reason) from None
