"""`callwarden whose-copy`: read the mark of an exported recording. Needs no server; the audit knows the permit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from callwarden.doors.cli.language import gettext


def command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=gettext("A recording found somewhere."))],
) -> None:
    """Exit code 0: a mark was found; 1: none; 2: it is no recording."""
    import soundfile

    from callwarden.engines import mark

    try:
        samples, rate = soundfile.read(file, dtype="int16")
    except (soundfile.LibsndfileError, ValueError):
        typer.echo(gettext("This file is no recording that can be read."), err=True)
        raise typer.Exit(2) from None
    identity = mark.find(samples, rate=rate)
    if identity is None:
        typer.echo(gettext("No mark was found in it."), err=True)
        raise typer.Exit(1)
    typer.echo(str(UUID(bytes=identity)))
