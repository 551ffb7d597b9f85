"""`callwarden whose-copy`: read the mark of a copy, which needs no server; who made it is told by the installation.

Asking the installation is reading its operation log, so it is entered there first, with who asks and why.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from callwarden.doors.cli._installation import installation
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir


def command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help=gettext("A recording or a table found somewhere."))
    ],
    who: Annotated[
        str,
        typer.Option(
            "--who",
            help=gettext("Your account name: ask this installation who made the copy, when and by what leave."),
        ),
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", help=gettext("What for; kept sealed beside the operation log."))
    ] = "",
    data_dir: DataDir = None,
) -> None:
    """Exit code 0: a mark was found; 1: none, or none of this installation; 2: it is no recording."""
    from callwarden.engines import mark

    with file.open("rb") as found:
        try:
            identity = mark.read(found)
        except mark.NotRead:
            typer.echo(gettext("This file is no recording that can be read."), err=True)
            raise typer.Exit(2) from None
    if identity is None:
        typer.echo(gettext("No mark was found in it."), err=True)
        raise typer.Exit(1)
    if not who:
        typer.echo(mark.written(identity))
        return
    with installation(data_dir):
        from callwarden.flows import at_host
        from callwarden.flows.whose import whose
        from callwarden.kernel.events import Event

        # As the beginning of a UUID, which is what it is: six bytes by themselves can look like a telephone number.
        begins = str(UUID(bytes=identity.ljust(16, b"\0")))
        at_host.enter(Event.LEDGER_READ, who=who, reason=reason, way="whose_copy", mark=begins)
        copies = whose(identity)
        for one in copies:
            told = {
                "permit": str(one.permit),
                "person": one.principal,
                "at": one.at.isoformat(timespec="seconds"),
                "action": one.action,
                "purpose": one.purpose,
                "grants": [str(grant) for grant in one.grants],
                "entry": one.index,
            }
            typer.echo(json.dumps(told))
    if not copies:
        typer.echo(
            gettext("This installation made no copy with the mark {mark}.").format(mark=mark.written(identity)),
            err=True,
        )
        raise typer.Exit(1)
