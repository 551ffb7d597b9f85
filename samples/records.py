"""The call records of three different telephone systems, one for each line, as their exports look."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callwarden.flows.formats import CdrRow, ConsentEvent

CDR_NAME = "cdr-2026-11.csv"


@dataclass(frozen=True)
class System:
    """How one system writes its export: columns, encoding, delimiter, and a call as cells."""

    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    cells: Callable[[CdrRow], Sequence[str]]

    def export(self, rows: Sequence[CdrRow], broken: Sequence[Sequence[str]] = ()) -> bytes:
        """The file, header first. ``broken`` rows are written as they are, at the end."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([*(self.cells(row) for row in rows), *broken])
        return text.getvalue().encode(self.encoding)


def _local(moment: datetime | None, zone: str, pattern: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime(pattern) if moment else ""


def _consent(row: CdrRow) -> ConsentEvent | None:
    return row.consents[0] if row.consents else None


def _service_zh(row: CdrRow) -> Sequence[str]:
    def at(moment: datetime | None) -> str:
        return _local(moment, "Asia/Shanghai", "%Y/%m/%d %H:%M:%S")

    asked = _consent(row)
    return (
        row.call_id,
        {"inbound": "呼入", "outbound": "呼出"}[row.direction],
        row.caller,
        row.callee,
        row.agent,
        at(row.started_at),
        at(row.answered_at),
        at(row.ended_at),
        ";".join(row.recordings),
        {"stereo:caller,agent": "双声道", "mono:mixed": "单声道"}[row.layout] if row.recordings else "",
        row.customer_no or "",
        row.notice.version if row.notice else "",
        at(row.notice.played_at) if row.notice else "",
        (asked.key or "") if asked else "",
        at(asked.at) if asked else "",
    )


def _outbound(row: CdrRow) -> Sequence[str]:
    def at(moment: datetime | None) -> str:
        return moment.astimezone(ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds") if moment else ""

    asked = _consent(row)
    total = (row.ended_at - row.started_at).total_seconds() if row.ended_at else 0
    talk = (row.ended_at - row.answered_at).total_seconds() if row.ended_at and row.answered_at else 0
    return (
        row.call_id,
        "OUT",
        row.caller,
        row.callee,
        row.agent,
        at(row.started_at),
        f"{total:.0f}",
        f"{talk:.0f}",
        row.customer_no or "",
        row.notice.version if row.notice else "",
        row.notice.language if row.notice else "",
        at(row.notice.played_at) if row.notice else "",
        {"given": "Y", "refused": "N"}[asked.answer] if asked else "",
        {"prior": "CRM", "web": "WEB", "spoken": "VOICE", "keypress": "DTMF"}[asked.method] if asked else "",
        at(asked.at) if asked else "",
    )


def _payment_en(row: CdrRow) -> Sequence[str]:
    def at(moment: datetime | None) -> str:
        return _local(moment, "Europe/London", "%d/%m/%Y %H:%M:%S")

    asked = _consent(row)
    return (
        row.call_id,
        "Payments",
        "Inbound",
        row.caller,
        row.callee,
        row.agent,
        at(row.started_at),
        at(row.answered_at),
        at(row.ended_at),
        ";".join(row.recordings),
        {"stereo:caller,agent": "stereo", "mono:mixed": "mono"}[row.layout] if row.recordings else "",
        row.customer_no or "",
        row.notice.version if row.notice else "",
        at(row.notice.played_at) if row.notice else "",
        (asked.key or "") if asked else "",
        at(asked.at) if asked else "",
        ";".join(f"{start / 1000:.1f}-{end / 1000:.1f}" for start, end in row.payment_windows),
    )


SYSTEMS: dict[str, System] = {
    "service-zh": System(
        columns=(
            "通话编号", "呼叫类型", "主叫号码", "被叫号码", "坐席工号", "开始时间", "接通时间", "结束时间", "录音文件",
            "声道", "客户编号", "告知版本", "告知时间", "同意按键", "按键时间",
        ),
        encoding="gb18030",
        delimiter=",",
        cells=_service_zh,
    ),
    "outbound": System(
        columns=(
            "uniqueid", "direction", "src", "dst", "agent", "start", "duration", "billsec", "accountcode",
            "notice", "notice_lang", "notice_at", "optin", "optin_source", "optin_at",
        ),
        encoding="utf-8-sig",
        delimiter=";",
        cells=_outbound,
    ),
    "payment-en": System(
        columns=(
            "Call ID", "Queue", "Direction", "From", "To", "Agent", "Start", "Answer", "End", "Recording", "Channels",
            "Customer", "Notice", "Notice at", "IVR key", "IVR key at", "Card capture",
        ),
        encoding="utf-8",
        delimiter=",",
        cells=_payment_en,
    ),
}  # fmt: skip
