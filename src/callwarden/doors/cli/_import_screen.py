"""What a person sees of an import: progress while it runs, then what became of everything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from callwarden.doors.cli._import_reasons import of_quarantine, of_row, of_setting_aside
from callwarden.doors.cli.language import gettext as _

MAX_LISTED = 30


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar on the error stream, so that standard output holds the summary alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        yield bar


def watch(bar: Progress, task: TaskID, state: Any) -> None:
    """Show how many calls are judged and redacted."""
    done = sum(count for outcome, count in state.calls.items() if outcome != "admitted")
    bar.update(task, completed=done, total=done + state.pending)


def summary(tally: dict[str, Any]) -> None:
    """The table, then every file and row that needs somebody."""
    console = Console(soft_wrap=True)
    table = Table(show_header=False, title=_("Import"), title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for label, count in _rows(tally):
        table.add_row(Text(label), f"{count:,}")
    console.print(table)
    told = [f"{file}: {why}" for file, why in tally["refused"]]
    told += [f"{file}: {of_setting_aside(reason)}" for file, reason in tally["set_aside_files"]]
    told += [
        _("{source}, line {line}, {field}: {remedy}").format(
            source=problem.get("source", "cdr"),
            line=problem.get("line", 0),
            field=problem.get("field") or "–",
            remedy=of_row(str(problem.get("code", "")), problem.get("data") or {}),
        )
        for problem in tally["problems"]
    ]
    for text in told[:MAX_LISTED]:
        console.print(Text(text))
    if len(told) > MAX_LISTED:
        console.print(_("… and {count} more.").format(count=len(told) - MAX_LISTED))


def _rows(tally: dict[str, Any]) -> Iterator[tuple[str, int]]:
    calls = tally["calls"]
    yield _("Files sealed"), tally["sealed"]
    yield _("Files that were here before"), tally["duplicates"]
    yield _("Files left where they are"), len(tally["refused"])
    if not tally["watched"]:
        return
    yield _("Calls redacted"), calls.get("redacted", 0)
    if waiting := calls.get("admitted", 0):
        yield _("Calls admitted, waiting for redaction"), waiting
    if failed := calls.get("redaction_failed", 0):
        yield _("Calls admitted, restricted: not redacted"), failed
    for reason, count in sorted(tally["quarantined"].items()):
        yield _("In quarantine: {reason}").format(reason=of_quarantine(reason)), count
    if aside := calls.get("set_aside", 0):
        yield _("Calls set aside"), aside
    if known := calls.get("duplicate", 0):
        yield _("Calls that were known already"), known
    if unanswered := calls.get("unanswered", 0):
        yield _("Calls nobody answered"), unanswered
    if pending := tally["pending"]:
        yield _("Calls not judged yet"), pending
    yield _("Call records without their recording"), tally["missing_recordings"]
    yield _("Recordings without a call record"), tally["recordings_without_record"]
    if orders := tally["orders_waiting"]:
        yield _("Order lists without their customer list"), orders
