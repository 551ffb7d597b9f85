"""What a person sees of a run: progress on the error stream, summary and refusals on the output."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from callwarden.doors.cli._redact_one import Outcome
from callwarden.doors.cli._redact_reasons import explain, printable
from callwarden.doors.cli.language import gettext as _
from callwarden.flows.formats import shown_name


class Screen:
    """Counts outcomes and shows them; keeps nothing of a call but its name, and only when it was refused."""

    def __init__(self, total: int, *, hide_names: bool) -> None:
        self._shown = shown_name if hide_names else printable
        self._began = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[refusals]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._task = self._progress.add_task(_("Redacting"), total=total, refusals="")
        self.counts: Counter[str] = Counter()
        self.refused: list[Outcome] = []
        self._types: Counter[str] = Counter()
        self._seconds = self._muted = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def report(self, outcome: Outcome) -> None:
        self.counts[outcome.status] += 1
        self._types.update(outcome.types)
        self._seconds += outcome.seconds
        self._muted += outcome.muted_seconds
        if outcome.status == "refused":
            self.refused.append(outcome)
        refusals = _("{count} refused").format(count=len(self.refused)) if self.refused else ""
        self._progress.update(self._task, advance=1, refusals=refusals)

    def summary(self) -> None:
        """The table of the run, then every refused call with its reason and what to do."""
        console = Console(soft_wrap=True)
        spent = max(time.monotonic() - self._began, 1e-6)
        table = Table(show_header=False, title=_("Redaction"), title_justify="left")
        table.add_column()
        table.add_column(justify="right")
        table.add_row(_("Calls redacted"), f"{self.counts['done']:,}")
        table.add_row(_("Finished before"), f"{self.counts['skipped']:,}")
        table.add_row(_("Refused"), f"{self.counts['refused']:,}")
        if self._seconds:
            table.add_row(_("Sound"), _("{hours} h").format(hours=f"{self._seconds / 3600:,.2f}"))
            table.add_row(_("of it removed"), f"{self._muted / self._seconds:.1%}")
            table.add_row(_("Speed"), _("{times} x real time").format(times=f"{self._seconds / spent:,.0f}"))
        for kind, count in sorted(self._types.items()):
            table.add_row(Text(kind), f"{count:,}")
        console.print(table)
        for outcome in self.refused:
            told = " ".join(filter(None, explain(outcome.code, outcome.data)))
            console.print(Text(f"{self._shown(outcome.name)}: {told}"))
