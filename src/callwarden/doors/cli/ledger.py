"""`callwarden export-ledger DIR`: write the operation log as a folder that `callwarden verify` checks anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir

Who = Annotated[str, typer.Option("--who", help=gettext("Your account name; it is entered in the operation log."))]
Reason = Annotated[str, typer.Option("--reason", help=gettext("What for; kept sealed beside the operation log."))]


def command(
    folder: Annotated[Path, typer.Argument(help=gettext("An empty or new folder."))],
    who: Who,
    reason: Reason,
    year: Annotated[int | None, typer.Option(help=gettext("One year of the log alone."))] = None,
    data_dir: DataDir = None,
) -> None:
    """Write the log, or one year, and its public key, to be checked elsewhere. The export is entered in it first."""
    with installation(data_dir):
        from callwarden.custody.ledger import heads
        from callwarden.custody.ledger.sequencer import verifier_key
        from callwarden.flows import at_host, trail
        from callwarden.kernel.events import Event

        if folder.exists() and any(folder.iterdir()):
            raise Usage(gettext("The folder is not empty. Name an empty or a new one."))
        row = next((one for one in heads.years() if one.year == year), None)
        if year is not None and row is None:
            raise Usage(gettext("The log has no such year. See callwarden ledger-years."))
        if row is not None:
            trail.require_entries(row)
        about = {"year": row.year} if row else {}
        at_host.enter(Event.LEDGER_EXPORTED, who=who, reason=reason, **about)
        size, key = trail.export(folder, year=row), folder / "verifier.key"
        key.write_text((row.key if row else verifier_key()) + "\n", encoding="utf-8")
        checked_by = gettext("{count} entries. Check them with: callwarden verify {folder} --key {key}")
        typer.echo(checked_by.format(count=size, folder=folder, key=key))
