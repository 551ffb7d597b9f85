"""Build the samples: ``python -m samples.build`` (or ``make samples``). Needs espeak-ng.

Writes the recordings, words and call records of ``spool/`` and the ground truth ``expected.json``. Scripts, customers,
orders, lines, staff, notices and mappings are written by hand and stay as they are.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from callwarden.flows.formats import CdrRow, ConsentEvent, CustomerRow, NoticePlayed, read_customers, words_name

from . import ROOT, SPOOL
from .records import CDR_NAME, SYSTEMS
from .script import LineScript, Script, Speech, load_scripts
from .shapes import SHAPES
from .sound import encode
from .studio import Recording, Studio
from .voice import Speaker

NOTICE_VERSION = "2026-1"
_PURPOSES = {
    "service-zh": ("recording", "quality"),
    "outbound": ("recording", "marketing"),
    "payment-en": ("recording", "quality"),
}
_QUEUE_SECONDS = 22  # ringing, notice and key press before an agent answers and the recording begins


def main() -> None:
    customers = _customers()
    studios = {rate: Studio(rate, Speaker(rate)) for rate in (8000, 16000)}
    truth: dict[str, Any] = {"version": 1, "calls": [], "rows": [], "copies": []}
    for line in load_scripts():
        folder = SPOOL / line.line
        _clear(folder)
        rows: list[CdrRow] = []
        for script in line.calls:
            recording = studios[script.settings.get("rate", 8000)].record(script)
            name = _write_recording(folder, script, recording)
            if script.settings.get("cdr") != "none":
                rows.append(_row(script, recording, name, customers[script.customer]))
            truth["calls"].append(_truth(script, recording, name))
        _write_records(folder, line, rows, customers, truth)
        _write_copies(folder, line, truth)
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (ROOT / "expected.json").write_text(text + "\n", "utf-8")
    size = sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file())
    seconds = sum(call["duration_ms"] for call in truth["calls"]) / 1000
    planted = sum(len(call["planted"]) for call in truth["calls"])
    print(f"{len(truth['calls'])} calls, {seconds:.0f} s, {planted} personal values, {size / 1e6:.1f} MB")


def _customers() -> dict[str, CustomerRow]:
    rows = list(read_customers((ROOT / "customers.csv").read_bytes(), (ROOT / "orders.csv").read_bytes()))
    return {row.customer_no: row for row in rows if isinstance(row, CustomerRow)}


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "mapping.yaml":
            path.unlink()


def _write_recording(folder: Path, script: Script, recording: Recording) -> str:
    """Write audio and words of one call; returns the name of the audio file."""
    mono = bool(script.settings.get("mono"))
    sound = recording.sound.mean(axis=1, keepdims=True) if mono else recording.sound
    extension, data = encode(sound, recording.rate, script.settings.get("audio", "flac"))
    if script.settings.get("damage") == "corrupt":
        data = _corrupt(data)
    name = f"{script.id}.{extension}"
    (folder / name).write_bytes(data)
    turns = [{**turn, "channel": 0} for turn in recording.turns] if mono else recording.turns
    document = SHAPES[script.settings.get("words", "callwarden")](script.id, script.language, turns)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    (folder / words_name(name)).write_text(text + "\n", "utf-8")
    return name


def _corrupt(data: bytes) -> bytes:
    """What a full disk and a lost block leave: half of the file, 4 KiB of it zeros."""
    return data[:8000] + bytes(4096) + data[12096 : len(data) // 2]


def _start(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _row(script: Script, recording: Recording, name: str, customer: CustomerRow) -> CdrRow:
    begins = _start(script.start, script.zone)
    in_recording = any(isinstance(act, Speech) and act.speaker == "i" for act in script.acts)
    outbound = script.line == "outbound"
    started = begins if in_recording else begins - timedelta(seconds=8 if outbound else _QUEUE_SECONDS)
    played = started + timedelta(seconds=0 if in_recording else 12 if outbound else 3)
    ends = begins + timedelta(seconds=math.ceil(recording.duration_ms / 1000))
    notice = NoticePlayed(NOTICE_VERSION, "en" if script.language.startswith("en") else "zh-CN", played)
    pressed = recording.consent_ms
    answered = begins + timedelta(milliseconds=pressed) if pressed is not None else started + timedelta(seconds=14)
    return CdrRow(
        call_id=script.id,
        line=script.line,
        direction="outbound" if outbound else "inbound",
        caller=script.callee if outbound else customer.phones[0],
        callee=customer.phones[0] if outbound else script.callee,
        agent=script.agent,
        started_at=started,
        answered_at=begins,
        ended_at=ends,
        recordings=() if outbound else (name,),
        layouts=("mono:mixed" if script.settings.get("mono") else "stereo:caller,agent",),
        notice=None if script.settings.get("notice") == "none" else notice,
        consents=_consents(script.line, script.settings.get("consent"), begins, answered, script.zone),
        customer_no=script.customer,
        payment_windows=tuple(recording.payment_windows),
    )


def _consents(
    line: str, told: dict[str, Any] | None, begins: datetime, pressed: datetime, zone: str
) -> tuple[ConsentEvent, ...]:
    if told is None:
        return ()
    if "key" in told:
        answer: Literal["given", "refused"] = "given" if told["key"] == "1" else "refused"
        return tuple(ConsentEvent(purpose, answer, "keypress", told["key"], pressed) for purpose in _PURPOSES[line])
    at = begins + timedelta(seconds=told["at"]) if "at" in told else _start(told["given"], zone)
    return tuple(ConsentEvent(purpose, "given", told["method"], None, at) for purpose in _PURPOSES[line])


def _write_records(
    folder: Path, line: LineScript, rows: list[CdrRow], customers: dict[str, CustomerRow], truth: dict[str, Any]
) -> None:
    system = SYSTEMS[line.line]
    broken: list[list[str]] = []
    for item in line.rows:
        customer = customers[item["customer"]]
        outbound = line.line == "outbound"
        bad = not isinstance(item["start"], datetime)
        started = _start(datetime(2026, 11, 5, 12) if bad else item["start"], line.zone)
        answered = started + timedelta(seconds=_QUEUE_SECONDS) if "seconds" in item else None
        row = CdrRow(
            call_id=item["id"],
            line=line.line,
            direction="outbound" if outbound else "inbound",
            caller=line.callee if outbound else customer.phones[0],
            callee=customer.phones[0] if outbound else line.callee,
            agent=item.get("agent", ""),
            started_at=started,
            answered_at=answered,
            ended_at=(answered or started) + timedelta(seconds=item.get("seconds", 31)),
            recordings=(item["recording"],) if "recording" in item else (),
            layouts=("stereo:caller,agent",) if "recording" in item else (),
            notice=NoticePlayed(NOTICE_VERSION, line.language[:2], started + timedelta(seconds=3))
            if answered
            else None,
            consents=_consents(line.line, item.get("consent"), started, started + timedelta(seconds=14), line.zone),
            customer_no=item["customer"],
        )
        if bad:
            cells = list(system.cells(row))
            cells[system.columns.index("start")] = str(item["start"])
            broken.append(cells)
        else:
            rows.append(row)
        truth["rows"].append(
            {"call_id": item["id"], "line": line.line, "outcome": item["outcome"], "reason": item["reason"]}
        )
    (folder / CDR_NAME).write_bytes(system.export(rows, broken))


def _write_copies(folder: Path, line: LineScript, truth: dict[str, Any]) -> None:
    for item in line.copies:
        source = next(path for path in folder.glob(f"{item['of']}.*") if path.suffix != ".json")
        copy = folder / f"{item['name']}{source.suffix}"
        copy.write_bytes(source.read_bytes())
        truth["copies"].append(
            {"audio": f"spool/{line.line}/{copy.name}", "of": item["of"]}
            | {"outcome": item["outcome"], "reason": item["reason"]}
        )


def _truth(script: Script, recording: Recording, name: str) -> dict[str, Any]:
    settings = script.settings
    mono = bool(settings.get("mono"))
    planted = [{**item, "channel": 0} for item in recording.planted] if mono else recording.planted
    keys = [{**item, "channel": 0} for item in recording.keys] if mono else recording.keys
    if settings.get("words") == "azure":  # whose text is the lexical form
        planted = [item | ({"text": item["lexical"]} if "lexical" in item else {}) for item in planted]
    return {
        "call_id": script.id,
        "line": script.line,
        "language": script.language,
        "customer_no": script.customer,
        "audio": f"spool/{script.line}/{name}",
        "words": f"spool/{script.line}/{words_name(name)}",
        "words_shape": settings.get("words", "callwarden"),
        "codec": settings.get("audio", "flac"),
        "rate": recording.rate,
        "layout": "mono:mixed" if mono else "stereo:caller,agent",
        "duration_ms": recording.duration_ms,
        "outcome": settings.get("outcome", "admitted"),
        "reason": settings.get("reason", ""),
        "over_collected": settings.get("over_collected", []),
        "payment_windows": [list(window) for window in recording.payment_windows],
        "keys": keys,
        "planted": planted,
    }


if __name__ == "__main__":
    main()
