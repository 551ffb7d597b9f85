"""Cases that reviewers' corrections leave, counted by rule: what was missed, what was hidden without need."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from callwarden.doors.cli.language import gettext as _

_PHENOMENA = ("missed", "over")
Counts = dict[str, Counter[str]]


class Unreadable(Exception):
    """A line is no case; its number is all that is told."""

    def __init__(self, line: int) -> None:
        super().__init__(str(line))
        self.line = line


def count(file: Path) -> dict[str, Counts]:
    """Cases of an export by rule and by kind: {"rules": {name: counts}, "types": {"PHONE zh": counts}}.

    Raises:
        Unreadable: a line is no case.
        OSError: the file cannot be read.
    """
    found: dict[str, Counts] = {"rules": {}, "types": {}}
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                case = json.loads(line)
                phenomenon, rule = case["phenomenon"], case["rule"]
                kind = f"{case['type']} {case['language'][:2]}".strip()
            except (ValueError, KeyError, TypeError):
                raise Unreadable(number) from None
            if phenomenon not in _PHENOMENA or not isinstance(rule, str):
                raise Unreadable(number)
            found["rules"].setdefault(rule, Counter())[phenomenon] += 1
            found["types"].setdefault(kind, Counter())[phenomenon] += 1
    return found


def figures(found: dict[str, Counts]) -> dict[str, Any]:
    """For `--json`."""
    return {
        part: {name: {one: counts[one] for one in _PHENOMENA} for name, counts in sorted(rows.items())}
        for part, rows in found.items()
    }


def show(found: dict[str, Counts]) -> None:
    console = Console(soft_wrap=True)
    console.print(_table(_("Corrections by rule"), _("Rule"), found["rules"]))
    console.print(_table(_("Corrections by kind of data"), _("Kind"), found["types"]))


def _table(title: str, first: str, rows: Counts) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    table.add_column(_("Missed"), justify="right")
    table.add_column(_("Hidden without need"), justify="right")
    for name, counts in sorted(rows.items(), key=lambda row: (-row[1].total(), row[0])):
        table.add_row(name, str(counts["missed"]), str(counts["over"]))
    return table
