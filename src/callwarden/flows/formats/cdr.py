"""Call detail records: one row of any system's CSV becomes one `CdrRow`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, cast, get_args

from . import cells
from .errors import Fault, Redacted, Refused, RowError
from .mapping import CdrMapping, ConsentColumns, Layout, Source
from .tables import place_columns, read_rows

_LAYOUTS: frozenset[str] = frozenset(get_args(Layout))
_YES = frozenset({"yes", "y", "true", "1", "是"})
_ANSWERS = {"given": "given", "refused": "refused", "none": ""}
_METHODS = ("keypress", "spoken", "web", "prior")


class NoticePlayed(NamedTuple):
    """Which notice was played to the caller, in which language, and when (aware, UTC)."""

    version: str
    language: str
    played_at: datetime


class ConsentEvent(NamedTuple):
    """One answer to one purpose. ``key`` is the key that was pressed, None for other methods."""

    purpose: str
    answer: Literal["given", "refused"]
    method: Literal["keypress", "spoken", "web", "prior"]
    key: str | None
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class CdrRow(Redacted):
    """One call as its telephone system recorded it. ``repr`` shows no value that could be personal.

    Args:
        call_id: the system's own number of the call.
        line: slug of the line.
        caller, callee: cleaned numbers (digits, optional plus); empty when withheld.
        agent: the agent's login at the telephone system, empty when none took part.
        started_at, answered_at, ended_at: aware, UTC; answered_at is None for a call that nobody took.
        recordings: file names; empty when the system names none (then the name pattern of the mapping finds them).
        layouts: channel layout of each recording, in the same order.
        notice: the notice that was played, or None.
        consents: answers in the order of the mapping; no answer is no event.
        customer_no: the customer as the system knew it, or None.
        payment_windows: stretches in which card data were taken, in milliseconds from the start of the recording.
        line_no: line of the file.
    """

    call_id: str
    line: str
    direction: Literal["inbound", "outbound"]
    caller: str
    callee: str
    agent: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    recordings: tuple[str, ...] = ()
    layouts: tuple[str, ...] = ()
    notice: NoticePlayed | None = None
    consents: tuple[ConsentEvent, ...] = ()
    customer_no: str | None = None
    payment_windows: tuple[tuple[int, int], ...] = ()
    line_no: int = 0

    _shown = ("line_no", "line", "direction")

    @property
    def layout(self) -> str:
        """Layout of the first recording; ``mono:mixed``, which assumes least, when none is named."""
        return self.layouts[0] if self.layouts else "mono:mixed"

    @property
    def expects_recording(self) -> bool:
        """Whether a missing recording is a gap: one is named, or somebody answered."""
        return bool(self.recordings) or self.answered_at is not None


def read_cdr(data: bytes, mapping: CdrMapping) -> Iterator[CdrRow | RowError]:
    """Read the call records of one file. Rows come in order, each as a `CdrRow` or as the reason it was set aside.

    A call number that repeats within the file is reported with the line of its first row; the first row stands. A file
    that is unusable as a whole gives one `RowError` with ``whole_file`` set.
    """
    try:
        yield from _rows(data, mapping)
    except Refused as refused:
        yield RowError.of(1, refused.fault, whole_file=True)


def _rows(data: bytes, mapping: CdrMapping) -> Iterator[CdrRow | RowError]:
    width = len(mapping.file.header) if mapping.file.header else None
    rows = read_rows(data, encodings=mapping.file.encodings, delimiter=mapping.file.delimiter, width=width)
    if mapping.file.header is not None:
        header: tuple[str, ...] = mapping.file.header
    else:
        first = next(rows, None)
        if first is None:
            raise Refused("empty_file")
        if first.fault is not None:
            raise Refused(first.fault.code, first.fault.field, **first.fault.data)
        header = first.cells
    reader = _Reader(mapping, place_columns(header, mapping.named_columns()))
    seen: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.fault is not None:
            yield RowError.of(row.line_no, row.fault)
            continue
        if len(row.cells) != len(header):
            data_ = {"found": len(row.cells), "expected": len(header)}
            yield RowError.of(row.line_no, Fault("wrong_columns", data=data_))
            continue
        try:
            call = reader.call(row.cells, row.line_no)
        except Refused as refused:
            yield RowError.of(row.line_no, refused.fault)
            continue
        digest = hash(row.cells)
        if call.call_id in seen:
            line, earlier = seen[call.call_id]
            code = "duplicate_row" if earlier == digest else "duplicate_call"
            yield RowError.of(row.line_no, Fault(code, "call_id", {"first": line}))
            continue
        seen[call.call_id] = (row.line_no, digest)
        yield call


class _Reader:
    """Reads canonical fields out of the cells of one file."""

    def __init__(self, mapping: CdrMapping, places: Mapping[str, int]) -> None:
        self._mapping = mapping
        self._places = places
        self._zone = mapping.zone
        self._empty = frozenset(mapping.empty)

    def call(self, row: tuple[str, ...], line_no: int) -> CdrRow:
        columns = self._mapping.columns
        direction = self._text(row, columns.direction, "direction", required=True)
        if direction not in ("inbound", "outbound"):
            raise Refused("unknown_value", "direction")
        started_at, answered_at, ended_at = self._times(row)
        notice = self._notice(row)
        names = cells.file_names(
            self._text(row, columns.recordings, "recordings"),
            "recordings",
            separator=self._mapping.recordings.separator,
        )
        customer_no = self._text(row, columns.customer_no, "customer_no")
        agent = self._text(row, columns.agent, "agent")
        asked_at = notice.played_at if notice else answered_at or started_at
        return CdrRow(
            call_id=cells.identifier(self._text(row, columns.call_id, "call_id", required=True), "call_id"),
            line=cells.identifier(self._text(row, columns.line, "line", required=True), "line"),
            direction=cast(Literal["inbound", "outbound"], direction),
            caller=cells.phone_number(self._text(row, columns.caller, "caller"), "caller"),
            callee=cells.phone_number(self._text(row, columns.callee, "callee"), "callee"),
            agent=cells.identifier(agent, "agent") if agent else "",
            started_at=started_at,
            answered_at=answered_at,
            ended_at=ended_at,
            recordings=names,
            layouts=self._layouts(row, names),
            notice=notice,
            consents=tuple(
                event for question in self._mapping.consents for event in self._consents(row, question, asked_at)
            ),
            customer_no=cells.identifier(customer_no, "customer_no") if customer_no else None,
            payment_windows=cells.windows(
                self._text(row, columns.payment_windows, "payment_windows"), "payment_windows"
            ),
            line_no=line_no,
        )

    def _text(self, row: tuple[str, ...], source: Source | None, field: str, *, required: bool = False) -> str:
        """The cell after the value table; empty when there is no such source or the cell counts as empty."""
        if source is None:
            return ""
        if source.column is None:
            return source.constant or ""
        text = row[self._places[source.column]]
        if text in source.values:
            text = source.values[text]
        elif text in self._empty:
            text = ""
        elif source.values:
            raise Refused("unknown_value", field)
        if required and not text:
            raise Refused("missing_value", field)
        return text

    def _moment(self, row: tuple[str, ...], source: Source | None, field: str) -> datetime | None:
        text = self._text(row, source, field)
        if not text:
            return None
        return cells.moment(text, field, formats=self._mapping.times.formats, zone=self._zone)

    def _times(self, row: tuple[str, ...]) -> tuple[datetime, datetime | None, datetime | None]:
        columns = self._mapping.columns
        started = self._moment(row, columns.started_at, "started_at")
        if started is None:
            raise Refused("missing_value", "started_at")
        answered = self._moment(row, columns.answered_at, "answered_at")
        ended = self._moment(row, columns.ended_at, "ended_at")
        total = self._seconds(row, columns.total_seconds, "total_seconds")
        talk = self._seconds(row, columns.talk_seconds, "talk_seconds")
        if ended is None and total is not None:
            ended = started + total
        elif ended is None and answered is not None and talk is not None:
            ended = answered + talk
        if answered is None and ended is not None and talk:
            answered = ended - talk
        if answered is not None and answered < started:
            raise Refused("times_out_of_order", "answered_at")
        if ended is not None and ended < (answered or started):
            raise Refused("times_out_of_order", "ended_at")
        return started, answered, ended

    def _seconds(self, row: tuple[str, ...], source: Source | None, field: str) -> timedelta | None:
        text = self._text(row, source, field)
        return timedelta(seconds=cells.seconds(text, field)) if text else None

    def _layouts(self, row: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
        told = self._text(row, self._mapping.columns.layout, "layout")
        if told and told not in _LAYOUTS:
            raise Refused("unknown_value", "layout")
        return tuple(told or self._mapping.layout_of(name) for name in names)

    def _notice(self, row: tuple[str, ...]) -> NoticePlayed | None:
        notice = self._mapping.notice
        if notice is None:
            return None
        if notice.played is not None and self._text(row, notice.played, "notice").casefold() not in _YES:
            return None
        played_at = self._moment(row, notice.at, "notice_at")
        if played_at is None:
            return None
        version = self._text(row, notice.version, "notice_version", required=True)
        language = self._text(row, notice.language, "notice_language", required=True)
        return NoticePlayed(
            cells.identifier(version, "notice_version"), cells.identifier(language, "notice_language"), played_at
        )

    def _consents(self, row: tuple[str, ...], question: ConsentColumns, asked_at: datetime) -> Iterator[ConsentEvent]:
        told = self._text(row, question.answer, "consent")
        if not told:
            return
        if told not in _ANSWERS:
            raise Refused("unknown_value", "consent")
        answer = _ANSWERS[told]
        if not answer:
            return
        method = self._text(row, question.method, "consent_method", required=True)
        if method not in _METHODS:
            raise Refused("unknown_value", "consent_method")
        key = self._text(row, question.key, "consent_key") if method == "keypress" else ""
        if len(key) > 1 or (key and key not in "0123456789*#ABCD"):
            raise Refused("unknown_value", "consent_key")
        at = self._moment(row, question.at, "consent_at") or asked_at
        for purpose in question.purposes:
            yield ConsentEvent(
                purpose,
                cast(Literal["given", "refused"], answer),
                cast(Literal["keypress", "spoken", "web", "prior"], method),
                key or None,
                at,
            )
