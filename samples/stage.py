"""Copy the spool with fresh dates: ``python -m samples.stage FOLDER``.

The calls of the demonstration call centre have fixed dates, which grow old. A staged copy moves all times of the call
records by the same whole number of minutes, so that the latest call ended shortly before now. Recordings, words and
mappings are copied as they are; rows that cannot be read are kept as they stand.
"""

from __future__ import annotations

import csv
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callwarden.flows.formats import CdrRow, RowError, load_mapping, read_cdr

from . import SPOOL
from .records import SYSTEMS

_AGO = timedelta(minutes=10)


def stage(target: Path, *, now: datetime | None = None) -> list[Path]:
    """Copy every line's folder below ``target``.

    Args:
        target: made when it does not exist.
        now: aware; the latest call ends ten minutes before.

    Returns:
        The folders of the lines.
    """
    calls = {name: _calls(SPOOL / name) for name in SYSTEMS}
    latest = max(call.ended_at for rows in calls.values() for call in rows if call.ended_at)
    behind = (now or datetime.now(UTC)) - _AGO - latest
    shift = timedelta(minutes=behind // timedelta(minutes=1))
    folders = []
    for name, system in SYSTEMS.items():
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted((SPOOL / name).iterdir()):
            if path.suffix == ".csv":
                rows = [_moved(call, shift) for call in calls[name]]
                (folder / path.name).write_bytes(system.export(rows, _unreadable(SPOOL / name, path)))
            else:
                shutil.copyfile(path, folder / path.name)
        folders.append(folder)
    return folders


def _items(folder: Path, path: Path) -> list[CdrRow | RowError]:
    return list(read_cdr(path.read_bytes(), load_mapping((folder / "mapping.yaml").read_bytes())))


def _calls(folder: Path) -> list[CdrRow]:
    items = [item for path in sorted(folder.glob("*.csv")) for item in _items(folder, path)]
    return [item for item in items if isinstance(item, CdrRow)]


def _unreadable(folder: Path, path: Path) -> list[list[str]]:
    system = SYSTEMS[folder.name]
    lines = path.read_bytes().decode(system.encoding).splitlines()
    bad = [lines[item.line_no - 1] for item in _items(folder, path) if isinstance(item, RowError)]
    return list(csv.reader(bad, delimiter=system.delimiter))


def _moved(call: CdrRow, shift: timedelta) -> CdrRow:
    notice = call.notice and call.notice._replace(played_at=call.notice.played_at + shift)
    return replace(
        call,
        started_at=call.started_at + shift,
        answered_at=call.answered_at and call.answered_at + shift,
        ended_at=call.ended_at and call.ended_at + shift,
        notice=notice,
        consents=tuple(event._replace(at=event.at + shift) for event in call.consents),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m samples.stage FOLDER")
    for made in stage(Path(sys.argv[1])):
        print(made)
