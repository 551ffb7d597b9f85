"""`callwarden ledger-tiles PLACE`: copy the log's tiles to another folder or bucket, verified, and go on if cut off."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeRemainingColumn

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.ledger import Reason, Who
from callwarden.doors.cli.recovery import DataDir


def command(
    place: Annotated[
        str, typer.Argument(help=gettext("A folder, or s3://bucket/prefix; a folder a year is made in it."))
    ],
    who: Who,
    reason: Reason,
    data_dir: DataDir = None,
) -> None:
    """Copy every tile of every year, so that the store of the log can be moved. The copy is entered in the log first.

    Run it while all goes on, stop, run it once more for the rest, set CALLWARDEN_LEDGER_TILES and start.
    """
    with installation(data_dir):
        from callwarden.custody.ledger import heads, moving
        from callwarden.engines.ledger import LedgerError
        from callwarden.flows import at_host
        from callwarden.kernel.events import Event

        if not heads.years():
            raise Usage(gettext("The log has no signed head yet. Try again in a few seconds."))
        at_host.enter(Event.LEDGER_EXPORTED, who=who, reason=reason, part="tiles")
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        for year in heads.years():
            with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
                told = partial(_told, bar, bar.add_task("", total=None))
                try:
                    copied = moving.copy(year, place, told)
                except LedgerError as error:
                    said = gettext("{year}: not copied ({code}). {why} What stands there was left as it is.")
                    raise Usage(said.format(year=year.year, code=error.code, why=_why(error.code))) from None
            line = gettext("{year}: {laid} files copied and read back, {there} were there already.")
            typer.echo(line.format(year=year.year, laid=copied.laid, there=copied.there))
        typer.echo(gettext("Every year at {place} leads to its signed head.").format(place=place))


def _told(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


def _why(code: str) -> str:
    if code == "tree.other_log":
        return gettext("Another log, or a longer one, stands there. Name an empty place.")
    if code == "tree.not_laid":
        return gettext("The place does not give back what was written. Try again, then look at the store.")
    return gettext("The log here is not what was signed. Verify it before it is moved.")
