"""Call detail records as the bytes that are sealed while they wait for their recording."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from callwarden.flows.formats import CdrRow, ConsentEvent, NoticePlayed

_TIMES = ("started_at", "answered_at", "ended_at")


def to_payload(row: CdrRow) -> bytes:
    """Canonical bytes of a row: the same call told twice gives the same bytes, wherever it stood in its file."""
    return json.dumps(
        {
            "call_id": row.call_id,
            "line": row.line,
            "direction": row.direction,
            "caller": row.caller,
            "callee": row.callee,
            "agent": row.agent,
            **{name: _text(getattr(row, name)) for name in _TIMES},
            "recordings": row.recordings,
            "layouts": row.layouts,
            "notice": row.notice and [row.notice.version, row.notice.language, _text(row.notice.played_at)],
            "consents": [[c.purpose, c.answer, c.method, c.key, _text(c.at)] for c in row.consents],
            "customer_no": row.customer_no,
            "payment_windows": row.payment_windows,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


def from_payload(raw: bytes) -> CdrRow:
    data: dict[str, Any] = json.loads(raw)
    notice = data["notice"]
    return CdrRow(
        call_id=data["call_id"],
        line=data["line"],
        direction=data["direction"],
        caller=data["caller"],
        callee=data["callee"],
        agent=data["agent"],
        **{name: _time(data[name]) for name in _TIMES},  # type: ignore[arg-type]
        recordings=tuple(data["recordings"]),
        layouts=tuple(data["layouts"]),
        notice=NoticePlayed(notice[0], notice[1], datetime.fromisoformat(notice[2])) if notice else None,
        consents=tuple(
            ConsentEvent(purpose, answer, method, key, datetime.fromisoformat(at))
            for purpose, answer, method, key, at in data["consents"]
        ),
        customer_no=data["customer_no"],
        payment_windows=tuple((start, end) for start, end in data["payment_windows"]),
    )


def _text(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def stem_of(name: str) -> str:
    """A file name without what says its kind: `a.words.json`, `a.json` and `a.flac` are all `a`."""
    stem = name.rpartition(".")[0] or name
    return stem.removesuffix(".words")
